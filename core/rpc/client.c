/* client.c - see rpc.h.
 *
 * A peer is one replica: an nng socket that redials by itself, a stack of
 * contexts (one a call in flight) and a breaker. nng's own resending is off:
 * a request is repeated only here, once, on another replica.
 */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/rpc/envelope.h"
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    PEERS = 16,
    FAILURES = 5,       /* in a row that open the breaker */
    PROBE_US = 1000000, /* how long it stays open */
    CONNECT_MS = 250,   /* a call's wait for a peer that is not connected */
    SHORT_US = 20000,   /* deadlines this short say nothing about the peer */
    REDIAL_MIN_MS = 10,
    REDIAL_MAX_MS = 200,
    SETTLE_US = 20000, /* a first dial is not broken off earlier */
};

struct slot {
    struct slot *next;
    nng_ctx ctx;
    nng_aio *aio;
    struct sg_buf body, scratch;
};

struct peer {
    char *url;
    nng_socket socket;
    bool opened;
    int64_t dialled_us;
    atomic_int connections;
    atomic_int failures;
    _Atomic int64_t closed_until; /* breaker: no calls before this */
    pthread_mutex_t lock;
    struct slot *idle;
};

struct sg_rpc_client {
    struct peer peers[PEERS];
    size_t n_peers;
    atomic_size_t turn;
    _Atomic uint64_t next_id;
};

struct request {
    const char *method;
    const struct sg_record *in_record, *out_record;
    const void *in;
    void *out;
    struct sg_arena *arena;
    int64_t deadline_us;
    struct sg_str traceparent;
    struct sg_buf *json; /* instead of out: the body as JSON */
    uint64_t id;
};

static void free_slot(struct slot *s)
{
    if (s->aio)
        nng_aio_free(s->aio);
    sg_buf_free(&s->body);
    sg_buf_free(&s->scratch);
    free(s);
}

static int new_slot(struct peer *p, struct slot **out, struct sg_error *e)
{
    struct slot *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "call %s", p->url);
    int rv = nng_aio_alloc(&s->aio, NULL, NULL);
    if (!rv)
        rv = nng_ctx_open(&s->ctx, p->socket);
    if (!rv)
        rv = nng_ctx_set_ms(s->ctx, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (rv) {
        free_slot(s);
        return rpc_fail(e, rv, "call", p->url);
    }
    *out = s;
    return 0;
}

static int take_slot(struct peer *p, struct slot **out, struct sg_error *e)
{
    pthread_mutex_lock(&p->lock);
    struct slot *s = p->idle;
    if (s)
        p->idle = s->next;
    pthread_mutex_unlock(&p->lock);
    if (!s)
        return new_slot(p, out, e);
    *out = s;
    return 0;
}

static void give_slot(struct peer *p, struct slot *s)
{
    rpc_trim(&s->body);
    rpc_trim(&s->scratch);
    pthread_mutex_lock(&p->lock);
    s->next = p->idle;
    p->idle = s;
    pthread_mutex_unlock(&p->lock);
}

/* The breaker. Open, it lets one call through a second, as a probe. */

static bool may_call(struct peer *p)
{
    int64_t until = atomic_load(&p->closed_until), now = sg_now_us();
    if (until == 0)
        return true;
    return now >= until && atomic_compare_exchange_strong(&p->closed_until, &until, now + PROBE_US);
}

static void note_success(struct peer *p)
{
    atomic_store_explicit(&p->failures, 0, memory_order_relaxed);
    if (atomic_load_explicit(&p->closed_until, memory_order_relaxed))
        atomic_store(&p->closed_until, 0);
}

static void note_failure(struct peer *p)
{
    if (atomic_fetch_add(&p->failures, 1) + 1 >= FAILURES)
        atomic_store(&p->closed_until, sg_now_us() + PROBE_US);
}

/* One attempt on one peer. */

static nng_duration milliseconds(int64_t until_us)
{
    int64_t ms = (until_us - sg_now_us() + 999) / 1000;
    return ms < 1 ? 1 : ms > 3600000 ? 3600000 : (nng_duration)ms;
}

static int encode(struct slot *s, const struct request *q, nng_msg **out, struct sg_error *e)
{
    int64_t now = sg_now_us();
    struct rpc_request envelope = {
        .v = RPC_VERSION,
        .id = q->id,
        .deadline_us = q->deadline_us - now,
        .sent_us = now,
        .traceparent = q->traceparent,
        .method = sg_str(q->method),
        .accept = q->json ? SG_STR(RPC_JSON) : SG_STR_NONE,
    };
    sg_buf_reset(&s->body);
    if (q->in_record) {
        sg_record_pack(q->in_record, q->in, &s->body);
        if (sg_buf_failed(&s->body))
            return sg_fail(e, SG_ENOMEM, "call %s: out of memory", q->method);
        envelope.body = sg_buf_str(&s->body);
    }
    return rpc_message(out, &rpc_request_record, &envelope, &s->scratch, e);
}

static int send_message(struct peer *p, struct slot *s, nng_msg *m, int64_t until_us,
                        struct sg_error *e)
{
    nng_duration ms = milliseconds(until_us);
    bool connected = atomic_load(&p->connections) > 0;
    nng_aio_set_timeout(s->aio, connected || ms < CONNECT_MS ? ms : CONNECT_MS);
    nng_aio_set_msg(s->aio, m);
    nng_ctx_send(s->ctx, s->aio);
    nng_aio_wait(s->aio);
    int rv = nng_aio_result(s->aio);
    if (!rv)
        return 0;
    nng_msg_free(nng_aio_get_msg(s->aio));
    if (rv == NNG_ETIMEDOUT && atomic_load(&p->connections) == 0)
        return sg_fail(e, SG_EUNAVAIL, "call %s: nothing answers there", p->url);
    return rpc_fail(e, rv, "call", p->url);
}

static int receive_message(struct peer *p, struct slot *s, nng_msg **out, int64_t until_us,
                           struct sg_error *e)
{
    nng_aio_set_timeout(s->aio, milliseconds(until_us));
    nng_ctx_recv(s->ctx, s->aio);
    nng_aio_wait(s->aio);
    int rv = nng_aio_result(s->aio);
    if (rv)
        return rpc_fail(e, rv, "call", p->url);
    *out = nng_aio_get_msg(s->aio);
    return 0;
}

static int server_error(const struct rpc_reply *r, struct sg_error *e)
{
    sg_fail(e, (int)r->status, "%.*s", SG_FMT(r->error));
    if (e && r->field.n && r->field.n < sizeof e->field) {
        memcpy(e->field, r->field.p, r->field.n);
        e->field[r->field.n] = '\0';
    }
    return (int)r->status;
}

/* A server that does not know `accept` answers in msgpack all the same. */
static int decode_json(const struct request *q, const struct rpc_reply *r, struct sg_error *e)
{
    if (sg_str_eq(r->type, SG_STR(RPC_JSON))) {
        sg_buf_str_put(q->json, r->body);
    } else {
        void *out = sg_arena_alloc(q->arena, q->out_record->size);
        if (!out)
            return sg_fail(e, SG_ENOMEM, "call %s: out of memory", q->method);
        int rc = sg_record_unpack(q->out_record, r->body, q->arena, out, e);
        if (rc)
            return sg_wrap(e, "reply of %s", q->method);
        sg_record_to_json(q->out_record, out, q->json);
    }
    return sg_buf_failed(q->json) ? sg_fail(e, SG_ENOMEM, "call %s: out of memory", q->method) : 0;
}

/* The result outlives the message, so the body moves into the arena first. */
static int decode(const struct request *q, nng_msg *m, bool *answered, struct sg_error *e)
{
    struct rpc_reply r;
    int rc = sg_record_unpack(&rpc_reply_record, rpc_bytes(m), q->arena, &r, e);
    if (rc || r.v != RPC_VERSION || r.id != q->id)
        return sg_fail(e, SG_EUNAVAIL, "call %s: the reply is not one of ours", q->method);
    *answered = true;
    if (r.status)
        return server_error(&r, e);
    if (q->json)
        return decode_json(q, &r, e);
    if (!q->out_record)
        return 0;
    struct sg_str body = sg_arena_copy(q->arena, r.body);
    if (!body.p)
        return sg_fail(e, SG_ENOMEM, "call %s: out of memory", q->method);
    rc = sg_record_unpack(q->out_record, body, q->arena, q->out, e);
    return rc ? sg_wrap(e, "reply of %s", q->method) : 0;
}

static int exchange(struct peer *p, const struct request *q, bool *answered, struct sg_error *e)
{
    struct slot *s = NULL;
    nng_msg *m = NULL;
    int rc = take_slot(p, &s, e);
    if (rc)
        return rc;
    rc = encode(s, q, &m, e);
    if (rc)
        *answered = true; /* our own fault: no other peer would take it either */
    else
        rc = send_message(p, s, m, q->deadline_us, e);
    if (!rc)
        rc = receive_message(p, s, &m, q->deadline_us, e);
    if (!rc) {
        rc = decode(q, m, answered, e);
        nng_msg_free(m);
    }
    give_slot(p, s);
    return rc;
}

static int attempt(struct peer *p, const struct request *q, bool *answered, struct sg_error *e)
{
    int64_t started = sg_now_us();
    *answered = false;
    int rc = exchange(p, q, answered, e);
    if (*answered)
        note_success(p);
    else if (rc != SG_ETIMEOUT || q->deadline_us - started >= SHORT_US)
        note_failure(p);
    return rc;
}

/* The peers in this call's order, each once, those with an open breaker left out. */
struct round {
    size_t start, tried;
};

static struct peer *next_peer(struct sg_rpc_client *c, struct round *r)
{
    while (r->tried < c->n_peers) {
        struct peer *p = &c->peers[(r->start + r->tried++) % c->n_peers];
        if (may_call(p))
            return p;
    }
    return NULL;
}

static int call(struct sg_rpc_client *c, struct request *q, struct sg_error *e)
{
    struct round round = {.start = atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed) %
                                   c->n_peers};
    bool answered = false;
    int64_t deadline_us = q->deadline_us, now = sg_now_us();
    struct peer *p = next_peer(c, &round);
    if (!p)
        return sg_fail(e, SG_EUNAVAIL, "call %s: %s does not answer", q->method, c->peers[0].url);
    if (round.tried < c->n_peers)
        q->deadline_us = now + (deadline_us - now) / 2; /* keep time for a second replica */
    int rc = attempt(p, q, &answered, e);
    q->deadline_us = deadline_us;
    if (!rc || (answered && rc != SG_EUNAVAIL) || sg_now_us() >= deadline_us)
        return rc;
    p = next_peer(c, &round);
    return p ? attempt(p, q, &answered, e) : rc;
}

static int begin(struct sg_rpc_client *c, struct request *q, struct sg_error *e)
{
    if (q->deadline_us <= sg_now_us())
        return sg_fail(e, SG_ETIMEOUT, "call %s: the deadline has passed", q->method);
    q->id = atomic_fetch_add_explicit(&c->next_id, 1, memory_order_relaxed) & INT64_MAX;
    return call(c, q, e);
}

int sg_rpc_call(struct sg_rpc_client *c, const char *method, const struct sg_record *in_record,
                const void *in, const struct sg_record *out_record, void *out, struct sg_arena *a,
                int64_t deadline_us, struct sg_str traceparent, struct sg_error *e)
{
    struct request q = {.method = method,
                        .in_record = in_record,
                        .out_record = out_record,
                        .in = in,
                        .out = out,
                        .arena = a,
                        .deadline_us = deadline_us,
                        .traceparent = traceparent};
    return begin(c, &q, e);
}

int sg_rpc_call_json(struct sg_rpc_client *c, const char *method, const struct sg_record *in_record,
                     const void *in, const struct sg_record *out_record, struct sg_buf *json,
                     struct sg_arena *a, int64_t deadline_us, struct sg_str traceparent,
                     struct sg_error *e)
{
    struct request q = {.method = method,
                        .in_record = in_record,
                        .out_record = out_record,
                        .in = in,
                        .json = json,
                        .arena = a,
                        .deadline_us = deadline_us,
                        .traceparent = traceparent};
    return begin(c, &q, e);
}

static void on_connect(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    (void)pipe;
    struct peer *p = arg;
    atomic_fetch_add(&p->connections, event == NNG_PIPE_EV_ADD_POST ? 1 : -1);
}

static int open_peer(struct peer *p, struct sg_error *e)
{
    pthread_mutex_init(&p->lock, NULL);
    int rv = nng_req0_open(&p->socket);
    if (rv)
        return rpc_fail(e, rv, "connect to", p->url);
    p->opened = true;
    nng_pipe_notify(p->socket, NNG_PIPE_EV_ADD_POST, on_connect, p);
    nng_pipe_notify(p->socket, NNG_PIPE_EV_REM_POST, on_connect, p);
    rv = nng_socket_set_size(p->socket, NNG_OPT_RECVMAXSZ, SG_RECORD_BYTES);
    if (!rv)
        rv = nng_socket_set_ms(p->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (!rv)
        rv = nng_socket_set_ms(p->socket, NNG_OPT_RECONNMINT, REDIAL_MIN_MS);
    if (!rv)
        rv = nng_socket_set_ms(p->socket, NNG_OPT_RECONNMAXT, REDIAL_MAX_MS);
    p->dialled_us = sg_now_us();
    if (!rv)
        rv = nng_dial(p->socket, p->url, NULL, NNG_FLAG_NONBLOCK);
    return rv ? rpc_fail(e, rv, "connect to", p->url) : 0;
}

static int add_peer(struct sg_rpc_client *c, const char *url, size_t n, struct sg_error *e)
{
    while (n && *url == ' ') {
        url++;
        n--;
    }
    while (n && url[n - 1] == ' ')
        n--;
    if (!n)
        return sg_fail(e, SG_EINVAL, "an empty address");
    if (c->n_peers == PEERS)
        return sg_fail(e, SG_ELIMIT, "more than %d addresses", PEERS);
    struct peer *p = &c->peers[c->n_peers];
    p->url = strndup(url, n);
    if (!p->url)
        return sg_fail(e, SG_ENOMEM, "connect");
    c->n_peers++;
    return open_peer(p, e);
}

int sg_rpc_client_open(struct sg_rpc_client **out, const char *urls, struct sg_error *e)
{
    struct sg_rpc_client *c = calloc(1, sizeof *c);
    int rc = c ? 0 : sg_fail(e, SG_ENOMEM, "connect");
    if (c)
        atomic_store(&c->next_id, 1);
    for (const char *p = urls; !rc && p;) {
        const char *comma = strchr(p, ',');
        rc = add_peer(c, p, comma ? (size_t)(comma - p) : strlen(p), e);
        p = comma ? comma + 1 : NULL;
    }
    if (rc) {
        sg_rpc_client_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

/* nng 1.5 loses the dialer (3 kB) of a socket closed while it greets. */
static void close_socket(struct peer *p)
{
    while (atomic_load(&p->connections) == 0 && sg_now_us() < p->dialled_us + SETTLE_US)
        sg_sleep_us(500);
    nng_close(p->socket);
}

void sg_rpc_client_close(struct sg_rpc_client *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_peers; i++) {
        struct peer *p = &c->peers[i];
        if (p->opened)
            close_socket(p);
        while (p->idle) {
            struct slot *s = p->idle;
            p->idle = s->next;
            free_slot(s);
        }
        pthread_mutex_destroy(&p->lock);
        free(p->url);
    }
    free(c);
}
