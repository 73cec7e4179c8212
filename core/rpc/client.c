/* client.c - see rpc.h: which peer is asked, and once more of whom.
 *
 * A peer is one replica with a breaker; calls.h does the sending. A request is
 * repeated only here, once, on another replica.
 */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/rpc/calls.h"
#include <stdatomic.h>
#include <stdlib.h>

enum {
    FAILURES = 5,           /* in a row that open the breaker */
    PROBE_MIN_US = 100000,  /* how long it stays open when nobody is there, doubled */
    PROBE_MAX_US = 1000000, /* up to this, which it is at once for who does not answer */
    SHORT_US = 20000,       /* deadlines this short say nothing about the peer */
};

struct peer {
    struct rpc_peer *at;
    atomic_int failures;
    _Atomic int64_t closed_until; /* breaker: no calls before this */
    _Atomic int64_t probe_us;     /* how long it stays open next time; 0: not opened yet */
};

struct sg_rpc_client {
    struct rpc_calls *calls;
    const char *name; /* NULL: its URL */
    struct peer peers[RPC_PEERS];
    size_t n_peers;
    atomic_size_t turn;
};

/* The peers in this request's order, each once, those with an open breaker left out. */
struct round {
    size_t start, tried;
};

struct request {
    struct sg_rpc_client *client;
    const char *method;
    const struct sg_record *in_record, *out_record;
    const void *in;
    void *out;
    struct sg_arena *arena;
    int64_t deadline_us;
    struct sg_str traceparent;
    struct sg_buf *json; /* instead of out: the body as JSON */

    struct round round;
    struct peer *peer; /* being asked */
    int64_t started_us, attempt_deadline_us;
    bool packed, repeated;

    sg_rpc_done done; /* NULL: its thread waits */
    void *ctx;
    struct sg_error error; /* with done */
};

/* The breaker. Open, it lets one call through when its time is over, as a probe. */

static bool may_call(struct peer *p)
{
    int64_t until = atomic_load(&p->closed_until), now = sg_now_us();
    if (until == 0)
        return true;
    return now >= until && atomic_compare_exchange_strong(&p->closed_until, &until,
                                                          now + atomic_load(&p->probe_us));
}

static void note_success(struct peer *p)
{
    atomic_store_explicit(&p->failures, 0, memory_order_relaxed);
    if (atomic_load_explicit(&p->closed_until, memory_order_relaxed)) {
        atomic_store(&p->closed_until, 0);
        atomic_store(&p->probe_us, 0);
    }
}

static void note_failure(struct peer *p, bool absent)
{
    if (atomic_fetch_add(&p->failures, 1) + 1 < FAILURES)
        return;
    int64_t probe_us = 2 * atomic_load(&p->probe_us);
    if (!absent || probe_us > PROBE_MAX_US)
        probe_us = PROBE_MAX_US;
    else if (probe_us < PROBE_MIN_US)
        probe_us = PROBE_MIN_US;
    atomic_store(&p->probe_us, probe_us);
    atomic_store(&p->closed_until, sg_now_us() + probe_us);
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

/* With the result to outlive the reply, its body moves into the arena first. */
static int decode(const struct request *q, const struct rpc_reply *r, struct sg_error *e)
{
    if (r->status)
        return server_error(r, e);
    if (q->json)
        return decode_json(q, r, e);
    if (!q->out_record)
        return 0;
    struct sg_str body = sg_arena_copy(q->arena, r->body);
    if (!body.p)
        return sg_fail(e, SG_ENOMEM, "call %s: out of memory", q->method);
    int rc = sg_record_unpack(q->out_record, body, q->arena, q->out, e);
    return rc ? sg_wrap(e, "reply of %s", q->method) : 0;
}

static const char *name_of(const struct sg_rpc_client *c, const struct peer *p)
{
    return c->name ? c->name : rpc_peer_url(p->at);
}

static int not_answered(const struct request *q, int rc, struct sg_error *e)
{
    const char *why = rc == SG_ETIMEOUT   ? "no answer in time"
                      : rc == SG_EUNAVAIL ? "nothing answers there"
                      : rc == SG_EBUSY    ? "the server does not read"
                                          : sg_err_name(rc);
    return sg_fail(e, rc, "call %s: %s", name_of(q->client, q->peer), why);
}

/* One attempt on one peer. */

static int pack(struct request *q, struct rpc_call *call, struct sg_error *e)
{
    q->packed = true;
    sg_buf_reset(&call->body);
    if (q->in_record)
        sg_record_pack(q->in_record, q->in, &call->body);
    return sg_buf_failed(&call->body) ? sg_fail(e, SG_ENOMEM, "call %s: out of memory", q->method)
                                      : 0;
}

static int encode(struct request *q, struct rpc_call *call, struct sg_error *e)
{
    int rc = q->packed ? 0 : pack(q, call, e);
    if (rc)
        return rc;
    int64_t now = sg_now_us();
    struct rpc_request envelope = {
        .v = RPC_VERSION,
        .id = rpc_call_renew(q->client->calls, call),
        .deadline_us = q->attempt_deadline_us - now,
        .sent_us = now,
        .traceparent = q->traceparent,
        .method = sg_str(q->method),
        .accept = q->json ? SG_STR(RPC_JSON) : SG_STR_NONE,
        .body = q->in_record ? sg_buf_str(&call->body) : SG_STR_NONE,
    };
    return rpc_frame(&call->frame, &rpc_request_record, &envelope, e);
}

static struct peer *next_peer(struct sg_rpc_client *c, struct round *r)
{
    while (r->tried < c->n_peers) {
        struct peer *p = &c->peers[(r->start + r->tried++) % c->n_peers];
        if (may_call(p))
            return p;
    }
    return NULL;
}

/* Sends to the next peer. An error is our own: no other peer would take it either. */
static int attempt(struct request *q, struct rpc_call *call, struct sg_error *e)
{
    int rc = encode(q, call, e);
    if (rc)
        return rc;
    q->started_us = sg_now_us();
    call->deadline_us = q->attempt_deadline_us;
    rpc_call_send(q->client->calls, call, q->peer->at);
    return 0;
}

static int begin(struct request *q, struct rpc_call **call, struct sg_error *e)
{
    struct sg_rpc_client *c = q->client;
    int64_t now = sg_now_us();
    if (q->deadline_us <= now)
        return sg_fail(e, SG_ETIMEOUT, "call %s: the deadline has passed", q->method);
    q->round.start = atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed) % c->n_peers;
    q->peer = next_peer(c, &q->round);
    if (!q->peer)
        return sg_fail(e, SG_EUNAVAIL, "call %s: %s does not answer", q->method,
                       name_of(c, &c->peers[0]));
    q->attempt_deadline_us = q->deadline_us;
    if (q->round.tried < c->n_peers) /* keep time for a second replica */
        q->attempt_deadline_us = now + (q->deadline_us - now) / 2;
    return rpc_call_take(c->calls, call, e);
}

/* After an attempt that ended with rc, or with a reply. True: another is to be made. */
static bool judge(struct request *q, int *rc, const struct rpc_reply *r, struct sg_error *e)
{
    if (r) {
        note_success(q->peer);
        *rc = decode(q, r, e);
    } else {
        if (*rc != SG_ETIMEOUT || q->attempt_deadline_us - q->started_us >= SHORT_US)
            note_failure(q->peer, *rc == SG_EUNAVAIL);
        not_answered(q, *rc, e);
    }
    if (!*rc || (r && *rc != SG_EUNAVAIL) || q->repeated || sg_now_us() >= q->deadline_us)
        return false;
    struct peer *next = next_peer(q->client, &q->round);
    if (next) {
        q->peer = next;
        q->repeated = true;
        q->attempt_deadline_us = q->deadline_us;
    }
    return next != NULL;
}

static int reply_of(const struct request *q, const struct rpc_call *call, struct rpc_reply *r)
{
    return sg_record_unpack(&rpc_reply_record, sg_buf_str(&call->reply), q->arena, r, NULL);
}

static int call_and_wait(struct request *q, struct sg_error *e)
{
    struct rpc_call *call;
    struct rpc_reply r;
    int rc = begin(q, &call, e);
    if (rc)
        return rc;
    call->ended = NULL;
    for (bool again = true; again;) {
        rc = attempt(q, call, e);
        if (rc)
            break;
        rc = rpc_call_wait(q->client->calls, call);
        if (!rc)
            rc = reply_of(q, call, &r);
        again = judge(q, &rc, rc ? NULL : &r, e);
    }
    rpc_call_give(q->client->calls, call);
    return rc;
}

static void finish(struct request *q, struct rpc_call *call, int rc)
{
    rpc_call_give(q->client->calls, call);
    q->done(q->ctx, rc, &q->error);
}

static void on_ended(struct rpc_call *call, int rc, const struct rpc_reply *reply)
{
    struct request *q = call->ctx;
    bool again = judge(q, &rc, reply, &q->error);
    if (again)
        rc = attempt(q, call, &q->error);
    if (!again || rc)
        finish(q, call, rc);
}

static struct request request_of(struct sg_rpc_client *c, const char *method,
                                 const struct sg_record *in_record, const void *in,
                                 const struct sg_record *out_record, struct sg_arena *a,
                                 int64_t deadline_us, struct sg_str traceparent)
{
    return (struct request){.client = c,
                            .method = method,
                            .in_record = in_record,
                            .out_record = out_record,
                            .in = in,
                            .arena = a,
                            .deadline_us = deadline_us,
                            .traceparent = traceparent};
}

int sg_rpc_call(struct sg_rpc_client *c, const char *method, const struct sg_record *in_record,
                const void *in, const struct sg_record *out_record, void *out, struct sg_arena *a,
                int64_t deadline_us, struct sg_str traceparent, struct sg_error *e)
{
    struct request q =
        request_of(c, method, in_record, in, out_record, a, deadline_us, traceparent);
    q.out = out;
    return call_and_wait(&q, e);
}

int sg_rpc_call_json(struct sg_rpc_client *c, const char *method, const struct sg_record *in_record,
                     const void *in, const struct sg_record *out_record, struct sg_buf *json,
                     struct sg_arena *a, int64_t deadline_us, struct sg_str traceparent,
                     struct sg_error *e)
{
    struct request q =
        request_of(c, method, in_record, in, out_record, a, deadline_us, traceparent);
    q.json = json;
    return call_and_wait(&q, e);
}

void sg_rpc_start_json(struct sg_rpc_client *c, const char *method,
                       const struct sg_record *in_record, const void *in,
                       const struct sg_record *out_record, struct sg_buf *json, struct sg_arena *a,
                       int64_t deadline_us, struct sg_str traceparent, sg_rpc_done done, void *ctx)
{
    struct rpc_call *call;
    struct sg_error e = SG_ERROR_INIT;
    struct request *q = sg_arena_alloc(a, sizeof *q);
    if (!q) {
        done(ctx, sg_fail(&e, SG_ENOMEM, "call %s: out of memory", method), &e);
        return;
    }
    *q = request_of(c, method, in_record, in, out_record, a, deadline_us, traceparent);
    q->json = json;
    q->done = done;
    q->ctx = ctx;
    int rc = begin(q, &call, &q->error);
    if (rc) {
        done(ctx, rc, &q->error);
        return;
    }
    call->ended = on_ended;
    call->ctx = q;
    rc = attempt(q, call, &q->error);
    if (rc)
        finish(q, call, rc);
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
    if (c->n_peers == RPC_PEERS)
        return sg_fail(e, SG_ELIMIT, "more than %d addresses", RPC_PEERS);
    int rc = rpc_calls_add_peer(c->calls, url, n, &c->peers[c->n_peers].at, e);
    c->n_peers += rc == 0;
    return rc;
}

int sg_rpc_client_open(struct sg_rpc_client **out, const char *urls, struct sg_error *e)
{
    struct sg_rpc_client *c = calloc(1, sizeof *c);
    int rc = c ? rpc_calls_open(&c->calls, e) : sg_fail(e, SG_ENOMEM, "connect");
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

void sg_rpc_client_call_it(struct sg_rpc_client *c, const char *name)
{
    c->name = name;
}

void sg_rpc_client_close(struct sg_rpc_client *c)
{
    if (!c)
        return;
    rpc_calls_close(c->calls);
    free(c);
}
