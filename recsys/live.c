/* live.c - see live.h. One thread; readers hold a read lock while they look. */
#include "recsys/live.h"
#include "core/change_tail.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/pg.h"
#include "core/service.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char slot[] = "segue_recsys_live";

struct sg_live {
    const struct sg_config *config;
    pthread_t thread;
    atomic_bool stop;
    atomic_int_least64_t lag;
    pthread_rwlock_t lock; /* guards which trends are present */
    struct sg_trends *trends;
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

int64_t sg_live_lag(struct sg_live *l)
{
    return l->lag;
}

/* "2026-11-24 13:40:00.5+00" (ISO, UTC) as microseconds since 1970. */
static bool read_time(struct sg_str s, int64_t *out)
{
    struct tm tm = {0};
    char z[40];
    double seconds = 0;
    if (s.n < 19 || s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    if (sscanf(z, "%4d-%2d-%2d %2d:%2d:%lf", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &seconds) != 6 ||
        !(seconds >= 0 && seconds < 61))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *out = (int64_t)timegm(&tm) * 1000000 + (int64_t)(seconds * 1e6);
    return true;
}

/* A play said to be in the future counts as now: clocks differ. Skips do not count. */
static int count_play(struct sg_trends *t, struct sg_str song, struct sg_str at,
                      struct sg_str region, struct sg_str played_s, struct sg_error *e)
{
    uint64_t song_id;
    int64_t at_us, seconds, now = sg_wall_us();
    if (!sg_str_to_u64(song, &song_id) || !read_time(at, &at_us))
        return sg_fail(e, SG_ECORRUPT, "play of song '%.*s' at '%.*s'", SG_FMT(song), SG_FMT(at));
    if (played_s.p && sg_str_to_i64(played_s, &seconds) && seconds < 30)
        return 0;
    return sg_trends_play(t, song_id, sg_region(region), at_us < now ? at_us : now, e);
}

static int take_row(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    return n == 4 ? count_play(ctx, c[0], c[1], c[2], c[3], e)
                  : sg_fail(e, SG_EINTERNAL, "%zu columns", n);
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
    sg_log(SG_LOG_INFO, "trends loaded", "counters=%zu", sg_trends_count(fresh));
    return 0;
}

static struct sg_str cell(const struct sg_change *c, const char *column)
{
    const struct sg_cell *v = sg_tuple_get(c->relation, c->new_tuple, column);
    return v && v->kind == SG_CELL_TEXT ? v->text : SG_STR_NONE;
}

static int apply(struct sg_live *l, struct sg_tail *tail, struct sg_error *e)
{
    struct sg_change c;
    int rc;
    while ((rc = sg_tail_change(tail, &c, e)) == 1) {
        if (c.kind != SG_CHANGE_INSERT || !sg_str_eq(c.relation->name, SG_STR("listening_history")))
            continue;
        struct sg_error bad = SG_ERROR_INIT;
        if (count_play(l->trends, cell(&c, "song_id"), cell(&c, "played_at"), cell(&c, "region"),
                       cell(&c, "played_s"), &bad))
            sg_log(SG_LOG_WARN, "a play was not counted", "error=%s", bad.text);
    }
    return rc;
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
    while (!l->stop && rc >= 0) {
        struct sg_txn txn;
        rc = sg_tail_next(tail, &txn, 200, e);
        if (rc == 1) {
            rc = apply(l, tail, e);
            if (rc >= 0)
                rc = sg_tail_confirm(tail, txn.end_lsn, e);
            lsn = txn.end_lsn;
        } else if (rc == 0) {
            lsn = sg_tail_server_lsn(tail);
        }
        uint64_t server = sg_tail_server_lsn(tail);
        l->lag = server > lsn ? (int64_t)(server - lsn) : 0;
    }
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
        wait_us = sg_now_us() - from > 30000000 ? 250000
                  : wait_us < 8000000           ? wait_us * 2
                                                : wait_us;
        sg_log(SG_LOG_WARN, "plays are not arriving, trying again", "wait_ms=%" PRId64 " error=%s",
               wait_us / 1000, e.text);
        for (int64_t slept = 0; slept < wait_us && !l->stop; slept += 50000)
            sg_sleep_us(50000);
    }
    return NULL;
}

int sg_live_start(struct sg_live **out, const struct sg_config *config, struct sg_error *e)
{
    struct sg_live *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "live plays");
    l->config = config;
    l->lag = -1;
    pthread_rwlock_init(&l->lock, NULL);
    int rc = sg_trends_new(&l->trends, half_life_s(l), e);
    if (!rc && pthread_create(&l->thread, NULL, run, l))
        rc = sg_fail(e, SG_EIO, "cannot start the thread of live plays");
    if (rc) {
        sg_trends_free(l->trends);
        free(l);
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
    sg_trends_free(l->trends);
    pthread_rwlock_destroy(&l->lock);
    free(l);
}
