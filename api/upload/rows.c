/* rows.c - what is settled of an upload before its bytes are looked at: its names, its key, and
 * whose it is. */
#include "api/catalogue/rows.h"
#include "api/upload/parts.h"
#include "schemas/upload.h"
#include <sodium.h>
#include <stdio.h>

static void random_text(char out[23])
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(out, 23, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void upload_name(struct upload *u)
{
    char text[23];
    random_text(text);
    snprintf(u->id, sizeof u->id, "upload_%s", text);
}

void upload_key(const struct upload *u, char out[SG_OBJECT_KEY_MAX + 1])
{
    char text[23];
    random_text(text);
    snprintf(out, SG_OBJECT_KEY_MAX + 1, "uploads/%.*s/o%s", SG_UPLOAD_ID_MAX, u->id, text);
}

int upload_seal(struct sg_uploads *s, struct upload *u, struct sg_error *e)
{
    struct sg_buf wrapped = {0};
    u->sealed = s->api->config->objects.seal;
    u->wrapped[0] = '\0';
    if (!u->sealed)
        return 0;
    int rc = sg_vault_new_key(s->vault, u->content_key, &wrapped, e);
    if (!rc && (sg_buf_failed(&wrapped) || wrapped.n != SG_WRAPPED_BYTES))
        rc = sg_fail(e, SG_ENOMEM, "content key");
    if (!rc) {
        memcpy(u->wrapped, "\\x", 2);
        sodium_bin2hex(u->wrapped + 2, sizeof u->wrapped - 2, (const unsigned char *)wrapped.p,
                       wrapped.n);
    }
    sg_buf_free(&wrapped);
    return rc;
}

const unsigned char *upload_seal_of(const struct upload *u)
{
    return u->sealed ? u->content_key : NULL;
}

/* $1 who, $2 artist or NULL, $3 admin, $4 genre or NULL, $5 album or NULL. */
static const struct sg_pg_statement resolve = {
    "upload_resolve",
    "WITH hers AS (SELECT artist_id FROM artists WHERE user_id = $1::bigint LIMIT 2), "
    "artist AS (SELECT CASE WHEN $2::bigint IS NULL THEN (SELECT CASE WHEN count(*) = 1 THEN "
    "min(artist_id) END FROM hers) ELSE (SELECT artist_id FROM artists WHERE artist_id = "
    "$2::bigint AND (user_id = $1::bigint OR $3::boolean)) END AS id) "
    "SELECT artist.id, (SELECT count(*) FROM hers), "
    "(SELECT min(genre_id) FROM genres WHERE lower(name) = lower($4)), "
    "(SELECT album_id FROM albums b WHERE b.album_id = $5::bigint AND b.artist_id = artist.id) "
    "FROM artist",
    5};

static int blame(struct sg_error *e, int rc, const char *field)
{
    snprintf(e->field, sizeof e->field, "%s", field);
    return rc;
}

static int judge(const PGresult *r, struct upload *u, struct sg_error *e)
{
    const struct upload_fields *f = &u->fields;
    u->artist_id = sg_row_u64(r, 0, 0);
    u->genre_id = sg_row_u64(r, 0, 2);
    if (!u->artist_id && f->artist_id)
        return blame(
            e, sg_fail(e, SG_ENOENT, "you have no artist %llu", (unsigned long long)f->artist_id),
            "artist_id");
    if (!u->artist_id)
        return sg_fail_field(e, "artist_id", "artist_id: say which; %s",
                             sg_row_u64(r, 0, 1) ? "you have several artists"
                                                 : "you have no artist yet");
    if (f->genre.n && !u->genre_id)
        return blame(e,
                     sg_fail_kind(e, SG_EINVAL, "unknown-genre",
                                  "there is no genre '%.*s'; GET /api/v1/genres lists them",
                                  SG_FMT(f->genre)),
                     "genre");
    if (f->album_id && !sg_row_u64(r, 0, 3))
        return blame(
            e,
            sg_fail(e, SG_ENOENT, "that artist has no album %llu", (unsigned long long)f->album_id),
            "album_id");
    return 0;
}

int upload_resolve(struct sg_uploads *s, struct sg_http_request *q, struct upload *u,
                   struct sg_error *e)
{
    struct sg_arena *a = q->arena;
    const struct upload_fields *f = &u->fields;
    PGresult *r = NULL;
    u->user_id = q->caller.user_id;
    const char *const params[] = {sg_sql_u64(a, u->user_id), sg_sql_some(a, f->artist_id),
                                  sg_sql_bool(sg_caller_is_admin(q)), sg_sql_str(a, f->genre),
                                  sg_sql_some(a, f->album_id)};
    int rc = sg_db_write(s->api->db, q, &resolve, params, &r, e); /* of the primary */
    if (!rc)
        rc = judge(r, u, e);
    PQclear(r);
    return rc;
}

static const struct sg_pg_statement unfinished = {
    "uploads_unfinished",
    "SELECT count(*) FROM uploads WHERE user_id = $1::bigint AND status IN "
    "('receiving', 'received', 'processing')",
    1};
static const struct sg_pg_statement hold = {
    "upload_hold", "SELECT pg_advisory_xact_lock(hashtext('segue upload'), hashtext($1))", 1};

static int count_them(const struct sg_uploads *s, const PGresult *r, struct sg_error *e)
{
    int64_t most = s->api->config->upload.per_user;
    if (sg_row_u64(r, 0, 0) < (uint64_t)most)
        return 0;
    return sg_fail_kind(e, SG_ERATE, "too-many-uploads",
                        "%lld uploads of yours are not done yet; more when they are",
                        (long long)most);
}

int upload_has_room(struct sg_uploads *s, struct sg_http_request *q, struct sg_error *e)
{
    PGresult *r = NULL;
    const char *who = sg_sql_u64(q->arena, q->caller.user_id);
    int rc = sg_db_write(s->api->db, q, &unfinished, &who, &r, e); /* of the primary */
    if (!rc)
        rc = count_them(s, r, e);
    PQclear(r);
    return rc;
}

int upload_hold(struct sg_db_tx *tx, struct sg_arena *a, uint64_t user_id, struct sg_error *e)
{
    const char *who = sg_sql_u64(a, user_id);
    return sg_tx_run(tx, &hold, &who, NULL, e);
}

int upload_keep_room(struct sg_uploads *s, struct sg_db_tx *tx, struct sg_arena *a,
                     uint64_t user_id, struct sg_error *e)
{
    PGresult *r = NULL;
    const char *who = sg_sql_u64(a, user_id);
    int rc = sg_tx_run(tx, &unfinished, &who, &r, e);
    if (!rc)
        rc = count_them(s, r, e);
    PQclear(r);
    return rc;
}

const char *upload_facts_text(struct sg_arena *a, const struct sg_audio_facts *f)
{
    struct sg_audio_facts told = *f;
    struct sg_buf b = {0};
    told.features = told.fingerprint_terms = told.files = (struct sg_list){NULL, 0};
    told.fingerprint = SG_STR_NONE;
    sg_record_to_json(&sg_audio_facts_record, &told, &b);
    const char *text = sg_buf_failed(&b) ? NULL : sg_arena_copy(a, sg_buf_str(&b)).p;
    sg_buf_free(&b);
    return text;
}
