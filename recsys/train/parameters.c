/* parameters.c - see parameters.h. */
#include "recsys/train/parameters.h"
#include "recsys/tune.h"
#include <stdio.h>

enum { CHECKPOINT_S = 30 };

static void show_trial(void *ctx, const struct sg_tune_trial *t, const struct sg_tune_trial *best,
                       size_t n, int64_t left_us)
{
    (void)ctx;
    fprintf(stderr,
            "tuning: trial %zu: NDCG@20 %.4f%s (unobserved %.2g, regularisation %.2g, power %.2f, "
            "weighting %d, %u factors, %u sweeps); best %.4f, %.0f s to go\n",
            n, (double)t->score, t->abandoned ? ", ended early" : "", (double)t->loss.unobserved,
            (double)t->loss.regularisation, (double)t->loss.power, (int)t->loss.weighting,
            t->factors, t->sweeps, (double)best->score, left_us > 0 ? (double)left_us / 1e6 : 0.0);
}

int sg_train_parameters(struct sg_train_parameters *p, const struct sg_config *config,
                        const struct sg_interactions *plays, int threads, int64_t tune_us,
                        struct sg_error *e)
{
    char record[PATH_MAX];
    struct sg_als_options base = SG_ALS_DEFAULTS;
    struct sg_tune_trial best;
    int rc = 0;
    base.factors = (size_t)config->recsys.factors;
    base.threads = threads;
    base.loss = sg_als_loss_for(plays);
    snprintf(record, sizeof record, "%s/tuned.seg", config->recsys.dir);
    snprintf(p->checkpoint, sizeof p->checkpoint, "%s/als.checkpoint", config->recsys.dir);
    p->als = base;
    if (tune_us) {
        struct sg_tune_options o = {
            .budget_us = tune_us, .base = base, .record = record, .progress = show_trial};
        rc = sg_als_tune(plays, &o, &p->als, &best, e);
    } else {
        (void)sg_als_tuned(record, &p->als);
    }
    p->als.checkpoint = p->checkpoint;
    p->als.checkpoint_every_us = (int64_t)CHECKPOINT_S * 1000000;
    return rc;
}

bool sg_tune_duration(struct sg_str text, int64_t *us)
{
    int64_t n, seconds;
    char unit = text.n ? text.p[text.n - 1] : 0;
    switch (unit) {
    case 's':
        seconds = 1;
        break;
    case 'm':
        seconds = 60;
        break;
    case 'h':
        seconds = 3600;
        break;
    default:
        return false;
    }
    if (!sg_str_to_i64((struct sg_str){text.p, text.n - 1}, &n) || n < 1 ||
        n > 7 * 24 * 3600 / seconds)
        return false;
    *us = n * seconds * 1000000;
    return true;
}
