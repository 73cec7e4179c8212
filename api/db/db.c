/* db.c - see db.h: opening, single statements. */
#include "api/db/inside.h"
#include "api/http/http.h"
#include "core/clock.h"
#include "core/metrics.h"
#include <stdio.h>
#include <stdlib.h>

int64_t db_deadline_us(const struct sg_http_request *q)
{
    return q ? q->deadline_us : sg_now_us() + SG_DB_BACKGROUND_US;
}

static const struct sg_pg_statement position = {
    "wrote", "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint", 0};

void db_wrote(struct sg_db *db, struct sg_http_request *q, PGconn *c, int64_t deadline_us)
{
    PGresult *r = NULL;
    uint64_t lsn = DB_LSN_PRIMARY;
    if (!q)
        return;
    if (db_server_run(db->primary, c, &position, NULL, deadline_us, &r, NULL) ||
        !sg_str_to_u64(sg_str(PQgetvalue(r, 0, 0)), &lsn))
        lsn = DB_LSN_PRIMARY;
    PQclear(r);
    if (q->caller.user_id)
        db_writes_note(db->writes, q->caller.user_id, lsn);
    if (lsn > q->wrote)
        q->wrote = lsn;
}

uint64_t sg_db_needs(struct sg_db *db, const struct sg_http_request *q)
{
    if (!q)
        return 0;
    uint64_t own = q->caller.user_id ? db_writes_of(db->writes, q->caller.user_id) : 0;
    uint64_t here = q->wrote > own ? q->wrote : own;
    return q->must_see > here ? q->must_see : here;
}

void sg_db_hear(struct sg_http_request *q)
{
    q->must_see = db_token_read(sg_http_request_header(q, SG_DB_TOKEN));
}

void sg_db_tell(struct sg_http_request *q, struct sg_http_response *r)
{
    char token[DB_TOKEN_MAX];
    if (!q->wrote || q->wrote == DB_LSN_PRIMARY)
        return;
    db_token_write(q->wrote, token);
    struct sg_str kept = sg_arena_copy(q->arena, sg_str(token));
    if (kept.p)
        sg_http_header(r, SG_DB_TOKEN, kept);
}

/* client_connection_check_interval: a statement nobody waits for any more ends within a second. */
static void settings_of(const struct sg_config *c, char *out, size_t n)
{
    snprintf(out, n,
             "-c statement_timeout=%lld -c lock_timeout=%lld "
             "-c max_parallel_workers_per_gather=0 " /* many short questions: workers cost more */
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
        .away_us = config->pg.away_ms * 1000,
    };
    db->lag_us = config->pg.replica_lag_ms * 1000;
    db->reads =
        sg_metric_new(SG_COUNTER, "segue_db_reads_total", "Reads by the server asked", "server");
    db->writes = db_writes_new();
    int rc = db->writes ? db_server_open(&db->primary, &o, e) : sg_fail(e, SG_ENOMEM, "database");
    if (!rc)
        rc = db_replicas_open(db, config, settings, e);
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
    for (size_t i = 0; i < db->n_replicas; i++)
        db_server_close(db->replicas[i]);
    db_server_close(db->primary);
    db_writes_free(db->writes);
    free(db);
}

bool sg_db_is_there(const struct sg_db *db)
{
    return db_server_is_there(db->primary);
}

struct sg_pg_guard *sg_db_guard(struct sg_db *db)
{
    return db_server_guard(db->primary);
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

/* A replica that fails, or cancels what is in its replay's way, is not the last word. */
static int read_any(struct sg_db *db, enum db_use use, uint64_t lsn,
                    const struct sg_pg_statement *s, const char *const *params, int64_t deadline_us,
                    PGresult **rows, struct sg_error *e)
{
    struct db_server *server = db_choose(db, lsn);
    int rc = read_from(server, use, s, params, deadline_us, rows, e);
    if (server != db->primary && (rc == SG_EUNAVAIL || rc == SG_EBUSY)) {
        server = db->primary;
        rc = read_from(server, use, s, params, deadline_us, rows, e);
    }
    sg_metric_add(db->reads, db_server_name(server), 1);
    return rc;
}

int sg_db_read(struct sg_db *db, const struct sg_http_request *q, const struct sg_pg_statement *s,
               const char *const *params, PGresult **rows, struct sg_error *e)
{
    uint64_t lsn = q ? sg_db_needs(db, q) : DB_LSN_PRIMARY;
    return read_any(db, DB_ANY, lsn, s, params, db_deadline_us(q), rows, e);
}

int sg_db_lookup(struct sg_db *db, uint64_t lsn, int64_t deadline_us,
                 const struct sg_pg_statement *s, const char *const *params, PGresult **rows,
                 struct sg_error *e)
{
    return read_any(db, DB_LOOKUP, lsn, s, params, deadline_us, rows, e);
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
