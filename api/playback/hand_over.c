/* hand_over.c - a session goes on on another device, or is told what to do from there.
 *
 * The device that takes over begins where the other one is: at the newest position that it told,
 * whether this process heard it (and has not written it yet) or another one has written it, and
 * for what plays, as much later as has gone by since.
 */
#include "api/playback/row.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "schemas/playback.h"

/* All of the user are taken first, in the order of their ids, as by all who change several. $5 to
 * $8: when this process was told what, the song, state and position; $9: ms that a word may be old.
 * The device's own session ends, as the one that is moved takes its place. */
/* clang-format off */
static const struct sg_pg_statement move = {
    "playback_move",
    "WITH held AS MATERIALIZED (SELECT FROM playback_sessions WHERE user_id = $2::bigint AND ended_at IS NULL "
    "ORDER BY playback_id FOR NO KEY UPDATE), "
    "there AS (SELECT * FROM playback_sessions WHERE playback_id = $1::bigint AND user_id = $2::bigint "
    "AND ended_at IS NULL AND (SELECT count(*) FROM held) > 0 FOR UPDATE), "
    "word AS (SELECT playback_id AS id, told_at AS told, song_id AS song, state AS how, position_ms AS place FROM there "
    "UNION ALL SELECT playback_id, to_timestamp($5::bigint / 1e6), $6::bigint, $7::text, $8::bigint FROM there "
    "ORDER BY told DESC LIMIT 1), "
    "x AS (UPDATE playback_sessions SET device_id = $3, device = $4, login_id = 0, heard_at = clock_timestamp(), "
    "told_at = clock_timestamp(), song_id = song, state = how, position_ms = place + CASE how WHEN 'playing' THEN "
    "least(greatest(extract(epoch FROM clock_timestamp() - told) * 1000, 0), $9::bigint)::int ELSE 0 END "
    "FROM word WHERE playback_id = id RETURNING playback_sessions.*), "
    "gone AS (UPDATE playback_sessions o SET ended_at = clock_timestamp() FROM x WHERE o.user_id = x.user_id "
    "AND o.device_id = $3 AND o.playback_id <> x.playback_id AND o.ended_at IS NULL RETURNING o.playback_id, o.user_id) "
    "SELECT segue_playback_tell(user_id, 'transfer', jsonb_build_object('session_id', playback_id, 'device_id', $3, "
    "'device', $4, 'song_id', song_id, 'state', state, 'position_ms', position_ms)) FROM x "
    "UNION ALL SELECT segue_playback_tell(user_id, 'ended', jsonb_build_object('session_id', playback_id, "
    "'why', 'transferred')) FROM gone", 9};
/* clang-format on */
static const struct sg_pg_statement tell = {
    "playback_tell",
    "SELECT segue_playback_tell(user_id, 'command', jsonb_build_object('session_id', playback_id, "
    "'device_id', device_id, 'command', $3::text, 'position_ms', $4::bigint)) FROM "
    "playback_sessions WHERE playback_id = $1::bigint AND user_id = $2::bigint AND ended_at IS "
    "NULL",
    4};

static int move_to(struct sg_api *api, struct sg_http_request *q,
                   const struct sg_playback_transfer *to, struct sg_error *e)
{
    struct playback_entry here = {0};
    uint64_t id = sg_route_id(q, 0);
    if (!playback_live_find(api->playback, id, &here) || here.user_id != q->caller.user_id)
        here = (struct playback_entry){0};
    const char *params[] = {playback_number(q, id),
                            playback_number(q, q->caller.user_id),
                            sg_arena_copy(q->arena, to->device_id).p,
                            to->device.p ? sg_arena_copy(q->arena, to->device).p : "",
                            playback_number(q, (uint64_t)here.told_us),
                            playback_number(q, here.song_id),
                            here.state == PLAYBACK_PAUSED ? "paused" : "playing",
                            playback_number(q, (uint64_t)here.position_ms),
                            playback_number(q, (uint64_t)api->config->playback.heartbeat_s * 1000)};
    return playback_change(api, q, &move, params, e);
}

void sg_playback_transfer(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_transfer in;
    struct playback_entry x;
    bool ended = false;
    int rc = sg_record_from_json(&sg_playback_transfer_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = playback_device_check(in.device_id, in.device, &e);
    if (!rc)
        rc = move_to(api, q, &in, &e);
    if (!rc)
        rc = playback_row_read(api, q, sg_route_id(q, 0), &x, &ended, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    if (!ended)
        playback_live_put(api->playback, &x);
    r->status = 204;
}

void sg_playback_command(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_command in;
    int rc = sg_record_from_json(&sg_playback_command_record, q->body, q->arena, &in, &e);
    const char *params[] = {playback_number(q, sg_route_id(q, 0)),
                            playback_number(q, q->caller.user_id),
                            rc ? "" : sg_arena_copy(q->arena, in.command).p,
                            playback_number(q, rc ? 0 : (uint64_t)in.position_ms)};
    if (!rc)
        rc = playback_change(api, q, &tell, params, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        r->status = 204;
}
