/* fit.c - coordinate ascent over the features of observed candidates: see train.h. */
#include "query/train.h"
#include <math.h>

#define TEN 10

static float score(const float *values, const struct sg_weights *w)
{
    float sum = 0;
    for (size_t i = 0; i < SG_FEATURES; i++)
        sum += values[i] * w->w[i];
    return sum;
}

/* A tie goes against the answer, but not against another one. */
static double reciprocal_rank(const struct sg_observed *o, const struct sg_weights *w)
{
    float best = -INFINITY;
    for (size_t i = 0; i < o->n; i++)
        if (o->is_answer[i])
            best = fmaxf(best, score(o->values[i], w));
    size_t rank = 1;
    for (size_t i = 0; i < o->n && rank <= TEN; i++)
        rank += !o->is_answer[i] && score(o->values[i], w) >= best;
    return best > -INFINITY && rank <= TEN ? 1 / (double)rank : 0;
}

double sg_train_mrr(const struct sg_observed *o, size_t n, const struct sg_weights *w,
                    bool held_out)
{
    double sum = 0;
    size_t asked = 0;
    for (size_t i = 0; i < n; i++) {
        if (o[i].judged->held_out != held_out)
            continue;
        sum += reciprocal_rank(&o[i], w);
        asked++;
    }
    return asked ? sum / (double)asked : 0;
}

/* The best of some values around the present one. */
static double fit_one(const struct sg_observed *o, size_t n, struct sg_weights *w, size_t feature,
                      double now)
{
    static const float factors[] = {0.5f, 0.8f, 1.25f, 2};
    float old = w->w[feature], best = old;
    for (size_t i = 0; i < sizeof factors / sizeof *factors + 2; i++) {
        bool scaled = i < sizeof factors / sizeof *factors;
        w->w[feature] = scaled ? old * factors[i] : old + (i % 2 ? 2.0f : -2.0f);
        double mrr = sg_train_mrr(o, n, w, false);
        if (mrr <= now + 1e-9)
            continue;
        now = mrr;
        best = w->w[feature];
    }
    w->w[feature] = best;
    return now;
}

double sg_train_fit(const struct sg_observed *o, size_t n, struct sg_weights *w, int rounds,
                    uint64_t keep)
{
    double now = sg_train_mrr(o, n, w, false);
    for (int round = 0; round < rounds; round++) {
        double before = now;
        for (size_t feature = SG_F_EVIDENCE + 1; feature < SG_FEATURES; feature++)
            if (!(keep >> feature & 1))
                now = fit_one(o, n, w, feature, now);
        if (now <= before)
            break;
    }
    return now;
}
