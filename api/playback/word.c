/* word.c - PUT /playback/sessions/{id}: a player tells how it goes on. */
#include "api/playback/row.h"
#include "api/plays/now.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "schemas/playback.h"

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

/* One that another process began, or handed over, or this one before it was restarted. */
static int learn(struct sg_api *api, struct sg_http_request *q, uint64_t id, struct sg_error *e)
{
    struct playback_entry x;
    bool ended = playback_live_ended(api->playback, id);
    int rc = ended ? 0 : playback_row_read(api, q, id, &x, &ended, e);
    if (!rc && ended)
        rc = sg_fail_kind(e, SG_ECONFLICT, "playback-over",
                          "the session has ended; begin another one");
    if (!rc)
        playback_live_put(api->playback, &x);
    return rc;
}

static int take(struct sg_api *api, struct sg_http_request *q, const struct playback_word *w,
                struct sg_error *e)
{
    uint64_t id = sg_route_id(q, 0);
    enum playback_told told = playback_live_tell(api->playback, id, w);
    int rc = told == PLAYBACK_UNKNOWN ? learn(api, q, id, e) : 0;
    if (!rc && told == PLAYBACK_UNKNOWN)
        told = playback_live_tell(api->playback, id, w);
    return told == PLAYBACK_ELSEWHERE
               ? sg_fail_kind(e, SG_ECONFLICT, "playback-over", "another device goes on with it")
               : rc;
}

void sg_playback_tell(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playback_word in;
    struct playback_entry x;
    int rc = sg_record_from_json(&sg_playback_word_record, q->body, q->arena, &in, &e);
    struct playback_word w = {
        q->caller.user_id, in.song_id, in.position_ms,
        sg_str_eq(in.state, SG_STR("paused")) ? PLAYBACK_PAUSED : PLAYBACK_PLAYING, in.device_id};
    if (!rc)
        rc = take(api, q, &w, &e);
    if (rc && rc != SG_EUNAVAIL) { /* in doubt it goes on playing */
        sg_problem(q, r, &e);
        return;
    }
    if (!rc && playback_live_find(api->playback, sg_route_id(q, 0), &x))
        tell_friends(api, q, &x);
    r->status = 204;
}
