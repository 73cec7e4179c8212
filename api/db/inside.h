/* inside.h - private to api/db: what its files share. */
#pragma once
#include "api/db/db.h"
#include "api/db/server.h"

struct sg_db {
    struct db_server *primary;
};

/* Of the request, else of a background thread. */
int64_t db_deadline_us(const struct sg_http_request *q);
/* q has written, and the log ends here now. */
void db_wrote(struct sg_db *db, struct sg_http_request *q, PGconn *c, int64_t deadline_us);
