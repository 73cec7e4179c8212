/* events.c - what happens on a user's devices, to all of them: server-sent events.
 *
 *   event: here|now|transfer|command|ended      data: one JSON object
 *
 * Events are hints: what is lost with a connection is had by GET /playback/sessions, which a player
 * does when a stream begins. A stream ends after a quarter of an hour, as an access token does.
 */
#include "api/accounts/accounts.h"
#include "api/params.h"
#include "api/playback/parts.h"
#include "api/problem.h"
#include "core/clock.h"
#include <stdlib.h>

#define STREAM_US   INT64_C(900000000)
#define STREAMS_MAX 20 /* of one user */

static void gone(void *ctx)
{
    struct playback_viewer *v = ctx;
    struct sg_playback *p = v->all;
    pthread_mutex_lock(&p->lock);
    struct playback_viewer **at = &p->viewers;
    while (*at && *at != v)
        at = &(*at)->next;
    if (*at)
        *at = v->next;
    pthread_mutex_unlock(&p->lock);
    free(v);
}

void playback_publish(struct sg_playback *p, uint64_t user_id, struct sg_str event,
                      struct sg_str data)
{
    char name[16] = "";
    if (event.n >= sizeof name)
        return;
    memcpy(name, event.p, event.n);
    pthread_mutex_lock(&p->lock);
    for (struct playback_viewer *v = p->viewers; v; v = v->next)
        if (v->user_id == user_id && !v->ended)
            sg_http_stream_event(v->stream, name, 0, data);
    pthread_mutex_unlock(&p->lock);
}

void playback_end_viewers(struct sg_playback *p)
{
    int64_t now = sg_now_us();
    pthread_mutex_lock(&p->lock);
    for (struct playback_viewer *v = p->viewers; v; v = v->next)
        if (!v->ended && (v->until_us < now || sg_accounts_stands(p->api->accounts, v->user_id,
                                                                  v->login_id, false, NULL))) {
            sg_http_stream_close(v->stream);
            v->ended = true;
        }
    pthread_mutex_unlock(&p->lock);
}

static size_t count_of(const struct sg_playback *p, uint64_t user_id)
{
    size_t n = 0;
    for (const struct playback_viewer *v = p->viewers; v; v = v->next)
        n += v->user_id == user_id;
    return n;
}

static int let_in(struct sg_playback *p, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_error *e)
{
    struct playback_viewer *v = calloc(1, sizeof *v);
    int rc = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "a stream");
    *v = (struct playback_viewer){.all = p,
                                  .user_id = q->caller.user_id,
                                  .login_id = q->caller.session_id,
                                  .until_us = sg_now_us() + STREAM_US};
    pthread_mutex_lock(&p->lock);
    if (count_of(p, v->user_id) >= STREAMS_MAX)
        rc = sg_fail(e, SG_ERATE, "at most %d streams are open for one user", STREAMS_MAX);
    if (!rc) {
        v->stream = sg_http_stream_open(q, r, "text/event-stream", gone, v);
        rc = v->stream ? 0 : sg_fail(e, SG_EBUSY, "as many streams as there may be are open");
    }
    if (!rc) {
        v->next = p->viewers;
        p->viewers = v;
        sg_http_stream_event(v->stream, "here", 0, SG_STR("{}"));
    }
    pthread_mutex_unlock(&p->lock);
    if (rc)
        free(v);
    return rc;
}

void sg_playback_events(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_str_eq(q->method, SG_STR("HEAD")) ? 0 : let_in(api->playback, q, r, &e);
    if (rc)
        sg_problem(q, r, &e);
}
