/* body.c - bodies that go to a sink piece by piece, in constant memory.
 *
 *   loop    headers, and the first bytes where nobody waits to be told to go on -> suspended
 *                                           thread    begin: a sink, or a refusal
 *   loop    bytes are gathered up to a piece -> suspended
 *                                           thread    write
 *   loop    the end -> suspended            thread    write the last, end -> the answer
 *   loop    the connection is over          thread    what the sink keeps, gone
 *
 * While a thread has the exchange its connection is suspended, so that the kernel's buffers fill
 * and the client waits: a slow store holds neither a loop nor memory.
 *
 * Whatever libmicrohttpd has of the body is taken before the connection is suspended: after it, it
 * reads on before it gives what it has, and when it reads the end first, it gives no more.
 *
 * A refusal before all has come: when little is missing, that is read away and the answer goes the
 * usual way. Else it is sent at once, we hang up our side, and what still comes is read away for
 * some seconds: closed with bytes unread, a connection would be reset, and the client would not
 * see the answer.
 */
#include "api/http/parts.h"
#include "api/problem.h"
#include <stdio.h>

/* PIECE: with what one read may add, 128 KiB. */
enum { PIECE = 112 << 10, READ_AWAY = 64 << 10, LINGER_US = 10000000 };

static const char *why_of(int refusal)
{
    return refusal == 413 ? "the body is larger than it may be here"
                          : "too many bodies are being read";
}

static bool hand_over(struct http_exchange *x, enum http_step step)
{
    struct http_queue *q = &x->server->bodies_queue;
    if (!http_queue_reserve(q, 0))
        return false;
    x->in.step = step;
    x->in.since_us = sg_now_us();
    http_watch_until(x->connection, INT64_MAX, false);
    http_watch_sends(x->connection, false);
    atomic_store_explicit(&x->state, HTTP_WAITING, memory_order_release);
    MHD_suspend_connection(x->connection);
    http_queue_put(q, x);
    return true;
}

/* As long as bytes come, and come fast enough. */
static void set_deadline(struct http_exchange *x)
{
    const struct sg_http_options *o = &x->server->o;
    const struct http_intake *in = &x->in;
    int64_t idle = sg_now_us() + o->body_us,
            earned = x->request.start_us + o->body_us + in->waited_us +
                     (int64_t)(in->taken / (uint64_t)o->stream_rate) * 1000000;
    http_watch_until(x->connection, earned < idle ? earned : idle, false);
    http_watch_sends(x->connection, true);
}

static enum MHD_Result hand_over_or_end(struct http_exchange *x, enum http_step step)
{
    x->in.asked = true;
    return hand_over(x, step) ? MHD_YES : http_cut_off(x, 503, "too many requests are waiting");
}

enum MHD_Result http_body_begin(struct http_exchange *x, int refusal)
{
    x->in.refusal = refusal;
    if (refusal || http_field(&x->fields, SG_STR("Expect")).n)
        return hand_over_or_end(x, HTTP_BEGIN);
    x->in.begun = true;
    x->state = HTTP_TAKING;
    set_deadline(x);
    return MHD_YES;
}

enum MHD_Result http_body_linger(struct http_exchange *x)
{
    x->in.streams = x->in.begun = true;
    x->state = HTTP_HUNG_UP;
    http_watch_until(x->connection, sg_now_us() + LINGER_US, true);
    return MHD_YES;
}

static enum MHD_Result take(struct http_exchange *x, const char *upload, size_t *n)
{
    struct http_intake *in = &x->in;
    if (*n > x->body_max - in->taken)
        in->refusal = 413;
    else if (!http_body_put(x, (struct sg_str){upload, *n}))
        in->refusal = 503;
    in->taken += *n;
    *n = 0;
    if (!in->asked)
        return hand_over_or_end(x, HTTP_BEGIN);
    if (in->refusal || x->body.n >= PIECE)
        return hand_over_or_end(x, HTTP_WRITE);
    set_deadline(x);
    return MHD_YES;
}

enum MHD_Result http_body_on(struct http_exchange *x, const char *upload, size_t *n, void **con_cls)
{
    enum http_state state = atomic_load_explicit(&x->state, memory_order_acquire);
    bool first = !x->in.begun; /* still about the headers */
    if (state == HTTP_WAITING)
        return MHD_YES;
    x->in.begun = true;
    if (first && state != HTTP_ANSWERED)
        return MHD_YES;
    if (state == HTTP_TAKING && *n)
        return take(x, upload, n);
    if (state == HTTP_TAKING)
        return hand_over_or_end(x, x->in.asked ? HTTP_END : HTTP_BEGIN);
    if (state == HTTP_ANSWERED || (state == HTTP_REFUSING && !*n))
        return http_answer(x, con_cls);
    bool over = !*n;
    *n = 0;
    return state == HTTP_HUNG_UP && over ? MHD_NO : MHD_YES;
}

bool http_body_gone(struct http_exchange *x)
{
    struct http_queue *q = &x->server->bodies_queue;
    x->connection = NULL;
    if (!x->in.active)
        return false;
    x->in.step = HTTP_GONE;
    if (http_queue_reserve(q, 0)) {
        http_queue_put(q, x);
        return true;
    }
    x->in.active = false; /* the server stops */
    x->in.sink.gone(x->in.sink.ctx);
    return false;
}

/* The rest of these run on a thread of the queue. */

static void resume(struct http_exchange *x, enum http_state state)
{
    if (state == HTTP_TAKING) {
        x->in.waited_us += sg_now_us() - x->in.since_us;
        set_deadline(x);
    }
    atomic_store_explicit(&x->state, state, memory_order_release);
    MHD_resume_connection(x->connection);
}

static void leave(struct http_exchange *x)
{
    if (x->in.active)
        x->in.sink.gone(x->in.sink.ctx);
    x->in.active = false;
}

/* The response says why. all: nothing more will come. */
static void refuse(struct http_exchange *x, bool all)
{
    const struct http_intake *in = &x->in;
    struct sg_http_server *s = x->server;
    char status[8];
    leave(x);
    if (s->o.refused)
        s->o.refused(s->o.ctx, &x->request, &x->response);
    snprintf(status, sizeof status, "%d", x->response.status);
    if (in->refusal)
        sg_metric_add(s->refused, status, 1);
    bool expects = http_field(&x->fields, SG_STR("Expect")).n != 0;
    bool chunked = http_field(&x->fields, SG_STR("Transfer-Encoding")).n != 0;
    uint64_t left = in->told != UINT64_MAX ? in->told - in->taken : chunked ? UINT64_MAX : 0;
    http_watch_until(x->connection, sg_now_us() + LINGER_US, false);
    if (all || !left || (left <= READ_AWAY && !expects)) {
        resume(x, HTTP_REFUSING);
        return;
    }
    http_answer_by_hand(x);
    resume(x, HTTP_HUNG_UP);
}

static void begin(struct http_exchange *x)
{
    const struct sg_http_options *o = &x->server->o;
    if (x->in.refusal)
        sg_problem_status(&x->request, &x->response, x->in.refusal, why_of(x->in.refusal));
    else
        x->in.active = o->begin(o->ctx, &x->request, &x->response, &x->in.sink);
    if (!x->in.active)
        refuse(x, false);
    else
        resume(x, HTTP_TAKING);
}

static bool pass_on(struct http_exchange *x)
{
    const struct sg_http_sink *to = &x->in.sink;
    struct sg_str bytes = sg_buf_str(&x->body);
    bool ok = !bytes.n || to->write(to->ctx, &x->request, &x->response, bytes);
    http_body_drop(x);
    if (ok && x->in.refusal)
        sg_problem_status(&x->request, &x->response, x->in.refusal, why_of(x->in.refusal));
    return ok && !x->in.refusal;
}

static void end(struct http_exchange *x)
{
    if (!pass_on(x)) {
        refuse(x, true);
        return;
    }
    x->in.active = false;
    http_started(x->server);
    x->in.sink.end(x->in.sink.ctx, &x->request, &x->response);
}

static void gone(struct http_exchange *x)
{
    if (x->in.sink.keeps)
        pass_on(x);
    leave(x);
    http_exchange_give(x);
}

static void run(struct http_exchange *x)
{
    x->request.deadline_us = sg_now_us() + x->server->o.timeout_us;
    if (x->in.step == HTTP_BEGIN)
        begin(x);
    else if (x->in.step == HTTP_END)
        end(x);
    else if (x->in.step == HTTP_GONE)
        gone(x);
    else if (pass_on(x))
        resume(x, HTTP_TAKING);
    else
        refuse(x, false);
}

static void *run_all(void *ctx)
{
    struct sg_http_server *s = ctx;
    struct http_exchange *x;
    while ((x = http_queue_take(&s->bodies_queue)))
        run(x);
    return NULL;
}

int http_bodies_start(struct sg_http_server *s, struct sg_error *e)
{
    return http_queue_open(&s->bodies_queue, s->o.stream_threads, run_all, s, e);
}

void http_bodies_stop(struct sg_http_server *s)
{
    http_queue_stop(&s->bodies_queue);
}
