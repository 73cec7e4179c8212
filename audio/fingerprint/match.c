/* match.c - see match.h. */
#include "audio/fingerprint/match.h"
#include "audio/fingerprint/print.h"
#include <string.h>

#define OVERLAP_MIN 32 /* items: 4 s, which take 6.6 s of sound */
#define REDUCED     14 /* bits that vote (as AcoustID's own comparison) */
#define BEST        6  /* distances that are tried, and their neighbours */
#define DISTANCES   (2 * SG_PRINT_ITEMS + 1)
#define NONE        UINT16_MAX

/* Item i of b stands at item i + offset of a. */
static struct sg_match compare(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b,
                               int offset)
{
    size_t from_a = offset > 0 ? (size_t)offset : 0, from_b = offset < 0 ? (size_t)-offset : 0;
    struct sg_match m = {.offset = offset};
    if (from_a >= n_a || from_b >= n_b)
        return m;
    size_t n = n_a - from_a < n_b - from_b ? n_a - from_a : n_b - from_b;
    size_t shorter = n_a < n_b ? n_a : n_b;
    uint64_t wrong = 0;
    if (n < OVERLAP_MIN || n * 2 < shorter)
        return m;
    for (size_t i = 0; i < n; i++)
        wrong += (unsigned)__builtin_popcount(a[from_a + i] ^ b[from_b + i]);
    double score = 1 - 2 * (double)wrong / (32.0 * (double)n);
    m.overlap = n;
    m.score = score > 0 ? score : 0;
    return m;
}

struct votes {
    uint16_t head[1 << REDUCED], next[SG_PRINT_ITEMS]; /* places in b of each reduced item */
    uint16_t of[DISTANCES];
};

static void vote(struct votes *v, const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
    memset(v->head, 0xff, sizeof v->head);
    memset(v->of, 0, sizeof v->of);
    for (size_t k = n_b; k-- > 0;) {
        uint16_t *head = &v->head[b[k] >> (32 - REDUCED)];
        v->next[k] = *head;
        *head = (uint16_t)k;
    }
    for (size_t i = 0; i < n_a; i++)
        for (uint16_t k = v->head[a[i] >> (32 - REDUCED)]; k != NONE; k = v->next[k])
            v->of[i + SG_PRINT_ITEMS - k]++; /* at most one for each i */
}

static size_t most_voted(const struct votes *v)
{
    size_t best = 0;
    for (size_t i = 1; i < DISTANCES; i++)
        if (v->of[i] > v->of[best])
            best = i;
    return best;
}

void sg_match(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b, struct sg_match *out)
{
    struct votes v;
    *out = (struct sg_match){0};
    if (n_a > SG_PRINT_ITEMS || n_b > SG_PRINT_ITEMS)
        return;
    vote(&v, a, n_a, b, n_b);
    for (int k = 0; k < BEST; k++) {
        size_t at = most_voted(&v);
        if (!v.of[at])
            return;
        v.of[at] = 0;
        for (int near = -1; near <= 1; near++) {
            struct sg_match m = compare(a, n_a, b, n_b, (int)at - SG_PRINT_ITEMS + near);
            if (m.score > out->score)
                *out = m;
        }
    }
}
