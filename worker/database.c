/* database.c - see database.h. */
#include "worker/database.h"
#include "core/clock.h"

enum { TRIES = 20 };

static int64_t until(void)
{
    return sg_now_us() + SG_WORKER_STATEMENT_S * INT64_C(1000000);
}

static void give(struct sg_pg_pool *pool, PGconn *pg, int rc)
{
    if (rc == SG_EUNAVAIL || rc == SG_ETIMEOUT)
        sg_pg_pool_drop(pool, pg);
    else
        sg_pg_pool_give(pool, pg);
}

static int run_once(struct sg_pg_pool *pool, const struct sg_pg_statement *s,
                    const char *const *params, PGresult **out, struct sg_error *e)
{
    PGconn *pg;
    int rc = sg_pg_pool_take(pool, &pg, until(), e);
    if (rc)
        return rc;
    rc = sg_worker_tx_run(pg, s, params, out, e);
    give(pool, pg, rc);
    return rc;
}

int sg_worker_run(struct sg_pg_pool *pool, const struct sg_pg_statement *s,
                  const char *const *params, PGresult **out, struct sg_error *e)
{
    int rc = run_once(pool, s, params, out, e);
    for (int i = 0; (rc == SG_EBUSY || rc == SG_ECANCELED) && i < TRIES; i++) {
        sg_sleep_us(10000);
        rc = run_once(pool, s, params, out, e);
    }
    if (rc == SG_EUNAVAIL) { /* the server has been restarted: so have all that were idle */
        sg_pg_pool_clear(pool);
        rc = run_once(pool, s, params, out, e);
    }
    return rc;
}

int sg_worker_tx_run(PGconn *pg, const struct sg_pg_statement *s, const char *const *params,
                     PGresult **out, struct sg_error *e)
{
    struct sg_pg_limit limit = {.deadline_us = until()};
    PGresult *r = NULL;
    int rc = sg_pg_run_within(pg, s, params, &limit, &r, e);
    if (!rc && out)
        *out = r;
    else
        PQclear(r);
    return rc;
}

static int plain(PGconn *pg, const char *sql, struct sg_error *e)
{
    struct sg_pg_limit limit = {.deadline_us = until()};
    return sg_pg_exec_within(pg, sql, &limit, NULL, e);
}

static int transact_once(struct sg_pg_pool *pool, sg_worker_tx_fn work, void *ctx,
                         struct sg_error *e)
{
    PGconn *pg;
    int rc = sg_pg_pool_take(pool, &pg, until(), e);
    if (rc)
        return rc;
    rc = plain(pg, "BEGIN", e);
    if (!rc)
        rc = work(pg, ctx, e);
    if (!rc)
        rc = plain(pg, "COMMIT", e);
    else if (rc != SG_EUNAVAIL && rc != SG_ETIMEOUT && plain(pg, "ROLLBACK", NULL))
        sg_pg_pool_drop(pool, pg), pg = NULL;
    if (pg)
        give(pool, pg, rc);
    return rc;
}

int sg_worker_transact(struct sg_pg_pool *pool, sg_worker_tx_fn work, void *ctx, struct sg_error *e)
{
    int rc = transact_once(pool, work, ctx, e);
    for (int i = 0; (rc == SG_EBUSY || rc == SG_ECANCELED) && i < TRIES; i++) {
        sg_sleep_us(10000);
        rc = transact_once(pool, work, ctx, e);
    }
    return rc;
}
