/* popularity.c - the same scores for everybody: how much an item was played. */
#include "recsys/models/kind.h"
#include <stdlib.h>
#include <string.h>

static const struct sg_param params[] = {{0}};

struct popularity {
    size_t n;
    float score[];
};

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    (void)p;
    (void)parts;
    const struct sg_side *items = &f->x->items;
    struct popularity *s = malloc(sizeof *s + items->n * sizeof *s->score);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "popularity of %zu items", items->n);
    s->n = items->n;
    for (size_t i = 0; i < items->n; i++) {
        double sum = 0;
        for (size_t k = items->start[i]; k < items->start[i + 1]; k++)
            sum += (double)items->weight[k];
        s->score[i] = (float)sum;
    }
    *state = s;
    return 0;
}

static int score(const void *state, const struct sg_row *rows, size_t n, float *out,
                 struct sg_error *e)
{
    (void)rows;
    (void)e;
    const struct popularity *s = state;
    for (size_t r = 0; r < n; r++)
        memcpy(out + r * s->n, s->score, s->n * sizeof *out);
    return 0;
}

const struct sg_model_kind sg_model_popularity = {
    .name = "popularity",
    .summary = "how much an item was played, alike for everybody",
    .params = params,
    .fit = fit,
    .score = score,
    .free = free,
};
