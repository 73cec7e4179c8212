/* genre.c - genres made, renamed and deleted by admins. */
#include "api/cache/cache.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/rows.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/title.h"
#include "schemas/edits.h"

enum { NAME_MAX_CHARACTERS = 100 };

struct edit {
    struct sg_http_request *q;
    struct sg_genre_edit genre;
    uint64_t version;
};

/* rows: genre_id, name, version. */
static int read_row(struct edit *x, PGresult *r)
{
    x->genre = (struct sg_genre_edit){sg_row_u64(r, 0, 0), sg_row_str(x->q->arena, r, 0, 1)};
    x->version = sg_row_u64(r, 0, 2);
    return 0;
}

/* Another genre that differs by capitals only would be the same to everybody who asks by name. */
static int check_name(struct sg_db_tx *tx, struct edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement one_at_a_time = {
        "genre_names", "SELECT pg_advisory_xact_lock(hashtext('segue genres'))", 0};
    static const struct sg_pg_statement same = {
        "genre_same",
        "SELECT genre_id FROM genres WHERE lower(name) = lower($1) AND genre_id <> $2::bigint", 2};
    const char *params[] = {sg_sql_str(x->q->arena, x->genre.name),
                            sg_sql_u64(x->q->arena, x->genre.genre_id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &one_at_a_time, NULL, NULL, e);
    if (!rc)
        rc = sg_tx_run(tx, &same, params, &r, e);
    if (!rc && PQntuples(r))
        rc = sg_fail(e, SG_EEXIST, "genre %s has this name", PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc;
}

static int create(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "genre_insert", "INSERT INTO genres (name) VALUES ($1) RETURNING genre_id, name, version",
        1};
    struct edit *x = ctx;
    PGresult *r = NULL;
    x->genre.genre_id = 0;
    int rc = check_name(tx, x, e);
    if (!rc)
        rc = sg_tx_run(tx, &insert, (const char *const[]){sg_sql_str(x->q->arena, x->genre.name)},
                       &r, e);
    if (!rc)
        rc = read_row(x, r);
    PQclear(r);
    return rc;
}

/* Locked, and the version that the caller means. */
static int hold(struct sg_db_tx *tx, struct edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "genre_lock", "SELECT version FROM genres WHERE genre_id = $1::bigint FOR UPDATE", 1};
    PGresult *r = NULL;
    uint64_t id = x->genre.genre_id;
    int rc = sg_tx_run(tx, &lock, (const char *const[]){sg_sql_u64(x->q->arena, id)}, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "there is no genre %llu", (unsigned long long)id);
    if (!rc)
        rc = sg_etag_check(x->q, sg_row_u64(r, 0, 0), e);
    PQclear(r);
    return rc;
}

static int rename_it(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement update = {
        "genre_update",
        "UPDATE genres SET name = $2 WHERE genre_id = $1::bigint RETURNING genre_id, name, version",
        2};
    struct edit *x = ctx;
    const char *params[] = {sg_sql_u64(x->q->arena, x->genre.genre_id),
                            sg_sql_str(x->q->arena, x->genre.name)};
    PGresult *r = NULL;
    int rc = hold(tx, x, e);
    if (!rc)
        rc = check_name(tx, x, e);
    if (!rc)
        rc = sg_tx_run(tx, &update, params, &r, e);
    if (!rc)
        rc = read_row(x, r);
    PQclear(r);
    return rc;
}

static int delete (struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {
        "genre_delete",
        "DELETE FROM genres g WHERE genre_id = $1::bigint AND NOT EXISTS "
        "(SELECT FROM songs s WHERE s.genre_id = g.genre_id) RETURNING 1",
        1};
    struct edit *x = ctx;
    PGresult *r = NULL;
    int rc = hold(tx, x, e);
    if (!rc)
        rc = sg_tx_run(tx, &drop, (const char *const[]){sg_sql_u64(x->q->arena, x->genre.genre_id)},
                       &r, e);
    if (!rc && !PQntuples(r))
        rc =
            sg_fail(e, SG_ECONFLICT, "genre %llu has songs", (unsigned long long)x->genre.genre_id);
    PQclear(r);
    return rc;
}

static int read_body(struct edit *x, struct sg_error *e)
{
    struct sg_genre_edit body;
    int rc = sg_record_from_json(&sg_new_genre_record, x->q->body, x->q->arena, &body, e);
    return rc ? rc
              : sg_title(x->q->arena, "name", body.name, NAME_MAX_CHARACTERS, &x->genre.name, e);
}

static void answer(struct edit *x, struct sg_http_response *r)
{
    sg_api_answer(r, &sg_genre_edit_record, &x->genre);
    sg_etag_put(x->q, r, x->version);
}

void sg_api_genre_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q};
    int rc = read_body(&x, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, create, &x, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        answer(&x, r);
}

void sg_api_genre_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .genre.genre_id = sg_route_id(q, 0)};
    int rc = read_body(&x, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, rename_it, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_cache_forgetf(api->cache, "genre:%llu", (unsigned long long)x.genre.genre_id);
    answer(&x, r);
}

void sg_api_genre_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .genre.genre_id = sg_route_id(q, 0)};
    if (sg_db_transact(api->db, q, delete, &x, &e))
        sg_problem(q, r, &e);
    else
        r->status = 204;
}
