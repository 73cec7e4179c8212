/* session.h - private to core/pg and core/change_tail: how a connection is made
 * and how the server's complaints become our errors. */
#pragma once
#include "core/pg.h"

enum sg_pg_mode { SG_PG_SQL, SG_PG_REPLICATION };

/* Connects before deadline_us (sg_now_us clock): SG_EUNAVAIL, SG_ETIMEOUT. */
int sg_pg_session(PGconn **out, const char *dsn, enum sg_pg_mode mode, int64_t deadline_us,
                  struct sg_error *e);
/* With further settings, "-c name=value ..."; NULL: none. */
int sg_pg_session_with(PGconn **out, const char *dsn, const char *settings, enum sg_pg_mode mode,
                       int64_t deadline_us, struct sg_error *e);
/* Waits for events of the connection's socket, for one step at most, and takes off *left_us what
 * that took: > 0 when they are there, 0 when not (yet), < 0 with errno set. */
int sg_pg_wait_awake(PGconn *c, short events, int64_t *left_us);
/* What failed, told by r (or by c when r is NULL). */
int sg_pg_fail(struct sg_error *e, PGconn *c, const PGresult *r);
/* Five characters; "" when the server gave none. */
const char *sg_pg_sqlstate(const PGresult *r);
