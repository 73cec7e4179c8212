/* meaning.c - what words say about how to look: years, genres, kinds, "by". */
#include "query/understand.h"
#include <xxhash.h>

#define SPAN_MAX 4 /* words of a genre's name */

static uint64_t hash_of(struct sg_str s)
{
    return XXH3_64bits(s.p, s.n);
}

void sg_vocabulary_add(struct sg_vocabulary *v, struct sg_str genre, uint64_t id)
{
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, genre);
    if (n == 0 || v->n == sizeof v->genres / sizeof *v->genres)
        return;
    v->genres[v->n].hash = hash_of((struct sg_str){folded, n});
    v->genres[v->n++].id = id;
}

/* How people call genres and moods, and what may answer. */
static const struct {
    const char *said, *genres[6];
} names[] = {
    {"hiphop", {"hip hop", "rap"}},
    {"rap", {"hip hop"}},
    {"hip hop", {"rap"}},
    {"rnb", {"r and b", "rnb"}},
    {"r n b", {"r and b", "rnb"}},
    {"rhythm and blues", {"r and b", "rnb"}},
    {"edm", {"electronic", "dance", "house"}},
    {"electronica", {"electronic"}},
    {"electro", {"electronic"}},
    {"techno house", {"techno", "house"}},
    {"kpop", {"k pop"}},
    {"jpop", {"j pop"}},
    {"synthpop", {"synth pop"}},
    {"heavy metal", {"metal"}},
    {"punk rock", {"punk"}},
    {"soul music", {"soul"}},
    {"ost", {"soundtrack"}},
    {"soundtracks", {"soundtrack"}},
    {"oldies", {"oldies", "classic rock"}},
    {"afrobeat", {"afrobeats"}},
    {"reggaeton", {"latin"}},
    {"chill", {"chillout", "ambient", "downtempo", "lounge"}},
    {"relaxing", {"ambient", "classical", "chillout", "piano"}},
    {"calm", {"ambient", "classical", "chillout"}},
    {"sleep", {"ambient"}},
    {"study", {"ambient", "classical", "instrumental"}},
    {"focus", {"ambient", "instrumental", "classical"}},
    {"party", {"dance", "house", "pop", "electronic"}},
    {"dance", {"house", "electronic"}},
    {"workout", {"electronic", "hip hop", "house"}},
    {"romantic", {"soul", "r and b", "ballad"}},
    {"mellow", {"soul", "folk", "chillout"}},
};

static size_t add_genres(const struct sg_vocabulary *v, struct sg_str folded, uint64_t *out,
                         size_t n)
{
    uint64_t hash = hash_of(folded);
    for (size_t i = 0; i < v->n && n < SG_GENRES_MAX; i++)
        if (v->genres[i].hash == hash)
            out[n++] = v->genres[i].id;
    return n;
}

size_t sg_genres_named(const struct sg_vocabulary *v, struct sg_str folded,
                       uint64_t out[SG_GENRES_MAX])
{
    size_t n = add_genres(v, folded, out, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sg_str_eq(sg_str(names[i].said), folded))
            continue;
        for (size_t k = 0; k < 6 && names[i].genres[k]; k++)
            n = add_genres(v, sg_str(names[i].genres[k]), out, n);
    }
    return n;
}

static bool is_one_of(struct sg_str w, const char *const *list)
{
    for (; *list; list++)
        if (sg_str_eq(w, sg_str(*list)))
            return true;
    return false;
}

static unsigned kinds_called(struct sg_str w)
{
    static const char *const songs[] = {"songs", "song",  "music", "tracks", "track",
                                        "hits",  "tunes", "hit",   NULL};
    if (is_one_of(w, songs))
        return 1u << SG_SONG;
    if (sg_str_eq(w, SG_STR("albums")) || sg_str_eq(w, SG_STR("album")))
        return 1u << SG_ALBUM;
    if (sg_str_eq(w, SG_STR("playlists")) || sg_str_eq(w, SG_STR("playlist")))
        return 1u << SG_PLAYLIST;
    return 0;
}

static bool is_connector(struct sg_str w)
{
    static const char *const list[] = {"from", "of",   "in",  "the",      "by",
                                       "and",  "best", "top", "released", NULL};
    return is_one_of(w, list);
}

static bool is_version(struct sg_str w)
{
    static const char *const list[] = {"live",         "remix", "acoustic", "cover", "covers",
                                       "instrumental", "demo",  "karaoke",  NULL};
    return is_one_of(w, list);
}

struct reader {
    struct sg_meaning *m;
    const struct sg_words *words;
    const struct sg_vocabulary *v;
    uint64_t said; /* words that say a year, a genre or a kind */
    bool filters;  /* one of them is more than a kind */
};

static struct sg_str word(const struct reader *r, size_t i)
{
    return r->words->v[i].text;
}

static bool is_year(struct sg_str w, int *from, int *to)
{
    if (w.n < 3 || w.n > 5 || w.p[0] < '0' || w.p[0] > '9' || !sg_years_parse(w, from, to))
        return false;
    return *from >= 1900 && *from <= 2099;
}

static void read_years(struct reader *r)
{
    for (size_t i = 0; i < r->words->n; i++) {
        int from, to;
        if (!is_year(word(r, i), &from, &to))
            continue;
        struct sg_meaning *m = r->m;
        m->year_from = !m->year_from || from < m->year_from ? from : m->year_from;
        m->year_to = to > m->year_to ? to : m->year_to;
        r->said |= 1ull << i;
        r->filters = true;
    }
}

/* Words [i, i + n) joined by spaces. */
static struct sg_str joined(const struct reader *r, size_t i, size_t n, char *buf, size_t cap)
{
    size_t used = 0;
    for (size_t k = i; k < i + n; k++) {
        struct sg_str w = word(r, k);
        if (used + w.n + 1 > cap)
            return SG_STR_NONE;
        if (used)
            buf[used++] = ' ';
        memcpy(buf + used, w.p, w.n);
        used += w.n;
    }
    return (struct sg_str){buf, used};
}

static size_t read_genre_at(struct reader *r, size_t i)
{
    char buf[SPAN_MAX * 24];
    struct sg_meaning *m = r->m;
    for (size_t n = SPAN_MAX; n >= 1; n--) {
        if (i + n > r->words->n)
            continue;
        struct sg_str name = joined(r, i, n, buf, sizeof buf);
        uint64_t found[SG_GENRES_MAX];
        size_t k = name.n ? sg_genres_named(r->v, name, found) : 0;
        if (!k)
            continue;
        for (size_t g = 0; g < k && m->n_genres < SG_GENRES_MAX; g++)
            m->genres[m->n_genres++] = found[g];
        for (size_t w = i; w < i + n; w++) {
            r->said |= 1ull << w;
            m->in_genre |= 1ull << w;
        }
        r->filters = true;
        return n;
    }
    return 1;
}

static void read_kinds(struct reader *r)
{
    for (size_t i = 0; i < r->words->n; i++) {
        unsigned kinds = kinds_called(word(r, i));
        if (!kinds || r->said >> i & 1)
            continue;
        r->m->kinds |= kinds;
        r->said |= 1ull << i;
    }
}

/* Connectors beside words that say something say nothing themselves. */
static void drop_connectors(struct reader *r)
{
    for (size_t i = r->words->n; i-- > 0;) {
        bool before = i + 1 < r->words->n && r->said >> (i + 1) & 1;
        bool after = i > 0 && r->said >> (i - 1) & 1;
        if ((before || after) && is_connector(word(r, i)))
            r->said |= 1ull << i;
    }
}

/* The last "by" with words on both sides; 0: none. */
static size_t find_by(const struct sg_words *words)
{
    for (size_t i = words->n - 1; i-- > 1;)
        if (sg_str_eq(words->v[i].text, SG_STR("by")))
            return i;
    return 0;
}

/* A title before "by" is a title, whatever its words might mean. */
static bool read_by(struct reader *r, size_t by)
{
    uint64_t before = (1ull << by) - 1;
    if (!by || (r->said & before) == before)
        return false;
    *r->m = (struct sg_meaning){.by = by, .drop = 1ull << by, .versions = r->m->versions};
    return true;
}

static uint64_t every(size_t n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

bool sg_understand(struct sg_meaning *m, const struct sg_words *words,
                   const struct sg_vocabulary *v)
{
    struct reader r = {.m = m, .words = words, .v = v};
    *m = (struct sg_meaning){0};
    if (words->n == 0 || words->n > 12)
        return false;
    for (size_t i = 0; i < words->n; i++)
        m->versions |= is_version(word(&r, i));
    read_years(&r);
    for (size_t i = 0; i < words->n;)
        i += read_genre_at(&r, i);
    read_kinds(&r);
    uint64_t said = r.said;
    drop_connectors(&r);
    if (read_by(&r, words->n > 2 ? find_by(words) : 0))
        return true;
    m->drop = r.said;
    m->typed_kinds = m->kinds;
    m->of_artist = m->kinds && !r.filters;
    bool whole = (m->drop & every(words->n)) == every(words->n);
    if (whole && !r.filters)
        return false; /* "best songs": nothing to look for */
    return r.filters || (said && words->n > 1);
}
