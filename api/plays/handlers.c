/* handlers.c - what players tell of a song, over HTTP: see plays.h. On the event loop: the
 * journal answers when the word is safe. */
#include "api/plays/handlers.h"
#include "api/plays/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/instant.h"
#include "core/log.h"

struct told {
    struct sg_http_request *q;
    struct sg_http_response *r;
    struct sg_plays *p;
    const char *what;
    unsigned char id[16];
    struct sg_play_event event;
};

static void refuse(struct sg_http_request *q, struct sg_http_response *r, const struct sg_error *e)
{
    sg_problem(q, r, e);
    sg_route_end(q, r);
}

static void say_yes(struct told *t)
{
    char id[SG_UUID_CHARS + 1], at[SG_INSTANT_CHARS + 1];
    sg_uuid_text(t->id, id);
    sg_instant_text(t->event.at_us, at);
    struct sg_play_reply reply = {sg_str(id), sg_str(at)};
    t->r->status = 202;
    sg_http_header(t->r, "Cache-Control", SG_STR("no-store"));
    sg_api_answer(t->r, &sg_play_reply_record, &reply);
    sg_route_end(t->q, t->r);
}

/* Called by the journal's writer. */
static void kept(void *ctx, int rc, const struct sg_error *e)
{
    struct told *t = ctx;
    struct sg_error why = SG_ERROR_INIT;
    if (rc) {
        sg_log(SG_LOG_DEBUG, "not kept", "why=%s", e->text);
        sg_fail(&why, SG_EUNAVAIL, "it could not be kept right now");
        refuse(t->q, t->r, &why);
        return;
    }
    sg_metric_add(t->p->told, t->what, 1);
    say_yes(t);
}

static void show_now(struct sg_plays *p, const struct sg_play_event *x)
{
    if (x->outcome)
        sg_now_end(p->now, x->user_id, x->song_id);
    else if (x->told_us - x->at_us < DAY_US / 24)
        sg_now_set(p->now, x->user_id, x->song_id, x->at_us, 0);
}

static int read_word(struct told *t, enum sg_play_outcome outcome, bool begins, struct sg_error *e)
{
    struct sg_play_word w;
    struct sg_str body = t->q->body;
    if (begins && !body.n)
        body = SG_STR("{}");
    int rc = sg_record_from_json(&sg_play_word_record, body, t->q->arena, &w, e);
    return rc ? rc
              : plays_word(&w, t->q->caller.user_id, sg_route_id(t->q, 0), outcome, begins,
                           sg_wall_us(), t->p->config->plays.late_days, t->id, &t->event, e);
}

static void tell(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                 const char *what, enum sg_play_outcome outcome)
{
    struct sg_error e = SG_ERROR_INIT;
    struct told *t = sg_arena_alloc(q->arena, sizeof *t);
    int rc = t ? 0 : sg_fail(&e, SG_ENOMEM, "%s", what);
    if (!rc) {
        *t = (struct told){.q = q, .r = r, .p = api->plays, .what = what};
        rc = read_word(t, outcome, strcmp(what, "play") == 0, &e);
    }
    if (!rc && q->caller.private_session) {
        say_yes(t);
        return;
    }
    if (!rc)
        show_now(t->p, &t->event);
    if (!rc)
        rc = plays_add(t->p, &t->event, kept, t, &e);
    if (rc)
        refuse(q, r, &e);
}

void sg_plays_play(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    tell(api, q, r, "play", SG_PLAY_UNTOLD);
}

void sg_plays_progress(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    tell(api, q, r, "progress", SG_PLAY_UNTOLD);
}

void sg_plays_skip(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    tell(api, q, r, "skip", SG_PLAY_SKIPPED);
}

void sg_plays_completed(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    tell(api, q, r, "completed", SG_PLAY_COMPLETED);
}
