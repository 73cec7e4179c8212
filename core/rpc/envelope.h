/* envelope.h - what travels around a body, both ways. Described as records, so
 * the envelope is bounded and checked like everything else.
 */
#pragma once
#include "core/record.h"

#define RPC_VERSION 1
#define RPC_JSON    "json"

struct rpc_request {
    int64_t v;
    uint64_t id;
    int64_t deadline_us; /* left when it was sent */
    int64_t sent_us;     /* sender's sg_now_us; believed only from the same machine */
    struct sg_str traceparent, method, accept, body; /* accept: RPC_JSON, or absent */
};
struct rpc_reply {
    int64_t v;
    uint64_t id;
    int64_t status;                         /* 0 or an enum sg_err */
    struct sg_str error, field, type, body; /* type: RPC_JSON; absent: msgpack */
};

extern const struct sg_record rpc_request_record, rpc_reply_record;

/* Record r as a frame for rpc_link_send; out is overwritten. SG_ELIMIT, SG_ENOMEM. */
int rpc_frame(struct sg_buf *out, const struct sg_record *r, const void *value, struct sg_error *e);

/* Text as valid UTF-8, in place: a cut or foreign byte becomes '?'. */
struct sg_str rpc_clean_text(char *text);

/* Buffers that one huge message grew are not kept. */
void rpc_trim(struct sg_buf *b);

/* An nng error as an sg_err with text. */
int rpc_fail(struct sg_error *e, int nng_error, const char *what, const char *url);
