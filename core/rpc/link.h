/* link.h - one connection between two services: frames both ways over an nng
 * byte stream (ipc, tcp).
 *
 *   greeting  8 bytes: "SegueRP" and the version
 *   frame     u32 little-endian length | an envelope of that many bytes (envelope.h)
 *
 * Whoever sends writes at once, in its own thread, as far as the socket takes
 * it; what others send meanwhile is written by it, too, in one piece. No sender
 * waits for a peer that does not read: the rest lies in a bounded queue, and a
 * thread of the link's own, made when first needed, writes it. The reader takes
 * all that has come at once. So a busy connection costs few calls of the system
 * and few wake-ups, where nng's own message sockets hand each message through
 * several threads.
 *
 * nng 1.5 never ends an operation begun on a closed stream: closing stops both
 * operations first of all.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include <nng/nng.h>

#define RPC_GREETING       "SegueRP\1"
#define RPC_GREETING_BYTES 8
#define RPC_HEAD_BYTES     4

struct rpc_link;
struct rpc_link_events {
    void (*up)(void *ctx, struct rpc_link *l); /* the peer has greeted; may be NULL */
    /* bytes: the envelope, valid until it returns. False: the connection is not wanted. */
    bool (*frame)(void *ctx, struct rpc_link *l, struct sg_str bytes);
    bool paced; /* frames wait while the peer leaves much unread: of one side of a link only */
};

/* Takes the stream over, on failure too. */
int rpc_link_new(struct rpc_link **out, nng_stream *stream, struct sg_error *e);
/* Greets and reads in the calling thread until the connection ends. */
void rpc_link_run(struct rpc_link *l, const struct rpc_link_events *events, void *ctx);
/* frame: RPC_HEAD_BYTES and the envelope, with the length filled in; copied when
 * it returns, which is soon. SG_EBUSY: too much is queued for a peer that does not
 * read, this was not; SG_EUNAVAIL: the connection has ended, or ends. Thread-safe,
 * as are the two below. */
int rpc_link_send(struct rpc_link *l, struct sg_str frame);
void rpc_link_close(struct rpc_link *l);
/* Whether the peer has read nothing for longer than it may while there was something to write. */
bool rpc_link_stalled(struct rpc_link *l, int64_t now_us);
/* After run has returned and the last sender left. */
void rpc_link_free(struct rpc_link *l);
