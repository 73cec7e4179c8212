/* pg.h - PostgreSQL through libpq: connections, a pool, COPY, migrations. */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include <libpq-fe.h>
#include <stdatomic.h>

/* A failure's text starts with the server's message; SG_EUNAVAIL when the
 * connection is what failed, SG_EEXIST on unique violations, SG_EINVAL on other
 * class 22/23 errors, SG_EBUSY (object in use, lock not available), SG_ENOENT
 * (undefined table or object), SG_ECANCELED (also by statement_timeout), SG_ENOSPC, SG_EIO
 * otherwise. Sessions are UTF-8, UTC, ISO dates. */
int sg_pg_connect(PGconn **out, const char *dsn, struct sg_error *e);
/* Until deadline_us (sg_now_us clock): SG_ETIMEOUT too. */
int sg_pg_connect_within(PGconn **out, const char *dsn, int64_t deadline_us, struct sg_error *e);
/* While *left_us is above 0: SG_ETIMEOUT too. Time is taken off it in steps of 50 ms at most, each
 * while it is being waited: what this thread, or the whole machine, stood still is not counted as
 * the server's silence. */
int sg_pg_connect_awake(PGconn **out, const char *dsn, int64_t *left_us, struct sg_error *e);
/* params: text, NULL for SQL NULL. *out (may be NULL) is owned by the caller: PQclear. */
int sg_pg_exec(PGconn *c, const char *sql, int n, const char *const *params, PGresult **out,
               struct sg_error *e);

/* A statement that is prepared once a connection, at its first use, under a name made of `name`
 * and a hash of its text; static. It is prepared again when the server no longer knows it or its
 * result changed (a migration, a pooler between). SQLSTATE 40001 and 40P01, and within a
 * transaction these two, are SG_EBUSY: the transaction is to be repeated. */
struct sg_pg_statement {
    const char *name; /* [a-z0-9_]{1,40}; NULL: sent unnamed, not remembered, need not be static */
    const char *sql;
    int n; /* parameters */
};
/* How long an answer is waited for. */
struct sg_pg_limit {
    int64_t deadline_us;    /* sg_now_us clock; SG_ETIMEOUT */
    const atomic_bool *cut; /* NULL, or: once true it is given up within 50 ms; SG_EUNAVAIL */
    int64_t *left_us;       /* NULL, or as in sg_pg_connect_awake, in place of deadline_us */
};
/* As sg_pg_exec. limit NULL: without end. After SG_ETIMEOUT or SG_EUNAVAIL the connection is not
 * to be used any more; a pool takes it back and closes it. */
int sg_pg_run(PGconn *c, const struct sg_pg_statement *s, const char *const *params, PGresult **out,
              struct sg_error *e);
int sg_pg_run_within(PGconn *c, const struct sg_pg_statement *s, const char *const *params,
                     const struct sg_pg_limit *limit, PGresult **out, struct sg_error *e);

/* sql, without parameters, as sg_pg_exec. */
int sg_pg_exec_within(PGconn *c, const char *sql, const struct sg_pg_limit *limit, PGresult **out,
                      struct sg_error *e);

/* COPY (query) TO STDOUT in text format, row by row. Cells are unescaped views
 * valid in the callback; p == NULL is SQL NULL. A non-zero return stops it. */
typedef int (*sg_pg_row_fn)(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e);
int sg_pg_copy_out(PGconn *c, const char *query, sg_pg_row_fn row, void *ctx, struct sg_error *e);

/* COPY table(columns) FROM STDIN. */
struct sg_pg_copy;
int sg_pg_copy_begin(struct sg_pg_copy **out, PGconn *c, const char *copy_sql, struct sg_error *e);
void sg_pg_copy_text(struct sg_pg_copy *w, struct sg_str s); /* p == NULL: SQL NULL */
void sg_pg_copy_i64(struct sg_pg_copy *w, int64_t v);
int sg_pg_copy_row(struct sg_pg_copy *w, struct sg_error *e); /* ends the row */
int sg_pg_copy_end(struct sg_pg_copy *w, struct sg_error *e); /* frees w, whatever it returns */
void sg_pg_copy_abort(struct sg_pg_copy *w);                  /* frees w, the COPY fails */

/* Pool: thread-safe; at most size connections, opened when needed, a broken one
 * is replaced. take waits until deadline_us: SG_ETIMEOUT, SG_EUNAVAIL; with 64 a connection
 * waiting already, SG_EBUSY at once. settings: "-c name=value ..." of each session, or NULL. */
struct sg_pg_pool;
int sg_pg_pool_open(struct sg_pg_pool **out, const char *dsn, int size, struct sg_error *e);
int sg_pg_pool_open_with(struct sg_pg_pool **out, const char *dsn, const char *settings, int size,
                         struct sg_error *e);
void sg_pg_pool_close(struct sg_pg_pool *p);
int sg_pg_pool_take(struct sg_pg_pool *p, PGconn **out, int64_t deadline_us, struct sg_error *e);
void sg_pg_pool_give(struct sg_pg_pool *p, PGconn *c);
void sg_pg_pool_drop(struct sg_pg_pool *p, PGconn *c); /* closes it */
void sg_pg_pool_clear(struct sg_pg_pool *p);           /* closes those that are idle */

/* The connections of threads that wait for an answer without a deadline, so that none waits for a
 * server that is frozen, or for one that a network swallowed. While it is shut, who waits on one of
 * them reads its end (SG_EUNAVAIL), and connecting fails at once. Thread-safe; outlives what it
 * holds. NULL: connections like any other. */
struct sg_pg_guard;
int sg_pg_guard_open(struct sg_pg_guard **out, struct sg_error *e);
void sg_pg_guard_close(struct sg_pg_guard *g);
void sg_pg_guard_shut(struct sg_pg_guard *g, bool shut);
int sg_pg_guard_connect(struct sg_pg_guard *g, PGconn **out, const char *dsn, struct sg_error *e);
void sg_pg_guard_finish(struct sg_pg_guard *g, PGconn *c); /* c NULL: nothing */

/* Applies schemas/sql/NNNN_name.sql in order, each in its own transaction, and
 * records number, name and XXH3 of the text in schema_migrations. A file that
 * changed after it was applied, or a gap, is refused (SG_ECORRUPT). Two at once
 * are serialised by an advisory lock. applied: how many ran; may be NULL. */
int sg_pg_migrate(PGconn *c, const char *dir, size_t *applied, struct sg_error *e);
