/* server.c - see rpc.h.
 *
 * Connections (connections.h) put requests into one line, workers take them:
 * decode, handle, encode, send. Everything a request needs lives in the worker
 * and is reused, so a warm worker allocates nothing.
 */
#include "core/clock.h"
#include "core/metrics.h"
#include "core/rpc.h"
#include "core/rpc/connections.h"
#include "core/rpc/envelope.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct worker {
    struct sg_rpc_server *server;
    pthread_t thread;
    bool started;
    void *state; /* what thread_open gave */
    struct sg_arena arena;
    struct sg_buf body, frame, text;
    bool json; /* what body holds, of the request in hand */
};

struct sg_rpc_server {
    struct sg_rpc_options o;
    char *url;
    struct rpc_connections *connections;
    bool same_machine;
    struct worker *workers;
    size_t n_workers;
    struct sg_metric *requests, *seconds, *errors;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t ready;            /* workers whose thread_open ended */
    size_t running;          /* workers that have not ended */
    struct sg_error failure; /* of the first thread_open that failed */
};

/* "metrics": core may not know the schemas, so it has the same record here. */
struct metrics_reply {
    struct sg_str text;
};
static const struct sg_field metrics_fields[] = {
    SG_FIELD_STR(struct metrics_reply, text, 0, SG_RECORD_BYTES, SG_REQUIRED),
};
static const struct sg_record metrics_record =
    SG_RECORD("MetricsReply", struct metrics_reply, metrics_fields);
static const struct sg_rpc_method metrics_method = {.name = "metrics", .out = &metrics_record};

static const struct sg_rpc_method *find_method(const struct sg_rpc_server *s, struct sg_str name)
{
    for (const struct sg_rpc_method *m = s->o.methods; m && m->name; m++)
        if (sg_str_eq(name, sg_str(m->name)))
            return m;
    return sg_str_eq(name, SG_STR("metrics")) ? &metrics_method : NULL;
}

static int run_metrics(struct worker *w, void *out)
{
    assert(out); /* the method has one */
    sg_buf_reset(&w->text);
    sg_metrics_expose(&w->text);
    ((struct metrics_reply *)out)->text = sg_buf_str(&w->text);
    return 0;
}

static int take_input(struct worker *w, const struct sg_rpc_method *m, struct sg_str body,
                      void **in, struct sg_error *e)
{
    *in = NULL;
    if (!m->in)
        return 0;
    *in = sg_arena_alloc(&w->arena, m->in->size);
    return *in ? sg_record_unpack(m->in, body, &w->arena, *in, e)
               : sg_fail(e, SG_ENOMEM, "request: out of memory");
}

static void put_result(struct worker *w, const struct sg_record *r, const void *out)
{
    if (w->json)
        sg_record_to_json(r, out, &w->body);
    else
        sg_record_pack(r, out, &w->body);
}

/* Runs the method and writes its result into w->body. */
static int run_method(struct worker *w, const struct sg_rpc_method *m,
                      const struct sg_rpc_call *call, struct sg_str body, struct sg_error *e)
{
    void *in, *out = NULL;
    int rc = take_input(w, m, body, &in, e);
    if (rc)
        return rc;
    if (m->out) {
        out = sg_arena_alloc(&w->arena, m->out->size);
        if (!out)
            return sg_fail(e, SG_ENOMEM, "reply: out of memory");
        sg_record_init(m->out, out);
    }
    rc = m == &metrics_method ? run_metrics(w, out) : m->handle(w->state, call, in, out, e);
    if (!rc && m->out)
        put_result(w, m->out, out);
    if (w->server->o.release && m != &metrics_method)
        w->server->o.release(w->state);
    if (!rc && sg_buf_failed(&w->body))
        rc = sg_fail(e, SG_ENOMEM, "reply: out of memory");
    return rc;
}

/* Time left of a request: on the same machine the clocks agree, so what it
 * waited in a queue counts too. */
static int64_t time_left(const struct sg_rpc_server *s, const struct rpc_request *q, int64_t now)
{
    int64_t waited = s->same_machine && q->sent_us > 0 && q->sent_us < now ? now - q->sent_us : 0;
    int64_t limit = 3600 * INT64_C(1000000);
    return (q->deadline_us < limit ? q->deadline_us : limit) - waited;
}

static int answer(struct worker *w, const struct rpc_request *q, const char **label,
                  struct sg_error *e)
{
    if (q->v != RPC_VERSION)
        return sg_fail_field(e, "v", "envelope version %lld, this server speaks %d",
                             (long long)q->v, RPC_VERSION);
    const struct sg_rpc_method *m = find_method(w->server, q->method);
    if (!m)
        return sg_fail(e, SG_ENOENT, "no method '%.*s'", SG_FMT(q->method));
    *label = m->name;
    w->json = m->out && sg_str_eq(q->accept, SG_STR(RPC_JSON));
    int64_t now = sg_now_us(), left = time_left(w->server, q, now);
    if (left <= 0)
        return sg_fail(e, SG_ETIMEOUT, "the deadline had passed on arrival");
    struct sg_rpc_call call = {q->id, now + left, q->traceparent, &w->arena};
    return run_method(w, m, &call, q->body, e);
}

/* The reply as a frame in w->frame; false: no memory even for an error. */
static bool encode(struct worker *w, uint64_t id, int rc, struct sg_error *e)
{
    struct sg_error failure = SG_ERROR_INIT;
    struct rpc_reply reply = {.v = RPC_VERSION, .id = id};
    if (!rc) {
        reply.body = sg_buf_str(&w->body);
        reply.type = w->json ? SG_STR(RPC_JSON) : SG_STR_NONE;
        rc = rpc_frame(&w->frame, &rpc_reply_record, &reply, e);
        if (!rc)
            return true;
        reply.body = reply.type = SG_STR_NONE;
    }
    reply.status = rc < 0 && rc > -1000 ? rc : SG_EINTERNAL;
    reply.error = *e->text ? rpc_clean_text(e->text) : sg_str(sg_err_name(rc));
    reply.field = *e->field ? rpc_clean_text(e->field) : SG_STR_NONE;
    return rpc_frame(&w->frame, &rpc_reply_record, &reply, &failure) == 0;
}

static void record(struct sg_rpc_server *s, const char *label, int rc, int64_t started)
{
    sg_metric_add(s->requests, label, 1);
    sg_metric_observe(s->seconds, label, (double)(sg_now_us() - started) / 1e6);
    if (rc)
        sg_metric_add(s->errors, label, 1);
}

static bool serve(struct worker *w, struct sg_str in)
{
    struct sg_error e = SG_ERROR_INIT;
    struct rpc_request q = {0};
    const char *label = "unknown";
    int64_t started = sg_now_us();
    sg_buf_reset(&w->body);
    w->json = false;
    int rc = sg_record_unpack(&rpc_request_record, in, &w->arena, &q, &e);
    if (rc)
        sg_wrap(&e, "request");
    else
        rc = answer(w, &q, &label, &e);
    bool encoded = encode(w, q.id <= INT64_MAX ? q.id : 0, rc, &e);
    record(w->server, label, rc, started);
    return encoded;
}

static void forget(struct worker *w, size_t message_bytes)
{
    if (message_bytes > 1u << 20)
        sg_arena_free(&w->arena);
    else
        sg_arena_reset(&w->arena);
    rpc_trim(&w->body);
    rpc_trim(&w->frame);
}

static void serve_all(struct worker *w)
{
    struct rpc_connections *c = w->server->connections;
    struct rpc_job *job;
    while ((job = rpc_job_take(c))) {
        struct sg_str in = rpc_job_bytes(job);
        if (serve(w, in))
            rpc_job_reply(job, sg_buf_str(&w->frame));
        rpc_job_done(c, job);
        forget(w, in.n);
    }
}

static int open_state(struct worker *w)
{
    struct sg_rpc_server *s = w->server;
    struct sg_error e = SG_ERROR_INIT;
    int rc = s->o.thread_open ? s->o.thread_open(s->o.state, &w->state, &e) : 0;
    pthread_mutex_lock(&s->lock);
    s->ready++;
    if (rc && !s->failure.code) {
        s->failure = e;
        s->failure.code = rc;
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct sg_rpc_server *s = w->server;
    if (open_state(w) == 0) {
        serve_all(w);
        if (s->o.thread_close)
            s->o.thread_close(w->state);
    }
    pthread_mutex_lock(&s->lock);
    s->running--;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static int start_worker(struct sg_rpc_server *s, struct sg_error *e)
{
    struct worker *w = &s->workers[s->n_workers++];
    w->server = s;
    pthread_mutex_lock(&s->lock);
    w->started = pthread_create(&w->thread, NULL, work, w) == 0;
    s->running += w->started;
    pthread_mutex_unlock(&s->lock);
    return w->started ? 0 : sg_fail(e, SG_ENOMEM, "serve %s: no thread", s->url);
}

static int wait_ready(struct sg_rpc_server *s, struct sg_error *e)
{
    pthread_mutex_lock(&s->lock);
    while (s->ready < s->n_workers)
        pthread_cond_wait(&s->changed, &s->lock);
    int rc = s->failure.code;
    if (rc && e)
        *e = s->failure;
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static struct sg_rpc_server *new_server(const struct sg_rpc_options *o)
{
    struct sg_rpc_server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->o = *o;
    s->same_machine = strncmp(o->url, "tcp", 3) != 0 && strncmp(o->url, "tls", 3) != 0;
    s->url = strdup(o->url);
    s->workers = calloc((size_t)(o->workers > 0 ? o->workers : 1), sizeof *s->workers);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &a);
    pthread_condattr_destroy(&a);
    s->requests = sg_metric_new(SG_COUNTER, "segue_rpc_requests_total",
                                "Requests answered, by method.", "method");
    s->errors = sg_metric_new(SG_COUNTER, "segue_rpc_errors_total",
                              "Requests answered with an error, by method.", "method");
    s->seconds = sg_metric_new(SG_HISTOGRAM, "segue_rpc_seconds",
                               "Time from a request's receipt to its encoded reply.", "method");
    return s;
}

int sg_rpc_serve(struct sg_rpc_server **out, const struct sg_rpc_options *o, struct sg_error *e)
{
    struct sg_rpc_server *s = new_server(o);
    int rc = s && s->workers && s->url ? rpc_connections_open(&s->connections, s->url, e)
                                       : sg_fail(e, SG_ENOMEM, "serve %s", o->url);
    for (int i = 0; !rc && (i < o->workers || i == 0); i++)
        rc = start_worker(s, e);
    if (!rc)
        rc = wait_ready(s, e);
    if (!rc)
        rc = rpc_connections_accept(s->connections, e);
    if (rc) {
        sg_rpc_server_close(s, 0);
        return rc;
    }
    *out = s;
    return 0;
}

static void wait_idle(struct sg_rpc_server *s, int grace_ms)
{
    int64_t until = sg_now_us() + (int64_t)grace_ms * 1000;
    struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    pthread_mutex_lock(&s->lock);
    while (s->running && pthread_cond_timedwait(&s->changed, &s->lock, &t) == 0)
        ;
    pthread_mutex_unlock(&s->lock);
}

static void free_worker(struct worker *w)
{
    sg_arena_free(&w->arena);
    sg_buf_free(&w->body);
    sg_buf_free(&w->frame);
    sg_buf_free(&w->text);
}

void sg_rpc_server_close(struct sg_rpc_server *s, int grace_ms)
{
    if (!s)
        return;
    if (s->connections)
        rpc_connections_drain(s->connections);
    wait_idle(s, grace_ms);
    if (s->connections)
        rpc_connections_stop(s->connections);
    for (size_t i = 0; i < s->n_workers; i++) {
        if (s->workers[i].started)
            pthread_join(s->workers[i].thread, NULL);
        free_worker(&s->workers[i]);
    }
    rpc_connections_close(s->connections);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->workers);
    free(s->url);
    free(s);
}
