/* db.c - see db.h: opening, single statements. */
#include "api/db/inside.h"
#include "api/http/http.h"
#include "core/clock.h"
#include <stdio.h>
#include <stdlib.h>

int64_t db_deadline_us(const struct sg_http_request *q)
{
    return q ? q->deadline_us : sg_now_us() + SG_DB_BACKGROUND_US;
}

void db_wrote(struct sg_db *db, struct sg_http_request *q, PGconn *c, int64_t deadline_us)
{
    (void)db;
    (void)q;
    (void)c;
    (void)deadline_us;
}

/* client_connection_check_interval: a statement nobody waits for any more ends within a second. */
static void settings_of(const struct sg_config *c, char *out, size_t n)
{
    snprintf(out, n,
             "-c statement_timeout=%lld -c lock_timeout=%lld "
             "-c idle_in_transaction_session_timeout=10000 "
             "-c client_connection_check_interval=1000",
             (long long)c->pg.statement_timeout_ms, (long long)c->pg.lock_timeout_ms);
}

int sg_db_open(struct sg_db **out, const struct sg_config *config, struct sg_error *e)
{
    char settings[256];
    struct sg_db *db = calloc(1, sizeof *db);
    if (!db)
        return sg_fail(e, SG_ENOMEM, "database");
    settings_of(config, settings, sizeof settings);
    struct db_server_options o = {
        .name = "primary",
        .dsn = config->pg.dsn,
        .settings = settings,
        .connections = (int)config->pg.pool_size,
        .primary = true,
    };
    int rc = db_server_open(&db->primary, &o, e);
    if (rc) {
        sg_db_close(db);
        return rc;
    }
    *out = db;
    return 0;
}

void sg_db_close(struct sg_db *db)
{
    if (!db)
        return;
    db_server_close(db->primary);
    free(db);
}

bool sg_db_is_there(const struct sg_db *db)
{
    return db_server_is_there(db->primary);
}

/* Once more when the connection broke while it was idle or meanwhile: a read does no harm twice. */
static int read_from(struct db_server *s, enum db_use use, const struct sg_pg_statement *st,
                     const char *const *params, int64_t deadline_us, PGresult **rows,
                     struct sg_error *e)
{
    int rc = 0;
    for (int tries = 0; tries < 2; tries++) {
        PGconn *c;
        rc = db_server_take(s, use, &c, deadline_us, e);
        if (rc)
            return rc;
        rc = db_server_run(s, c, st, params, deadline_us, rows, e);
        db_server_give(s, use, c);
        if (rc != SG_EUNAVAIL)
            break;
    }
    return rc;
}

int sg_db_read(struct sg_db *db, struct sg_http_request *q, const struct sg_pg_statement *s,
               const char *const *params, PGresult **rows, struct sg_error *e)
{
    return read_from(db->primary, DB_ANY, s, params, db_deadline_us(q), rows, e);
}

int sg_db_lookup(struct sg_db *db, uint64_t lsn, int64_t deadline_us,
                 const struct sg_pg_statement *s, const char *const *params, PGresult **rows,
                 struct sg_error *e)
{
    (void)lsn;
    return read_from(db->primary, DB_LOOKUP, s, params, deadline_us, rows, e);
}

int sg_db_write(struct sg_db *db, struct sg_http_request *q, const struct sg_pg_statement *s,
                const char *const *params, PGresult **rows, struct sg_error *e)
{
    PGconn *c;
    int64_t deadline_us = db_deadline_us(q);
    int rc = db_server_take(db->primary, DB_ANY, &c, deadline_us, e);
    if (rc)
        return rc;
    rc = db_server_run(db->primary, c, s, params, deadline_us, rows, e);
    if (!rc)
        db_wrote(db, q, c, deadline_us);
    db_server_give(db->primary, DB_ANY, c);
    return rc;
}
