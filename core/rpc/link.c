/* link.c - see link.h. */
#include "core/rpc/link.h"
#include "core/clock.h"
#include "core/record.h"
#include "core/rpc/envelope.h"
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    READ_BYTES = 64 << 10,
    GREETING_MS = 5000,
    STALL_US = 2000000,
    QUEUE_FRAMES = 2048,  /* for a peer that does not read: more is not kept */
    PACE_BYTES = 1 << 20, /* queued, or as many frames: a paced link reads no further */
    PACE_FRAMES = 256,
};
#define QUEUE_BYTES (2 * (size_t)SG_RECORD_BYTES)
/* Above what is decoded, so that a message somewhat too large gets an answer. */
#define FRAME_BYTES (SG_RECORD_BYTES + (1u << 20))

struct rpc_link {
    nng_stream *stream;
    nng_aio *receive, *send;
    struct sg_buf in;
    _Atomic int64_t waiting_since_us; /* for the peer to read; 0: not */
    struct sg_buf flushing;           /* whoever is `writing`: its own, as is what follows */
    size_t written;                   /* of it */
    pthread_mutex_t lock;             /* guards all below */
    pthread_cond_t turn, room;        /* for the thread; for a paced reader */
    bool writing, down, handed, started;
    pthread_t thread;
    struct sg_buf queue;
    size_t queued; /* frames */
};

void rpc_link_free(struct rpc_link *l)
{
    if (!l)
        return;
    rpc_link_close(l);
    if (l->started)
        pthread_join(l->thread, NULL);
    if (l->receive)
        nng_aio_free(l->receive);
    if (l->send)
        nng_aio_free(l->send);
    nng_stream_free(l->stream);
    pthread_cond_destroy(&l->turn);
    pthread_cond_destroy(&l->room);
    pthread_mutex_destroy(&l->lock);
    sg_buf_free(&l->in);
    sg_buf_free(&l->queue);
    sg_buf_free(&l->flushing);
    free(l);
}

int rpc_link_new(struct rpc_link **out, nng_stream *stream, struct sg_error *e)
{
    struct rpc_link *l = calloc(1, sizeof *l);
    if (!l) {
        nng_stream_free(stream);
        return sg_fail(e, SG_ENOMEM, "connection");
    }
    l->stream = stream;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->turn, NULL);
    pthread_cond_init(&l->room, NULL);
    if (nng_aio_alloc(&l->receive, NULL, NULL) || nng_aio_alloc(&l->send, NULL, NULL)) {
        rpc_link_free(l);
        return sg_fail(e, SG_ENOMEM, "connection");
    }
    *out = l;
    return 0;
}

void rpc_link_close(struct rpc_link *l)
{
    pthread_mutex_lock(&l->lock);
    l->down = true;
    pthread_cond_broadcast(&l->turn);
    pthread_cond_broadcast(&l->room);
    pthread_mutex_unlock(&l->lock);
    if (l->receive)
        nng_aio_stop(l->receive);
    if (l->send)
        nng_aio_stop(l->send);
    nng_stream_close(l->stream);
}

bool rpc_link_stalled(struct rpc_link *l, int64_t now_us)
{
    int64_t since = atomic_load_explicit(&l->waiting_since_us, memory_order_relaxed);
    return since && now_us - since > STALL_US;
}

/* Writing. One at a time is `writing`: a sender, until the socket is full, or then the
 * thread, until the queue is empty. */

/* True when the write has ended at once. nng zeroes count and result when an operation
 * begins and sets one of them when it ends; end_write makes sure that it has. */
static bool begin_write(struct rpc_link *l)
{
    nng_iov part = {l->flushing.p + l->written, l->flushing.n - l->written};
    nng_aio_set_iov(l->send, 1, &part);
    nng_stream_send(l->stream, l->send);
    return nng_aio_count(l->send) || nng_aio_result(l->send);
}

/* False: the connection has ended. */
static bool end_write(struct rpc_link *l)
{
    nng_aio_wait(l->send);
    size_t n = nng_aio_result(l->send) == 0 ? nng_aio_count(l->send) : 0;
    l->written += n;
    return n > 0;
}

/* With the lock held: whether there is something to write. */
static bool next_batch(struct rpc_link *l)
{
    if (l->written < l->flushing.n)
        return true;
    struct sg_buf done = l->flushing;
    l->written = 0;
    sg_buf_reset(&done);
    rpc_trim(&done);
    l->flushing = l->queue;
    l->queue = done;
    l->queued = 0;
    pthread_cond_broadcast(&l->room);
    return l->flushing.n > 0;
}

static void *write_queue(void *arg);

/* With the lock held: a write waits, the thread waits for it. */
static int hand_over(struct rpc_link *l)
{
    l->handed = true;
    atomic_store_explicit(&l->waiting_since_us, sg_now_us(), memory_order_relaxed);
    if (!l->started)
        l->started = pthread_create(&l->thread, NULL, write_queue, l) == 0;
    else
        pthread_cond_broadcast(&l->turn);
    return l->started ? 0 : SG_EUNAVAIL;
}

/* With the lock held, let go meanwhile. After a failure nobody writes any more. */
static int flush(struct rpc_link *l)
{
    while (next_batch(l)) {
        pthread_mutex_unlock(&l->lock);
        bool ended = begin_write(l), fine = !ended || end_write(l);
        pthread_mutex_lock(&l->lock);
        if (!ended)
            return hand_over(l);
        if (!fine)
            return SG_EUNAVAIL;
    }
    l->writing = false;
    return 0;
}

/* With the lock held, let go meanwhile: what has been handed over, and all that follows. */
static int go_on(struct rpc_link *l)
{
    l->handed = false;
    pthread_mutex_unlock(&l->lock);
    bool fine = end_write(l);
    atomic_store_explicit(&l->waiting_since_us, 0, memory_order_relaxed);
    pthread_mutex_lock(&l->lock);
    return fine ? flush(l) : SG_EUNAVAIL;
}

static void *write_queue(void *arg)
{
    struct rpc_link *l = arg;
    int rc = 0;
    pthread_mutex_lock(&l->lock);
    while (!rc && !l->down) {
        if (l->handed)
            rc = go_on(l);
        else
            pthread_cond_wait(&l->turn, &l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    if (rc)
        rpc_link_close(l);
    return NULL;
}

/* With the lock held. */
static int enqueue(struct rpc_link *l, struct sg_str frame)
{
    if (l->down)
        return SG_EUNAVAIL;
    if (l->queued >= QUEUE_FRAMES || l->queue.n + frame.n > QUEUE_BYTES)
        return SG_EBUSY;
    sg_buf_str_put(&l->queue, frame);
    l->queued++;
    return sg_buf_failed(&l->queue) ? SG_EUNAVAIL : 0;
}

int rpc_link_send(struct rpc_link *l, struct sg_str frame)
{
    pthread_mutex_lock(&l->lock);
    int rc = enqueue(l, frame);
    if (!rc && !l->writing) {
        l->writing = true;
        rc = flush(l);
    }
    pthread_mutex_unlock(&l->lock);
    if (rc && rc != SG_EBUSY)
        rpc_link_close(l);
    return rc;
}

/* Reading. */

static bool fill(struct rpc_link *l)
{
    char *to = sg_buf_reserve(&l->in, READ_BYTES);
    nng_iov part = {to, l->in.cap - l->in.n};
    if (!to)
        return false;
    nng_aio_set_iov(l->receive, 1, &part);
    nng_stream_recv(l->stream, l->receive);
    nng_aio_wait(l->receive);
    size_t n = nng_aio_result(l->receive) == 0 ? nng_aio_count(l->receive) : 0;
    l->in.n += n;
    return n > 0;
}

/* A peer that leaves replies unread is not asked for more requests. */
static void pace(struct rpc_link *l)
{
    pthread_mutex_lock(&l->lock);
    while (!l->down && (l->queue.n > PACE_BYTES || l->queued > PACE_FRAMES))
        pthread_cond_wait(&l->room, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

/* Drops n bytes that have been read. */
static void consume(struct rpc_link *l, size_t n)
{
    l->in.n -= n;
    memmove(l->in.p, l->in.p + n, l->in.n);
    if (!l->in.n)
        rpc_trim(&l->in);
}

static bool greeted(struct rpc_link *l)
{
    char ours[] = RPC_GREETING;
    if (rpc_link_send(l, (struct sg_str){ours, RPC_GREETING_BYTES}))
        return false;
    nng_aio_set_timeout(l->receive, GREETING_MS);
    while (l->in.n < RPC_GREETING_BYTES)
        if (!fill(l))
            return false;
    nng_aio_set_timeout(l->receive, NNG_DURATION_INFINITE);
    bool same = memcmp(l->in.p, RPC_GREETING, RPC_GREETING_BYTES) == 0;
    consume(l, RPC_GREETING_BYTES);
    return same;
}

/* Hands out the frames that have come whole; false when one is not wanted. */
static bool take_frames(struct rpc_link *l, const struct rpc_link_events *events, void *ctx)
{
    size_t at = 0;
    uint32_t n;
    while (l->in.n - at >= sizeof n) {
        memcpy(&n, l->in.p + at, sizeof n);
        n = le32toh(n);
        if (n > FRAME_BYTES)
            return false;
        if (l->in.n - at - sizeof n < n)
            break;
        if (events->paced)
            pace(l);
        if (!events->frame(ctx, l, (struct sg_str){l->in.p + at + sizeof n, n}))
            return false;
        at += sizeof n + n;
    }
    if (at)
        consume(l, at);
    return true;
}

void rpc_link_run(struct rpc_link *l, const struct rpc_link_events *events, void *ctx)
{
    if (greeted(l)) {
        if (events->up)
            events->up(ctx, l);
        while (take_frames(l, events, ctx) && fill(l))
            ;
    }
    rpc_link_close(l);
}
