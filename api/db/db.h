/* db.h - the API's way to PostgreSQL.
 *
 * Statements are prepared once a connection (struct sg_pg_statement, core/pg.h). Every answer is
 * waited for until the request's deadline at most. A thread looks after each server four times a
 * second; while one is away (it refuses, or has not answered for pg.away_ms), questions to it
 * fail at once with SG_EUNAVAIL, those under way are given up, and the first good answer to that
 * thread lets them through again: nobody's request is the probe.
 *
 * Reads go to a replica (pg.replicas) that is near enough to the primary, in turn, else to the
 * primary. Who has written (sg_db_write, sg_tx_commit) is remembered with the log's position for
 * a minute, and only a replica that has replayed it is asked by the same caller; the position is
 * told in the header Segue-Consistency, which may be sent back to another API. Without
 * q->caller's user id the header alone does so.
 *
 * q may be NULL (a background thread): the primary, SG_DB_BACKGROUND_US.
 * Errors: those of sg_pg_exec; SG_EUNAVAIL (503, Retry-After) when the database is away,
 * SG_ETIMEOUT past the deadline (what was written then may or may not be), SG_EBUSY when a lock
 * or all connections are taken, or what is to be repeated. Rows are the caller's: PQclear.
 * Thread-safe; a transaction belongs to one thread. None of these may run on an event loop.
 */
#pragma once
#include "core/config.h"
#include "core/pg.h"

enum { SG_DB_BACKGROUND_US = 10000000 };

struct sg_http_request;
struct sg_http_response;
struct sg_db;
int sg_db_open(struct sg_db **out, const struct sg_config *config, struct sg_error *e);
void sg_db_close(struct sg_db *db);

/* params: s->n texts, NULL for SQL NULL, no zero byte inside. rows may be NULL. One statement;
 * a read is repeated once when its connection broke. */
int sg_db_read(struct sg_db *db, const struct sg_http_request *q, const struct sg_pg_statement *s,
               const char *const *params, PGresult **rows, struct sg_error *e);
/* As sg_db_read, for a statement that finds rows by their keys and asks for many callers at once:
 * planned once, whatever the parameters (plan_cache_mode), on connections of its own. lsn: what
 * must have been replayed (sg_db_needs, the largest of theirs). */
int sg_db_lookup(struct sg_db *db, uint64_t lsn, int64_t deadline_us,
                 const struct sg_pg_statement *s, const char *const *params, PGresult **rows,
                 struct sg_error *e);
/* Commits by itself. */
int sg_db_write(struct sg_db *db, struct sg_http_request *q, const struct sg_pg_statement *s,
                const char *const *params, PGresult **rows, struct sg_error *e);

/* A transaction (READ COMMITTED) on the primary: gone after commit or rollback, whatever they
 * return. After an error of sg_tx_run only rollback is left. */
struct sg_db_tx;
int sg_db_begin(struct sg_db *db, struct sg_http_request *q, struct sg_db_tx **out,
                struct sg_error *e);
int sg_tx_run(struct sg_db_tx *tx, const struct sg_pg_statement *s, const char *const *params,
              PGresult **rows, struct sg_error *e);
int sg_tx_commit(struct sg_db_tx *tx, struct sg_error *e);
void sg_tx_rollback(struct sg_db_tx *tx);
/* fn within a transaction, committed when it returns 0. Repeated, up to five times before the
 * deadline, when it is to be (deadlock, serialisation failure, a migration between): fn must not
 * count on being called once, nor do what a rollback cannot undo. */
typedef int (*sg_db_fn)(struct sg_db_tx *tx, void *ctx, struct sg_error *e);
int sg_db_transact(struct sg_db *db, struct sg_http_request *q, sg_db_fn fn, void *ctx,
                   struct sg_error *e);

/* The log's position that q must see: the latest of what its user wrote here within a minute and
 * of what its header tells. 0: any. What a cache holds is good for q only when the cache follows
 * the log up to it (sg_cache_position). */
uint64_t sg_db_needs(struct sg_db *db, const struct sg_http_request *q);
/* The header of a request, and of an answer when q wrote: the router calls both for each. */
void sg_db_hear(struct sg_http_request *q);
#define SG_DB_TOKEN "Segue-Consistency"
void sg_db_tell(struct sg_http_request *q, struct sg_http_response *r);
/* The primary answers. Cheap. */
bool sg_db_is_there(const struct sg_db *db);
/* Shut while the primary is away: for connections of threads of their own. */
struct sg_pg_guard *sg_db_guard(struct sg_db *db);
