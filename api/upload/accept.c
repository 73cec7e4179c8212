/* accept.c - a whole and good file becomes a row and a job, in one transaction. */
#include "api/catalogue/rows.h"
#include "api/upload/parts.h"
#include "core/digest.h"
#include "core/metrics.h"
#include "schemas/upload.h"
#include "worker/queue/enqueue.h"
#include <stdio.h>

struct acceptance {
    struct sg_uploads *s;
    struct upload *u;
    struct sg_arena *a;
    bool known;
};

static const struct sg_pg_statement same = {
    "upload_same",
    "SELECT upload_id FROM uploads WHERE sha256 = $2::bytea AND user_id = $1::bigint AND "
    "artist_id = $3::bigint AND status IN ('received', 'processing') "
    "ORDER BY created_at DESC LIMIT 1",
    3};
static const struct sg_pg_statement insert = {
    "upload_insert",
    "INSERT INTO uploads (upload_id, user_id, artist_id, status, title, album_id, genre_id, "
    "explicit, track_no, release_date, filename, object_key, bytes, sha256, content_key, facts) "
    "VALUES ($1, $2::bigint, $3::bigint, 'received', $4, $5::bigint, $6::bigint, $7::boolean, "
    "$8::integer, $9::date, $10, $11, $12::bigint, $13::bytea, $14::bytea, $15::jsonb)",
    15};
static const struct sg_pg_statement complete = {
    "upload_complete",
    "UPDATE uploads SET status = 'received', title = $2, sha256 = $3::bytea, facts = $4::jsonb "
    "WHERE upload_id = $1 AND status = 'receiving' RETURNING 1",
    4};
static const struct sg_pg_statement enqueue = {"upload_enqueue", SG_ENQUEUE_ENCODE_SQL, 3};

static const char *bytes_text(struct sg_arena *a, const unsigned char *bytes, size_t n)
{
    char *text = sg_arena_alloc(a, 2 * n + 3);
    if (text) {
        memcpy(text, "\\x", 2);
        sg_hex(bytes, n, text + 2);
    }
    return text;
}

static int add_job(struct sg_db_tx *tx, const struct acceptance *x, struct sg_error *e)
{
    char attempts[24];
    snprintf(attempts, sizeof attempts, "%lld", (long long)x->s->api->config->worker.attempts);
    return sg_tx_run(tx, &enqueue, (const char *const[]){x->u->id, "0", attempts}, NULL, e);
}

static int find_same(struct sg_db_tx *tx, struct acceptance *x, struct sg_error *e)
{
    const struct upload *u = x->u;
    PGresult *r = NULL;
    const char *who = sg_sql_u64(x->a, u->user_id);
    const char *const params[] = {who, bytes_text(x->a, u->sha256, UPLOAD_SHA256),
                                  sg_sql_u64(x->a, u->artist_id)};
    int rc = upload_hold(tx, x->a, u->user_id, e);
    if (!rc)
        rc = sg_tx_run(tx, &same, params, &r, e);
    x->known = !rc && PQntuples(r);
    if (x->known)
        snprintf(x->u->id, sizeof x->u->id, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc;
}

static int insert_all(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct acceptance *x = ctx;
    struct sg_arena *a = x->a;
    const struct upload *u = x->u;
    const struct upload_fields *f = &u->fields;
    const char *const params[] = {u->id,
                                  sg_sql_u64(a, u->user_id),
                                  sg_sql_u64(a, u->artist_id),
                                  sg_sql_str(a, u->title),
                                  sg_sql_some(a, f->album_id),
                                  sg_sql_some(a, u->genre_id),
                                  sg_sql_bool(f->is_explicit),
                                  sg_sql_some(a, f->track_no),
                                  sg_sql_str(a, f->release_date),
                                  f->filename.n ? sg_sql_str(a, f->filename) : "",
                                  u->key,
                                  sg_sql_u64(a, (uint64_t)u->bytes),
                                  bytes_text(a, u->sha256, UPLOAD_SHA256),
                                  u->sealed ? u->wrapped : NULL,
                                  upload_facts_text(a, &u->facts)};
    int rc = find_same(tx, x, e);
    if (rc || x->known)
        return rc;
    rc = upload_keep_room(x->s, tx, a, u->user_id, e);
    if (!rc)
        rc = sg_tx_run(tx, &insert, params, NULL, e);
    return rc ? rc : add_job(tx, x, e);
}

int upload_accept(struct sg_uploads *s, struct sg_http_request *q, struct upload *u,
                  struct sg_arena *a, bool *known, struct sg_error *e)
{
    struct acceptance x = {.s = s, .u = u, .a = a};
    int rc = sg_db_transact(s->api->db, q, insert_all, &x, e);
    *known = x.known;
    if (!rc && !x.known)
        sg_metric_add(s->taken, "form", 1);
    return rc;
}

static int accept_parts(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct acceptance *x = ctx;
    const struct upload *u = x->u;
    PGresult *r = NULL;
    const char *const params[] = {u->id, sg_sql_str(x->a, u->title),
                                  bytes_text(x->a, u->sha256, UPLOAD_SHA256),
                                  upload_facts_text(x->a, &u->facts)};
    int rc = sg_tx_run(tx, &complete, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ECONFLICT, "the upload is no longer being received");
    PQclear(r);
    return rc ? rc : add_job(tx, x, e);
}

int upload_accept_parts(struct sg_uploads *s, struct upload *u, struct sg_arena *a,
                        struct sg_error *e)
{
    struct acceptance x = {.s = s, .u = u, .a = a};
    int rc = sg_db_transact(s->api->db, NULL, accept_parts, &x, e);
    if (!rc)
        sg_metric_add(s->taken, "tus", 1);
    return rc;
}

/* Seconds: its own and those before it by what lately became ready, waiting included; twenty times
 * as fast as it plays where nothing did. */
static const struct sg_pg_statement estimate = {
    "upload_estimate",
    "WITH done AS (SELECT (facts->>'duration_ms')::float8 / 1000 AS s, "
    "extract(epoch FROM updated_at - created_at)::float8 AS took FROM uploads "
    "WHERE status = 'ready' AND facts ? 'duration_ms' AND updated_at > now() - interval '1 day' "
    "ORDER BY updated_at DESC LIMIT 20), "
    "rate AS (SELECT greatest(0.5, coalesce(sum(s) / nullif(sum(took), 0), 20)) AS r FROM done), "
    "ahead AS (SELECT coalesce(sum(coalesce((facts->>'duration_ms')::float8, 240000)), 0) / 1000 "
    "AS s FROM (SELECT facts FROM uploads WHERE status IN ('received', 'processing') LIMIT 1000) "
    "x) SELECT ceil(greatest(1, (SELECT s FROM ahead) / (SELECT r FROM rate)))::bigint",
    0};

void upload_answer(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
                   const struct upload *u)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *rows = NULL;
    struct sg_upload_accepted said = {sg_str(u->id), SG_STR("processing"), 60};
    if (sg_db_write(s->api->db, q, &estimate, NULL, &rows, &e) == 0)
        said.estimated_time_seconds = sg_row_u64(rows, 0, 0);
    PQclear(rows);
    sg_api_answer(r, &sg_upload_accepted_record, &said);
    r->status = 202;
    sg_http_header(r, "Location", sg_arena_printf(q->arena, "/api/v1/upload/status/%s", u->id));
}
