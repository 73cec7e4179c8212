/* match.c - see match.h. */
#include "api/playlists/match.h"
#include "core/text.h"

/* Words in common, as a share of all words of both (Dice). */
static double likeness(struct sg_str a, struct sg_str b)
{
    struct sg_words x, y;
    bool taken[SG_WORDS_MAX] = {false};
    size_t same = 0;
    sg_text_words(&x, a);
    sg_text_words(&y, b);
    for (size_t i = 0; i < x.n; i++)
        for (size_t k = 0; k < y.n; k++)
            if (!taken[k] && sg_str_eq(x.v[i].text, y.v[k].text)) {
                taken[k] = true;
                same++;
                break;
            }
    return x.n + y.n ? 2 * (double)same / (double)(x.n + y.n) : 0;
}

/* Without "(Remastered)", "[Live]" and " - 2011 Mix". */
static struct sg_str bare(struct sg_str title)
{
    for (size_t i = 1; i < title.n; i++)
        if (title.p[i] == '(' || title.p[i] == '[' ||
            (i + 2 < title.n && memcmp(title.p + i, " - ", 3) == 0))
            return (struct sg_str){title.p, i};
    return title;
}

static double title_likeness(struct sg_str a, struct sg_str b)
{
    double whole = likeness(a, b), core = 0.95 * likeness(bare(a), bare(b));
    return whole > core ? whole : core;
}

/* Of any one credited, or all of them together: "A feat. B". */
static double artist_likeness(struct sg_str artist, const struct sg_hit *song)
{
    const struct sg_artist_ref *v = song->artists.v;
    double best = song->artist ? likeness(artist, song->artist->name) : 0;
    for (size_t i = 0; i < song->artists.n; i++) {
        double one = likeness(artist, v[i].name);
        best = one > best ? one : best;
    }
    return best;
}

static double duration_likeness(int64_t a, int64_t b)
{
    int64_t apart = a > b ? a - b : b - a;
    return apart <= 3 ? 1 : apart <= 10 ? 0.5 : 0;
}

double sg_match_confidence(const struct sg_sheet_entry *entry, const struct sg_hit *song)
{
    double sum = 0.55 * title_likeness(entry->title, song->title), weight = 0.55;
    if (entry->artist.n) {
        sum += 0.35 * artist_likeness(entry->artist, song);
        weight += 0.35;
    }
    if (entry->duration_s > 0 && song->duration > 0) {
        sum += 0.1 * duration_likeness(entry->duration_s, song->duration);
        weight += 0.1;
    }
    double sure = sum / weight;
    return entry->artist.n || sure < 0.8 ? sure : 0.8;
}
