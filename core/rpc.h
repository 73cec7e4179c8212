/* rpc.h - typed request/reply between Segue's services, over nng's byte streams.
 *
 * One message is a msgpack envelope: request {v, id, deadline_us, traceparent,
 * method, body}, reply {v, id, status, error, field, body}. deadline_us is what
 * is left of the caller's time when it sent. Bodies are records (record.h). A
 * message over SG_RECORD_BYTES, or one that does not decode, is answered with
 * an error, never with a crash or a silent drop. A request's optional `accept`
 * of "json" asks for the body in JSON, and the reply's `type` says that it is;
 * a peer that knows neither skips them. Many requests are in flight on one
 * connection, and replies come in any order (framing: rpc/link.h).
 */
#pragma once
#include "core/record.h"

struct sg_rpc_call {
    uint64_t id;
    int64_t deadline_us; /* on sg_now_us's clock; work past it stops: SG_ETIMEOUT */
    struct sg_str traceparent;
    struct sg_arena *arena; /* the request's; reset after the reply is sent */
};

struct sg_rpc_method {
    const char *name;
    const struct sg_record *in, *out; /* in NULL: no body is read */
    /* thread: what thread_open gave this worker. out is sg_record_init'ed and
     * may hold views into the arena or anything valid until `release`. */
    int (*handle)(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                  struct sg_error *e);
};

struct sg_rpc_options {
    const char *url;                     /* ipc://, tcp:// */
    const struct sg_rpc_method *methods; /* ends with {0} */
    int workers;                         /* threads, >= 1 */
    void *state;
    int (*thread_open)(void *state, void **thread, struct sg_error *e); /* may be NULL */
    void (*thread_close)(void *thread);                                 /* may be NULL */
    /* Called after a reply has been encoded, to drop what `out` pointed at. May be NULL. */
    void (*release)(void *thread);
};

/* Every server also answers "metrics" (a record of one string, "text": the Prometheus
 * text of this process) without a method entry. Services add their own "health"
 * (schemas/service.h). */
struct sg_rpc_server;
int sg_rpc_serve(struct sg_rpc_server **out, const struct sg_rpc_options *o, struct sg_error *e);
/* Stops accepting, lets workers finish what they hold (at most grace_ms), joins them. */
void sg_rpc_server_close(struct sg_rpc_server *s, int grace_ms);

/* Client: thread-safe; one connection to each of the replicas' URLs (comma
 * separated) that makes itself anew, one retry on a second replica while the
 * deadline allows, a circuit breaker per peer (opens after 5 failures in a row,
 * probes after 0.1 s to 1 s). A peer that is not connected is waited for, 250 ms at most. */
struct sg_rpc_client;
int sg_rpc_client_open(struct sg_rpc_client **out, const char *urls, struct sg_error *e);
void sg_rpc_client_close(struct sg_rpc_client *c);
/* What errors call it from now on, instead of its URL, which is not for everybody: "the query
 * server". name outlives the client. */
void sg_rpc_client_call_it(struct sg_rpc_client *c, const char *name);
/* Blocks the calling thread until the reply, or deadline_us (sg_now_us clock).
 * out's strings and lists live in a. The server's error comes back as it was set. */
int sg_rpc_call(struct sg_rpc_client *c, const char *method, const struct sg_record *in_record,
                const void *in, const struct sg_record *out_record, void *out, struct sg_arena *a,
                int64_t deadline_us, struct sg_str traceparent, struct sg_error *e);
/* The same, with the result appended to json: the server writes it, so that who only
 * passes it on need not decode it. a: for a server that answers in msgpack. */
int sg_rpc_call_json(struct sg_rpc_client *c, const char *method, const struct sg_record *in_record,
                     const void *in, const struct sg_record *out_record, struct sg_buf *json,
                     struct sg_arena *a, int64_t deadline_us, struct sg_str traceparent,
                     struct sg_error *e);

/* sg_rpc_call_json without waiting: done is called once, maybe before it returns,
 * in whatever thread ends the call; it may not block. It never waits for a peer:
 * SG_EBUSY when too much is queued for one that does not read. What in points at is read
 * before it returns; json, a and the bytes of traceparent belong to the call until done. */
typedef void (*sg_rpc_done)(void *ctx, int rc, const struct sg_error *e);
void sg_rpc_start_json(struct sg_rpc_client *c, const char *method,
                       const struct sg_record *in_record, const void *in,
                       const struct sg_record *out_record, struct sg_buf *json, struct sg_arena *a,
                       int64_t deadline_us, struct sg_str traceparent, sg_rpc_done done, void *ctx);
