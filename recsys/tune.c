/* tune.c - see tune.h. A trial is a function of the seed, its number and those before it,
 * so that a search that goes on is the same search. */
#include "recsys/tune.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/service.h"
#include "recsys/als_checkpoint.h"
#include "recsys/random.h"
#include "recsys/tune_judge.h"
#include "recsys/tune_record.h"
#include <stdlib.h>
#include <string.h>

enum { LISTENERS = 1000, DRAWS = 16 };
static const double held_out = 0.2;
static const float lagging = 0.97f, rising = 1.002f;

struct search {
    const struct sg_tune_options *o;
    struct sg_split split;
    struct sg_tune_judge judge;
    struct sg_tune_record *record;
    int64_t end_us;
    double mean, others; /* plays of a row, and rows of the other side; means of both sides */
    bool weighted;       /* weights differ */
};

static double log_between(double u, double low, double high)
{
    return low * pow(high / low, u);
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* The space's own coordinates: a m / n, l (n + a m)^p, p. */
struct place {
    double unobserved, ridge, power;
};

static struct place place_of(const struct search *s, const struct sg_als_loss *l)
{
    double ratio = (double)l->unobserved * s->others / s->mean;
    return (struct place){ratio,
                          (double)l->regularisation * pow(s->mean * (1 + ratio), (double)l->power),
                          (double)l->power};
}

static void set_loss(const struct search *s, struct place p, struct sg_als_loss *l)
{
    l->unobserved = (float)(p.unobserved * s->mean / s->others);
    l->power = (float)p.power;
    l->regularisation = (float)(p.ridge / pow(s->mean * (1 + p.unobserved), p.power));
}

/* Candidate n: the base, one from anywhere, or one near the best. */
static struct sg_tune_trial candidate(const struct search *s, size_t n)
{
    const struct sg_als_options *base = &s->o->base;
    const struct sg_tune_trial *best = sg_tune_best(s->record->trial, n);
    struct sg_tune_trial t = {.loss = base->loss, .factors = (uint32_t)base->factors};
    double u[DRAWS];
    for (size_t i = 0; i < DRAWS; i++)
        u[i] = sg_random_unit(base->seed, n * DRAWS + i);
    if (!n)
        return t;
    struct place p = {log_between(u[0], 0.1, 200), log_between(u[1], 0.05, 50), u[2]};
    if (n % 3 != 1) {
        struct place near = place_of(s, &best->loss);
        double reach = 1.5 / (1 + 0.1 * (double)n); /* of a normal logarithm */
        float z[3];
        t = (struct sg_tune_trial){.loss = best->loss, .factors = best->factors};
        sg_random_normal(z, 3, sg_random(base->seed, n));
        p.unobserved = clamp(near.unobserved * exp(reach * (double)z[0]), 0.01, 1000);
        p.ridge = clamp(near.ridge * exp(reach * (double)z[1]), 0.001, 1000);
        p.power = clamp(near.power + 0.3 * reach * (double)z[2], 0, 1);
    }
    set_loss(s, p, &t.loss);
    if (s->weighted && (n % 3 == 1 || u[3] < 0.2))
        t.loss.weighting = (enum sg_als_weighting)(u[4] * SG_WEIGHTINGS);
    if (u[5] < 0.15 && base->factors >= 16)
        t.factors = (uint32_t)(u[6] < 0.5 ? base->factors / 2 : base->factors);
    return t;
}

struct trial_run {
    struct search *s;
    struct sg_tune_trial *trial;
    const struct sg_tune_trial *best; /* so far; NULL: none */
    int failed, behind;               /* sweeps judged without a rise */
};

/* What a trial had at a sweep; past its end it stays at its best. */
static float reached(const struct sg_tune_trial *t, int sweep)
{
    float score = t ? t->curve[sweep / 2] : 0;
    return t && score == 0 ? t->score : score;
}

static bool enough(void *ctx, const struct sg_factors *now, int sweep)
{
    struct trial_run *r = ctx;
    float score = 0;
    if (sweep % 2)
        return false;
    r->failed = sg_tune_judge(&r->s->judge, now, &score);
    if (r->failed)
        return true;
    r->trial->curve[sweep / 2] = score;
    bool rises = score > r->trial->score * rising;
    r->behind = rises ? 0 : r->behind + 1;
    if (score > r->trial->score || sweep == 2) {
        r->trial->score = score;
        r->trial->sweeps = (uint32_t)sweep;
    }
    bool lags = score < lagging * reached(r->best, sweep);
    bool late = sg_now_us() >= r->s->end_us;
    if (lags || late)
        r->trial->abandoned = 1;
    return lags || late || r->behind >= 2;
}

static int run_trial(struct search *s, struct sg_tune_trial *t, struct sg_error *e)
{
    struct trial_run r = {.s = s, .trial = t, .best = sg_tune_best(s->record->trial, s->record->n)};
    struct sg_factors f;
    struct sg_als_options o = s->o->base;
    o.loss = t->loss;
    o.factors = t->factors;
    o.sweeps = SG_TUNE_SWEEPS;
    o.checkpoint = NULL;
    o.progress = NULL;
    o.enough = enough;
    o.ctx = &r;
    int rc = sg_als_train(&s->split.train, &o, &f, e);
    if (rc == SG_EINVAL) { /* no solution with these: as bad as can be */
        t->score = 0;
        t->abandoned = 1;
        return 0;
    }
    if (rc)
        return rc;
    sg_factors_free(&f);
    if (r.failed)
        return sg_fail(e, r.failed, "judging a trial");
    return 0;
}

static void take_record(struct search *s, uint64_t fingerprint)
{
    struct sg_error e = SG_ERROR_INIT;
    if (!s->o->record)
        return;
    int rc = sg_tune_record_read(s->record, s->o->record, &e);
    if (!rc && s->record->fingerprint == fingerprint)
        return;
    if (rc && rc != SG_ENOENT)
        sg_log(SG_LOG_WARN, "the record of trials is not used, the search begins anew",
               "path=%s error=%s", s->o->record, e.text);
    memset(s->record, 0, sizeof *s->record);
}

static int look(struct search *s, struct sg_error *e)
{
    const struct sg_tune_options *o = s->o;
    struct sg_tune_record *r = s->record;
    int rc = 0;
    int64_t from = sg_now_us() - r->spent_us;
    s->end_us = from + o->budget_us;
    while (!rc && r->n < SG_TUNE_TRIALS_MAX && (!o->trials || r->n < o->trials) &&
           (!r->n || sg_now_us() < s->end_us)) {
        struct sg_tune_trial t = candidate(s, r->n);
        rc = run_trial(s, &t, e);
        if (rc)
            break;
        r->trial[r->n++] = t;
        r->spent_us = sg_now_us() - from;
        if (o->record)
            rc = sg_tune_record_write(o->record, r, e);
        if (o->progress)
            o->progress(o->ctx, &t, sg_tune_best(r->trial, r->n), r->n, s->end_us - sg_now_us());
    }
    return rc;
}

static void measure_plays(struct search *s, const struct sg_interactions *x)
{
    double n = (double)x->n, rows = (double)(x->users.n + x->items.n);
    s->mean = 2 * n / rows;
    s->others = 2 * (double)x->users.n * (double)x->items.n / rows;
    for (size_t i = 1; i < x->n && !s->weighted; i++)
        s->weighted = x->users.weight[i] != x->users.weight[0];
}

static void set_best(struct sg_als_options *o, const struct sg_tune_trial *t)
{
    o->loss = t->loss;
    o->factors = t->factors;
    o->sweeps = t->sweeps ? (int)t->sweeps : 1;
}

int sg_als_tune(const struct sg_interactions *x, const struct sg_tune_options *o,
                struct sg_als_options *best, struct sg_tune_trial *trial, struct sg_error *e)
{
    struct search s = {.o = o};
    int rc = sg_split_interactions(&s.split, x, held_out, o->base.seed, e);
    if (rc)
        return rc;
    s.judge =
        (struct sg_tune_judge){&s.split, o->listeners ? o->listeners : LISTENERS, o->base.threads};
    s.record = calloc(1, sizeof *s.record);
    if (!s.record) {
        rc = sg_fail(e, SG_ENOMEM, "tuning");
        goto done;
    }
    measure_plays(&s, &s.split.train);
    uint64_t fingerprint = sg_als_fingerprint(&s.split.train, &o->base);
    take_record(&s, fingerprint);
    s.record->fingerprint = fingerprint;
    rc = look(&s, e);
    if (!rc) {
        *trial = *sg_tune_best(s.record->trial, s.record->n);
        *best = o->base;
        set_best(best, trial);
    }
done:
    free(s.record);
    sg_split_free(&s.split);
    return rc;
}

bool sg_als_tuned(const char *record, struct sg_als_options *o)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_tune_record *r = calloc(1, sizeof *r);
    int rc = r ? sg_tune_record_read(r, record, &e) : SG_ENOMEM;
    const struct sg_tune_trial *best = rc ? NULL : sg_tune_best(r->trial, r->n);
    if (best && best->sweeps)
        set_best(o, best);
    if (rc && rc != SG_ENOENT)
        sg_log(SG_LOG_WARN, "what was tuned is not used", "path=%s error=%s", record, e.text);
    bool found = best && best->sweeps;
    free(r);
    return found;
}

struct sg_als_loss sg_als_loss_for(const struct sg_interactions *x)
{
    struct sg_als_loss l = SG_ALS_LOSS_DEFAULTS;
    /* a |items| as 20 plays of a mean listener, which the large catalogues of Rendle et al.
     * come to; never above what small ones take. */
    double a = x->users.n && x->items.n
                   ? 20.0 * (double)x->n / ((double)x->users.n * (double)x->items.n)
                   : 1;
    if (a < (double)l.unobserved)
        l.unobserved = (float)a;
    return l;
}
