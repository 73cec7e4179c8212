/* clearkey.c - see licences.h. */
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"
#include "api/library/answers.h"
#include "api/library/sql.h"
#include "api/licences/asked.h"
#include "api/licences/key.h"
#include "api/licences/licences.h"
#include "api/params.h"
#include "api/problem.h"
#include "core/clock.h"
#include "core/uuid.h"
#include "schemas/licences.h"

/* $1 user, $2 whether everything is seen, $3 device, $4 session, $5 kids, $6 kind, $7 seconds of
 * a temporary licence. A row at least: whether the device is hers, whether an hour's licences
 * are used up, and then an asset a row. Of old records a few are thrown away each time. */
/* clang-format off */
static const struct sg_pg_statement give = {
    "licence_give",
    "WITH device AS (UPDATE devices SET seen_at = now(), session_id = $4::bigint "
    "WHERE user_id = $1::bigint AND device_id = $3::uuid AND removed_at IS NULL RETURNING device_id), "
    "used AS (SELECT count(*) >= 1000 AS up FROM licences WHERE user_id = $1::bigint "
    "AND given_at > now() - interval '1 hour' AND kind = $6 AND $6 = 'temporary'), "
    "may AS (SELECT w.n, a.asset_id, a.content_key, CASE $6 WHEN 'temporary' THEN "
    "date_trunc('second', now() + make_interval(secs => $7::double precision)) ELSE o.expires_at END AS expires_at "
    "FROM unnest($5::uuid[]) WITH ORDINALITY w (asset_id, n) JOIN assets a USING (asset_id) "
    "LEFT JOIN LATERAL (SELECT max(expires_at) AS expires_at FROM offline_songs o WHERE o.user_id = $1::bigint "
    "AND o.device_id = $3::uuid AND o.asset_id = a.asset_id AND o.revoked_at IS NULL AND o.expires_at > now()) o ON true "
    "WHERE a.content_key IS NOT NULL AND EXISTS (SELECT FROM song_audio x JOIN songs s USING (song_id) "
    "JOIN artists r ON r.artist_id = s.artist_id LEFT JOIN albums b ON b.album_id = s.album_id "
    "WHERE x.asset_id = a.asset_id AND ($2::boolean OR r.user_id = $1::bigint OR " SG_SQL_IS_OUT("s", "b") "))), "
    "id AS MATERIALIZED (SELECT gen_random_uuid() AS licence_id), "
    "given AS (INSERT INTO licences (user_id, licence_id, asset_id, device_id, kind, expires_at) "
    "SELECT $1::bigint, licence_id, asset_id, device_id, $6, expires_at FROM may, device, id, used "
    "WHERE NOT up AND expires_at IS NOT NULL RETURNING licence_id, asset_id, expires_at), "
    "old AS (DELETE FROM licences WHERE (user_id, licence_id, asset_id) IN (SELECT user_id, licence_id, asset_id "
    "FROM licences WHERE user_id = $1::bigint AND given_at < now() - interval '400 days' LIMIT 20)) "
    "SELECT EXISTS (SELECT FROM device), up, g.asset_id, g.licence_id, "
    "segue_time_text(min(g.expires_at) OVER ()), encode(m.content_key, 'hex') "
    "FROM used LEFT JOIN (given g JOIN may m USING (asset_id)) ON true ORDER BY m.n", 7};
/* clang-format on */

int sg_device_id_read(struct sg_http_request *q, struct sg_str text, const char **out,
                      struct sg_error *e)
{
    unsigned char id[16];
    char *to = sg_arena_alloc(q->arena, SG_UUID_CHARS + 1);
    if (!to)
        return sg_fail(e, SG_ENOMEM, "device_id");
    if (!sg_uuid_parse(text, id))
        return sg_fail_field(e, "device_id", "device_id: expected a UUID");
    sg_uuid_text(id, to);
    *out = to;
    return 0;
}

int sg_device_unknown(struct sg_error *e)
{
    return sg_fail_kind(e, SG_ENOENT, "device-unknown",
                        "there is no such device: register it at /api/v1/me/devices");
}

int sg_premium_needed(const struct sg_http_request *q, struct sg_error *e)
{
    if (q->caller.subscription == SG_PREMIUM)
        return 0;
    return sg_fail_kind(e, SG_EPERM, "premium-needed", "this needs a premium subscription");
}

const char *sg_session_text(struct sg_http_request *q)
{
    return sg_id_text(q, q->caller.session_id);
}

/* An array of uuid. */
static const char *kids_text(struct sg_http_request *q, const struct sg_licence_asked *asked)
{
    char text[SG_KIDS_MAX * (SG_UUID_CHARS + 1) + 2];
    size_t n = 0;
    for (size_t i = 0; i < asked->n; i++) {
        text[n] = i ? ',' : '{';
        sg_uuid_text(asked->kids[i], text + n + 1);
        n += 1 + SG_UUID_CHARS;
    }
    text[n++] = '}';
    return sg_arena_copy(q->arena, (struct sg_str){text, n}).p;
}

static int read_request(struct sg_http_request *q, struct sg_licence_asked *asked,
                        const char **device, struct sg_error *e)
{
    static const struct sg_param device_param[] = {{"device_id", "device_id", NULL, NULL, NULL},
                                                   {0}};
    struct sg_device_params in = {0};
    int rc = sg_premium_needed(q, e);
    if (!rc)
        rc = sg_params_read(q, device_param, &sg_device_params_record, &in, e);
    if (!rc)
        rc = sg_device_id_read(q, in.device_id, device, e);
    return rc ? rc : sg_licence_asked_read(q->body, q->arena, asked, e);
}

/* The keys of all rows. */
static int unlock(struct sg_api *api, struct sg_http_request *q, PGresult *rows,
                  struct sg_clearkey_licence *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    struct sg_clearkey_key *v = sg_arena_array(q->arena, n, sizeof *v);
    int rc = v ? 0 : sg_fail(e, SG_ENOMEM, "a licence");
    for (size_t i = 0; !rc && i < n; i++) {
        unsigned char kid[16];
        if (!sg_uuid_parse(sg_str(PQgetvalue(rows, (int)i, 2)), kid))
            return sg_fail(e, SG_EINTERNAL, "the database's asset_id is no UUID");
        v[i].kty = SG_STR("oct");
        rc = licence_key(api, q->arena, kid, sg_str(PQgetvalue(rows, (int)i, 5)), &v[i], e);
    }
    out->keys = (struct sg_list){v, n};
    return rc;
}

/* Why there is nothing to give, or what there is. */
static int read_rows(struct sg_api *api, struct sg_http_request *q, PGresult *rows,
                     struct sg_clearkey_licence *out, struct sg_error *e)
{
    if (!sg_row_bool(rows, 0, 0))
        return sg_device_unknown(e);
    if (sg_row_bool(rows, 0, 1))
        return sg_fail(e, SG_ERATE, "a thousand licences an hour are given; wait");
    if (PQgetisnull(rows, 0, 2))
        return sg_fail(e, SG_ENOENT, "there is no key of these ids for you");
    out->licence_id = sg_row_str(q->arena, rows, 0, 3);
    out->expires_at = sg_row_str(q->arena, rows, 0, 4);
    return unlock(api, q, rows, out, e);
}

/* Of a temporary licence: as configured, but not longer than the subscription. */
static uint64_t seconds_of(const struct sg_api *api, const struct sg_caller *who)
{
    int64_t s = api->config->playback.licence_s,
            left = who->subscription_until_s - sg_wall_us() / 1000000;
    s = who->subscription_until_s && left < s ? left : s;
    return s > 1 ? (uint64_t)s : 1;
}

static int licence(struct sg_api *api, struct sg_http_request *q, struct sg_clearkey_licence *out,
                   struct sg_error *e)
{
    struct sg_licence_asked asked;
    const char *device;
    struct sg_viewer viewer;
    PGresult *rows = NULL;
    int rc = read_request(q, &asked, &device, e);
    if (rc)
        return rc;
    sg_viewer_of(q, &viewer);
    out->type = sg_str(sg_licence_kind_name(asked.kind));
    const char *params[] = {viewer.user_id,
                            viewer.all,
                            device,
                            sg_session_text(q),
                            kids_text(q, &asked),
                            out->type.p,
                            sg_id_text(q, seconds_of(api, &q->caller))};
    rc = sg_db_write(api->db, q, &give, params, &rows, e);
    if (!rc)
        rc = read_rows(api, q, rows, out, e);
    PQclear(rows);
    return rc;
}

void sg_licence_clearkey(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_clearkey_licence out = {0};
    int rc = licence(api, q, &out, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc == SG_ERATE)
        sg_http_header(r, "Retry-After", SG_STR("600"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_clearkey_licence_record, &out);
}
