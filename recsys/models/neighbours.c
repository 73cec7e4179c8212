/* neighbours.c - see neighbours.h. */
#include "recsys/models/neighbours.h"
#include "recsys/parallel.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS_AT_ONCE = 64 };

struct build {
    struct sg_scored *found; /* k of each target */
    uint32_t *count;
    size_t n, k;
    const struct sg_fit *f;
    const char *step;
    sg_sources_fn fn;
    void *ctx;
};

static int find(void *ctx, size_t from, size_t to, int worker)
{
    struct build *b = ctx;
    for (size_t t = from; t < to; t++)
        b->count[t] = (uint32_t)b->fn(b->ctx, (uint32_t)t, worker, b->found + t * b->k);
    if (worker == 0)
        sg_fit_progress(b->f, b->step, (double)to / (double)b->n);
    return 0;
}

/* From by target to by source: a counting sort. */
static int transpose(struct sg_neighbours *m, const struct build *b)
{
    size_t total = 0;
    for (size_t t = 0; t < b->n; t++)
        total += b->count[t];
    m->n = b->n;
    m->start = calloc(b->n + 2, sizeof *m->start);
    m->item = malloc((total + 1) * sizeof *m->item);
    m->weight = malloc((total + 1) * sizeof *m->weight);
    if (!m->start || !m->item || !m->weight)
        return SG_ENOMEM;
    size_t *at = m->start + 1; /* becomes start when filled */
    for (size_t t = 0; t < b->n; t++)
        for (size_t i = 0; i < b->count[t]; i++)
            if (b->found[t * b->k + i].item + 1 < b->n)
                at[b->found[t * b->k + i].item + 1]++;
    for (size_t s = 1; s < b->n; s++)
        at[s] += at[s - 1];
    for (size_t t = 0; t < b->n; t++)
        for (size_t i = 0; i < b->count[t]; i++) {
            struct sg_scored *v = &b->found[t * b->k + i];
            m->item[at[v->item]] = (uint32_t)t;
            m->weight[at[v->item]++] = v->score;
        }
    return 0;
}

int sg_neighbours_build(struct sg_neighbours *out, size_t n, size_t k, const struct sg_fit *f,
                        const char *step, sg_sources_fn fn, void *ctx, struct sg_error *e)
{
    struct sg_neighbours m = {0};
    struct build b = {.n = n, .k = k, .f = f, .step = step, .fn = fn, .ctx = ctx};
    b.found = malloc((n * k + 1) * sizeof *b.found);
    b.count = calloc(n + 1, sizeof *b.count);
    int rc = b.found && b.count ? 0 : SG_ENOMEM;
    if (!rc)
        rc = sg_parallel(f->threads, n, TARGETS_AT_ONCE, find, &b);
    if (!rc)
        rc = transpose(&m, &b);
    free(b.found);
    free(b.count);
    if (rc) {
        sg_neighbours_free(&m);
        return sg_fail(e, rc, "%s of %zu items: %s", step, n, sg_err_name(rc));
    }
    *out = m;
    return 0;
}

void sg_neighbours_free(struct sg_neighbours *m)
{
    free(m->start);
    free(m->item);
    free(m->weight);
    *m = (struct sg_neighbours){0};
}

int sg_neighbours_score(const void *state, const struct sg_row *rows, size_t n, float *out,
                        struct sg_error *e)
{
    (void)e;
    const struct sg_neighbours *m = state;
    memset(out, 0, n * m->n * sizeof *out);
    for (size_t r = 0; r < n; r++) {
        float *o = out + r * m->n;
        for (size_t i = 0; i < rows[r].n; i++) {
            size_t s = rows[r].item[i];
            for (size_t k = m->start[s]; k < m->start[s + 1]; k++)
                o[m->item[k]] += rows[r].weight[i] * m->weight[k];
        }
    }
    return 0;
}

void sg_neighbours_close(void *state)
{
    sg_neighbours_free(state);
    free(state);
}

size_t sg_cooccurring(const struct sg_interactions *x, uint32_t item, struct sg_bench *b)
{
    size_t n = 0;
    for (size_t k = x->items.start[item]; k < x->items.start[item + 1]; k++) {
        uint32_t user = x->items.other[k];
        float w = x->items.weight[k];
        for (size_t i = x->users.start[user]; i < x->users.start[user + 1]; i++) {
            uint32_t other = x->users.other[i];
            n = sg_bench_add(b, n, other, w * x->users.weight[i]);
        }
    }
    return n;
}

float *sg_norms(const struct sg_side *side)
{
    float *norm = malloc((side->n + 1) * sizeof *norm);
    for (size_t r = 0; norm && r < side->n; r++) {
        double sum = 0;
        for (size_t k = side->start[r]; k < side->start[r + 1]; k++)
            sum += (double)side->weight[k] * (double)side->weight[k];
        norm[r] = (float)sqrt(sum);
    }
    return norm;
}
