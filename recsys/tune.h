/* tune.h - the parameters of als.h that rank held-out plays best, looked for within a time.
 *
 * A fifth of the plays is held out; a trial trains on the rest and is judged by NDCG@20 over
 * all items for some listeners after every second sweep. It ends when that no longer
 * rises (early stopping), or as soon as it lags behind what the best trial had reached at the
 * same sweep (racing, the successive halving of Jamieson and Talwalkar, AISTATS 2016, one
 * candidate at a time). Candidates: the base, then every third drawn from the whole space
 * (Bergstra and Bengio, JMLR 2012), the others around the best one, ever closer.
 *
 * The space is free of the catalogue's size: with n plays of a mean row of m others,
 * a m / n in 0.1..200 and l (n + a m)^p in 0.05..50, logarithmic; p in 0..1; every weighting
 * (when weights differ); all factors or half of them.
 */
#pragma once
#include "core/str.h"
#include "recsys/als.h"

enum { SG_TUNE_SWEEPS = 24, SG_TUNE_CURVE = SG_TUNE_SWEEPS / 2 + 1 };

struct sg_tune_trial {
    struct sg_als_loss loss;
    uint32_t factors;
    uint32_t sweeps;            /* where the score was best */
    float score;                /* NDCG@20 */
    uint32_t abandoned;         /* 1: it lagged behind, or the time was over */
    float curve[SG_TUNE_CURVE]; /* the score after 2 i sweeps; 0: not judged */
};

struct sg_tune_options {
    int64_t budget_us;
    size_t trials;              /* at most so many; 0: as the time allows */
    size_t listeners;           /* judged; 0: 1,000 */
    struct sg_als_options base; /* factors: the most; threads, seed, solver as they are */
    /* Trials are kept in this file: an interrupted search of the same plays and base goes on,
     * its time counted. NULL: none. A broken one, or of others, is told in the log and not used. */
    const char *record;
    /* After each trial, n so far; left_us of the budget. May be NULL. */
    void (*progress)(void *ctx, const struct sg_tune_trial *trial, const struct sg_tune_trial *best,
                     size_t n, int64_t left_us);
    void *ctx;
};

/* best: o->base with the parameters found, for sg_als_train; at least one trial is made.
 * SG_EINVAL (too few plays to hold some out), SG_ENOMEM, SG_ECANCELED when sg_stopping(),
 * the trials until then being in the record. */
int sg_als_tune(const struct sg_interactions *x, const struct sg_tune_options *o,
                struct sg_als_options *best, struct sg_tune_trial *trial, struct sg_error *e);
/* What the search whose record this is found, for other plays too: into o's loss, factors
 * and sweeps. False, o as it was, without a good record. */
bool sg_als_tuned(const char *record, struct sg_als_options *o);

/* Defaults for these plays: unobserved pairs weigh less the more items there are. */
struct sg_als_loss sg_als_loss_for(const struct sg_interactions *x);
