/* server.h - private to api/db: one PostgreSQL server, its connections, and whether it answers. */
#pragma once
#include "core/pg.h"
#include <pthread.h>

enum { DB_LOOKUP_CONNECTIONS = 4 };

struct db_server_options {
    const char *name; /* of metrics and log: "primary", "replica 1" */
    const char *dsn, *settings;
    int connections; /* of each use but DB_LOOKUP, which has DB_LOOKUP_CONNECTIONS */
    bool primary;    /* it must take writes */
    int64_t away_us; /* it is away when it does not answer for so long */
};

struct db_server;
/* Starts its watch. Returns after the first look at it, or after away_us. */
int db_server_open(struct db_server **out, const struct db_server_options *o, struct sg_error *e);
void db_server_close(struct db_server *s);

const char *db_server_name(const struct db_server *s);
bool db_server_is_there(const struct db_server *s);
/* Shut while it is away. */
struct sg_pg_guard *db_server_guard(struct db_server *s);
/* What it has in its log (primary) or has replayed, as last seen; 0: not seen yet. */
uint64_t db_server_lsn(const struct db_server *s);
/* When the primary's log was first seen at lsn or behind it (sg_now_us); 0: not so far back. */
int64_t db_server_reached_us(struct db_server *s, uint64_t lsn);

enum db_use { DB_ANY, DB_LOOKUP, DB_USES };
/* SG_EUNAVAIL at once while it is away. Given back by give, whatever happened meanwhile. */
int db_server_take(struct db_server *s, enum db_use use, PGconn **out, int64_t deadline_us,
                   struct sg_error *e);
void db_server_give(struct db_server *s, enum db_use use, PGconn *c);
/* As sg_pg_run_within; given up when the server is found away. SG_ECANCELED becomes SG_ETIMEOUT. */
int db_server_run(struct db_server *s, PGconn *c, const struct sg_pg_statement *st,
                  const char *const *params, int64_t deadline_us, PGresult **rows,
                  struct sg_error *e);
