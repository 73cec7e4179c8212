/* tus_rows.c - uploads that come in several requests, as rows.
 *
 * uploads.bytes is the offset. A part counts only when it begins there at its commit: of two that
 * were sent at once, by whichever APIs, the first one counts and the other is refused. No lock is
 * held while bytes come, so that nothing stays locked by who has vanished.
 */
#include "api/catalogue/rows.h"
#include "api/upload/parts.h"
#include "core/log.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sg_pg_statement find = {
    "tus_find",
    "SELECT upload_id, status, bytes, declared, encode(content_key, 'hex'), title, explicit, "
    "encode(sha256, 'hex'), metadata, user_id, artist_id, filename, "
    "to_char((updated_at + $4::bigint * interval '1 hour') AT TIME ZONE 'UTC', "
    "'Dy, DD Mon YYYY HH24:MI:SS') || ' GMT' FROM uploads "
    "WHERE upload_id = $1 AND ($3::boolean OR user_id = $2::bigint) AND declared IS NOT NULL",
    4};

static int unwrap(struct sg_uploads *s, struct sg_str hex, struct upload *u, struct sg_error *e)
{
    unsigned char wrapped[SG_WRAPPED_BYTES];
    size_t n = 0;
    u->sealed = hex.p != NULL;
    if (!u->sealed)
        return 0;
    if (sodium_hex2bin(wrapped, sizeof wrapped, hex.p, hex.n, NULL, &n, NULL))
        return sg_fail(e, SG_ECORRUPT, "upload %s: its key is not whole", u->id);
    return sg_vault_unwrap(s->vault, (struct sg_str){(char *)wrapped, n}, u->content_key, e);
}

static int read_row(struct sg_uploads *s, const PGresult *r, struct sg_arena *a,
                    struct tus_upload *out, struct sg_error *e)
{
    struct upload *u = &out->u;
    struct sg_str sha = sg_row_str(a, r, 0, 7);
    snprintf(u->id, sizeof u->id, "%s", PQgetvalue(r, 0, 0));
    snprintf(out->status, sizeof out->status, "%s", PQgetvalue(r, 0, 1));
    out->offset = (int64_t)sg_row_u64(r, 0, 2);
    out->declared = (int64_t)sg_row_u64(r, 0, 3);
    u->fields.title = sg_row_str(a, r, 0, 5);
    u->fields.is_explicit = sg_row_bool(r, 0, 6);
    out->metadata = sg_row_str(a, r, 0, 8);
    u->user_id = sg_row_u64(r, 0, 9);
    u->artist_id = sg_row_u64(r, 0, 10);
    u->fields.filename = sg_row_str(a, r, 0, 11);
    out->expires = sg_row_str(a, r, 0, 12);
    int rc = sha.n ? upload_digest_hex("checksum", sha, &u->fields.checksum, e) : 0;
    return rc ? rc : unwrap(s, sg_row_str(a, r, 0, 4), u, e);
}

int tus_find(struct sg_uploads *s, struct sg_http_request *q, struct sg_arena *a, struct sg_str id,
             struct tus_upload *out, struct sg_error *e)
{
    PGresult *r = NULL;
    *out = (struct tus_upload){.offset = 0};
    const char *const params[] = {sg_sql_str(a, id), sg_sql_u64(a, q ? q->caller.user_id : 0),
                                  sg_sql_bool(!q || sg_caller_is_admin(q)),
                                  sg_sql_u64(a, (uint64_t)s->api->config->upload.unfinished_h)};
    int rc = sg_db_write(s->api->db, q, &find, params, &r, e); /* of the primary */
    if (!rc)
        rc = PQntuples(r) ? read_row(s, r, a, out, e)
                          : sg_fail(e, SG_ENOENT, "there is no such upload");
    PQclear(r);
    return rc;
}

static const struct sg_pg_statement create = {
    "tus_create",
    "INSERT INTO uploads (upload_id, user_id, artist_id, status, title, album_id, genre_id, "
    "explicit, track_no, release_date, filename, bytes, declared, sha256, content_key, metadata) "
    "VALUES ($1, $2::bigint, $3::bigint, 'receiving', $4, $5::bigint, $6::bigint, $7::boolean, "
    "$8::integer, $9::date, $10, 0, $11::bigint, decode($12, 'hex'), $13::bytea, $14)",
    14};

struct creation {
    struct sg_uploads *s;
    struct sg_arena *a;
    const struct tus_upload *t;
};

static int insert(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    const struct creation *x = ctx;
    const struct tus_upload *t = x->t;
    struct sg_arena *a = x->a;
    const struct upload *u = &t->u;
    const struct upload_fields *f = &u->fields;
    char sha[2 * UPLOAD_SHA256 + 1];
    sodium_bin2hex(sha, sizeof sha, f->checksum.bytes, UPLOAD_SHA256);
    const char *const params[] = {u->id,
                                  sg_sql_u64(a, u->user_id),
                                  sg_sql_u64(a, u->artist_id),
                                  f->title.n ? sg_sql_str(a, f->title) : NULL,
                                  sg_sql_some(a, f->album_id),
                                  sg_sql_some(a, u->genre_id),
                                  sg_sql_bool(f->is_explicit),
                                  sg_sql_some(a, f->track_no),
                                  sg_sql_str(a, f->release_date),
                                  f->filename.n ? sg_sql_str(a, f->filename) : "",
                                  sg_sql_u64(a, (uint64_t)t->declared),
                                  f->checksum.algorithm ? sha : NULL,
                                  u->sealed ? u->wrapped : NULL,
                                  sg_sql_str(a, t->metadata)};
    int rc = upload_hold(tx, a, u->user_id, e);
    if (!rc)
        rc = upload_keep_room(x->s, tx, a, u->user_id, e);
    return rc ? rc : sg_tx_run(tx, &create, params, NULL, e);
}

int tus_create(struct sg_uploads *s, struct sg_http_request *q, struct tus_upload *t,
               struct sg_error *e)
{
    struct creation x = {s, q->arena, t};
    return sg_db_transact(s->api->db, q, insert, &x, e);
}

static const struct sg_pg_statement add_part = {
    "tus_add_part",
    "WITH moved AS (UPDATE uploads SET bytes = bytes + $3::bigint WHERE upload_id = $1 AND "
    "status = 'receiving' AND bytes = $2::bigint AND bytes + $3::bigint <= declared RETURNING "
    "upload_id) "
    "INSERT INTO upload_parts (upload_id, at, bytes, object_key) SELECT upload_id, $2::bigint, "
    "$3::bigint, $4 FROM moved RETURNING 1",
    4};

int tus_add_part(struct sg_uploads *s, struct sg_http_request *q, const struct tus_upload *t,
                 const char *key, int64_t bytes, struct sg_error *e)
{
    char at[24], n[24];
    PGresult *r = NULL;
    snprintf(at, sizeof at, "%lld", (long long)t->offset);
    snprintf(n, sizeof n, "%lld", (long long)bytes);
    int rc =
        sg_db_write(s->api->db, q, &add_part, (const char *const[]){t->u.id, at, n, key}, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ECONFLICT, "another request has sent these bytes meanwhile");
    PQclear(r);
    return rc;
}

struct ending {
    const char *id, *status, *reason, *error;
    PGresult *original, *keys;
};

/* What the workers have taken up goes on; they look whether it is still wanted. */
static const struct sg_pg_statement end_row = {
    "upload_end",
    "UPDATE uploads SET status = $2, reason = $3, error = $4 WHERE upload_id = $1 AND "
    "status IN ('receiving', 'received', 'processing') RETURNING coalesce(object_key, '')",
    4};
static const struct sg_pg_statement end_parts = {
    "upload_end_parts", "DELETE FROM upload_parts WHERE upload_id = $1 RETURNING object_key", 1};
static const struct sg_pg_statement end_job = {
    "upload_end_job",
    "DELETE FROM jobs WHERE queue = 'encode' AND status = 'queued' AND "
    "payload->>'upload_id' = $1",
    1};

static int end(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct ending *x = ctx;
    PQclear(x->original);
    PQclear(x->keys);
    x->original = x->keys = NULL;
    int rc = sg_tx_run(tx, &end_row, (const char *const[]){x->id, x->status, x->reason, x->error},
                       &x->original, e);
    if (!rc && !PQntuples(x->original))
        rc = sg_fail(e, SG_ECONFLICT, "the upload has ended already");
    if (!rc)
        rc = sg_tx_run(tx, &end_parts, &x->id, &x->keys, e);
    return rc ? rc : sg_tx_run(tx, &end_job, &x->id, NULL, e);
}

static void delete_all(struct sg_uploads *s, const PGresult *keys)
{
    struct sg_error e = SG_ERROR_INIT;
    for (int i = 0; i < PQntuples(keys); i++)
        if (*PQgetvalue(keys, i, 0) && sg_objects_delete(s->objects, PQgetvalue(keys, i, 0), &e))
            sg_log(SG_LOG_WARN, "an object is left to the sweep", "why=%s", e.text);
}

int upload_end(struct sg_uploads *s, const char *id, const char *status, const char *reason,
               const char *error, struct sg_error *e)
{
    struct ending x = {.id = id, .status = status, .reason = reason, .error = error};
    int rc = sg_db_transact(s->api->db, NULL, end, &x, e);
    if (!rc) {
        delete_all(s, x.original);
        delete_all(s, x.keys);
    }
    PQclear(x.original);
    PQclear(x.keys);
    return rc;
}
