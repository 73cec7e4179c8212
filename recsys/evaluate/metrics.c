/* metrics.c - see metrics.h. */
#include "recsys/evaluate/metrics.h"
#include <math.h>
#include <stdlib.h>

enum { PAGE = 10, NO_CLICK = 51 };

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool holds(const uint32_t *v, size_t n, uint32_t item)
{
    return n && bsearch(&item, v, n, sizeof *v, by_number);
}

static double ideal(size_t n)
{
    double sum = 0;
    for (size_t r = 0; r < n; r++)
        sum += 1 / log2((double)r + 2);
    return sum;
}

void sg_metrics_hits(const struct sg_scored *list, size_t listed, size_t k,
                     const uint32_t *relevant, size_t n, size_t all, float out[SG_MEASURES])
{
    size_t hits = 0, first_r = 0, first = SG_LIST_DEPTH, best = all < k ? all : k;
    double gain = 0, precision = 0;
    for (size_t r = 0; r < listed; r++) {
        if (!holds(relevant, n, list[r].item))
            continue;
        first = r < first ? r : first;
        first_r += r < all;
        if (r < k) {
            hits++;
            gain += 1 / log2((double)r + 2);
            precision += (double)hits / (double)(r + 1);
        }
    }
    out[SG_RECALL] = (float)((double)hits / (double)all);
    out[SG_NDCG] = (float)(gain / ideal(best));
    out[SG_MAP] = (float)(precision / (double)best);
    out[SG_R_PRECISION] = (float)((double)first_r / (double)all);
    out[SG_CLICKS] = first < SG_LIST_DEPTH ? (float)(first / PAGE) : NO_CLICK;
}

static size_t users_of(const struct sg_interactions *x, uint32_t item)
{
    return x->items.start[item + 1] - x->items.start[item];
}

/* Users of both: the shorter list looked up in the longer. */
static size_t in_common(const struct sg_interactions *x, uint32_t a, uint32_t b)
{
    size_t n = 0, na = users_of(x, a), nb = users_of(x, b);
    const uint32_t *ua = x->items.other + x->items.start[a],
                   *ub = x->items.other + x->items.start[b];
    if (na > nb)
        return in_common(x, b, a);
    if (nb / 16 > na) {
        for (size_t i = 0; i < na; i++)
            n += holds(ub, nb, ua[i]);
        return n;
    }
    for (size_t i = 0, k = 0; i < na && k < nb;) {
        n += ua[i] == ub[k];
        uint32_t left = ua[i], right = ub[k];
        i += left <= right;
        k += right <= left;
    }
    return n;
}

static double diversity(const struct sg_scored *list, size_t n, const struct sg_interactions *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            double both = (double)users_of(x, list[i].item) * (double)users_of(x, list[k].item);
            sum += 1 - (double)in_common(x, list[i].item, list[k].item) / sqrt(fmax(both, 1));
        }
    return n > 1 ? sum / ((double)n * (double)(n - 1) / 2) : 0;
}

void sg_metrics_style(const struct sg_scored *list, size_t listed, size_t k,
                      const struct sg_row *given, const struct sg_interactions *x,
                      float out[SG_MEASURES])
{
    size_t n = listed < k ? listed : k;
    double bits = 0, shown = 0, known = 0;
    for (size_t i = 0; i < n; i++) {
        double users = (double)users_of(x, list[i].item);
        bits += log2((double)x->users.n / fmax(users, 1));
        shown += users / (double)n;
    }
    for (size_t i = 0; i < given->n; i++)
        known += (double)users_of(x, given->item[i]) / (double)given->n;
    out[SG_NOVELTY] = n ? (float)(bits / (double)n) : 0;
    out[SG_DIVERSITY] = (float)diversity(list, n, x);
    out[SG_POPULARITY_BIAS] = known > 0 ? (float)(shown / known) : 0;
}
