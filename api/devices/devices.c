/* devices.c - see devices.h. */
#include "api/devices/devices.h"
#include "api/library/answers.h"
#include "api/licences/licences.h"
#include "api/playback/playback.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/uuid.h"
#include "schemas/licences.h"

/* clang-format off */
#define DEVICE(d) \
    "json_build_object('device_id', " d ".device_id, 'name', " d ".name, 'kind', " d ".kind, " \
    "'created_at', segue_time_text(" d ".created_at), 'seen_at', segue_time_text(" d ".seen_at), " \
    "'offline', " d ".offline, 'songs', (SELECT count(*) FROM offline_songs o WHERE " \
    "o.user_id = " d ".user_id AND o.device_id = " d ".device_id), 'current', " d ".session_id = $2::bigint)"

/* One more would be too many: the one that was not seen for longest goes. Removed ones are kept
 * while they count as a change of where songs are kept. */
static const struct sg_pg_statement put = {
    "device_put",
    "WITH old AS (UPDATE devices SET removed_at = now() WHERE (user_id, device_id) IN (SELECT user_id, device_id "
    "FROM devices WHERE user_id = $1::bigint AND removed_at IS NULL AND NOT offline ORDER BY seen_at DESC "
    "OFFSET 49)), "
    "gone AS (DELETE FROM devices WHERE user_id = $1::bigint AND removed_at IS NOT NULL AND "
    "(offline_since IS NULL OR offline_since < now() - interval '31 days')), "
    "put AS (INSERT INTO devices (user_id, session_id, name, kind) SELECT user_id, $2::bigint, $3, $4 "
    "FROM users WHERE user_id = $1::bigint RETURNING *) SELECT " DEVICE("put") " FROM put", 4};
static const struct sg_pg_statement list = {
    "device_list",
    "SELECT json_build_object('devices', coalesce((SELECT json_agg(" DEVICE("d") " ORDER BY d.seen_at DESC, "
    "d.device_id) FROM devices d WHERE d.user_id = $1::bigint AND d.removed_at IS NULL), '[]'), "
    "'offline_places', $3::bigint, 'offline_changes_left', greatest(0, 2 * $3::bigint - (SELECT count(*) "
    "FROM devices d WHERE d.user_id = $1::bigint AND d.offline_since > now() - interval '30 days')))", 3};
/* What its addresses of media are refused by, $3, is kept as a stream that has ended is. The account,
 * which that refers to, is locked before its devices, as by who deletes it. */
static const struct sg_pg_statement take_away = {
    "device_remove",
    "WITH own AS MATERIALIZED (SELECT user_id FROM users WHERE user_id = $1::bigint FOR KEY SHARE), "
    "gone AS (UPDATE devices d SET removed_at = now(), offline = false FROM own WHERE d.user_id = own.user_id AND "
    "d.device_id = $2::uuid AND d.removed_at IS NULL RETURNING d.device_id), "
    "revoked AS (UPDATE licences l SET revoked_at = now() FROM gone WHERE l.user_id = $1::bigint AND "
    "l.device_id = gone.device_id AND l.expires_at > now() AND l.revoked_at IS NULL), "
    "songs AS (DELETE FROM offline_songs o USING gone WHERE o.user_id = $1::bigint AND o.device_id = gone.device_id), "
    "kept AS (DELETE FROM offline_kept k USING gone WHERE k.user_id = $1::bigint AND k.device_id = gone.device_id), "
    "media AS (INSERT INTO playback_sessions (playback_id, user_id, login_id, device_id, device, song_id, ended_at) "
    "SELECT $3::bigint, $1::bigint, 0, device_id::text, '', 0, clock_timestamp() FROM gone "
    "ON CONFLICT (playback_id) DO UPDATE SET ended_at = excluded.ended_at RETURNING playback_id), "
    "streams AS (UPDATE playback_sessions p SET ended_at = clock_timestamp() FROM gone WHERE p.user_id = $1::bigint "
    "AND p.device_id = gone.device_id::text AND p.ended_at IS NULL RETURNING p.playback_id) "
    "SELECT CASE WHEN EXISTS (SELECT FROM gone) THEN '200' ELSE '404 there is no such device' END, "
    "(SELECT count(segue_playback_tell($1::bigint, 'revoked', jsonb_build_object('session_id', playback_id))) FROM media), "
    "(SELECT count(segue_playback_tell($1::bigint, 'ended', jsonb_build_object('session_id', playback_id, "
    "'why', 'ended'))) FROM streams)", 3};
/* clang-format on */

/* For people: no control characters. */
static int check_name(struct sg_str name, struct sg_error *e)
{
    size_t characters = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < 0x20 || c == 0x7f)
            return sg_fail_field(e, "name", "name: expected no control characters");
        characters += (c & 0xc0) != 0x80;
    }
    return characters <= SG_DEVICE_NAME_MAX
               ? 0
               : sg_fail_field(e, "name", "name: at most %d characters", SG_DEVICE_NAME_MAX);
}

void sg_device_register(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_device_new in;
    struct sg_device out;
    int rc = sg_record_from_json(&sg_device_new_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = check_name(in.name, &e);
    const char *params[] = {sg_caller_text(q), sg_session_text(q),
                            rc ? NULL : sg_param_text(q, in.name),
                            rc ? NULL : sg_param_text(q, in.kind)};
    if (!rc)
        rc = sg_answers_write(api, q, &put, params, &sg_device_record, "account", &out, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    r->status = 201;
    sg_http_header(r, "Location",
                   sg_arena_printf(q->arena, "/api/v1/me/devices/%.*s", SG_FMT(out.device_id)));
    sg_api_answer(r, &sg_device_record, &out);
}

void sg_device_list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_session_text(q),
                            sg_id_text(q, (uint64_t)api->config->playback.devices)};
    sg_answers_give(api, q, r, &list, params, &sg_device_list_record, "list", 0, &e);
}

static uint64_t media_of(const char *device)
{
    unsigned char id[16];
    return sg_uuid_parse(sg_str(device), id) ? sg_media_of_device(id) : 0;
}

void sg_device_remove(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *device = NULL;
    int rc = sg_device_id_read(q, sg_route_text(q, 0), &device, &e);
    uint64_t media = rc ? 0 : media_of(device);
    const char *params[] = {sg_caller_text(q), device, sg_id_text(q, media)};
    if (!rc)
        rc = sg_answers_done(api, q, &take_away, params, &e);
    if (!rc)
        sg_playback_revoke(api->playback, media);
    sg_answers_end(q, r, rc, &e);
}
