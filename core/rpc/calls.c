/* calls.c - see calls.h.
 *
 * Each peer has a thread that dials, then reads. One more ends the calls that
 * nobody waits for when their time is over; it sleeps while nothing happens.
 * Who takes a call's `peer` away, under the lock, is the one that ends it.
 */
#include "core/rpc/calls.h"
#include "core/clock.h"
#include <stdatomic.h>
#include <stdlib.h>

enum {
    CONNECT_US = 250000, /* a call's wait for a peer that is not connected */
    REDIAL_MIN_US = 10000,
    REDIAL_MAX_US = 200000,
    DIAL_MS = 5000,
    TICK_US = 10000,
    AWAKE_TICKS = 100, /* without a call, before the ticking ends */
};

struct rpc_peer {
    struct rpc_calls *calls;
    char *url;
    nng_stream_dialer *dialer;
    nng_aio *dial;
    pthread_t thread;
    bool started;
    struct rpc_link *link;         /* once dialled; guarded by calls->lock, as is what follows */
    bool up;                       /* the peer has greeted */
    size_t senders;                /* that use link */
    struct rpc_call *first, *last; /* wait for the connection */
};

struct rpc_calls {
    struct rpc_peer peers[RPC_PEERS];
    size_t n_peers;
    pthread_t ticker;
    bool ticking;
    pthread_mutex_t lock;
    pthread_cond_t left; /* a sender has left */
    pthread_cond_t wake; /* for the ticker and for waits between dials */
    bool closing, asleep;
    int idle_ticks;
    uint64_t turn;
    struct rpc_call *spare;
    struct rpc_call *all[RPC_CALLS];
    size_t n, in_flight;
};

const char *rpc_peer_url(const struct rpc_peer *p)
{
    return p->url;
}

/* All below, up to the calls' verbs: with the lock held. */

static void line_up(struct rpc_peer *p, struct rpc_call *call)
{
    call->next = NULL;
    if (p->last)
        p->last->next = call;
    else
        p->first = call;
    p->last = call;
}

static void leave_line(struct rpc_peer *p, struct rpc_call *call)
{
    struct rpc_call **at = &p->first, *before = NULL;
    while (*at && *at != call) {
        before = *at;
        at = &before->next;
    }
    if (*at)
        *at = call->next;
    if (p->last == call)
        p->last = before;
}

/* Takes the call from its peer: the caller ends it. */
static void claim(struct rpc_call *call)
{
    struct rpc_peer *p = call->peer;
    if (!call->sent)
        leave_line(p, call);
    call->peer = NULL;
    p->calls->in_flight--;
}

static void end_waiting(struct rpc_call *call, int rc)
{
    call->rc = rc;
    pthread_cond_signal(&call->over);
}

/* The lock is let go meanwhile when somebody is told. */
static void end(struct rpc_calls *c, struct rpc_call *call, int rc)
{
    claim(call);
    if (!call->ended) {
        end_waiting(call, rc);
        return;
    }
    pthread_mutex_unlock(&c->lock);
    call->ended(call, rc, NULL);
    pthread_mutex_lock(&c->lock);
}

/* The lock is let go meanwhile. A link that fails ends its calls by itself. */
static void transmit(struct rpc_peer *p, struct rpc_call *call)
{
    struct rpc_calls *c = p->calls;
    struct rpc_link *link = p->link;
    struct sg_str frame = sg_buf_str(&call->frame);
    uint64_t id = call->id;
    call->sent = call->sending = true;
    call->expire_us = call->deadline_us;
    p->senders++;
    pthread_mutex_unlock(&c->lock);
    int rc = rpc_link_send(link, frame);
    pthread_mutex_lock(&c->lock);
    if (--p->senders == 0 && p->link == link && !p->up)
        pthread_cond_broadcast(&c->left);
    if (call->id != id)
        return;
    call->sending = false;
    if (!call->ended)
        pthread_cond_signal(&call->over);
    if (rc == SG_EBUSY && call->peer == p)
        end(c, call, rc);
}

static void send_waiting(struct rpc_peer *p)
{
    while (p->first && p->up) {
        struct rpc_call *call = p->first;
        p->first = call->next;
        if (!p->first)
            p->last = NULL;
        transmit(p, call);
    }
}

static int expiry(const struct rpc_call *call, int64_t now)
{
    return call->sent || now >= call->deadline_us ? SG_ETIMEOUT : SG_EUNAVAIL;
}

static void end_sent(struct rpc_calls *c, struct rpc_peer *p)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->all[i]->peer == p && c->all[i]->sent)
            end(c, c->all[i], SG_EUNAVAIL);
}

static void end_late(struct rpc_calls *c, int64_t now)
{
    for (size_t i = 0; i < c->n; i++) {
        struct rpc_call *call = c->all[i];
        if (call->peer && call->ended && !call->sending && now >= call->expire_us)
            end(c, call, expiry(call, now));
    }
}

static void wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    pthread_cond_timedwait(cond, lock, &t);
}

static void close_stalled(struct rpc_calls *c, int64_t now)
{
    for (size_t i = 0; i < c->n_peers; i++)
        if (c->peers[i].link && rpc_link_stalled(c->peers[i].link, now))
            rpc_link_close(c->peers[i].link);
}

static void *tick(void *arg)
{
    struct rpc_calls *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->closing) {
        int64_t now = sg_now_us();
        c->idle_ticks = c->in_flight ? 0 : c->idle_ticks + 1;
        end_late(c, now);
        close_stalled(c, now);
        c->asleep = c->idle_ticks > AWAKE_TICKS;
        if (c->asleep)
            pthread_cond_wait(&c->wake, &c->lock);
        else
            wait_until(&c->wake, &c->lock, now + TICK_US);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* A peer's thread. */

static void on_up(void *ctx, struct rpc_link *l)
{
    struct rpc_peer *p = ctx;
    (void)l;
    pthread_mutex_lock(&p->calls->lock);
    p->up = true;
    send_waiting(p);
    pthread_mutex_unlock(&p->calls->lock);
}

/* The call a reply is for, taken from its peer; NULL: it has ended already. */
static struct rpc_call *claim_answered(struct rpc_peer *p, uint64_t id)
{
    struct rpc_calls *c = p->calls;
    size_t place = id % RPC_CALLS;
    struct rpc_call *call = place < c->n ? c->all[place] : NULL;
    if (!call || call->id != id || call->peer != p || !call->sent)
        return NULL;
    claim(call);
    return call;
}

static bool on_frame(void *ctx, struct rpc_link *l, struct sg_str bytes)
{
    struct rpc_peer *p = ctx;
    struct rpc_calls *c = p->calls;
    struct sg_arena none = {0}; /* an envelope has no lists */
    struct rpc_reply r;
    (void)l;
    if (sg_record_unpack(&rpc_reply_record, bytes, &none, &r, NULL) || r.v != RPC_VERSION)
        return false;
    pthread_mutex_lock(&c->lock);
    struct rpc_call *call = claim_answered(p, r.id);
    bool told = call && call->ended;
    if (call && !told) {
        sg_buf_reset(&call->reply);
        sg_buf_str_put(&call->reply, bytes);
        end_waiting(call, sg_buf_failed(&call->reply) ? SG_ENOMEM : 0);
    }
    pthread_mutex_unlock(&c->lock);
    if (told)
        call->ended(call, 0, &r);
    return true;
}

static nng_stream *dial(struct rpc_peer *p)
{
    nng_aio_set_timeout(p->dial, DIAL_MS);
    nng_stream_dialer_dial(p->dialer, p->dial);
    nng_aio_wait(p->dial);
    return nng_aio_result(p->dial) == 0 ? nng_aio_get_output(p->dial, 0) : NULL;
}

/* With the lock held: who waits for a turn now waits for a connection. */
static void expect_return(struct rpc_peer *p)
{
    int64_t connect_by = sg_now_us() + CONNECT_US;
    for (struct rpc_call *call = p->first; call; call = call->next)
        if (call->expire_us > connect_by) {
            call->expire_us = connect_by;
            pthread_cond_signal(&call->over);
        }
}

/* Until the connection ends; true when there was one. */
static bool converse(struct rpc_peer *p, nng_stream *stream)
{
    static const struct rpc_link_events events = {.up = on_up, .frame = on_frame};
    struct rpc_calls *c = p->calls;
    struct rpc_link *link;
    if (rpc_link_new(&link, stream, NULL))
        return false;
    pthread_mutex_lock(&c->lock);
    p->link = link;
    bool closing = c->closing;
    pthread_mutex_unlock(&c->lock);
    if (!closing)
        rpc_link_run(link, &events, p);
    pthread_mutex_lock(&c->lock);
    bool was_up = p->up;
    p->up = false;
    while (p->senders)
        pthread_cond_wait(&c->left, &c->lock);
    p->link = NULL;
    expect_return(p);
    end_sent(c, p);
    pthread_mutex_unlock(&c->lock);
    rpc_link_free(link);
    return was_up;
}

static void *keep_connected(void *arg)
{
    struct rpc_peer *p = arg;
    struct rpc_calls *c = p->calls;
    int64_t pause_us = REDIAL_MIN_US;
    for (;;) {
        nng_stream *stream = dial(p);
        bool was_up = stream && converse(p, stream);
        pause_us = was_up ? REDIAL_MIN_US : pause_us;
        int64_t until = sg_now_us() + pause_us;
        pause_us = pause_us * 2 < REDIAL_MAX_US ? pause_us * 2 : REDIAL_MAX_US;
        pthread_mutex_lock(&c->lock);
        while (!c->closing && sg_now_us() < until)
            wait_until(&c->wake, &c->lock, until);
        bool closing = c->closing;
        pthread_mutex_unlock(&c->lock);
        if (closing)
            return NULL;
    }
}

/* The calls' verbs. */

static void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &a);
    pthread_condattr_destroy(&a);
}

static struct rpc_call *new_call(struct rpc_calls *c)
{
    struct rpc_call *call = c->n < RPC_CALLS ? calloc(1, sizeof *call) : NULL;
    if (call) {
        cond_init(&call->over);
        call->id = c->n;
        c->all[c->n++] = call;
    }
    return call;
}

int rpc_call_take(struct rpc_calls *c, struct rpc_call **out, struct sg_error *e)
{
    pthread_mutex_lock(&c->lock);
    struct rpc_call *call = c->spare;
    if (call)
        c->spare = call->next;
    else
        call = new_call(c);
    pthread_mutex_unlock(&c->lock);
    if (!call)
        return sg_fail(e, SG_EBUSY, "more than %d calls are in flight", RPC_CALLS);
    *out = call;
    return 0;
}

void rpc_call_give(struct rpc_calls *c, struct rpc_call *call)
{
    rpc_trim(&call->body);
    rpc_trim(&call->frame);
    rpc_trim(&call->reply);
    pthread_mutex_lock(&c->lock);
    call->next = c->spare;
    c->spare = call;
    pthread_mutex_unlock(&c->lock);
}

uint64_t rpc_call_renew(struct rpc_calls *c, struct rpc_call *call)
{
    pthread_mutex_lock(&c->lock);
    call->id = (++c->turn * RPC_CALLS + call->id % RPC_CALLS) & INT64_MAX;
    uint64_t id = call->id;
    pthread_mutex_unlock(&c->lock);
    return id;
}

void rpc_call_send(struct rpc_calls *c, struct rpc_call *call, struct rpc_peer *p)
{
    int64_t connect_by = sg_now_us() + CONNECT_US;
    pthread_mutex_lock(&c->lock);
    c->in_flight++;
    if (c->asleep) {
        c->asleep = false;
        c->idle_ticks = 0;
        pthread_cond_broadcast(&c->wake);
    }
    call->peer = p;
    call->sent = call->sending = false;
    call->rc = 1;
    call->expire_us = p->up || connect_by > call->deadline_us ? call->deadline_us : connect_by;
    if (p->up)
        transmit(p, call);
    else
        line_up(p, call);
    pthread_mutex_unlock(&c->lock);
}

int rpc_call_wait(struct rpc_calls *c, struct rpc_call *call)
{
    pthread_mutex_lock(&c->lock);
    while (call->rc > 0 || call->sending) {
        int64_t now = sg_now_us();
        if (call->sending)
            pthread_cond_wait(&call->over, &c->lock);
        else if (now >= call->expire_us)
            end(c, call, expiry(call, now));
        else
            wait_until(&call->over, &c->lock, call->expire_us);
    }
    int rc = call->rc;
    pthread_mutex_unlock(&c->lock);
    return rc;
}

/* Life cycle. */

int rpc_calls_open(struct rpc_calls **out, struct sg_error *e)
{
    struct rpc_calls *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "connect");
    pthread_mutex_init(&c->lock, NULL);
    cond_init(&c->left);
    cond_init(&c->wake);
    c->ticking = pthread_create(&c->ticker, NULL, tick, c) == 0;
    if (!c->ticking) {
        rpc_calls_close(c);
        return sg_fail(e, SG_ENOMEM, "connect: no thread");
    }
    *out = c;
    return 0;
}

int rpc_calls_add_peer(struct rpc_calls *c, const char *url, size_t n, struct rpc_peer **out,
                       struct sg_error *e)
{
    struct rpc_peer *p = &c->peers[c->n_peers];
    p->calls = c;
    p->url = strndup(url, n);
    if (!p->url)
        return sg_fail(e, SG_ENOMEM, "connect");
    pthread_mutex_lock(&c->lock);
    c->n_peers++; /* at most RPC_PEERS: the caller counts */
    pthread_mutex_unlock(&c->lock);
    int rv = nng_stream_dialer_alloc(&p->dialer, p->url);
    if (!rv)
        rv = nng_aio_alloc(&p->dial, NULL, NULL);
    if (rv)
        return rpc_fail(e, rv, "connect to", p->url);
    p->started = pthread_create(&p->thread, NULL, keep_connected, p) == 0;
    if (!p->started)
        return sg_fail(e, SG_ENOMEM, "connect to %s: no thread", p->url);
    *out = p;
    return 0;
}

static void close_peer(struct rpc_peer *p)
{
    if (p->dial)
        nng_aio_stop(p->dial);
    pthread_mutex_lock(&p->calls->lock);
    if (p->link)
        rpc_link_close(p->link);
    pthread_mutex_unlock(&p->calls->lock);
    if (p->started)
        pthread_join(p->thread, NULL);
    if (p->dialer)
        nng_stream_dialer_free(p->dialer);
    if (p->dial)
        nng_aio_free(p->dial);
    free(p->url);
}

static void free_call(struct rpc_call *call)
{
    pthread_cond_destroy(&call->over);
    sg_buf_free(&call->body);
    sg_buf_free(&call->frame);
    sg_buf_free(&call->reply);
    free(call);
}

void rpc_calls_close(struct rpc_calls *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->lock);
    if (c->ticking)
        pthread_join(c->ticker, NULL);
    for (size_t i = 0; i < c->n_peers; i++)
        close_peer(&c->peers[i]);
    for (size_t i = 0; i < c->n; i++)
        free_call(c->all[i]);
    pthread_cond_destroy(&c->left);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
