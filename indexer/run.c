/* run.c - see run.h. */
#include "indexer/run.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/service.h"
#include "indexer/check.h"
#include "indexer/child.h"
#include "indexer/folder.h"
#include "indexer/health.h"
#include "indexer/pump.h"
#include "indexer/retire.h"
#include "indexer/source_pg.h"
#include <unistd.h>

#define STEP_MS           100
#define BACK_OFF_MIN_MS   100
#define BACK_OFF_MAX_MS   5000
#define REBUILD_AFTER_MIN 20000 /* documents, when the configuration leaves it to us */
#define DAY_US            (INT64_C(24) * 3600 * 1000000)

struct runner {
    const struct sg_config *config;
    const char *dir;
    char id[9];
    char current[SG_GENERATION_NAME];
    struct sg_child child;
    struct sg_health *health;
    int back_off_ms;
    bool allow_large; /* a rebuild did not help with a large transaction */
    bool waits_for_rebuild;
    struct sg_check *check; /* of the base of `checked`; NULL: done or not begun */
    char checked[SG_GENERATION_NAME];
    bool corrupt;         /* so it was found: a rebuild is wanted until it is replaced */
    int64_t upkeep_at_us; /* partitions */
};

/* Somebody else's rebuild counts as well: true when one is under way. */
static bool want_rebuild(struct runner *r, const char *why)
{
    if (r->child.pid > 0 || sg_folder_locked(r->dir, "REBUILD.lock"))
        return true;
    return sg_child_start(&r->child, why);
}

/* Every month's partition of the listening history, well before it begins. */
static void keep_partitions(struct runner *r)
{
    if (!sg_source_is_postgres(r->config) || sg_now_us() < r->upkeep_at_us)
        return;
    PGconn *c = NULL;
    struct sg_error e = SG_ERROR_INIT;
    PGresult *there = NULL;
    r->upkeep_at_us = sg_now_us() + DAY_US;
    int rc = sg_pg_connect(&c, r->config->pg.dsn, &e);
    if (!rc)
        rc = sg_pg_exec(c, "SELECT 1 FROM pg_proc WHERE proname = 'segue_make_partitions'", 0, NULL,
                        &there, &e);
    if (!rc && PQntuples(there) > 0)
        rc = sg_pg_exec(c, "SELECT segue_make_partitions(current_date, 3)", 0, NULL, NULL, &e);
    if (rc) {
        r->upkeep_at_us = sg_now_us() + DAY_US / 24;
        sg_log(SG_LOG_WARN, "partitions not looked after", "why=%s", e.text);
    }
    PQclear(there);
    PQfinish(c);
}

static void back_off(struct runner *r, const char *trouble)
{
    sg_health_set(r->health, r->current, trouble, NULL);
    r->back_off_ms = r->back_off_ms * 2 < BACK_OFF_MIN_MS   ? BACK_OFF_MIN_MS
                     : r->back_off_ms * 2 > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS
                                                            : r->back_off_ms * 2;
    sg_wait_stop(r->back_off_ms);
}

static void poll_child(struct runner *r)
{
    int ended = sg_child_poll(&r->child);
    if (ended == 0)
        return;
    if (ended < 0 && r->waits_for_rebuild)
        r->allow_large = true;
    r->waits_for_rebuild = false;
}

static bool is_current(const struct runner *r, const char *name)
{
    char now[SG_GENERATION_NAME];
    return sg_current_read(r->dir, now, NULL) == 0 && !strcmp(now, name);
}

static uint64_t rebuild_after(const struct runner *r, const struct sg_manifest *m)
{
    if (r->config->indexer.rebuild_after)
        return (uint64_t)r->config->indexer.rebuild_after;
    uint64_t base = 0;
    for (int k = 0; k < SG_KINDS; k++)
        base += m->counts[k];
    return base / 10 > REBUILD_AFTER_MIN ? base / 10 : REBUILD_AFTER_MIN;
}

/* The base of each generation is read once, beside all else. */
static void check_base(struct runner *r)
{
    struct sg_error e = SG_ERROR_INIT;
    if (strcmp(r->checked, r->current)) {
        sg_check_stop(r->check);
        r->check = NULL;
        r->corrupt = false;
        memcpy(r->checked, r->current, sizeof r->checked);
        if (sg_check_start(&r->check, r->dir, r->current, &e))
            sg_log(SG_LOG_WARN, "base not checked", "gen=%s why=%s", r->current, e.text);
    }
    int result = r->check ? sg_check_result(r->check, &e) : 0;
    if (result) {
        sg_check_stop(r->check);
        r->check = NULL;
    }
    if (result < 0) {
        sg_log(SG_LOG_ERROR, "the base is corrupt: a new generation is needed", "gen=%s why=%s",
               r->current, e.text);
        r->corrupt = true;
    }
    if (r->corrupt)
        want_rebuild(r, "the base is corrupt");
}

/* Steps until told to stop, CURRENT changes, or an error. */
static int follow(struct runner *r, struct sg_pump *p, uint64_t documents_max, struct sg_error *e)
{
    struct sg_pump_state state;
    while (!sg_stopping() && is_current(r, r->current)) {
        int rc = sg_pump_step(p, STEP_MS, e);
        if (rc < 0)
            return rc;
        r->back_off_ms = 0;
        sg_pump_state(p, &state);
        check_base(r);
        sg_health_set(r->health, r->current, r->corrupt ? "the base is corrupt" : NULL, &state);
        poll_child(r);
        keep_partitions(r);
        if (state.documents > documents_max)
            want_rebuild(r, "the delta has grown large");
    }
    return 0;
}

/* A large transaction waits until the rebuild it asked for has ended. */
static void wait_for_rebuild(struct runner *r, const struct sg_error *why)
{
    sg_log(SG_LOG_WARN, "a rebuild takes in a large transaction", "gen=%s why=%s", r->current,
           why->text);
    sg_health_set(r->health, r->current, why->text, NULL);
    r->waits_for_rebuild = want_rebuild(r, why->text);
    if (!r->waits_for_rebuild)
        r->allow_large = true;
    while (r->waits_for_rebuild && !sg_wait_stop(STEP_MS) && is_current(r, r->current)) {
        poll_child(r);
        if (r->child.pid == 0 && !sg_folder_locked(r->dir, "REBUILD.lock"))
            break;
    }
    r->waits_for_rebuild = false;
}

static void on_error(struct runner *r, const struct sg_error *e)
{
    if (e->code == SG_ELIMIT) {
        wait_for_rebuild(r, e);
        return;
    }
    bool full = e->code == SG_ENOSPC;
    /* The one who had the slot or the delta before us needs a moment to let go. */
    bool early = e->code == SG_EBUSY && r->back_off_ms < BACK_OFF_MAX_MS / 4;
    sg_log(early ? SG_LOG_DEBUG : SG_LOG_ERROR,
           full ? "disk full: changes wait, nothing is lost" : "changes interrupted",
           "gen=%s again_in_ms=%d why=%s", r->current, r->back_off_ms * 2, e->text);
    /* A slot or file that is gone does not come back: only a new generation helps. */
    if ((e->code == SG_ENOENT || e->code == SG_ECORRUPT) && is_current(r, r->current))
        want_rebuild(r, e->text);
    back_off(r, e->text);
}

static void serve_current(struct runner *r)
{
    char dir[PATH_MAX];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_manifest m;
    struct sg_pump *p = NULL;
    int rc = sg_folder_path(dir, r->dir, r->current, &e);
    if (!rc)
        rc = sg_manifest_read(&m, dir, &e);
    if (!rc)
        rc = sg_pump_open(&p, r->config, r->dir, r->current, &e);
    if (!rc) {
        sg_log(SG_LOG_INFO, "following", "gen=%s slot=%s", r->current, m.slot);
        if (r->allow_large)
            sg_pump_allow_large(p);
        r->allow_large = false;
        rc = follow(r, p, rebuild_after(r, &m), &e);
    }
    sg_pump_close(p);
    if (rc)
        on_error(r, &e);
}

static bool source_answers(const struct runner *r)
{
    return sg_source_is_postgres(r->config) ? PQping(r->config->pg.dsn) == PQPING_OK
                                            : access(r->config->indexer.source, R_OK) == 0;
}

static void wait_for_first(struct runner *r)
{
    r->current[0] = '\0';
    if (source_answers(r) && want_rebuild(r, "nothing is published yet")) {
        sg_health_set(r->health, "", "the first generation is being built", NULL);
        sg_wait_stop(STEP_MS);
    } else {
        back_off(r, "nothing is published yet");
    }
}

/* Sweeps after rebuilds that were killed, unless one is at work. */
static void sweep(struct runner *r)
{
    int lock;
    PGconn *c = NULL;
    struct sg_error e = SG_ERROR_INIT;
    if (!sg_folder_sweep(r->dir, "REBUILD.lock", &lock))
        return;
    if (sg_source_is_postgres(r->config))
        sg_pg_connect(&c, r->config->pg.dsn, NULL);
    if (sg_retire_unfinished(r->dir, r->id, c, &e))
        sg_log(SG_LOG_WARN, "unfinished generations not removed", "why=%s", e.text);
    PQfinish(c);
    close(lock);
}

static void loop(struct runner *r)
{
    while (!sg_stopping()) {
        struct sg_error e = SG_ERROR_INIT;
        poll_child(r);
        keep_partitions(r);
        int rc = sg_current_read(r->dir, r->current, &e);
        if (rc == SG_ENOENT)
            wait_for_first(r);
        else if (rc)
            on_error(r, &e);
        else
            serve_current(r);
    }
}

int sg_cmd_run(const struct sg_config *config, int argc, char **argv)
{
    struct runner r = {.config = config, .dir = config->index.dir};
    struct sg_error e = SG_ERROR_INIT;
    int lock = -1;
    if (argc > 1) {
        fprintf(stderr, "segue-indexer run: unexpected argument '%s'\n", argv[1]);
        return 2;
    }
    int rc = sg_folder_prepare(r.dir, r.id, &e);
    if (!rc)
        rc = sg_folder_lock(r.dir, "RUN.lock", &lock, &e);
    if (!rc)
        rc = sg_health_open(&r.health, config, &e);
    if (!rc) {
        sweep(&r);
        loop(&r);
        sg_child_stop(&r.child);
    } else {
        sg_log(SG_LOG_ERROR, "indexer not started", "why=%s", e.text);
    }
    sg_check_stop(r.check);
    sg_health_close(r.health);
    if (lock >= 0)
        close(lock);
    return rc ? 1 : 0;
}
