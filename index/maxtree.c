/* maxtree.c - see maxtree.h.
 *
 * The heap's items are single numbers: weight, then level (leaves first among
 * equals, so that results come early), then position (left first), compared at once.
 */
#include "index/maxtree.h"
#include "index/segment.h"
#include <math.h>

#define RATIO    0.001f       /* ln of two neighbouring weights' ratio */
#define LN_LEAST -20.7232659f /* ln 1e-9 */
#define POSITION ((1ull << 43) - 1)

uint16_t sg_weight_pack(float weight)
{
    if (!(weight > 1e-9f))
        return 1;
    float steps = 2.0f + (logf(weight) - LN_LEAST) / RATIO;
    return steps >= 65535.0f ? 65535 : (uint16_t)(steps + 0.5f);
}

float sg_weight_unpack(uint16_t packed)
{
    return packed <= 1 ? 0.0f : expf(LN_LEAST + (float)(packed - 2) * RATIO);
}

static size_t parents(size_t n)
{
    return (n + SG_MAXTREE_FANOUT - 1) / SG_MAXTREE_FANOUT;
}

size_t sg_maxtree_words(size_t n_leaves, unsigned lanes)
{
    size_t nodes = n_leaves;
    for (size_t n = n_leaves; n > 1; nodes += n)
        n = parents(n);
    return nodes * lanes;
}

void sg_maxtree_build(uint16_t *v, size_t n_leaves, unsigned lanes)
{
    for (size_t n = n_leaves; n > 1;) {
        uint16_t *up = v + n * lanes;
        size_t m = parents(n);
        memset(up, 0, m * lanes * sizeof *up);
        for (size_t i = 0; i < n * lanes; i++) {
            uint16_t *top = &up[i / lanes / SG_MAXTREE_FANOUT * lanes + i % lanes];
            *top = v[i] > *top ? v[i] : *top;
        }
        v = up;
        n = m;
    }
}

static uint16_t maximum(const struct sg_maxtree_search *s, size_t node)
{
    const char *p = s->tree->p + node * s->tree->lanes * 2;
    uint16_t max = 0;
    for (unsigned i = 0; i < s->tree->lanes; i++) {
        uint16_t v = s->mask >> i & 1 ? sg_load16(p + 2 * i) : 0;
        max = v > max ? v : max;
    }
    return max;
}

static void push(struct sg_maxtree_search *s, int level, size_t i, uint16_t floor)
{
    uint16_t weight = maximum(s, s->start[level] + i);
    if (weight <= floor || s->n == SG_MAXTREE_HEAP)
        return;
    uint64_t item = (uint64_t)weight << 48 | (uint64_t)(15 - level) << 44 | (POSITION - i);
    size_t at = s->n++;
    for (; at > 0 && s->heap[(at - 1) / 2] < item; at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = item;
}

static uint64_t pop(struct sg_maxtree_search *s)
{
    uint64_t top = s->heap[0], last = s->heap[--s->n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->n; at = child) {
        child += child + 1 < s->n && s->heap[child + 1] > s->heap[child];
        if (s->heap[child] <= last)
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = last;
    return top;
}

void sg_maxtree_begin(struct sg_maxtree_search *s, const struct sg_maxtree *tree, unsigned mask,
                      size_t first, size_t last)
{
    s->tree = tree;
    s->mask = mask;
    s->n = 0;
    s->levels = 1;
    s->start[0] = 0;
    for (size_t n = tree->n_leaves; n > 1 && s->levels < SG_MAXTREE_LEVELS; n = parents(n)) {
        s->start[s->levels] = s->start[s->levels - 1] + n;
        s->levels++;
    }
    /* Cover the range: ragged ends at each level, the middle one level up. */
    for (int level = 0; first < last; level++) {
        bool top = level == s->levels - 1;
        while (first < last && (top || first % SG_MAXTREE_FANOUT))
            push(s, level, first++, 0);
        while (first < last && last % SG_MAXTREE_FANOUT)
            push(s, level, --last, 0);
        first /= SG_MAXTREE_FANOUT;
        last /= SG_MAXTREE_FANOUT;
    }
}

bool sg_maxtree_next(struct sg_maxtree_search *s, uint16_t floor, size_t *leaf)
{
    while (s->n > 0 && s->heap[0] >> 48 > floor) {
        uint64_t item = pop(s);
        int level = 15 - (int)(item >> 44 & 15);
        size_t i = POSITION - (item & POSITION);
        if (level == 0) {
            *leaf = i;
            return true;
        }
        size_t below = s->start[level] - s->start[level - 1], first = i * SG_MAXTREE_FANOUT;
        for (size_t c = first; c < first + SG_MAXTREE_FANOUT && c < below; c++)
            push(s, level - 1, c, floor);
    }
    return false;
}
