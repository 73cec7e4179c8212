/* keep.c - the thread that looks after what the mover put into the database: counts into days
 * and songs, plays whose player fell silent, songs for submitted listens, what is too old.
 *
 * Its own connection, so that none of it holds up plays. All of it stands in the database:
 * it goes on where it was after any end, and any number of APIs may do it side by side.
 */
#include "api/plays/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include <inttypes.h>

#define EVERY_MS  1000
#define AGAIN_MAX 30000
#define TIDY_US   3600000000
#define SETTLE_US 10000000
#define SETTLE    "1000"

struct keeper {
    struct sg_plays *p;
    PGconn *pg;
    struct sg_arena arena;
    int64_t settled_us, tidied_us;
    int again_ms;
};

static int run(struct keeper *k, const char *sql, struct sg_error *e)
{
    return sg_pg_exec(k->pg, sql, 0, NULL, NULL, e);
}

static int connect_to(struct keeper *k, struct sg_error *e)
{
    int rc = sg_pg_guard_connect(k->p->guard, &k->pg, k->p->config->pg.dsn, e);
    if (rc)
        k->pg = NULL;
    return rc ? rc : run(k, "SELECT segue_begin_plays()", e);
}

static int roll_up(struct keeper *k, struct sg_error *e)
{
    char sql[96];
    snprintf(sql, sizeof sql, "CALL segue_roll_up_plays(make_interval(secs => %" PRId64 "))",
             k->p->config->plays.count_s);
    return run(k, sql, e);
}

static int settle(struct keeper *k, struct sg_error *e)
{
    int64_t now = sg_now_us();
    if (k->settled_us && now - k->settled_us < SETTLE_US)
        return 0;
    int rc = run(k, "SELECT segue_settle_plays('15 minutes', " SETTLE ")", e);
    k->settled_us = rc ? k->settled_us : now;
    return rc;
}

static int tidy(struct keeper *k, struct sg_error *e)
{
    int64_t now = sg_now_us();
    if (k->tidied_us && now - k->tidied_us < TIDY_US)
        return 0;
    int rc = run(k, "SELECT segue_make_play_eras()", e);
    if (!rc)
        rc = run(k,
                 "DELETE FROM play_positions WHERE told_at < now() - interval '180 days';"
                 "DELETE FROM play_contexts WHERE played_at < now() - interval '180 days'",
                 e);
    k->tidied_us = rc ? k->tidied_us : now;
    return rc;
}

/* 1: at once again. */
static int work(struct keeper *k, struct sg_error *e)
{
    int rc = k->pg ? 0 : connect_to(k, e);
    if (!rc)
        rc = tidy(k, e);
    if (!rc)
        rc = roll_up(k, e);
    if (!rc)
        rc = settle(k, e);
    sg_arena_reset(&k->arena);
    return rc ? rc : listens_match(k->p, k->pg, &k->arena, e);
}

static void after_failure(struct keeper *k, const struct sg_error *e)
{
    if (!k->again_ms)
        sg_log(SG_LOG_WARN, "plays are not looked after", "error=%s", e->text);
    k->again_ms = !k->again_ms                  ? EVERY_MS
                  : k->again_ms * 2 > AGAIN_MAX ? AGAIN_MAX
                                                : k->again_ms * 2;
    sg_pg_guard_finish(k->p->guard, k->pg);
    k->pg = NULL;
}

void *keeper_main(void *plays)
{
    struct keeper k = {.p = plays};
    bool stop = false;
    while (!stop) {
        struct sg_error e = SG_ERROR_INIT;
        int rc = work(&k, &e);
        if (rc < 0)
            after_failure(&k, &e);
        else
            k.again_ms = 0;
        stop = sg_pause_for(&k.p->keeper_pause,
                            rc > 0   ? 0
                            : rc < 0 ? k.again_ms
                                     : EVERY_MS,
                            rc >= 0);
    }
    sg_pg_guard_finish(k.p->guard, k.pg);
    sg_arena_free(&k.arena);
    return NULL;
}
