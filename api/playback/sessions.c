/* sessions.c - what plays on which of the caller's devices: told, listed, moved, ended. */
#include "api/catalogue/read.h"
#include "api/playback/parts.h"
#include "api/plays/now.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/instant.h"
#include "schemas/playback.h"
#include <stdio.h>

#define COLUMNS                                                                                    \
    "playback_id, user_id, login_id, song_id, state, position_ms, device_id, device, "             \
    "(extract(epoch FROM started_at) * 1000000)::bigint, "                                         \
    "(extract(epoch FROM heard_at) * 1000000)::bigint, array_to_string(queue, ','), "              \
    "ended_at IS NOT NULL "

static const struct sg_pg_statement list = {
    "playback_list",
    "SELECT " COLUMNS "FROM playback_sessions WHERE user_id = $1::bigint AND ended_at IS NULL AND "
    "heard_at > clock_timestamp() - make_interval(secs => $2::double precision) "
    "ORDER BY started_at DESC LIMIT 1000",
    2};
static const struct sg_pg_statement find = {
    "playback_find",
    "SELECT " COLUMNS "FROM playback_sessions WHERE playback_id = $1::bigint AND user_id = "
    "$2::bigint",
    2};
static const struct sg_pg_statement end = {
    "playback_end",
    "WITH x AS (UPDATE playback_sessions SET ended_at = clock_timestamp() WHERE playback_id = "
    "$1::bigint AND user_id = $2::bigint AND ended_at IS NULL RETURNING playback_id, user_id) "
    "SELECT segue_playback_tell(user_id, 'ended', jsonb_build_object('session_id', playback_id, "
    "'why', 'ended')) FROM x",
    2};
/* The device's own session ends, as the one that is moved takes its place. */
static const struct sg_pg_statement move = {
    "playback_move",
    "WITH x AS (UPDATE playback_sessions SET device_id = $3, device = $4, heard_at = "
    "clock_timestamp() WHERE playback_id = $1::bigint AND user_id = $2::bigint AND ended_at IS "
    "NULL RETURNING *), gone AS (UPDATE playback_sessions o SET ended_at = clock_timestamp() FROM "
    "x WHERE o.user_id = x.user_id AND o.device_id = $3 AND o.playback_id <> x.playback_id AND "
    "o.ended_at IS NULL RETURNING o.playback_id, o.user_id) "
    "SELECT segue_playback_tell(user_id, 'transfer', jsonb_build_object('session_id', playback_id, "
    "'device_id', $3, 'device', $4, 'song_id', song_id, 'state', state, 'position_ms', "
    "position_ms)) FROM x UNION ALL SELECT segue_playback_tell(user_id, 'ended', "
    "jsonb_build_object('session_id', playback_id, 'why', 'transferred')) FROM gone",
    4};
static const struct sg_pg_statement tell = {
    "playback_tell",
    "SELECT segue_playback_tell(user_id, 'command', jsonb_build_object('session_id', playback_id, "
    "'device_id', device_id, 'command', $3::text, 'position_ms', $4::bigint)) FROM "
    "playback_sessions WHERE playback_id = $1::bigint AND user_id = $2::bigint AND ended_at IS "
    "NULL",
    4};

static uint64_t whole(const PGresult *r, int row, int column)
{
    uint64_t v = 0;
    sg_str_to_u64(sg_str(PQgetvalue(r, row, column)), &v);
    return v;
}

static const char *number(struct sg_http_request *q, uint64_t v)
{
    return sg_arena_printf(q->arena, "%llu", (unsigned long long)v).p;
}

static struct playback_entry entry_of(const PGresult *r, int i)
{
    struct playback_entry x = {
        .playback_id = whole(r, i, 0),
        .user_id = whole(r, i, 1),
        .login_id = whole(r, i, 2),
        .song_id = whole(r, i, 3),
        .state = strcmp(PQgetvalue(r, i, 4), "paused") == 0 ? PLAYBACK_PAUSED : PLAYBACK_PLAYING,
        .position_ms = (int64_t)whole(r, i, 5),
        .started_us = (int64_t)whole(r, i, 8),
        .heard_us = (int64_t)whole(r, i, 9),
        .written_us = (int64_t)whole(r, i, 9)};
    snprintf(x.device_id, sizeof x.device_id, "%s", PQgetvalue(r, i, 6));
    snprintf(x.device, sizeof x.device, "%s", PQgetvalue(r, i, 7));
    return x;
}

static struct sg_list queue_of(struct sg_str text, struct sg_arena *a)
{
    size_t n = 0, most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ',';
    uint64_t *v = text.n ? sg_arena_array(a, most, sizeof *v) : NULL;
    while (v && text.n) {
        const char *comma = memchr(text.p, ',', text.n);
        size_t k = comma ? (size_t)(comma - text.p) : text.n;
        n += sg_str_to_u64((struct sg_str){text.p, k}, &v[n]);
        k += comma != NULL;
        text = (struct sg_str){text.p + k, text.n - k};
    }
    return (struct sg_list){v, n};
}

/* As this process has heard last, where that is newer than what is written. */
static void view(struct sg_api *api, struct sg_http_request *q, struct playback_entry x,
                 struct sg_str queue, struct sg_playback_session *out)
{
    struct playback_entry here;
    if (playback_live_find(api->playback, x.playback_id, &here) && here.user_id == x.user_id &&
        here.heard_us > x.heard_us) {
        x.state = here.state;
        x.position_ms = here.position_ms;
        x.song_id = here.song_id;
        x.heard_us = here.heard_us;
    }
    *out = (struct sg_playback_session){
        .session_id = x.playback_id,
        .song_id = x.song_id,
        .device_id = sg_arena_copy(q->arena, sg_str(x.device_id)),
        .device = sg_arena_copy(q->arena, sg_str(x.device)),
        .state = x.state == PLAYBACK_PAUSED ? SG_STR("paused") : SG_STR("playing"),
        .position_ms = x.position_ms,
        .queue = queue_of(queue, q->arena),
        .started_at = sg_instant_str(q->arena, x.started_us),
        .heard_at = sg_instant_str(q->arena, x.heard_us),
        .this_login = x.login_id == q->caller.session_id,
    };
}

/* 0 and the caller's, SG_ENOENT. */
static int read_one(struct sg_api *api, struct sg_http_request *q, uint64_t id,
                    struct playback_entry *out, struct sg_str *queue, bool *ended,
                    struct sg_error *e)
{
    PGresult *r;
    const char *params[] = {number(q, id), number(q, q->caller.user_id)};
    int rc = sg_db_write(api->db, q, &find, params, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r)) {
        *out = entry_of(r, 0);
        *queue = sg_arena_copy(q->arena, sg_str(PQgetvalue(r, 0, 10)));
        *ended = *PQgetvalue(r, 0, 11) == 't';
    } else {
        rc = sg_fail(e, SG_ENOENT, "there is no such session");
    }
    PQclear(r);
    return rc;
}

void sg_playback_begin(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_begin in = {0};
    struct playback_entry x;
    struct sg_list hits;
    int rc = sg_record_from_json(&sg_playback_begin_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = sg_songs_read(api, q, &in.song_id, 1, &hits, &e);
    if (!rc && !hits.n)
        rc = sg_fail(&e, SG_ENOENT, "there is no song %llu", (unsigned long long)in.song_id);
    struct playback_wish w = {in.song_id, in.device_id, in.device,
                              in.queue.v, in.queue.n,   in.take_over};
    uint64_t none = 0;
    if (!rc && !w.queue)
        w.queue = &none;
    if (!rc)
        rc = playback_begin(api, q, &w, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    struct sg_playback_session out;
    view(api, q, x, SG_STR_NONE, &out);
    out.queue = in.queue;
    sg_http_header(r, "Location",
                   sg_arena_printf(q->arena, "/api/v1/playback/sessions/%llu",
                                   (unsigned long long)x.playback_id));
    r->status = 201;
    sg_api_answer(r, &sg_playback_session_record, &out);
}

void sg_playback_list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *rows;
    const char *params[] = {number(q, q->caller.user_id),
                            number(q, (uint64_t)(3 * api->config->playback.heartbeat_s))};
    int rc = sg_db_write(api->db, q, &list, params, &rows, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    size_t n = (size_t)PQntuples(rows);
    struct sg_playback_session *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        view(api, q, entry_of(rows, (int)i),
             sg_arena_copy(q->arena, sg_str(PQgetvalue(rows, (int)i, 10))), &v[i]);
    PQclear(rows);
    struct sg_playback_sessions out = {{v, v ? n : 0}};
    sg_api_answer(r, &sg_playback_sessions_record, &out);
}

/* Friends see it, unless the listener is private. */
static void tell_friends(struct sg_api *api, const struct sg_http_request *q,
                         const struct playback_entry *x)
{
    if (q->caller.private_session)
        return;
    if (x->state == PLAYBACK_PLAYING)
        sg_now_set(api->now, x->user_id, x->song_id, sg_wall_us() - x->position_ms * 1000,
                   3 * api->config->playback.heartbeat_s);
    else
        sg_now_end(api->now, x->user_id, x->song_id);
}

/* One that another process began, or this one before it was restarted. */
static int learn(struct sg_api *api, struct sg_http_request *q, uint64_t id, struct sg_error *e)
{
    struct playback_entry x;
    struct sg_str queue;
    bool ended = playback_live_ended(api->playback, id);
    int rc = ended ? 0 : read_one(api, q, id, &x, &queue, &ended, e);
    if (!rc && ended)
        rc = sg_fail_kind(e, SG_ECONFLICT, "playback-over",
                          "the session has ended; begin another one");
    if (!rc)
        playback_live_put(api->playback, &x);
    return rc;
}

void sg_playback_tell(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_word in;
    struct playback_entry x;
    uint64_t id = sg_route_id(q, 0), user = q->caller.user_id;
    int rc = sg_record_from_json(&sg_playback_word_record, q->body, q->arena, &in, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    enum playback_state state =
        sg_str_eq(in.state, SG_STR("paused")) ? PLAYBACK_PAUSED : PLAYBACK_PLAYING;
    if (!playback_live_tell(api->playback, id, user, state, in.position_ms, in.song_id)) {
        rc = learn(api, q, id, &e);
        if (!rc)
            playback_live_tell(api->playback, id, user, state, in.position_ms, in.song_id);
    }
    if (rc && rc != SG_EUNAVAIL) { /* in doubt it goes on playing */
        sg_problem(q, r, &e);
        return;
    }
    if (!rc && playback_live_find(api->playback, id, &x))
        tell_friends(api, q, &x);
    r->status = 204;
}

/* params: the session and the caller first. */
static int change(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                  const char *third, const char *fourth, struct sg_error *e)
{
    PGresult *r;
    const char *params[] = {number(q, sg_route_id(q, 0)), number(q, q->caller.user_id), third,
                            fourth};
    int rc = sg_db_write(api->db, q, s, params, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? 0 : sg_fail(e, SG_ENOENT, "there is no such session");
    PQclear(r);
    return rc;
}

void sg_playback_end(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    if (change(api, q, &end, NULL, NULL, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    playback_live_end(api->playback, sg_route_id(q, 0));
    sg_now_end(api->now, q->caller.user_id, 0);
    r->status = 204;
}

void sg_playback_transfer(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_transfer in;
    struct playback_entry x;
    struct sg_str queue;
    bool ended;
    uint64_t id = sg_route_id(q, 0);
    int rc = sg_record_from_json(&sg_playback_transfer_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = playback_device_check(in.device_id, in.device, &e);
    if (!rc)
        rc = change(api, q, &move, sg_arena_copy(q->arena, in.device_id).p,
                    in.device.p ? sg_arena_copy(q->arena, in.device).p : "", &e);
    if (!rc)
        rc = read_one(api, q, id, &x, &queue, &ended, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    playback_live_put(api->playback, &x);
    r->status = 204;
}

void sg_playback_command(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_command in;
    int rc = sg_record_from_json(&sg_playback_command_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = change(api, q, &tell, sg_arena_copy(q->arena, in.command).p,
                    number(q, (uint64_t)in.position_ms), &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        r->status = 204;
}
