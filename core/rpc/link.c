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
};
/* Above what is decoded, so that a message somewhat too large gets an answer. */
#define FRAME_BYTES (SG_RECORD_BYTES + (1u << 20))
/* Written for a peer that does not read: more is not kept. */
#define PENDING_BYTES (4 * (size_t)SG_RECORD_BYTES)

struct rpc_link {
    nng_stream *stream;
    nng_aio *receive, *send;
    struct sg_buf in;
    _Atomic int64_t writing_since_us; /* 0: not */
    pthread_mutex_t lock;             /* guards all below */
    bool writing, down;
    struct sg_buf pending, flushing; /* flushing: the writer's own */
};

void rpc_link_free(struct rpc_link *l)
{
    if (!l)
        return;
    rpc_link_close(l);
    if (l->receive)
        nng_aio_free(l->receive);
    if (l->send)
        nng_aio_free(l->send);
    nng_stream_free(l->stream);
    pthread_mutex_destroy(&l->lock);
    sg_buf_free(&l->in);
    sg_buf_free(&l->pending);
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
    pthread_mutex_unlock(&l->lock);
    if (l->receive)
        nng_aio_stop(l->receive);
    if (l->send)
        nng_aio_stop(l->send);
    nng_stream_close(l->stream);
}

bool rpc_link_stalled(struct rpc_link *l, int64_t now_us)
{
    int64_t since = atomic_load_explicit(&l->writing_since_us, memory_order_relaxed);
    return since && now_us - since > STALL_US;
}

/* Bytes moved, or 0 when the connection has ended. */
static size_t transfer(struct rpc_link *l, nng_aio *aio, void (*operation)(nng_stream *, nng_aio *),
                       char *p, size_t n)
{
    nng_iov part = {p, n};
    nng_aio_set_iov(aio, 1, &part);
    operation(l->stream, aio);
    nng_aio_wait(aio);
    return nng_aio_result(aio) == 0 ? nng_aio_count(aio) : 0;
}

static int write_all(struct rpc_link *l, struct sg_str bytes)
{
    atomic_store_explicit(&l->writing_since_us, sg_now_us(), memory_order_relaxed);
    while (bytes.n) {
        size_t n = transfer(l, l->send, nng_stream_send, (char *)bytes.p, bytes.n);
        if (!n)
            return SG_EUNAVAIL;
        bytes.p += n;
        bytes.n -= n;
    }
    atomic_store_explicit(&l->writing_since_us, 0, memory_order_relaxed);
    return 0;
}

/* With the lock held, for a writer that is at work: false when it is too much. */
static bool leave_for_writer(struct rpc_link *l, struct sg_str frame)
{
    if (l->pending.n + frame.n <= PENDING_BYTES)
        sg_buf_str_put(&l->pending, frame);
    else
        l->pending.failed = true;
    return !sg_buf_failed(&l->pending);
}

/* With the lock held: writes what was left meanwhile. */
static int flush(struct rpc_link *l)
{
    int rc = 0;
    while (!rc && l->pending.n) {
        struct sg_buf b = l->pending;
        l->pending = l->flushing;
        l->flushing = b;
        pthread_mutex_unlock(&l->lock);
        rc = write_all(l, sg_buf_str(&b));
        sg_buf_reset(&l->flushing);
        rpc_trim(&l->flushing);
        pthread_mutex_lock(&l->lock);
    }
    return rc;
}

int rpc_link_send(struct rpc_link *l, struct sg_str frame)
{
    pthread_mutex_lock(&l->lock);
    bool down = l->down;
    bool leave = !down && l->writing, left = leave && leave_for_writer(l, frame);
    if (!down && !leave)
        l->writing = true;
    pthread_mutex_unlock(&l->lock);
    if (left)
        return 0;
    int rc = down || leave ? SG_EUNAVAIL : write_all(l, frame);
    if (!rc) {
        pthread_mutex_lock(&l->lock);
        rc = flush(l);
        l->writing = rc != 0; /* after a failure nobody writes any more */
        pthread_mutex_unlock(&l->lock);
    }
    if (rc)
        rpc_link_close(l);
    return rc;
}

/* Reading. */

static bool fill(struct rpc_link *l)
{
    char *to = sg_buf_reserve(&l->in, READ_BYTES);
    size_t n = to ? transfer(l, l->receive, nng_stream_recv, to, l->in.cap - l->in.n) : 0;
    l->in.n += n;
    return n > 0;
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
