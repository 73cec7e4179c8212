/* database.h - statements of the worker over its pool: bounded in time, once more on a connection
 * that had died unnoticed.
 */
#pragma once
#include "core/pg.h"

#define SG_WORKER_STATEMENT_S 20

/* One statement that may be run twice without harm. *out may be NULL. */
int sg_worker_run(struct sg_pg_pool *pool, const struct sg_pg_statement *s,
                  const char *const *params, PGresult **out, struct sg_error *e);

/* Between BEGIN and COMMIT, again while others are in the way (SG_EBUSY, SG_ECANCELED). SG_EUNAVAIL
 * of a COMMIT leaves open whether it happened: work must say how it finds out. */
typedef int (*sg_worker_tx_fn)(PGconn *pg, void *ctx, struct sg_error *e);
int sg_worker_transact(struct sg_pg_pool *pool, sg_worker_tx_fn work, void *ctx,
                       struct sg_error *e);
/* Within it. */
int sg_worker_tx_run(PGconn *pg, const struct sg_pg_statement *s, const char *const *params,
                     PGresult **out, struct sg_error *e);
