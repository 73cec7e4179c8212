/* live.c - see live.h. One thread; readers hold a read lock while they look. */
#include "recsys/live.h"
#include "core/change_tail.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/pg.h"
#include "core/service.h"
#include "recsys/live_change.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char slot[] = "segue_recsys_live";
#define TELL_EVERY_US 1000000

struct sg_live {
    const struct sg_config *config;
    pthread_t thread;
    atomic_bool stop;
    atomic_int_least64_t lag;
    pthread_rwlock_t lock; /* guards which trends are present */
    struct sg_trends *trends;
    struct sg_pg_pool *pg; /* people are read through it */
    struct sg_people_database database;
    struct sg_people *people;
    struct sg_metric *lag_bytes, *people_n, *people_bytes, *people_loads;
    uint64_t xid; /* of the last transaction */
    uint64_t loads_told;
    int64_t told_us;
};

static double half_life_s(const struct sg_live *l)
{
    return (double)l->config->recsys.trend_half_life_h * 3600;
}

struct sg_trends *sg_live_take(struct sg_live *l)
{
    pthread_rwlock_rdlock(&l->lock);
    return l->trends;
}

void sg_live_give(struct sg_live *l)
{
    pthread_rwlock_unlock(&l->lock);
}

struct sg_people *sg_live_people(struct sg_live *l)
{
    return l->people;
}

int64_t sg_live_lag(struct sg_live *l)
{
    return l->lag;
}

static int take_row(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    struct live_play p;
    if (n != 4)
        return sg_fail(e, SG_EINTERNAL, "%zu columns", n);
    int rc = live_play_read(&p, c[0], c[1], c[2], c[3], e);
    return rc ? rc : live_play_count(ctx, &p, e);
}

static int read_xid(struct sg_live *l, PGconn *c, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c, "SELECT pg_snapshot_xmax(pg_current_snapshot())", 0, NULL, &r, e);
    if (!rc && !sg_str_to_u64(sg_str(PQgetvalue(r, 0, 0)), &l->xid))
        rc = sg_fail(e, SG_ECORRUPT, "a transaction's number");
    PQclear(r);
    return rc;
}

/* Reads the recent plays in the slot's snapshot. */
static int load(struct sg_live *l, const char *snapshot, struct sg_trends *t, struct sg_error *e)
{
    PGconn *c = NULL;
    char take[128], query[512];
    snprintf(take, sizeof take, "SET TRANSACTION SNAPSHOT '%s'", snapshot);
    snprintf(query, sizeof query,
             "SELECT song_id, played_at, region, played_s FROM listening_history "
             "WHERE played_at > now() - interval '%" PRId64 " hours'",
             8 * l->config->recsys.trend_half_life_h);
    int rc = sg_pg_connect(&c, l->config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_exec(c, "SET timezone = 'UTC'", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_pg_exec(c, "SET datestyle = 'ISO'", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_pg_exec(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_pg_exec(c, take, 0, NULL, NULL, e);
    if (!rc)
        rc = read_xid(l, c, e);
    if (!rc)
        rc = sg_pg_copy_out(c, query, take_row, t, e);
    PQfinish(c);
    return rc;
}

static int drop_old_slot(const char *dsn, struct sg_error *e)
{
    PGconn *c;
    int rc = sg_pg_connect(&c, dsn, e);
    if (rc)
        return rc;
    rc = sg_slot_drop(c, slot, e);
    PQfinish(c);
    return rc == SG_ENOENT ? 0 : rc;
}

static int reload(struct sg_live *l, uint64_t *lsn, struct sg_error *e)
{
    PGconn *holder = NULL;
    char snapshot[64];
    struct sg_trends *fresh = NULL, *old;
    int rc = drop_old_slot(l->config->pg.dsn, e);
    if (!rc)
        rc = sg_slot_create(l->config->pg.dsn, slot, &holder, snapshot, lsn, e);
    if (!rc)
        rc = sg_trends_new(&fresh, half_life_s(l), e);
    if (!rc)
        rc = load(l, snapshot, fresh, e);
    PQfinish(holder);
    if (rc) {
        sg_trends_free(fresh);
        return rc;
    }
    pthread_rwlock_wrlock(&l->lock);
    old = l->trends;
    l->trends = fresh;
    pthread_rwlock_unlock(&l->lock);
    sg_trends_free(old);
    sg_people_forget(l->people);
    sg_log(SG_LOG_INFO, "trends loaded", "counters=%zu", sg_trends_count(fresh));
    return 0;
}

/* The tail tells 32 bits of a transaction's number: the one nearest to the last. */
static uint64_t whole_xid(struct sg_live *l, uint32_t xid)
{
    const uint64_t turn = UINT64_C(1) << 32;
    uint64_t whole = l->xid / turn * turn + xid;
    if (whole + turn / 2 < l->xid)
        whole += turn;
    else if (whole > l->xid + turn / 2 && whole >= turn)
        whole -= turn;
    return l->xid = whole;
}

static int apply(struct sg_live *l, struct sg_tail *tail, uint32_t xid, struct sg_error *e)
{
    struct sg_change c;
    uint64_t whole = whole_xid(l, xid);
    int rc;
    while ((rc = sg_tail_change(tail, &c, e)) == 1) {
        struct sg_error bad = SG_ERROR_INIT;
        if (live_change_apply(&c, whole, l->trends, l->people, &bad))
            sg_log(SG_LOG_WARN, "a change was not taken", "table=%.*s error=%s",
                   SG_FMT(c.relation->name), bad.text);
    }
    return rc;
}

static void tell(struct sg_live *l)
{
    struct sg_people_state s;
    if (sg_now_us() - l->told_us < TELL_EVERY_US)
        return;
    l->told_us = sg_now_us();
    sg_people_state(l->people, &s);
    sg_metric_set(l->lag_bytes, "", (double)l->lag);
    sg_metric_set(l->people_n, "", (double)s.people);
    sg_metric_set(l->people_bytes, "", (double)s.bytes);
    sg_metric_add(l->people_loads, "", (double)(s.loads - l->loads_told));
    l->loads_told = s.loads;
}

static int follow(struct sg_live *l, struct sg_error *e)
{
    uint64_t lsn = 0;
    struct sg_tail *tail;
    int rc = reload(l, &lsn, e);
    if (!rc)
        rc = sg_tail_open(&tail, l->config->pg.dsn, slot, "segue_events", lsn, l->config->var_dir,
                          e);
    if (rc)
        return rc;
    sg_people_follow(l->people, true);
    while (!l->stop && rc >= 0) {
        struct sg_txn txn;
        rc = sg_tail_next(tail, &txn, 200, e);
        if (rc == 1) {
            rc = apply(l, tail, txn.xid, e);
            if (rc >= 0)
                rc = sg_tail_confirm(tail, txn.end_lsn, e);
            lsn = txn.end_lsn;
        } else if (rc == 0) {
            lsn = sg_tail_server_lsn(tail);
        }
        uint64_t server = sg_tail_server_lsn(tail);
        l->lag = server > lsn ? (int64_t)(server - lsn) : 0;
        tell(l);
    }
    sg_people_follow(l->people, false);
    sg_tail_close(tail);
    return rc < 0 ? rc : 0;
}

static void *run(void *ctx)
{
    struct sg_live *l = ctx;
    int64_t wait_us = 250000;
    while (!l->stop) {
        struct sg_error e = SG_ERROR_INIT;
        int64_t from = sg_now_us();
        if (follow(l, &e) == 0)
            continue;
        l->lag = -1;
        l->told_us = 0;
        tell(l);
        wait_us = sg_now_us() - from > 30000000 ? 250000
                  : wait_us < 8000000           ? wait_us * 2
                                                : wait_us;
        sg_log(SG_LOG_WARN, "plays and feedback are not arriving, trying again",
               "wait_ms=%" PRId64 " error=%s", wait_us / 1000, e.text);
        for (int64_t slept = 0; slept < wait_us && !l->stop; slept += 50000)
            sg_sleep_us(50000);
    }
    return NULL;
}

static void make_metrics(struct sg_live *l)
{
    l->lag_bytes = sg_metric_new(SG_GAUGE, "segue_recsys_lag_bytes",
                                 "Log not applied yet; -1: not connected", NULL);
    l->people_n = sg_metric_new(SG_GAUGE, "segue_recsys_people", "Listeners at hand", NULL);
    l->people_bytes = sg_metric_new(SG_GAUGE, "segue_recsys_people_bytes", "What they take", NULL);
    l->people_loads = sg_metric_new(SG_COUNTER, "segue_recsys_people_loads_total",
                                    "Listeners read from the database", NULL);
}

static int open_people(struct sg_live *l, struct sg_error *e)
{
    const struct sg_config *c = l->config;
    int rc = sg_pg_pool_open(&l->pg, c->pg.dsn, (int)c->recsys.workers, e);
    if (rc)
        return rc;
    l->database = (struct sg_people_database){l->pg, c->recsys.heard_days};
    struct sg_people_options o = {.bytes_max = (size_t)c->recsys.people_mb << 20,
                                  .heard_days = c->recsys.heard_days,
                                  .source = sg_people_source(&l->database)};
    return sg_people_open(&l->people, &o, e);
}

static void close_all(struct sg_live *l)
{
    sg_people_close(l->people);
    if (l->pg)
        sg_pg_pool_close(l->pg);
    sg_trends_free(l->trends);
    pthread_rwlock_destroy(&l->lock);
    free(l);
}

int sg_live_start(struct sg_live **out, const struct sg_config *config, struct sg_error *e)
{
    struct sg_live *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "live plays");
    l->config = config;
    l->lag = -1;
    make_metrics(l);
    pthread_rwlock_init(&l->lock, NULL);
    int rc = sg_trends_new(&l->trends, half_life_s(l), e);
    if (!rc)
        rc = open_people(l, e);
    if (!rc && pthread_create(&l->thread, NULL, run, l))
        rc = sg_fail(e, SG_EIO, "cannot start the thread of live plays");
    if (rc) {
        close_all(l);
        return rc;
    }
    *out = l;
    return 0;
}

void sg_live_stop(struct sg_live *l)
{
    if (!l)
        return;
    l->stop = true;
    pthread_join(l->thread, NULL);
    close_all(l);
}
