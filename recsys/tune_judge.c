/* tune_judge.c - see tune_judge.h. */
#include "recsys/tune_judge.h"
#include "recsys/evaluate/metrics.h"
#include "recsys/parallel.h"
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

enum { K = 20, BATCH = 16 };

struct judging {
    const struct sg_tune_judge *j;
    const struct sg_factors *f;
    size_t asked;
    float *value; /* by listener */
};

static const struct sg_question *question(const struct judging *g, size_t i)
{
    const struct sg_split *s = g->j->split;
    return &s->questions[i * s->n / g->asked];
}

static float ndcg(const struct sg_question *q, float *scores, size_t items)
{
    struct sg_scored list[K];
    float measure[SG_MEASURES];
    for (size_t i = 0; i < q->given.n; i++)
        scores[q->given.item[i]] = -INFINITY;
    size_t n = sg_scored_top(scores, items, K, list);
    sg_metrics_hits(list, n, K, q->items, q->n, q->relevant, measure);
    return measure[SG_NDCG];
}

static int judge_some(void *ctx, size_t from, size_t to, int worker)
{
    struct judging *g = ctx;
    const struct sg_interactions *x = &g->j->split->train;
    const struct sg_factors *f = g->f;
    size_t n = to - from, items = x->items.n;
    float *users = calloc(n * f->stride, sizeof *users);
    float *scores = malloc(n * items * sizeof *scores);
    int rc = users && scores ? 0 : SG_ENOMEM;
    (void)worker;
    for (size_t i = 0; i < n && !rc; i++) {
        size_t row = sg_side_find(&x->users, question(g, from + i)->user);
        for (size_t k = 0; k < f->stride; k++)
            users[i * f->stride + k] = row < x->users.n ? f->users[row * f->stride + k] : 0;
    }
    if (!rc)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)items, (int)f->stride, 1,
                    users, (int)f->stride, f->items, (int)f->stride, 0, scores, (int)items);
    for (size_t i = 0; i < n && !rc; i++)
        g->value[from + i] = ndcg(question(g, from + i), scores + i * items, items);
    free(users);
    free(scores);
    return rc;
}

int sg_tune_judge(const struct sg_tune_judge *j, const struct sg_factors *f, float *score)
{
    struct judging g = {.j = j, .f = f};
    g.asked = j->split->n < j->listeners ? j->split->n : j->listeners;
    g.value = calloc(g.asked + 1, sizeof *g.value);
    if (!g.value)
        return SG_ENOMEM;
    int rc = sg_parallel(j->threads, g.asked, BATCH, judge_some, &g);
    double sum = 0;
    for (size_t i = 0; i < g.asked; i++)
        sum += (double)g.value[i];
    free(g.value);
    if (!rc)
        *score = g.asked ? (float)(sum / (double)g.asked) : 0;
    return rc;
}
