/* server.c - see rpc.h.
 *
 * One thread a worker, each with an nng context of its own: receive, decode,
 * handle, encode, send. Everything a request needs lives in the worker and is
 * reused, so a warm worker allocates nothing but nng's own messages.
 */
#include "core/clock.h"
#include "core/metrics.h"
#include "core/rpc.h"
#include "core/rpc/envelope.h"
#include "core/rpc/listen.h"
#include "core/rpc/watch.h"
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Above what is decoded, so that a message somewhat too large gets an answer;
 * nng drops the connection of a larger one before reading it. */
#define RECEIVE_BYTES (SG_RECORD_BYTES + (1u << 20))

struct worker {
    struct sg_rpc_server *server;
    pthread_t thread;
    bool started;
    nng_ctx ctx;
    nng_aio *receive, *send;
    void *state; /* what thread_open gave */
    struct sg_arena arena;
    struct sg_buf body, scratch, text;
    bool json; /* what body holds, of the request in hand */
};

struct sg_rpc_server {
    struct sg_rpc_options o;
    char *url;
    nng_socket socket;
    struct rpc_watch *watch;
    bool opened, same_machine;
    struct worker *workers;
    size_t n_workers;
    atomic_bool closing;
    struct sg_metric *requests, *seconds, *errors;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t ready;            /* workers whose thread_open ended */
    size_t holding;          /* workers with a request in hand */
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

static nng_msg *encode(struct worker *w, uint64_t id, int rc, struct sg_error *e)
{
    struct sg_error failure = SG_ERROR_INIT;
    nng_msg *m = NULL;
    struct rpc_reply reply = {.v = RPC_VERSION, .id = id};
    if (!rc) {
        reply.body = sg_buf_str(&w->body);
        reply.type = w->json ? SG_STR(RPC_JSON) : SG_STR_NONE;
        rc = rpc_message(&m, &rpc_reply_record, &reply, &w->scratch, e);
        reply.body = reply.type = SG_STR_NONE;
    }
    if (rc) {
        reply.status = rc < 0 && rc > -1000 ? rc : SG_EINTERNAL;
        reply.error = *e->text ? rpc_clean_text(e->text) : sg_str(sg_err_name(rc));
        reply.field = *e->field ? rpc_clean_text(e->field) : SG_STR_NONE;
        rpc_message(&m, &rpc_reply_record, &reply, &w->scratch, &failure);
    }
    return m;
}

static void record(struct sg_rpc_server *s, const char *label, int rc, int64_t started)
{
    sg_metric_add(s->requests, label, 1);
    sg_metric_observe(s->seconds, label, (double)(sg_now_us() - started) / 1e6);
    if (rc)
        sg_metric_add(s->errors, label, 1);
}

static nng_msg *serve(struct worker *w, nng_msg *in)
{
    struct sg_error e = SG_ERROR_INIT;
    struct rpc_request q = {0};
    const char *label = "unknown";
    int64_t started = sg_now_us();
    sg_buf_reset(&w->body);
    w->json = false;
    int rc = sg_record_unpack(&rpc_request_record, rpc_bytes(in), &w->arena, &q, &e);
    if (rc)
        sg_wrap(&e, "request");
    else
        rc = answer(w, &q, &label, &e);
    nng_msg *out = encode(w, q.id <= INT64_MAX ? q.id : 0, rc, &e);
    record(w->server, label, rc, started);
    return out;
}

static void forget(struct worker *w, size_t message_bytes)
{
    if (message_bytes > 1u << 20)
        sg_arena_free(&w->arena);
    else
        sg_arena_reset(&w->arena);
    rpc_trim(&w->body);
    rpc_trim(&w->scratch);
}

static void send_reply(struct worker *w, nng_msg *out)
{
    if (!out)
        return; /* no memory even for an error: the caller's deadline tells it */
    nng_aio_set_msg(w->send, out);
    nng_ctx_send(w->ctx, w->send);
    nng_aio_wait(w->send);
    if (nng_aio_result(w->send) != 0)
        nng_msg_free(nng_aio_get_msg(w->send));
}

static void hold(struct sg_rpc_server *s, int by)
{
    pthread_mutex_lock(&s->lock);
    s->holding += (size_t)by;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void serve_all(struct worker *w)
{
    while (!atomic_load(&w->server->closing)) {
        nng_ctx_recv(w->ctx, w->receive);
        nng_aio_wait(w->receive);
        int rv = nng_aio_result(w->receive);
        if (rv == NNG_ECANCELED || rv == NNG_ECLOSED)
            return;
        if (rv) {
            sg_sleep_us(1000); /* short of memory: give it a moment */
            continue;
        }
        hold(w->server, 1);
        nng_msg *in = nng_aio_get_msg(w->receive);
        size_t n = nng_msg_len(in);
        send_reply(w, serve(w, in));
        nng_msg_free(in);
        forget(w, n);
        hold(w->server, -1);
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
    if (open_state(w) == 0) {
        serve_all(w);
        if (w->server->o.thread_close)
            w->server->o.thread_close(w->state);
    }
    return NULL;
}

static int start_worker(struct sg_rpc_server *s, struct sg_error *e)
{
    struct worker *w = &s->workers[s->n_workers++];
    w->server = s;
    int rv = nng_ctx_open(&w->ctx, s->socket);
    if (!rv)
        rv = nng_aio_alloc(&w->receive, NULL, NULL);
    if (!rv)
        rv = nng_aio_alloc(&w->send, NULL, NULL);
    if (rv)
        return rpc_fail(e, rv, "serve", s->url);
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        return sg_fail(e, SG_ENOMEM, "serve %s: no thread", s->url);
    w->started = true;
    return 0;
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

static int open_socket(struct sg_rpc_server *s, struct sg_error *e)
{
    int rc = rpc_listen_ready(s->url, e);
    if (rc)
        return rc;
    int rv = nng_rep0_open(&s->socket);
    if (rv)
        return rpc_fail(e, rv, "serve", s->url);
    s->opened = true;
    rv = nng_socket_set_size(s->socket, NNG_OPT_RECVMAXSZ, RECEIVE_BYTES);
    return rv ? rpc_fail(e, rv, "serve", s->url) : 0;
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
    int rc =
        s && s->workers && s->url ? open_socket(s, e) : sg_fail(e, SG_ENOMEM, "serve %s", o->url);
    for (int i = 0; !rc && (i < o->workers || i == 0); i++)
        rc = start_worker(s, e);
    if (!rc)
        rc = wait_ready(s, e);
    if (!rc)
        rc = rpc_watch_open(&s->watch, s->socket, s->url, e);
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
    while (s->holding && pthread_cond_timedwait(&s->changed, &s->lock, &t) == 0)
        ;
    pthread_mutex_unlock(&s->lock);
}

static void free_worker(struct worker *w)
{
    if (w->receive)
        nng_aio_free(w->receive);
    if (w->send)
        nng_aio_free(w->send);
    sg_arena_free(&w->arena);
    sg_buf_free(&w->body);
    sg_buf_free(&w->scratch);
    sg_buf_free(&w->text);
}

void sg_rpc_server_close(struct sg_rpc_server *s, int grace_ms)
{
    if (!s)
        return;
    rpc_watch_stop(s->watch);
    atomic_store(&s->closing, true);
    for (size_t i = 0; i < s->n_workers; i++)
        if (s->workers[i].receive)
            nng_aio_stop(s->workers[i].receive);
    if (grace_ms > 0) {
        wait_idle(s, grace_ms);
        /* nng calls a reply sent when its transport has taken it over. */
        sg_sleep_us(grace_ms < 20 ? grace_ms * 1000 : 20000);
    }
    if (s->opened)
        nng_close(s->socket);
    for (size_t i = 0; i < s->n_workers; i++)
        if (s->workers[i].started)
            pthread_join(s->workers[i].thread, NULL);
    for (size_t i = 0; i < s->n_workers; i++)
        free_worker(&s->workers[i]);
    rpc_watch_free(s->watch);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->workers);
    free(s->url);
    free(s);
}
