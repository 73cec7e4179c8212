/* idempotency.c - see idempotency.h. */
#include "api/idempotency/idempotency.h"
#include "api/api.h"
#include "api/db/db.h"
#include "api/problem.h"
#include "core/digest.h"
#include "core/log.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { KEY_MAX = 255, BODY_MAX = 256 << 10, CLEAN_EVERY = 64 };

/* The row as it was before is told, none when this request wrote it: what a CTE writes is
 * not seen by its statement. A row of a day ago is nobody's. */
static const struct sg_pg_statement take = {
    "idempotency_take",
    "WITH mine AS (INSERT INTO idempotency_keys AS k (user_id, key, fingerprint) "
    "VALUES ($1::bigint, $2, decode($3, 'hex')) ON CONFLICT (user_id, key) DO UPDATE SET "
    "fingerprint = excluded.fingerprint, started_at = now(), status = NULL, content_type = NULL, "
    "location = NULL, etag = NULL, body = NULL WHERE k.started_at < now() - interval '24 hours' "
    "RETURNING 1) "
    "SELECT EXISTS (SELECT 1 FROM mine), k.fingerprint = decode($3, 'hex'), k.status, "
    "k.content_type, k.location, k.etag, k.body, k.started_at < now() - interval '1 minute' "
    "FROM (SELECT 1) one LEFT JOIN idempotency_keys k ON k.user_id = $1::bigint AND k.key = $2",
    3};
static const struct sg_pg_statement keep = {
    "idempotency_keep",
    "UPDATE idempotency_keys SET status = $3::smallint, content_type = $4, location = $5, "
    "etag = $6, body = $7 WHERE user_id = $1::bigint AND key = $2",
    7};
static const struct sg_pg_statement drop = {
    "idempotency_drop", "DELETE FROM idempotency_keys WHERE user_id = $1::bigint AND key = $2", 2};
static const struct sg_pg_statement clean = {
    "idempotency_clean",
    "DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key FROM "
    "idempotency_keys WHERE started_at < now() - interval '24 hours' ORDER BY started_at LIMIT "
    "1000 FOR UPDATE SKIP LOCKED)",
    0};

struct sg_idempotent {
    char user[24];
    const char *key;
};

bool sg_idempotency_is_secret(struct sg_str path)
{
    static const char shares[] = "/shares";
    const size_t n = sizeof shares - 1;
    return sg_str_starts(path, SG_STR("/api/v1/auth/")) ||
           sg_str_starts(path, SG_STR("/api/v1/licences/")) ||
           sg_str_starts(path, SG_STR("/api/v1/offline/")) ||
           sg_str_eq(path, SG_STR("/api/v1/me/tokens")) ||
           (sg_str_starts(path, SG_STR("/api/v1/playlists/")) && path.n > n &&
            memcmp(path.p + path.n - n, shares, n) == 0);
}

static bool applies(const struct sg_http_request *q, struct sg_str *key)
{
    *key = sg_http_request_header(q, "Idempotency-Key");
    return key->p && q->caller.user_id && sg_str_eq(q->method, SG_STR("POST")) &&
           !sg_idempotency_is_secret(q->path);
}

/* As it is, or as the draft's quoted string. */
static bool read_key(struct sg_str told, struct sg_arena *a, const char **out)
{
    if (told.n >= 2 && told.p[0] == '"' && told.p[told.n - 1] == '"')
        told = (struct sg_str){told.p + 1, told.n - 2};
    for (size_t i = 0; i < told.n; i++)
        if (told.p[i] <= 0x20 || told.p[i] >= 0x7f)
            return false;
    *out = sg_arena_copy(a, told).p;
    return told.n && told.n <= KEY_MAX && *out;
}

/* Lengths stand between, so that no two requests are one. */
static void fingerprint(const struct sg_http_request *q, char hex[2 * SG_SHA256_BYTES + 1])
{
    unsigned char hash[SG_SHA256_BYTES];
    struct sg_buf b = {0};
    sg_buf_printf(&b, "%zu:%.*s", q->path.n, SG_FMT(q->path));
    for (size_t i = 0; i < q->n_params; i++) {
        const struct sg_http_param *p = &q->params[i];
        sg_buf_printf(&b, "&%zu:%.*s=%zu:%.*s", p->name.n, SG_FMT(p->name), p->value.n,
                      SG_FMT(p->value));
    }
    sg_buf_printf(&b, "\n%zu:", q->body.n);
    sg_buf_str_put(&b, q->body);
    sg_sha256(sg_buf_str(&b), hash);
    sg_hex(hash, sizeof hash, hex);
    sg_buf_free(&b);
}

static struct sg_str column(const PGresult *rows, int i, struct sg_arena *a)
{
    if (PQgetisnull(rows, 0, i))
        return SG_STR_NONE;
    return sg_arena_copy(a,
                         (struct sg_str){PQgetvalue(rows, 0, i), (size_t)PQgetlength(rows, 0, i)});
}

static void replay(const PGresult *rows, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_str type = column(rows, 3, q->arena), body = column(rows, 6, q->arena);
    r->status = atoi(PQgetvalue(rows, 0, 2));
    r->content_type = type.p;
    sg_buf_reset(&r->body);
    sg_buf_str_put(&r->body, body);
    sg_http_header(r, "Location", column(rows, 4, q->arena));
    sg_http_header(r, "ETag", column(rows, 5, q->arena));
    sg_http_header(r, "Idempotent-Replayed", SG_STR("true"));
}

/* The row that was there: an answer, or why there is none. */
static int known(const PGresult *rows, struct sg_http_request *q, struct sg_http_response *r,
                 struct sg_error *e)
{
    bool seen = !PQgetisnull(rows, 0, 1), same = seen && *PQgetvalue(rows, 0, 1) == 't';
    if (seen && !same)
        return sg_fail_kind(e, SG_EINVAL, "idempotency-key-reused",
                            "this Idempotency-Key was another request's");
    if (seen && !PQgetisnull(rows, 0, 2)) {
        replay(rows, q, r);
        return 0;
    }
    if (seen && *PQgetvalue(rows, 0, 7) == 't')
        return sg_fail_kind(e, SG_ECONFLICT, "idempotency-outcome-unknown",
                            "the first request of this Idempotency-Key ended without an answer: "
                            "look whether it took effect, then use another key");
    sg_http_header(r, "Retry-After", SG_STR("1"));
    return sg_fail_kind(e, SG_ECONFLICT, "idempotency-in-progress",
                        "a request of this Idempotency-Key is being answered");
}

bool sg_idempotency_begin(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str told;
    PGresult *rows = NULL;
    char hex[2 * SG_SHA256_BYTES + 1];
    if (!applies(q, &told))
        return true;
    struct sg_idempotent *i = sg_arena_alloc(q->arena, sizeof *i);
    int rc = i && read_key(told, q->arena, &i->key)
                 ? 0
                 : sg_fail_field(&e, "Idempotency-Key",
                                 "Idempotency-Key: expected 1 to 255 visible characters");
    if (!rc) {
        fingerprint(q, hex);
        snprintf(i->user, sizeof i->user, "%llu", (unsigned long long)q->caller.user_id);
        rc = sg_db_write(api->db, q, &take, (const char *const[]){i->user, i->key, hex}, &rows, &e);
    }
    bool mine = !rc && *PQgetvalue(rows, 0, 0) == 't';
    if (mine)
        q->idempotent = i;
    else if (!rc)
        rc = known(rows, q, r, &e);
    if (rc)
        sg_problem(q, r, &e);
    PQclear(rows);
    return mine;
}

static const char *header_of(const struct sg_http_request *q, const struct sg_http_response *r,
                             const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return sg_arena_copy(q->arena, r->headers[i].value).p;
    return NULL;
}

static int keep_answer(struct sg_api *api, struct sg_http_request *q,
                       const struct sg_http_response *r, int status, struct sg_error *e)
{
    char text[8];
    const struct sg_idempotent *i = q->idempotent;
    struct sg_str body = r->shared.p ? r->shared : sg_buf_str(&r->body);
    struct sg_str z = sg_arena_copy(q->arena, body);
    if (r->stream || body.n > BODY_MAX || !z.p || memchr(z.p, '\0', z.n) || !sg_str_is_utf8(z))
        return sg_fail(e, SG_ELIMIT, "its answer cannot be kept");
    snprintf(text, sizeof text, "%d", status);
    const char *const params[] = {i->user,
                                  i->key,
                                  text,
                                  r->content_type,
                                  header_of(q, r, "Location"),
                                  header_of(q, r, "ETag"),
                                  z.p};
    return sg_db_write(api->db, q, &keep, params, NULL, e);
}

void sg_idempotency_end(struct sg_api *api, struct sg_http_request *q,
                        const struct sg_http_response *r, int status)
{
    static atomic_uint count;
    struct sg_error e = SG_ERROR_INIT;
    const struct sg_idempotent *i = q->idempotent;
    if (!i)
        return;
    int rc = status < 300
                 ? keep_answer(api, q, r, status, &e)
                 : sg_db_write(api->db, q, &drop, (const char *const[]){i->user, i->key}, NULL, &e);
    if (!rc && atomic_fetch_add(&count, 1) % CLEAN_EVERY == 0)
        rc = sg_db_write(api->db, q, &clean, NULL, NULL, &e);
    if (rc)
        sg_log(SG_LOG_WARN, "an Idempotency-Key's end is not written", "why=%s", e.text);
    q->idempotent = NULL;
}
