/* sessions.c - what plays on which of the caller's devices: begun, listed, ended. */
#include "api/catalogue/read.h"
#include "api/playback/row.h"
#include "api/plays/now.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/instant.h"
#include "schemas/playback.h"

static const struct sg_pg_statement list = {
    "playback_list",
    "SELECT " PLAYBACK_COLUMNS
    "FROM playback_sessions WHERE user_id = $1::bigint AND ended_at IS NULL AND "
    "heard_at > clock_timestamp() - make_interval(secs => $2::double precision) "
    "ORDER BY started_at DESC LIMIT 1000",
    2};
static const struct sg_pg_statement end = {
    "playback_end",
    "WITH x AS (UPDATE playback_sessions SET ended_at = clock_timestamp() WHERE playback_id = "
    "$1::bigint AND user_id = $2::bigint AND ended_at IS NULL RETURNING playback_id, user_id) "
    "SELECT segue_playback_tell(user_id, 'ended', jsonb_build_object('session_id', playback_id, "
    "'why', 'ended')) FROM x",
    2};

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
        here.told_us > x.told_us) {
        x.state = here.state;
        x.position_ms = here.position_ms;
        x.song_id = here.song_id;
        x.heard_us = here.heard_us > x.heard_us ? here.heard_us : x.heard_us;
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
    const char *params[] = {playback_number(q, q->caller.user_id),
                            playback_number(q, (uint64_t)(3 * api->config->playback.heartbeat_s))};
    int rc = sg_db_write(api->db, q, &list, params, &rows, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    size_t n = (size_t)PQntuples(rows);
    struct sg_playback_session *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        view(api, q, playback_row(rows, (int)i), playback_row_queue(rows, (int)i, q->arena), &v[i]);
    PQclear(rows);
    struct sg_playback_sessions out = {{v, v ? n : 0}};
    sg_api_answer(r, &sg_playback_sessions_record, &out);
}

void sg_playback_end(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {playback_number(q, sg_route_id(q, 0)),
                            playback_number(q, q->caller.user_id)};
    if (playback_change(api, q, &end, params, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    playback_live_end(api->playback, sg_route_id(q, 0));
    sg_now_end(api->now, q->caller.user_id, 0);
    r->status = 204;
}
