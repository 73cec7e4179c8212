/* inside.h - private to api/db: what its files share. */
#pragma once
#include "api/db/db.h"
#include "api/db/server.h"
#include "api/db/writes.h"

enum { DB_REPLICAS_MAX = 16 };

struct sg_db {
    struct db_server *primary;
    struct db_server *replicas[DB_REPLICAS_MAX];
    char names[DB_REPLICAS_MAX][16];
    size_t n_replicas;
    atomic_size_t turn;
    int64_t lag_us; /* a replica may be so far behind */
    struct db_writes *writes;
    struct sg_metric *reads;
};

/* Of the request, else of a background thread. */
int64_t db_deadline_us(const struct sg_http_request *q);
/* q has written through c, which is not in a transaction any more. */
void db_wrote(struct sg_db *db, struct sg_http_request *q, PGconn *c, int64_t deadline_us);

/* replicas.c: from pg.replicas. */
int db_replicas_open(struct sg_db *db, const struct sg_config *config, const char *settings,
                     struct sg_error *e);
/* A server that has replayed lsn and is near enough to the primary; else the primary. */
struct db_server *db_choose(struct sg_db *db, uint64_t lsn);
