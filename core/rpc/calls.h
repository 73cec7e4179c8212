/* calls.h - the requests a client has in flight, and its connections to peers.
 *
 * A call is taken, sent to one peer, and ends once: by its reply, by the end of
 * the connection, or by its deadline. It may then be sent again. Nothing here but
 * rpc_call_wait waits for a peer: a call to one that is not connected yet lines up,
 * one to a peer that does not read ends with SG_EBUSY when its queue (link.h) is full.
 */
#pragma once
#include "core/arena.h"
#include "core/rpc.h"
#include "core/rpc/envelope.h"
#include "core/rpc/link.h"
#include <pthread.h>

enum {
    RPC_PEERS = 16,
    RPC_CALLS = 4096, /* in flight at once */
};

struct rpc_peer;
struct rpc_calls;

struct rpc_call {
    struct rpc_call *next; /* of the spare ones, or of those that wait for their turn */
    uint64_t id;           /* never used twice; its low bits are the call's place */
    struct rpc_peer *peer; /* while in flight */
    bool sent, sending;
    int64_t deadline_us, expire_us;
    struct sg_buf body, frame;
    /* Called once when what was sent ended: rc 0 with the reply (of bytes that
     * live until it returns), SG_ETIMEOUT, SG_EBUSY or SG_EUNAVAIL. NULL: rpc_call_wait is called.
     */
    void (*ended)(struct rpc_call *call, int rc, const struct rpc_reply *reply);
    void *ctx;
    pthread_cond_t over;
    int rc;
    struct sg_buf reply; /* for rpc_call_wait: the envelope's bytes */
};

int rpc_calls_open(struct rpc_calls **out, struct sg_error *e);
int rpc_calls_add_peer(struct rpc_calls *c, const char *url, size_t n, struct rpc_peer **out,
                       struct sg_error *e);
/* No call may be in use. */
void rpc_calls_close(struct rpc_calls *c);
const char *rpc_peer_url(const struct rpc_peer *p);

/* SG_EBUSY: RPC_CALLS are in flight. Its buffers are as the last user left them. */
int rpc_call_take(struct rpc_calls *c, struct rpc_call **out, struct sg_error *e);
void rpc_call_give(struct rpc_calls *c, struct rpc_call *call);
/* The next id, for the frame about to be made. */
uint64_t rpc_call_renew(struct rpc_calls *c, struct rpc_call *call);
/* Sends call->frame, until call->deadline_us. */
void rpc_call_send(struct rpc_calls *c, struct rpc_call *call, struct rpc_peer *p);
/* Blocks until what was sent ended; 0: call->reply holds the reply. */
int rpc_call_wait(struct rpc_calls *c, struct rpc_call *call);
