/* match.c - opening a segment and finding the best k under a prefix.
 *
 * Two binary searches over the blocks' first strings bound the range; the tree
 * of maxima gives its blocks best first, and each gives its entries to a
 * list of the best k entities. It is over when no block left can be better than
 * the k-th. SUGGEST_VISITS_MAX bounds the work whatever the segment holds:
 * titles give an entity once, later words up to 6 times, so that k = 64 stays far
 * below it.
 */
#include "core/text.h"
#include "index/suggest/reader.h"
#include <math.h>
#include <stdlib.h>

#define SUGGEST_VISITS_MAX 1024

struct block {
    size_t n;
    const uint8_t *end, *scores, *meta;
    struct sg_str head;
};

struct best {
    uint16_t rank; /* what the order compares */
    uint8_t score;
    struct suggest_meta m;
};
struct search {
    const struct sg_suggest *s;
    struct sg_str prefix;
    unsigned kinds;
    enum sg_suggest_order order;
    size_t k, n;
    struct best best[SUGGEST_K_MAX]; /* best first */
};

static int check_sections(struct sg_suggest *s, const struct sg_segment *g, struct sg_error *e)
{
    uint64_t n = g->value[SUGGEST_N_BLOCKS];
    size_t offsets = g->section[SUGGEST_OFFSETS].n, maxima = g->section[SUGGEST_MAXIMA].n;
    if (n >= offsets || offsets != (n + 1) * 8 || maxima != 2 * sg_maxtree_words(n, SUGGEST_LANES))
        return sg_fail(e, SG_ECORRUPT, "completion: sections do not fit %llu blocks",
                       (unsigned long long)n);
    s->blocks = g->section[SUGGEST_BLOCKS];
    s->offsets = g->section[SUGGEST_OFFSETS];
    s->words = g->section[SUGGEST_WORDS];
    s->maxima = (struct sg_maxtree){g->section[SUGGEST_MAXIMA].p, n, SUGGEST_LANES};
    s->n_blocks = n;
    s->n_entries = g->value[SUGGEST_N_ENTRIES];
    suggest_losses(s->losses);
    return 0;
}

int sg_suggest_open_bytes(struct sg_suggest **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    struct sg_suggest *s = calloc(1, sizeof *s);
    int rc =
        s ? sg_segment_parse(&g, bytes, SUGGEST_MAGIC, e) : sg_fail(e, SG_ENOMEM, "completion");
    if (!rc)
        rc = check_sections(s, &g, e);
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

int sg_suggest_open(struct sg_suggest **out, const char *path, struct sg_error *e)
{
    struct sg_map map;
    int rc = sg_map_open(&map, path, sizeof(struct sg_segment_header), e);
    if (rc)
        return rc;
    rc = sg_suggest_open_bytes(out, (struct sg_str){(const char *)map.p, map.n}, e);
    if (rc) {
        sg_map_close(&map);
        return sg_wrap(e, "%s", path);
    }
    (*out)->map = map;
    return 0;
}

void sg_suggest_close(struct sg_suggest *s)
{
    if (!s)
        return;
    sg_map_close(&s->map);
    free(s);
}

uint64_t sg_suggest_count(const struct sg_suggest *s)
{
    return s->n_entries;
}

static bool block_at(const struct sg_suggest *s, size_t i, struct block *b)
{
    uint64_t from = sg_load64(s->offsets.p + 8 * i), to = sg_load64(s->offsets.p + 8 * i + 8);
    if (from >= to || to > s->blocks.n || to - from < 2)
        return false;
    const uint8_t *p = (const uint8_t *)s->blocks.p + from;
    b->n = p[0];
    b->end = (const uint8_t *)s->blocks.p + to;
    b->head = (struct sg_str){(const char *)p + 2, p[1]};
    b->scores = p + 2 + b->head.n;
    b->meta = b->scores + b->n;
    return b->n >= 1 && b->n <= SUGGEST_BLOCK && 2 + b->head.n + b->n <= to - from;
}

/* <0, 0 (starts with it), >0: where text lies relative to the strings under prefix. */
static int compare_prefix(struct sg_str text, struct sg_str prefix)
{
    size_t n = text.n < prefix.n ? text.n : prefix.n;
    int c = memcmp(text.p, prefix.p, n);
    return c ? c : (text.n < prefix.n ? -1 : 0);
}

/* The first block from lo on whose first string lies above (or, with `under`,
 * not below) the prefix. An unreadable block counts as below. */
static size_t bound(const struct sg_suggest *s, size_t lo, struct sg_str prefix, bool under)
{
    size_t hi = s->n_blocks;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        struct block b;
        int c = block_at(s, mid, &b) ? compare_prefix(b.head, prefix) : -1;
        if (c > 0 || (c == 0 && under))
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

/* The next string of a block over the one in text; where it ends, NULL when corrupt. */
static const uint8_t *next_string(const uint8_t *p, const uint8_t *end, char *text, size_t *n)
{
    if (p == end)
        return NULL;
    size_t shared = p[0] >> 4, added = p[0] & 15;
    p++;
    if (shared == 15)
        shared += p < end ? *p++ : 255;
    if (added == 15)
        added += p < end ? *p++ : 255;
    if (shared > *n || shared + added > SUGGEST_STRING_MAX || added > (size_t)(end - p))
        return NULL;
    memcpy(text + shared, p, added);
    *n = shared + added;
    return p + added;
}

/* Entries from..to-1 of the block lie under the prefix. strings: after the metas. */
static void range_in_block(const struct block *b, const uint8_t *strings, struct sg_str prefix,
                           size_t *from, size_t *to)
{
    char text[256];
    size_t n = b->head.n;
    memcpy(text, b->head.p, n);
    *from = *to = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (i > 0 && !(strings = next_string(strings, b->end, text, &n)))
            return;
        int c = compare_prefix((struct sg_str){text, n}, prefix);
        if (c > 0)
            return;
        if (c < 0)
            *from = i + 1;
        *to = i + 1;
    }
}

/* What is kept of a maker's name. */
static struct sg_str cut_by(struct sg_str prefix)
{
    const char *by = memchr(prefix.p, SG_SUGGEST_BY, prefix.n);
    size_t title = by ? (size_t)(by + 1 - prefix.p) : prefix.n;
    struct sg_str rest = {prefix.p + title, prefix.n - title};
    prefix.n = title + sg_utf8_floor(rest, SG_SUGGEST_BY_MAX);
    return prefix;
}

static uint16_t floor_of(const struct search *q)
{
    return q->n == q->k ? q->best[q->k - 1].rank : 0;
}

static bool same_entity(const struct suggest_meta *a, const struct suggest_meta *b)
{
    return a->id == b->id && a->kind == b->kind;
}

/* Puts an entry above floor_of() into the best k, each entity once. */
static void offer(struct search *q, const struct best *x)
{
    size_t at = 0;
    while (at < q->n && !same_entity(&q->best[at].m, &x->m))
        at++;
    if (at < q->n && q->best[at].rank >= x->rank)
        return;
    if (at == q->n)
        at = q->n < q->k ? q->n++ : q->k - 1;
    for (; at > 0 && q->best[at - 1].rank < x->rank; at--)
        q->best[at] = q->best[at - 1];
    q->best[at] = *x;
}

static bool is_wanted(const struct search *q, const struct suggest_meta *m)
{
    return m->infix == (q->order == SG_LATER_WORD) && q->kinds >> m->kind & 1;
}

static uint16_t rank_of(const struct search *q, uint8_t score, const struct suggest_meta *m)
{
    bool near = q->order == SG_NEARLY_TYPED;
    return near ? suggest_near_score(score, q->s->losses[m->letters]) : score;
}

/* Past the last entry that may be good enough: no rank is above its score. */
static size_t end_of_good(const struct search *q, const struct block *b)
{
    size_t n = b->n;
    if (q->order != SG_NEARLY_TYPED)
        while (n && b->scores[n - 1] <= floor_of(q))
            n--;
    return n;
}

/* whole: every entry is known to lie under the prefix. */
static void scan_block(struct search *q, size_t i, bool whole)
{
    struct block b;
    struct suggest_meta m[SUGGEST_BLOCK];
    if (!block_at(q->s, i, &b))
        return;
    const uint8_t *p = b.meta;
    size_t from = 0, to = whole ? end_of_good(q, &b) : b.n;
    for (size_t j = 0; j < to; j++) {
        size_t n = suggest_meta_get(p, b.end, &m[j]);
        if (n == 0)
            return;
        p += n;
    }
    if (!whole)
        range_in_block(&b, p, q->prefix, &from, &to);
    for (size_t j = from; j < to; j++) {
        struct best x = {rank_of(q, b.scores[j], &m[j]), b.scores[j], m[j]};
        if (x.rank > floor_of(q) && is_wanted(q, &m[j]))
            offer(q, &x);
    }
}

static void run(struct search *q)
{
    struct sg_maxtree_search t;
    size_t leaf;
    unsigned lanes = q->order == SG_LATER_WORD     ? 1u << SUGGEST_INFIX_LANE
                     : q->order == SG_NEARLY_TYPED ? q->kinds << SUGGEST_NEAR_LANE
                                                   : q->kinds;
    size_t first = bound(q->s, 0, q->prefix, true);
    size_t last = bound(q->s, first, q->prefix, false);
    first -= first > 0; /* its later entries may belong to the range */
    sg_maxtree_begin(&t, &q->s->maxima, lanes, first, last);
    for (int i = 0; i < SUGGEST_VISITS_MAX && sg_maxtree_next(&t, floor_of(q), &leaf); i++)
        scan_block(q, leaf, leaf > first && leaf + 1 < last);
}

size_t sg_suggest_match(const struct sg_suggest *s, struct sg_str prefix, unsigned kinds,
                        enum sg_suggest_order order, struct sg_completion *out, size_t k)
{
    struct search q = {.s = s, .kinds = kinds & ((1u << SG_KINDS) - 1), .order = order};
    q.prefix = cut_by(prefix);
    q.k = k < SUGGEST_K_MAX ? k : SUGGEST_K_MAX;
    if (q.k == 0 || q.kinds == 0 || prefix.n == 0 || prefix.n > SG_PREFIX_MAX)
        return 0;
    run(&q);
    for (size_t i = 0; i < q.n; i++) {
        const struct best *b = &q.best[i];
        out[i] = (struct sg_completion){(enum sg_kind)b->m.kind, b->m.letters, b->m.id,
                                        suggest_score_unpack(b->score)};
    }
    return q.n;
}

float sg_suggest_score(uint64_t popularity)
{
    return log1pf((float)popularity);
}

float sg_suggest_length_loss(unsigned letters)
{
    const float least = 4, most = 40, power = 8;
    float n = (float)letters;
    return power * logf((n < least ? least : n > most ? most : n) / least);
}

void suggest_losses(uint8_t out[256])
{
    for (unsigned i = 0; i < 256; i++)
        out[i] = (uint8_t)(sg_suggest_length_loss(i) * 8.0f + 0.5f);
}
