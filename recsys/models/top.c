/* top.c - the k best, in a heap whose worst is on top; on ties the later index is worse. */
#include "recsys/models/scorer.h"
#include <math.h>
#include <stdlib.h>

static bool worse(struct sg_scored a, struct sg_scored b)
{
    return a.score < b.score || (a.score == b.score && a.item > b.item);
}

static void swap(struct sg_scored *a, struct sg_scored *b)
{
    struct sg_scored t = *a;
    *a = *b;
    *b = t;
}

static void sift_up(struct sg_scored *v, size_t at)
{
    for (size_t up; at && (up = (at - 1) / 2, worse(v[at], v[up])); at = up)
        swap(&v[at], &v[up]);
}

static void sift_down(struct sg_scored *v, size_t n)
{
    for (size_t at = 0, child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && worse(v[child + 1], v[child]))
            child++;
        if (!worse(v[child], v[at]))
            return;
        swap(&v[at], &v[child]);
    }
}

void sg_scored_offer(struct sg_scored *v, size_t *n, size_t k, struct sg_scored one)
{
    if (*n < k) {
        v[(*n)++] = one;
        sift_up(v, *n - 1);
    } else if (k && worse(v[0], one)) {
        v[0] = one;
        sift_down(v, k);
    }
}

static int best_first(const void *a, const void *b)
{
    return worse(*(const struct sg_scored *)a, *(const struct sg_scored *)b) ? 1 : -1;
}

size_t sg_scored_top(const float *scores, size_t n, size_t k, struct sg_scored *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (scores[i] > -INFINITY && (kept < k || scores[i] > out[0].score))
            sg_scored_offer(out, &kept, k, (struct sg_scored){(uint32_t)i, scores[i]});
    if (kept > 1)
        qsort(out, kept, sizeof *out, best_first);
    return kept;
}
