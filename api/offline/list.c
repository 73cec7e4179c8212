/* list.c - what is to be on a device, its renewal, and what is to be there no more. */
#include "api/catalogue/rows.h"
#include "api/library/answers.h"
#include "api/licences/licences.h"
#include "api/offline/parts.h"
#include "api/params.h"
#include "api/problem.h"

#define DEVICE                                                                                     \
    {                                                                                              \
        "device_id", "device_id", NULL, "A device of the caller's.", NULL                          \
    }
const struct sg_param offline_list_params[] = {
    DEVICE,
    {"limit", "limit", NULL, "Songs wanted.", NULL},
    {"cursor", "cursor", NULL, "`next_cursor` of the page before.", NULL},
    {0}};
const struct sg_param offline_forget_params[] = {
    DEVICE,
    {"song_id", "song_id", NULL, "Only this song.", NULL},
    {"album_id", "album_id", NULL, "Only this album.", NULL},
    {"playlist_id", "playlist_id", NULL, "Only this playlist.", NULL},
    {0}};

static void give(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r, int rc,
                 const struct offline_page *page, struct sg_error *e)
{
    struct sg_offline_reply out;
    if (!rc)
        rc = offline_view(api, q, page, &out, e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, e);
    else
        sg_api_answer(r, &sg_offline_reply_record, &out);
}

static int read_params(struct sg_http_request *q, const struct sg_param *params,
                       struct sg_offline_params *in, const char **device, struct sg_error *e)
{
    int rc = sg_params_read(q, params, &sg_offline_params_record, in, e);
    return rc ? rc : sg_device_id_read(q, in->device_id, device, e);
}

void sg_offline_list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_offline_params in = {0};
    struct offline_page page = {0};
    uint64_t after = 0;
    int rc = read_params(q, offline_list_params, &in, &page.device, &e);
    if (!rc && in.cursor.p && (!sg_str_to_u64(in.cursor, &after) || after > INT64_MAX))
        rc = sg_fail_field(&e, "cursor", "cursor: expected next_cursor of the page before");
    page.after = in.cursor.p ? sg_id_text(q, after) : NULL;
    page.limit = sg_id_text(q, (uint64_t)in.limit);
    give(api, q, r, rc, &page, &e);
}

struct renewal {
    struct sg_api *api;
    struct sg_http_request *q;
    const char *device;
    bool revoked; /* all that is there */
};

static int revoke(struct renewal *x, struct sg_db_tx *tx, struct sg_error *e)
{
    static const struct sg_pg_statement all = {
        "offline_revoke", "SELECT segue_revoke_device($1::bigint, $2::uuid)", 2};
    const char *params[] = {sg_caller_text(x->q), x->device};
    return sg_tx_run(tx, &all, params, NULL, e);
}

static int look(struct renewal *x, struct sg_db_tx *tx, struct sg_error *e)
{
    static const struct sg_pg_statement live = {
        "offline_live",
        "SELECT count(*) > 0 AND bool_and(revoked_at IS NOT NULL) FROM offline_songs "
        "WHERE user_id = $1::bigint AND device_id = $2::uuid",
        2};
    const char *params[] = {sg_caller_text(x->q), x->device};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, &live, params, &rows, e);
    if (!rc)
        x->revoked = sg_row_bool(rows, 0, 0);
    PQclear(rows);
    return rc;
}

static int renew(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct renewal *x = ctx;
    const char *ids;
    int rc = offline_device(x->api, x->q, tx, x->device, false, e);
    if (!rc && x->q->caller.subscription != SG_PREMIUM)
        return revoke(x, tx, e);
    if (!rc)
        rc = offline_prune(x->q, tx, x->device, e);
    if (!rc)
        rc = offline_grant(x->api, x->q, tx, x->device, NULL, NULL, &ids, e);
    return rc ? rc : look(x, tx, e);
}

void sg_offline_renew(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct renewal x = {.api = api, .q = q};
    struct sg_offline_device in;
    int rc = sg_record_from_json(&sg_offline_device_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = sg_device_id_read(q, in.device_id, &x.device, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, renew, &x, &e);
    if (!rc)
        rc = sg_premium_needed(q, &e); /* what was there has been revoked */
    if (!rc && x.revoked)
        rc = sg_fail_kind(&e, SG_EPERM, "downloads-revoked",
                          "what this device keeps was revoked: delete it, or keep it anew");
    struct offline_page page = {.device = x.device, .limit = sg_id_text(q, SG_OFFLINE_PAGE_MAX)};
    give(api, q, r, rc, &page, &e);
}

struct removal {
    struct sg_api *api;
    struct sg_http_request *q;
    const char *device, *kind, *id; /* kind NULL: everything */
};

static int forget(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement take_out = {
        "offline_forget",
        "DELETE FROM offline_kept WHERE user_id = $1::bigint AND device_id = $2::uuid AND "
        "($3::text IS NULL OR (kind = $3 AND target_id = $4::bigint))",
        4};
    struct removal *x = ctx;
    const char *params[] = {sg_caller_text(x->q), x->device, x->kind, x->id};
    int rc = offline_device(x->api, x->q, tx, x->device, false, e);
    if (!rc)
        rc = sg_tx_run(tx, &take_out, params, NULL, e);
    return rc ? rc : offline_prune(x->q, tx, x->device, e);
}

void sg_offline_forget(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_offline_params in = {0};
    struct removal x = {.api = api, .q = q};
    int rc = read_params(q, offline_forget_params, &in, &x.device, &e);
    if (!rc && (in.song_id > 0) + (in.album_id > 0) + (in.playlist_id > 0) > 1)
        rc = sg_fail_field(&e, "song_id", "tell one of song_id, album_id and playlist_id, or none");
    x.kind = in.song_id ? "song" : in.album_id ? "album" : in.playlist_id ? "playlist" : NULL;
    x.id = x.kind ? sg_id_text(q, in.song_id + in.album_id + in.playlist_id) : NULL;
    if (!rc)
        rc = sg_db_transact(api->db, q, forget, &x, &e);
    sg_answers_end(q, r, rc, &e);
}
