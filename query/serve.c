/* serve.c - see serve.h.
 *
 * Each worker thread has its own searcher and search state. A request holds the
 * searcher's generation from its begin until its reply is encoded (release).
 */
#include "query/serve.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/rpc.h"
#include "core/service.h"
#include "index/levers.h"
#include "query/browse.h"
#include "query/embedder.h"
#include "query/popular.h"
#include "query/suggest.h"
#include "schemas/service.h"
#include <stdlib.h>
#include <unistd.h>

#define STOP_GRACE_MS 2000

struct metrics {
    struct sg_metric *seconds, *phase_seconds, *failed, *relaxed, *searches, *candidates;
};

struct server {
    struct sg_index *index;
    struct sg_popular *popular;
    struct sg_search_options options;
    struct metrics metrics;
    int64_t started_us;
};

struct worker {
    struct server *server;
    struct sg_searcher *searcher;
    struct sg_search *search;
    bool holding; /* between sg_searcher_begin and _end */
};

static void metrics_init(struct metrics *m)
{
    m->seconds = sg_metric_new(SG_HISTOGRAM, "segue_query_seconds",
                               "Time in the query server by method", "method");
    m->phase_seconds = sg_metric_new(SG_HISTOGRAM, "segue_query_phase_seconds",
                                     "Time of a search by phase", "phase");
    m->failed = sg_metric_new(SG_COUNTER, "segue_query_failed_total",
                              "Requests answered with an error, by reason", "reason");
    m->searches =
        sg_metric_new(SG_COUNTER, "segue_query_searches_total", "Searches answered", NULL);
    m->relaxed = sg_metric_new(SG_COUNTER, "segue_query_relaxed_total",
                               "Searches that had to be loosened", NULL);
    m->candidates = sg_metric_new(SG_COUNTER, "segue_query_candidates_total",
                                  "Candidates read by all searches", NULL);
}

static void let_go(void *thread)
{
    struct worker *w = thread;
    if (w->holding)
        sg_searcher_end(w->searcher);
    w->holding = false;
}

static int hold(struct worker *w, struct sg_error *e)
{
    let_go(w);
    int rc = sg_searcher_begin(w->searcher, e);
    w->holding = rc == 0;
    if (rc == SG_ENOENT)
        rc = sg_fail(e, SG_EUNAVAIL, "no generation published yet");
    return rc;
}

/* A generation, and of it what may be found. */
static int hold_for(struct worker *w, struct sg_str market, bool clean, int64_t kinds,
                    struct sg_error *e)
{
    struct sg_access access = {.clean = clean, .kinds = (unsigned)kinds};
    for (size_t i = 0; i < market.n; i++)
        if (market.n != 2 || market.p[i] < 'A' || market.p[i] > 'Z')
            return sg_fail_field(e, "market", "must be two capital letters");
    if (market.n)
        memcpy(access.market, market.p, 2);
    int rc = hold(w, e);
    if (!rc)
        sg_searcher_allow(w->searcher, &access);
    return rc;
}

/* After a handler: what it took, or why it failed. */
static int tell(struct worker *w, const char *method, int64_t start_us, int rc)
{
    const struct metrics *m = &w->server->metrics;
    sg_metric_observe(m->seconds, method, (double)(sg_now_us() - start_us) / 1e6);
    if (rc) {
        sg_metric_add(m->failed, sg_err_name(rc), 1);
        let_go(w);
    }
    return rc;
}

static void tell_search(const struct worker *w)
{
    const struct metrics *m = &w->server->metrics;
    const struct sg_search_times *t = sg_search_last(w->search);
    sg_metric_observe(m->phase_seconds, "retrieve", (double)t->retrieve_us / 1e6);
    sg_metric_observe(m->phase_seconds, "present", (double)t->present_us / 1e6);
    sg_metric_add(m->candidates, "", (double)t->read);
    sg_metric_add(m->searches, "", 1);
    if (t->relaxed)
        sg_metric_add(m->relaxed, "", 1);
}

static int on_search(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    struct worker *w = thread;
    const struct sg_search_request *r = in;
    int64_t start_us = sg_now_us();
    int rc = hold_for(w, r->market, r->clean, r->kinds, e);
    if (!rc)
        rc = sg_search_run(w->search, w->searcher, in, call->deadline_us, call->arena, out, e);
    if (!rc)
        tell_search(w);
    return tell(w, SG_METHOD_SEARCH, start_us, rc);
}

static int on_suggest(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                      struct sg_error *e)
{
    struct worker *w = thread;
    const struct sg_suggest_request *r = in;
    int64_t start_us = sg_now_us();
    int rc = hold_for(w, r->market, r->clean, r->kinds, e);
    if (!rc)
        rc = sg_complete(w->searcher, in, call->arena, out, e);
    if (!rc)
        rc = sg_search_hide_completions(w->search, w->searcher, in, out, e);
    if (!rc)
        rc = sg_popular_complete(w->server->popular, in, out, call->arena, e);
    return tell(w, SG_METHOD_SUGGEST, start_us, rc);
}

static int on_popular(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                      struct sg_error *e)
{
    struct worker *w = thread;
    int64_t start_us = sg_now_us();
    int rc = sg_popular_trending(w->server->popular, in, out, call->arena, e);
    return tell(w, SG_METHOD_POPULAR, start_us, rc);
}

static int on_lookup(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    struct worker *w = thread;
    const struct sg_lookup_request *r = in;
    int64_t start_us = sg_now_us();
    int rc = hold_for(w, r->market, r->clean, r->kinds, e);
    if (!rc)
        rc = sg_browse_lookup(w->searcher, in, call->arena, out, e);
    return tell(w, SG_METHOD_LOOKUP, start_us, rc);
}

static int on_children(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                       struct sg_error *e)
{
    struct worker *w = thread;
    const struct sg_children_request *r = in;
    int64_t start_us = sg_now_us();
    int rc = hold_for(w, r->market, r->clean, r->kinds, e);
    if (!rc)
        rc = sg_browse_children(w->searcher, in, call->arena, out, e);
    return tell(w, SG_METHOD_CHILDREN, start_us, rc);
}

static int on_genres(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    struct worker *w = thread;
    struct sg_genres_reply *reply = out;
    int64_t start_us = sg_now_us();
    (void)in;
    int rc = hold(w, e);
    if (!rc)
        rc = sg_searcher_genres(w->searcher, call->arena, &reply->genres, e);
    return tell(w, SG_METHOD_GENRES, start_us, rc);
}

static int on_health(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    struct worker *w = thread;
    struct sg_health_reply *reply = out;
    char name[SG_GENERATION_NAME], refused[256];
    (void)in;
    (void)e;
    sg_index_status(w->server->index, name, refused);
    const char *detail = !*name ? "no generation published yet" : refused;
    if (!*name && *refused)
        detail = refused;
    reply->service = SG_STR("query");
    reply->version = SG_STR(SEGUE_VERSION);
    reply->status = !*name ? SG_STR("down") : *refused ? SG_STR("degraded") : SG_STR("ok");
    if (*detail)
        reply->detail = sg_arena_copy(call->arena, sg_str(detail));
    if (*name)
        reply->generation = sg_arena_copy(call->arena, sg_str(name));
    reply->lag_bytes = -1;
    reply->uptime_s = (sg_now_us() - w->server->started_us) / 1000000;
    return 0;
}

static void worker_close(void *thread)
{
    struct worker *w = thread;
    let_go(w);
    sg_search_close(w->search);
    if (w->searcher)
        sg_searcher_close(w->searcher);
    free(w);
}

static int worker_open(void *state, void **thread, struct sg_error *e)
{
    struct server *server = state;
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "query worker");
    w->server = server;
    int rc = sg_search_open(&w->search, &server->options, e);
    if (!rc)
        rc = sg_searcher_open(&w->searcher, server->index, e);
    if (rc)
        worker_close(w);
    else
        *thread = w;
    return rc;
}

int sg_serve_options(struct sg_search_options *out, const struct sg_config *c, struct sg_error *e)
{
    *out = (struct sg_search_options){0};
    out->candidates = (size_t)c->query.candidates;
    out->budget_us = c->query.budget_us;
    out->words_only = !c->query.hybrid;
    return sg_weights_load(&out->weights, c->query.weights, e);
}

static int workers_of(const struct sg_config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return c->query.workers ? (int)c->query.workers : cores > 0 ? 2 * (int)cores : 2;
}

static const struct sg_rpc_method methods[] = {
    {SG_METHOD_SEARCH, &sg_search_request_record, &sg_search_reply_record, on_search},
    {SG_METHOD_SUGGEST, &sg_suggest_request_record, &sg_suggest_reply_record, on_suggest},
    {SG_METHOD_LOOKUP, &sg_lookup_request_record, &sg_lookup_reply_record, on_lookup},
    {SG_METHOD_CHILDREN, &sg_children_request_record, &sg_children_reply_record, on_children},
    {SG_METHOD_GENRES, NULL, &sg_genres_reply_record, on_genres},
    {SG_METHOD_POPULAR, &sg_popular_request_record, &sg_popular_reply_record, on_popular},
    {SG_METHOD_HEALTH, NULL, &sg_health_reply_record, on_health},
    {0},
};

static int listen_and_wait(struct server *s, const struct sg_config *c, struct sg_error *e)
{
    struct sg_rpc_server *rpc;
    struct sg_rpc_options o = {.url = c->query.listen,
                               .methods = methods,
                               .workers = workers_of(c),
                               .state = s,
                               .thread_open = worker_open,
                               .thread_close = worker_close,
                               .release = let_go};
    int rc = sg_rpc_serve(&rpc, &o, e);
    if (rc)
        return rc;
    sg_log(SG_LOG_INFO, "query server ready", "url=%s workers=%d", o.url, o.workers);
    sg_wait_stop(-1);
    sg_rpc_server_close(rpc, STOP_GRACE_MS);
    return 0;
}

void sg_serve_embedder(struct sg_search_options *out, const struct sg_config *c)
{
    struct sg_error e = SG_ERROR_INIT;
    if (c->embeddings.url[0] && c->query.hybrid && sg_embedder_open(&out->embedder, c, &e))
        sg_log(SG_LOG_ERROR, "no vectors of queries: searches go by words alone", "why=%s", e.text);
}

int sg_serve(const struct sg_config *c, struct sg_error *e)
{
    struct server s = {.started_us = sg_now_us()};
    struct sg_index_options o = {.dir = c->index.dir};
    metrics_init(&s.metrics);
    int rc = sg_serve_options(&s.options, c, e);
    if (!rc)
        rc = sg_index_open(&s.index, &o, e);
    if (rc)
        return rc;
    sg_serve_embedder(&s.options, c);
    rc = sg_taste_models_open(&s.options.tastes, c->recsys.dir, e);
    if (!rc)
        rc = sg_popular_open(&s.popular, s.index, e);
    if (!rc)
        rc = listen_and_wait(&s, c, e);
    sg_embedder_close(s.options.embedder);
    sg_popular_close(s.popular);
    sg_taste_models_close(s.options.tastes);
    sg_index_close(s.index);
    return rc;
}
