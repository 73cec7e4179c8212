/* serve.c - see serve.h. */
#include "recsys/serve.h"
#include "core/clock.h"
#include "core/service.h"
#include "recsys/answer.h"
#include "recsys/blend.h"
#include "recsys/taste.h"
#include "schemas/feedback.h"
#include "schemas/service.h"

struct service {
    struct sg_answerer answerer;
    int64_t started_us;
};

#define ANSWERS(what)                                                                              \
    static int on_##what(void *thread, const struct sg_rpc_call *call, const void *in, void *out,  \
                         struct sg_error *e)                                                       \
    {                                                                                              \
        return sg_answer_##what(&((struct service *)thread)->answerer, call, in, out, e);          \
    }
ANSWERS(trending)
ANSWERS(similar)
ANSWERS(recommend)
ANSWERS(radio)
ANSWERS(continue)
ANSWERS(mixes)
ANSWERS(new_releases)
ANSWERS(taste)
ANSWERS(blend)
#undef ANSWERS

static int on_person_changed(void *thread, const struct sg_rpc_call *call, const void *in,
                             void *out, struct sg_error *e)
{
    const struct sg_person_changed *who = in;
    (void)call, (void)out, (void)e;
    sg_people_change(
        sg_live_people(((struct service *)thread)->answerer.live),
        &(struct sg_person_change){.kind = SG_CHANGED_UNSAID, .user_id = who->user_id});
    return 0;
}

static int on_health(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    struct service *s = thread;
    struct sg_health_reply *h = out;
    struct sg_model *m = sg_models_take(s->answerer.models);
    char refused[256];
    (void)in;
    (void)e;
    sg_models_refused(s->answerer.models, refused);
    const char *detail = refused[0] ? refused
                         : !m       ? "no model yet: what is trending answers"
                         : sg_live_lag(s->answerer.live) < 0 ? "no database: trends stand still"
                                                             : "";
    *h = (struct sg_health_reply){
        .service = SG_STR("recsys"),
        .version = SG_STR(SEGUE_VERSION),
        .status = *detail ? SG_STR("degraded") : SG_STR("ok"),
        .detail = *detail ? sg_arena_copy(call->arena, sg_str(detail)) : SG_STR_NONE,
        .generation = m ? sg_arena_copy(call->arena, sg_str(m->name)) : SG_STR_NONE,
        .lag_bytes = sg_live_lag(s->answerer.live),
        .uptime_s = (sg_now_us() - s->started_us) / 1000000,
    };
    sg_models_give(m);
    return 0;
}

#define METHOD(name, what)                                                                         \
    {                                                                                              \
        name, &sg_recs_request_record, &sg_recs_reply_record, on_##what                            \
    }
static const struct sg_rpc_method methods[] = {
    METHOD(SG_METHOD_TRENDING, trending),
    METHOD(SG_METHOD_SIMILAR, similar),
    METHOD(SG_METHOD_RECOMMEND, recommend),
    METHOD(SG_METHOD_RADIO, radio),
    METHOD(SG_METHOD_CONTINUE, continue),
    METHOD(SG_METHOD_MIXES, mixes),
    METHOD(SG_METHOD_NEW_RELEASES, new_releases),
    {SG_METHOD_TASTE, &sg_taste_request_record, &sg_taste_record, on_taste},
    {SG_METHOD_BLEND, &sg_blend_request_record, &sg_blend_reply_record, on_blend},
    {SG_METHOD_PERSON_CHANGED, &sg_person_changed_record, NULL, on_person_changed},
    {SG_METHOD_HEALTH, NULL, &sg_health_reply_record, on_health},
    {0},
};

/* Every worker shares the one service: all of it is thread-safe. */
static int thread_open(void *state, void **thread, struct sg_error *e)
{
    (void)e;
    *thread = state;
    return 0;
}

static int serve_until_stopped(const struct sg_config *config, struct service *s,
                               struct sg_error *e)
{
    struct sg_rpc_server *server;
    struct sg_rpc_options o = {
        .url = config->recsys.listen,
        .methods = methods,
        .workers = (int)config->recsys.workers,
        .state = s,
        .thread_open = thread_open,
    };
    int rc = sg_rpc_serve(&server, &o, e);
    if (rc)
        return rc;
    sg_log(SG_LOG_INFO, "answering", "url=%s", o.url);
    while (!sg_wait_stop(500))
        sg_models_refresh(s->answerer.models);
    sg_log(SG_LOG_INFO, "stopping", NULL);
    sg_rpc_server_close(server, 5000);
    return 0;
}

static struct sg_trends *take_trends(void *ctx)
{
    return sg_live_take(((struct service *)ctx)->answerer.live);
}

static void give_trends(void *ctx)
{
    sg_live_give(((struct service *)ctx)->answerer.live);
}

int sg_recsys_serve(const struct sg_config *config, struct sg_error *e)
{
    struct service s = {.answerer = {.config = config}, .started_us = sg_now_us()};
    struct sg_charts_source trends = {take_trends, give_trends, &s};
    int rc = sg_models_open(&s.answerer.models, config->recsys.dir, e);
    if (!rc)
        rc = sg_pg_pool_open(&s.answerer.pg, config->pg.dsn, (int)config->recsys.workers, e);
    if (!rc)
        rc = sg_live_start(&s.answerer.live, config, e);
    if (!rc)
        rc = sg_charts_open(&s.answerer.charts, &trends, e);
    if (!rc)
        rc = sg_experiments_open(&s.answerer.experiments, config, e);
    if (!rc)
        rc = serve_until_stopped(config, &s, e);
    sg_experiments_close(s.answerer.experiments);
    sg_charts_close(s.answerer.charts);
    sg_live_stop(s.answerer.live);
    if (s.answerer.pg)
        sg_pg_pool_close(s.answerer.pg);
    sg_models_close(s.answerer.models);
    return rc;
}
