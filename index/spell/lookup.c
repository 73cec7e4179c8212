/* lookup.c - opening a segment, its words by prefix, corrections. See format.h. */
#include "index/spell/words.h"
#include <stdlib.h>

/* Bounds on the work, whatever the segment holds. */
#define SPELL_VISITS_MAX     4096  /* groups of a prefix */
#define SPELL_CANDIDATES_MAX 32768 /* words verified for a correction */

static uint64_t groups(uint64_t n_words)
{
    return (n_words + SPELL_GROUP - 1) / SPELL_GROUP;
}

static int check_sections(struct sg_spell *s, const struct sg_segment *g, struct sg_error *e)
{
    uint64_t n = g->value[SPELL_N_WORDS], buckets = g->value[SPELL_N_BUCKETS];
    if (n > INT32_MAX || buckets == 0 || buckets > INT32_MAX || g->section[SPELL_LENGTHS].n != n ||
        g->section[SPELL_BASES].n != 4 * groups(n) || g->section[SPELL_FREQUENCIES].n != 4 * n ||
        g->section[SPELL_MAXIMA].n != 2 * sg_maxtree_words(groups(n), 1) ||
        g->section[SPELL_BUCKETS].n != 4 * (buckets + 1))
        return sg_fail(e, SG_ECORRUPT, "spelling: sections do not fit %llu words",
                       (unsigned long long)n);
    memcpy(s->section, g->section, sizeof s->section);
    s->maxima = (struct sg_maxtree){g->section[SPELL_MAXIMA].p, groups(n), 1};
    s->n_words = (uint32_t)n;
    s->n_buckets = (uint32_t)buckets;
    return 0;
}

int sg_spell_open_bytes(struct sg_spell **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    struct sg_spell *s = calloc(1, sizeof *s);
    int rc = s ? sg_segment_parse(&g, bytes, SPELL_MAGIC, e) : sg_fail(e, SG_ENOMEM, "spelling");
    if (!rc)
        rc = check_sections(s, &g, e);
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

int sg_spell_open(struct sg_spell **out, const char *path, struct sg_error *e)
{
    struct sg_map map;
    int rc = sg_map_open(&map, path, sizeof(struct sg_segment_header), e);
    if (rc)
        return rc;
    rc = sg_spell_open_bytes(out, (struct sg_str){(const char *)map.p, map.n}, e);
    if (rc) {
        sg_map_close(&map);
        return sg_wrap(e, "%s", path);
    }
    (*out)->map = map;
    return 0;
}

void sg_spell_close(struct sg_spell *s)
{
    if (!s)
        return;
    sg_map_close(&s->map);
    free(s);
}

uint64_t sg_spell_count(const struct sg_spell *s)
{
    return s->n_words;
}

struct sg_str spell_word_at(const struct sg_spell *s, uint32_t i)
{
    const unsigned char *lengths = (const unsigned char *)s->section[SPELL_LENGTHS].p;
    size_t at = sg_load32(s->section[SPELL_BASES].p + i / SPELL_GROUP * 4);
    for (uint32_t j = i / SPELL_GROUP * SPELL_GROUP; j < i; j++)
        at += lengths[j];
    if (at > s->section[SPELL_WORDS].n || lengths[i] > s->section[SPELL_WORDS].n - at)
        return SG_STR("");
    return (struct sg_str){s->section[SPELL_WORDS].p + at, lengths[i]};
}

uint32_t spell_frequency_at(const struct sg_spell *s, uint32_t i)
{
    return sg_load32(s->section[SPELL_FREQUENCIES].p + 4 * (size_t)i);
}

/* The first word not below text; with `beyond`, the first that is above and does
 * not start with it. */
static uint32_t bound(const struct sg_spell *s, struct sg_str text, bool beyond)
{
    uint32_t lo = 0, hi = s->n_words;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        struct sg_str w = spell_word_at(s, mid);
        if (sg_str_cmp(w, text) < 0 || (beyond && sg_str_starts(w, text)))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct spell_range spell_range_all(const struct sg_spell *s)
{
    return (struct spell_range){0, s->n_words};
}

/* The first word of the range whose byte at `at` is not below c. */
static uint32_t first_not_below(const struct sg_spell *s, const struct spell_range *r, size_t at,
                                unsigned c)
{
    uint32_t lo = r->first, hi = r->last;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        struct sg_str w = spell_word_at(s, mid);
        if (w.n <= at || (unsigned char)w.p[at] < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

void spell_range_narrow(const struct sg_spell *s, struct spell_range *r, size_t at, unsigned char c)
{
    r->first = first_not_below(s, r, at, c);
    r->last = first_not_below(s, r, at, (unsigned)c + 1);
}

uint32_t spell_range_whole(const struct sg_spell *s, const struct spell_range *r, size_t n)
{
    if (r->first >= r->last || spell_word_at(s, r->first).n != n)
        return 0;
    return spell_frequency_at(s, r->first);
}

uint32_t sg_spell_frequency(const struct sg_spell *s, struct sg_str word)
{
    uint32_t i = bound(s, word, false);
    return i < s->n_words && sg_str_eq(spell_word_at(s, i), word) ? spell_frequency_at(s, i) : 0;
}

/* out[0..n) ordered by distance, frequency, word; returns the new n <= cap. */
static size_t insert(struct sg_spelling *out, size_t n, size_t cap, struct sg_str word,
                     uint32_t frequency, uint8_t distance)
{
    size_t at = n;
    for (; at > 0; at--) {
        const struct sg_spelling *o = &out[at - 1];
        if (o->distance < distance || (o->distance == distance && o->frequency > frequency))
            break;
        if (o->distance == distance && o->frequency == frequency && sg_str_cmp(o->word, word) <= 0)
            break;
    }
    if (at == cap)
        return n;
    n += n < cap;
    for (size_t i = n - 1; i > at; i--)
        out[i] = out[i - 1];
    out[at].word = word;
    out[at].frequency = frequency;
    out[at].distance = distance;
    return n;
}

/* Packed weights tell small frequencies apart, large ones to 0.1% only. */
static uint16_t floor_of(uint32_t frequency)
{
    uint16_t packed = sg_weight_pack((float)frequency);
    return frequency < 500 ? packed : packed - 1;
}

size_t sg_spell_prefix(const struct sg_spell *s, struct sg_str prefix, struct sg_spelling *out,
                       size_t cap, bool *more)
{
    struct sg_maxtree_search t;
    uint32_t first = bound(s, prefix, false), last = bound(s, prefix, true);
    size_t n = 0, group;
    *more = last > first && last - first > cap;
    if (first >= last || cap == 0)
        return 0;
    sg_maxtree_begin(&t, &s->maxima, 1, first / SPELL_GROUP, groups(last));
    for (int visit = 0; visit < SPELL_VISITS_MAX; visit++) {
        uint16_t floor = n == cap ? floor_of(out[n - 1].frequency) : 0;
        if (!sg_maxtree_next(&t, floor, &group))
            break;
        uint32_t from = (uint32_t)group * SPELL_GROUP, to = from + SPELL_GROUP;
        from = from < first ? first : from;
        to = to > last ? last : to;
        for (uint32_t i = from; i < to; i++)
            n = insert(out, n, cap, spell_word_at(s, i), spell_frequency_at(s, i), 0);
    }
    return n;
}

struct correction {
    const struct sg_spell *s;
    struct sg_str word;
    struct spell_pattern pattern;
    int max_distance;
    struct sg_spelling *out;
    size_t n, cap;
    uint32_t budget;     /* candidates still to be verified */
    uint32_t seen[1024]; /* number + 1 of words verified lately */
};

/* Lengths in bytes rule most out: a character is 1 to 4 of them. */
static bool may_be_near(const struct correction *c, struct sg_str w)
{
    size_t slack = (size_t)c->max_distance;
    return w.n + slack >= c->pattern.n && w.n <= 4 * (c->pattern.n + slack);
}

static bool listed(const struct correction *c, struct sg_str w)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->out[i].word.p == w.p)
            return true;
    }
    return false;
}

static void verify(struct correction *c, uint32_t i)
{
    struct spell_chars chars;
    if (c->seen[i % 1024] == i + 1)
        return;
    c->seen[i % 1024] = i + 1;
    c->budget--;
    struct sg_str w = spell_word_at(c->s, i);
    if (!may_be_near(c, w) || !spell_chars_of(&chars, w))
        return;
    int distance = spell_pattern_distance(&c->pattern, &chars);
    if (distance > 0 && distance <= c->max_distance && !listed(c, w))
        c->n = insert(c->out, c->n, c->cap, w, spell_frequency_at(c->s, i), (uint8_t)distance);
}

static void verify_bucket(struct correction *c, uint32_t bucket)
{
    const struct sg_str *postings = &c->s->section[SPELL_POSTINGS];
    const char *offsets = c->s->section[SPELL_BUCKETS].p + 4 * (size_t)bucket;
    uint32_t from = sg_load32(offsets), to = sg_load32(offsets + 4), i = 0;
    if (from > to || to > postings->n)
        return;
    const unsigned char *p = (const unsigned char *)postings->p + from, *end = p + (to - from);
    while (p < end && c->budget > 0) {
        uint32_t delta = 0;
        unsigned shift = 0;
        do {
            delta |= (uint32_t)(*p & 127) << shift;
            shift += 7;
        } while (*p++ & 128 && p < end && shift < 32);
        i += delta;
        if (i >= c->s->n_words)
            return;
        verify(c, i);
    }
}

size_t sg_spell_correct(const struct sg_spell *s, struct sg_str word, int max_distance,
                        struct sg_spelling *out, size_t cap)
{
    struct correction c = {.s = s, .word = word, .out = out, .cap = cap};
    struct spell_chars chars;
    uint32_t keys[SPELL_KEYS_MAX];
    if (cap == 0 || !spell_chars_of(&chars, word))
        return 0;
    c.max_distance = max_distance < 2 ? 1 : 2;
    c.budget = SPELL_CANDIDATES_MAX;
    spell_pattern_init(&c.pattern, &chars);
    size_t n = spell_keys_asked(&chars, c.max_distance, keys);
    for (size_t i = 0; i < n && c.budget > 0; i++)
        verify_bucket(&c, spell_bucket(keys[i], s->n_buckets));
    return c.n;
}
