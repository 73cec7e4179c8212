/* rank.c - see rank.h. */
#include "query/rank.h"
#include <endian.h>
#include <math.h>

#define UNASKED_EDITION 0.3f /* of a title's coverage, for an edition nobody asked for */

/* What was found of the query in one field, or in several names of one. */
struct seen {
    uint64_t any, exact, open;    /* query words, by how they matched */
    uint64_t edits[SG_EDITS_MAX]; /* by half edits, less one */
    uint64_t pairs;               /* query words that directly follow the one before them */
    uint64_t whole;               /* words of the query up to each bit are this whole value */
    uint32_t n_words, n_covered, n_lead;
    uint32_t whole_length; /* in words, article left out */
    uint64_t unseen;       /* words that must be there in another form */
    bool edition, version; /* words beyond the title's own; of another recording */
    bool covered;          /* every word of the value (of some name) is in the query */
    float untyped;         /* smallest share of an unfinished word's completion */
};

/* The words of a value, one after the other. */
struct cursor {
    const char *p, *begin, *end;
    struct sg_str word;
    uint64_t head;
};

static struct cursor cursor_of(struct sg_str value)
{
    return (struct cursor){
        .p = value.p, .begin = value.p, .end = value.n ? value.p + value.n : value.p};
}

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

/* Up to 8 bytes at p, zeros past the value's end. */
static uint64_t load(const struct cursor *c, const char *p)
{
    size_t left = (size_t)(c->end - p);
    if (left >= 8)
        return load8(p);
    if (c->end - c->begin >= 8)
        return left ? load8(c->end - 8) >> (64 - 8 * left) : 0;
    uint64_t v = 0;
    for (size_t i = 0; i < left; i++)
        v |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return v;
}

/* The high bit of the first byte that is a space or control, 0: none. */
static uint64_t first_break(uint64_t v)
{
    uint64_t t = (v - 0x2121212121212121ull) & ~v & 0x8080808080808080ull;
    return t & -t;
}

static bool next_word(struct cursor *c)
{
    while (c->p < c->end && (unsigned char)*c->p <= ' ')
        c->p++;
    if (c->p == c->end)
        return false;
    const char *p = c->p;
    uint64_t v = load(c, p), stop = first_break(v);
    c->head = stop ? v & ((stop >> 7) - 1) : v;
    while (!stop && p < c->end) {
        p += 8;
        stop = p < c->end ? first_break(load(c, p)) : 0;
    }
    p += stop ? __builtin_ctzll(stop) / 8 : 0;
    p = p < c->end ? p : c->end;
    c->word = (struct sg_str){c->p, (size_t)(p - c->p)};
    c->p = p;
    return c->word.n > 0;
}

/* All query words that this word matches, into s by how; exact ones alone in *exact. */
static uint64_t match_word(const struct sg_reading *r, const struct cursor *c, struct seen *s,
                           uint64_t *exact)
{
    uint64_t any = 0;
    *exact = 0;
    for (size_t i = 0; i < r->n_patterns; i++) {
        const struct sg_pattern *p = &r->patterns[i];
        if (!sg_pattern_matches(p, c->word, c->head))
            continue;
        uint64_t bit = 1ull << p->word;
        any |= bit;
        if (p->edits)
            s->edits[p->edits - 1] |= bit;
        else if (p->text.n == c->word.n)
            *exact |= bit;
        else {
            float untyped = (float)(c->word.n - p->text.n) / (float)c->word.n;
            s->untyped = s->open && s->untyped < untyped ? s->untyped : untyped;
            s->open |= bit;
        }
    }
    s->exact |= *exact;
    s->any |= any;
    return any;
}

/* The first 8 letters of a word, as struct cursor has them. */
#define HEAD(a, b, c, d, e, f, g, h)                                                               \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

/* Folded articles that people leave out; all are shorter than a head. */
static bool is_article(uint64_t head)
{
    switch (head) {
    case HEAD('t', 'h', 'e', 0, 0, 0, 0, 0):
    case HEAD('a', 0, 0, 0, 0, 0, 0, 0):
    case HEAD('a', 'n', 0, 0, 0, 0, 0, 0):
    case HEAD('l', 'o', 's', 0, 0, 0, 0, 0):
    case HEAD('l', 'e', 's', 0, 0, 0, 0, 0):
    case HEAD('d', 'i', 'e', 0, 0, 0, 0, 0):
        return true;
    default:
        return false;
    }
}

/* What an unasked word of a title tells. */
enum role {
    TITLE,
    EDITION, /* guests and masters follow: feat., remaster(ed), deluxe */
    OPENS,   /* an edition with the next word: radio edit, album version */
    CLOSES,  /* that next word */
    VERSION, /* another recording: live, remix, acoustic */
};

static enum role role_of(uint64_t head)
{
    switch (head) {
    case HEAD('f', 'e', 'a', 't', 0, 0, 0, 0):
    case HEAD('r', 'e', 'm', 'a', 's', 't', 'e', 'r'):
    case HEAD('d', 'e', 'l', 'u', 'x', 'e', 0, 0):
        return EDITION;
    case HEAD('r', 'a', 'd', 'i', 'o', 0, 0, 0):
    case HEAD('s', 'i', 'n', 'g', 'l', 'e', 0, 0):
    case HEAD('a', 'l', 'b', 'u', 'm', 0, 0, 0):
    case HEAD('o', 'r', 'i', 'g', 'i', 'n', 'a', 'l'):
    case HEAD('b', 'o', 'n', 'u', 's', 0, 0, 0):
        return OPENS;
    case HEAD('e', 'd', 'i', 't', 0, 0, 0, 0):
    case HEAD('m', 'i', 'x', 0, 0, 0, 0, 0):
    case HEAD('v', 'e', 'r', 's', 'i', 'o', 'n', 0):
    case HEAD('t', 'r', 'a', 'c', 'k', 0, 0, 0):
    case HEAD('d', 'i', 'g', 'i', 't', 'a', 'l', 0):
        return CLOSES;
    case HEAD('l', 'i', 'v', 'e', 0, 0, 0, 0):
    case HEAD('v', 'i', 'v', 'o', 0, 0, 0, 0):
    case HEAD('d', 'e', 'm', 'o', 0, 0, 0, 0):
    case HEAD('r', 'e', 'm', 'i', 'x', 0, 0, 0):
    case HEAD('r', 'e', 'm', 'i', 'x', 'e', 'd', 0):
    case HEAD('c', 'o', 'v', 'e', 'r', 0, 0, 0):
    case HEAD('t', 'r', 'i', 'b', 'u', 't', 'e', 0):
    case HEAD('k', 'a', 'r', 'a', 'o', 'k', 'e', 0):
    case HEAD('a', 'c', 'o', 'u', 's', 't', 'i', 'c'):
    case HEAD('i', 'n', 's', 't', 'r', 'u', 'm', 'e'):
        return VERSION;
    default:
        return TITLE;
    }
}

static bool is_year(const struct cursor *c)
{
    return c->word.n == 4 && (c->word.p[0] == '1' || c->word.p[0] == '2') &&
           (c->word.p[1] == '9' || c->word.p[1] == '0');
}

/* Whether a title's own words have ended before this one, of that role. */
static bool ends_title(const struct cursor *c, enum role role)
{
    if (role == EDITION)
        return true;
    bool year = role == TITLE && is_year(c);
    if (role != OPENS && !year)
        return false;
    struct cursor next = *c;
    if (!next_word(&next))
        return false;
    enum role after = role_of(next.head);
    return after == CLOSES || (year && after == EDITION);
}

/* Reads one value (a title, one artist's name, an album) into s. A leading
 * article that the query leaves out does not count. */
static void see_value(const struct sg_reading *r, struct sg_str value, struct seen *s)
{
    struct cursor c = cursor_of(value);
    uint64_t run = ~0ull, before = 0;
    uint32_t n = 0, covered = 0, position = 0;
    while (next_word(&c)) {
        uint64_t exact, any = match_word(r, &c, s, &exact);
        if (position++ == 0 && !any && is_article(c.head))
            continue;
        if (n && !any) {
            enum role role = role_of(c.head);
            s->edition |= ends_title(&c, role);
            s->version |= role == VERSION;
            if (s->edition)
                continue;
        }
        n++;
        covered += any != 0;
        s->pairs |= (before << 1) & any;
        before = any;
        if (s->n_lead + 1 == n && n <= SG_WORDS_MAX)
            s->n_lead += (uint32_t)(any >> (n - 1) & 1);
        run = (n > 1 ? run << 1 : ~0ull) & exact;
    }
    s->n_words += n;
    s->n_covered += covered;
    s->covered |= n && covered == n;
    s->whole = n ? run : 0;
    s->whole_length = n;
}

/* Takes the first of values joined by 0x1f off *values; false at their end. */
static bool next_value(struct sg_str *values, struct sg_str *value)
{
    if (!values->n)
        return false;
    const char *at = memchr(values->p, 0x1f, values->n);
    size_t n = at ? (size_t)(at - values->p) : values->n, used = n + (at != NULL);
    *value = (struct sg_str){values->p, n};
    values->p += used;
    values->n -= used;
    return true;
}

static void see_names(const struct sg_reading *r, struct sg_str names, struct seen *s)
{
    struct sg_str name;
    while (next_value(&names, &name))
        see_value(r, name, s);
}

static uint64_t low_bits(size_t n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/* The title is a run of the query as typed, and what the query says besides is
 * of the artists. */
static bool is_whole(const struct seen *title, const struct seen *artists, uint64_t all)
{
    for (uint64_t ends = title->whole; ends; ends &= ends - 1) {
        unsigned end = (unsigned)__builtin_ctzll(ends);
        uint64_t run = low_bits(end + 1) & ~low_bits(end + 1 - title->whole_length);
        if (((run | artists->exact) & all) == all)
            return true;
    }
    return false;
}

struct record_seen {
    struct seen title, artists, album;
    uint64_t exact, any; /* over all fields */
};

static uint64_t any_of(const struct seen *s)
{
    return s->any;
}

/* A record that is all name holds what it was found by, if in another form (a
 * name in another script, joined words). */
static void take_unseen(const struct sg_reading *r, struct seen *title)
{
    uint64_t unseen = low_bits(r->n_words) & ~any_of(title);
    uint32_t n = title->n_covered + (uint32_t)__builtin_popcountll(unseen);
    title->unseen = unseen;
    title->n_covered = n < title->n_words ? n : title->n_words;
}

static void see_all(struct record_seen *s)
{
    s->exact = s->title.exact | s->artists.exact | s->album.exact;
    s->any = any_of(&s->title) | any_of(&s->artists) | any_of(&s->album);
}

/* The title, or another name in its place; the other fields are seen already. */
static void see_title(const struct sg_reading *r, enum sg_kind kind, struct sg_str title,
                      struct record_seen *s)
{
    s->title = (struct seen){0};
    see_value(r, title, &s->title);
    if (kind == SG_ARTIST || kind == SG_PLAYLIST)
        take_unseen(r, &s->title);
    see_all(s);
}

/* The title says all that the words could say: as they were typed and in their order, or the one
 * short start of a word. What stands in other fields would change nothing. */
static bool is_settled(const struct sg_reading *r, const struct seen *title)
{
    uint64_t all = low_bits(r->n_words);
    if (r->in_artist || !r->n_words)
        return false;
    if (r->is_start && r->n_words == 1)
        return title->any != 0;
    return title->exact == all && title->pairs == (all & ~1ull);
}

static void see_record(const struct sg_reading *r, enum sg_kind kind, const struct sg_facts *f,
                       struct record_seen *s)
{
    s->artists = s->album = (struct seen){0};
    see_title(r, kind, f->title, s);
    if (is_settled(r, &s->title) && !(f->title_aliases.n | f->artist_aliases.n))
        return;
    see_names(r, f->artists, &s->artists);
    see_value(r, f->album, &s->album);
    see_all(s);
}

/* Of a reading beside the literal one: below it, unless everything stands where it
 * was said to. */
static enum sg_evidence evidence_beside(const struct sg_reading *q, const struct record_seen *s,
                                        uint64_t all)
{
    bool placed = !(q->in_artist & ~any_of(&s->artists)) && !(q->in_title & ~any_of(&s->title));
    bool stated = q->how == SG_EQUIVALENT || q->in_artist;
    if (placed && stated && s->exact == all && is_whole(&s->title, &s->artists, all))
        return SG_STATED;
    return placed && q->in_artist && s->exact == all ? SG_WORDS : SG_PREFIX;
}

/* Words seen nowhere were matched by an alternative form that only the index
 * knows (another script): as good as a prefix. */
static enum sg_evidence evidence_of(const struct sg_ranker *r, const struct record_seen *s)
{
    const struct sg_reading *q = r->reading;
    uint64_t all = low_bits(q->n_words);
    if (r->verify_last && !(s->any >> (q->n_words - 1) & 1))
        return SG_NO_EVIDENCE;
    if (r->verify_all && all & ~s->any)
        return SG_NO_EVIDENCE;
    if (q->how == SG_AKIN)
        return SG_MEANT;
    if (q->how == SG_SUNG)
        return SG_LINE;
    if (q->how == SG_DROPPED)
        return SG_PARTIAL;
    if (q->how == SG_UNDERSTOOD || q->how == SG_EQUIVALENT)
        return evidence_beside(q, s, all);
    bool respaced = q->how == SG_JOINED || q->how == SG_SPLIT;
    if (respaced && s->exact == all && is_whole(&s->title, &s->artists, all))
        return SG_STATED;
    if (q->how != SG_AS_TYPED)
        return SG_MISSPELT;
    if (s->exact != all)
        return SG_PREFIX;
    if (is_whole(&s->title, &s->artists, all))
        return SG_WHOLE;
    return q->is_start ? SG_PREFIX : SG_WORDS;
}

static float share(uint64_t words, size_t of)
{
    if (!words)
        return 0;
    return (float)__builtin_popcountll(words) / (float)of;
}

static float edits_of(const struct record_seen *s)
{
    uint64_t right = s->exact | s->title.open | s->artists.open | s->album.open;
    uint64_t wrong = s->any & ~right;
    float sum = 0;
    for (int i = 0; i < SG_EDITS_MAX; i++) {
        uint64_t here = wrong & (s->title.edits[i] | s->artists.edits[i] | s->album.edits[i]);
        sum += 0.5f * (float)((i + 1) * __builtin_popcountll(here));
        wrong &= ~here;
    }
    return sum;
}

static float untyped_of(const struct record_seen *s)
{
    const struct seen *fields[] = {&s->title, &s->artists, &s->album};
    float least = 1;
    bool open = false;
    for (size_t i = 0; i < 3; i++) {
        if (!(fields[i]->open & ~s->exact))
            continue;
        open = true;
        least = fields[i]->untyped < least ? fields[i]->untyped : least;
    }
    return open ? least : 0;
}

static void text_features(const struct sg_reading *q, const struct record_seen *s, float *v)
{
    size_t n = q->n_words ? q->n_words : 1;
    uint64_t title = any_of(&s->title), artists = any_of(&s->artists), album = any_of(&s->album);
    artists &= ~title; /* a band's first album has its name twice */
    uint64_t pairs = s->title.pairs | s->artists.pairs | s->album.pairs;
    title |= s->title.unseen;
    v[SG_F_TITLE_WORDS] = share(title, n);
    v[SG_F_TITLE_COVER] =
        s->title.n_words ? (float)s->title.n_covered / (float)s->title.n_words : 0;
    v[SG_F_TITLE_COVER] -= s->title.edition ? UNASKED_EDITION * v[SG_F_TITLE_COVER] : 0;
    v[SG_F_VERSION] = s->title.version;
    v[SG_F_ARTIST_WORDS] = share(artists, n);
    v[SG_F_ARTIST_COVER] = s->artists.covered && artists;
    v[SG_F_ALBUM_WORDS] = share(album & ~title & ~artists, n);
    v[SG_F_ORDER] = n > 1 ? share(pairs, n - 1) : 0;
    v[SG_F_STARTS] = (float)s->title.n_lead / (float)n;
    v[SG_F_UNTYPED] = untyped_of(s);
    v[SG_F_EDITS] = edits_of(s);
    v[SG_F_DROPPED] = (float)q->n_dropped / (float)(n + q->n_dropped);
}

static float freshness(int year, int this_year)
{
    float span = (float)(this_year - 1950);
    float v = year > 1950 && span > 0 ? (float)(year - 1950) / span : 0;
    return v > 1 ? 1 : v;
}

void sg_ranker_init(struct sg_ranker *r, enum sg_kind kind, const struct sg_weights *w,
                    uint64_t top_popularity, int this_year)
{
    *r = (struct sg_ranker){.weights = w, .kind = kind, .this_year = this_year};
    r->popularity_scale = 1 / log2f(2.0f + (float)top_popularity);
}

/* Every feature; the score. An alias is never the whole title as typed. */
static float rate(const struct sg_ranker *r, const struct sg_facts *f, const struct record_seen *s,
                  bool alias, float v[SG_FEATURES])
{
    enum sg_evidence evidence = evidence_of(r, s);
    memset(v, 0, SG_FEATURES * sizeof *v);
    v[SG_F_EVIDENCE] = (float)(alias && evidence > SG_STATED ? SG_STATED : evidence);
    v[SG_F_ALIAS] = alias;
    if (r->reading->how == SG_SUNG)
        v[SG_F_LYRICS] = r->nearness;
    else if (r->reading->how == SG_AKIN)
        v[SG_F_NEARNESS] = r->nearness; /* words that happen to be there count for nothing */
    else
        text_features(r->reading, s, v);
    float popularity = log2f(1.0f + (float)f->popularity) * r->popularity_scale;
    v[SG_F_POPULARITY] = popularity > 1 ? 1 : popularity;
    v[SG_F_FRESHNESS] = freshness(f->year, r->this_year);
    v[SG_F_KIND_SONG + r->kind] = 1;
    if (r->liking && evidence > SG_NO_EVIDENCE)
        v[SG_F_LIKING] = sg_liking_of(r->liking, r->kind, f->id);
    float score = 0;
    for (size_t i = 0; i < SG_FEATURES; i++)
        score += v[i] * r->weights->w[i];
    return score;
}

static void keep_better(const struct sg_ranker *r, const struct sg_facts *f,
                        const struct record_seen *s, float *score, float v[SG_FEATURES])
{
    float values[SG_FEATURES], other = rate(r, f, s, true, values);
    bool found = values[SG_F_EVIDENCE] > SG_NO_EVIDENCE, none = v[SG_F_EVIDENCE] <= SG_NO_EVIDENCE;
    if (!found || (!none && other <= *score))
        return;
    *score = other;
    memcpy(v, values, sizeof values);
}

/* The record once more, by each other name of its title and all those of its artists. */
static float rank_by_aliases(const struct sg_ranker *r, const struct sg_facts *f,
                             struct record_seen *s, float score, float v[SG_FEATURES])
{
    struct sg_str titles = f->title_aliases, title;
    if (f->artist_aliases.n) {
        see_names(r->reading, f->artist_aliases, &s->artists);
        see_title(r->reading, r->kind, f->title, s);
        keep_better(r, f, s, &score, v);
    }
    while (next_value(&titles, &title)) {
        see_title(r->reading, r->kind, title, s);
        keep_better(r, f, s, &score, v);
    }
    return score;
}

float sg_rank(const struct sg_ranker *r, const struct sg_facts *f, float v[SG_FEATURES])
{
    struct record_seen s;
    see_record(r->reading, r->kind, f, &s);
    float score = rate(r, f, &s, false, v);
    if (!(f->title_aliases.n | f->artist_aliases.n) || v[SG_F_EVIDENCE] >= SG_WHOLE ||
        r->reading->how == SG_AKIN || r->reading->how == SG_SUNG)
        return score;
    return rank_by_aliases(r, f, &s, score, v);
}

float sg_rank_cover(const struct sg_reading *r, struct sg_str folded)
{
    struct seen s = {0};
    see_value(r, folded, &s);
    return s.n_words ? (float)s.n_covered / (float)s.n_words : 0;
}

size_t sg_title_core(struct sg_str folded)
{
    struct cursor c = cursor_of(folded);
    size_t n = 0;
    while (next_word(&c)) {
        enum role role = role_of(c.head);
        if (n && (role == VERSION || ends_title(&c, role)))
            break;
        n = (size_t)(c.p - folded.p);
    }
    return n;
}

/* Fewer edits first, then a whole word rather than the start of one. */
static int badness(const struct sg_pattern *p, struct sg_str word)
{
    return 2 * p->edits + (p->text.n != word.n);
}

void sg_rank_spellings(const struct sg_ranker *r, const struct sg_facts *f,
                       uint8_t patterns[SG_WORDS_MAX])
{
    const struct sg_reading *q = r->reading;
    const struct sg_str fields[] = {f->title, f->artists, f->album, f->title_aliases,
                                    f->artist_aliases};
    int best[SG_WORDS_MAX];
    for (size_t i = 0; i < SG_WORDS_MAX; i++) {
        patterns[i] = SG_SPELLINGS_MAX;
        best[i] = INT32_MAX;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct cursor c = cursor_of(fields[i]);
        while (next_word(&c))
            for (size_t k = 0; k < q->n_patterns; k++) {
                const struct sg_pattern *p = &q->patterns[k];
                if (!sg_pattern_matches(p, c.word, c.head) || badness(p, c.word) >= best[p->word])
                    continue;
                best[p->word] = badness(p, c.word);
                patterns[p->word] = (uint8_t)k;
            }
    }
}
