/* log.c - opening, asking and telling: see experiments.h. */
#include "core/log.h"
#include "core/clock.h"
#include "recsys/experiments/draw.h"
#include "recsys/experiments/parts.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>

#define E struct exposure_event
static const struct sg_field event_fields[] = {
    SG_FIELD_U64(E, id, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(E, user_id, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(E, at_us, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(E, experiment, 1, 63, SG_REQUIRED),
    SG_FIELD_STR(E, variant, 0, 63, SG_REQUIRED),
    SG_FIELD_STR(E, surface, 1, 32, SG_REQUIRED),
    SG_FIELD_LIST(E, songs, SG_T_U64, NULL, SG_EXPOSED_MAX),
    SG_FIELD_(SG_T_BYTES, E, teams, 0, SG_EXPOSED_MAX, SG_OPTIONAL, 0, NULL),
};
const struct sg_record exposure_event_record = SG_RECORD("Exposure", E, event_fields);

bool sg_experiments_assign(struct sg_experiments *x, struct sg_str surface, uint64_t user_id,
                           struct sg_arena *a, struct sg_assignment *out)
{
    pthread_rwlock_rdlock(&x->lock);
    bool found = variants_assign(&x->variants, surface, user_id, a, out);
    pthread_rwlock_unlock(&x->lock);
    return found;
}

size_t sg_experiments_explore(struct sg_experiments *x, const uint64_t *candidates, size_t n,
                              uint64_t seed)
{
    if (!x->config->recsys.explore)
        return SIZE_MAX;
    pthread_rwlock_rdlock(&x->lock);
    size_t pick = arms_pick(&x->arms, candidates, n, seed);
    pthread_rwlock_unlock(&x->lock);
    return pick;
}

/* Shown now, not only when the exposures are next counted. */
static void count_shown(struct sg_experiments *x, const struct sg_exposure *p)
{
    pthread_rwlock_wrlock(&x->lock);
    for (size_t i = 0; i < p->n; i++) {
        struct arm *a = arms_put(&x->arms, p->songs[i]);
        if (a)
            a->exposures++;
    }
    pthread_rwlock_unlock(&x->lock);
}

int sg_experiments_expose(struct sg_experiments *x, const struct sg_exposure *p, struct sg_error *e)
{
    char space[SG_EXPOSED_MAX * 12 + 512]; /* more than any takes */
    struct sg_buf b = {space, 0, sizeof space, false};
    struct draw d = {x->draws++};
    size_t n = p->n < SG_EXPOSED_MAX ? p->n : SG_EXPOSED_MAX;
    struct exposure_event event = {
        .id = draw_u64(&d) >> 1,
        .user_id = p->user_id,
        .at_us = sg_wall_us(),
        .experiment = p->experiment,
        .variant = p->variant,
        .surface = p->surface,
        .songs = {(void *)(uintptr_t)p->songs, n},
        .teams = p->teams ? (struct sg_str){(const char *)p->teams, n} : SG_STR_NONE,
    };
    if (!p->experiment.n || p->experiment.n > 63 || p->variant.n > 63 || !p->surface.n ||
        p->surface.n > 32)
        return sg_fail(e, SG_EINVAL, "exposure of '%.*s'", SG_FMT(p->experiment));
    sg_record_freeze(&exposure_event_record, &event, &b);
    int rc = sg_journal_add(x->journal, sg_buf_str(&b), NULL, NULL, e);
    sg_metric_add(rc ? x->dropped : x->logged, "", 1);
    if (!rc && sg_str_eq(p->experiment, SG_STR(SG_EXPLORE)))
        count_shown(x, p);
    return rc;
}

static int open_journal(struct sg_experiments *x, struct sg_error *e)
{
    char dir[SG_CONFIG_TEXT + 32], journal[SG_CONFIG_TEXT + 48];
    snprintf(dir, sizeof dir, "%s/experiments", x->config->var_dir);
    snprintf(journal, sizeof journal, "%s/journal", dir);
    if (mkdir(dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", dir);
    struct sg_journal_options o = {.dir = journal};
    return sg_journal_open(&x->journal, &o, e);
}

int sg_experiments_open(struct sg_experiments **out, const struct sg_config *config,
                        struct sg_error *e)
{
    struct sg_experiments *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "experiments");
    x->config = config;
    pthread_rwlock_init(&x->lock, NULL);
    uint64_t seed = (uint64_t)sg_wall_us();
    if (getrandom(&seed, sizeof seed, 0) < 0)
        sg_log(SG_LOG_WARN, "no random numbers: by the clock", NULL);
    x->draws = seed;
    x->logged = sg_metric_new(SG_COUNTER, "segue_exposures_logged_total",
                              "Exposures put into the journal", NULL);
    x->dropped = sg_metric_new(SG_COUNTER, "segue_exposures_dropped_total",
                               "Exposures not logged: the journal was full", NULL);
    x->moved = sg_metric_new(SG_COUNTER, "segue_exposures_moved_total",
                             "Exposures moved to the database", NULL);
    int rc = open_journal(x, e);
    if (!rc)
        rc = experiments_mover_start(x, e);
    if (rc)
        sg_experiments_close(x);
    else
        *out = x;
    return rc;
}

void sg_experiments_close(struct sg_experiments *x)
{
    if (!x)
        return;
    sg_mover_stop(x->mover);
    sg_journal_close(x->journal);
    sg_arena_free(&x->variants.arena);
    arms_free(&x->arms);
    exposure_carrier_free(x->carrier);
    pthread_rwlock_destroy(&x->lock);
    free(x);
}
