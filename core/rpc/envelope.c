/* envelope.c - see envelope.h. */
#include "core/rpc/envelope.h"
#include "core/rpc/link.h"
#include <endian.h>

static const struct sg_field request[] = {
    SG_FIELD_I64(struct rpc_request, v, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct rpc_request, id, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct rpc_request, deadline_us, INT64_MIN, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct rpc_request, sent_us, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct rpc_request, traceparent, 0, 128, SG_OPTIONAL),
    SG_FIELD_STR(struct rpc_request, method, 1, 64, SG_REQUIRED),
    SG_FIELD_STR(struct rpc_request, accept, 0, 32, SG_OPTIONAL),
    SG_FIELD_(SG_T_BYTES, struct rpc_request, body, 0, SG_RECORD_BYTES, SG_OPTIONAL, 0, NULL),
};
const struct sg_record rpc_request_record = SG_RECORD("RpcRequest", struct rpc_request, request);

static const struct sg_field reply[] = {
    SG_FIELD_I64(struct rpc_reply, v, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct rpc_reply, id, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct rpc_reply, status, -1000, 0, SG_REQUIRED),
    SG_FIELD_STR(struct rpc_reply, error, 0, 1000, SG_OPTIONAL),
    SG_FIELD_STR(struct rpc_reply, field, 0, 64, SG_OPTIONAL),
    SG_FIELD_STR(struct rpc_reply, type, 0, 32, SG_OPTIONAL),
    SG_FIELD_(SG_T_BYTES, struct rpc_reply, body, 0, SG_RECORD_BYTES, SG_OPTIONAL, 0, NULL),
};
const struct sg_record rpc_reply_record = SG_RECORD("RpcReply", struct rpc_reply, reply);

int rpc_frame(struct sg_buf *out, const struct sg_record *r, const void *value, struct sg_error *e)
{
    sg_buf_reset(out);
    sg_buf_put(out, "\0\0\0\0", RPC_HEAD_BYTES);
    sg_record_pack(r, value, out);
    if (sg_buf_failed(out))
        return sg_fail(e, SG_ENOMEM, "message: out of memory");
    size_t n = out->n - RPC_HEAD_BYTES;
    if (n > SG_RECORD_BYTES)
        return sg_fail(e, SG_ELIMIT, "message of %zu bytes, at most %u are sent", n,
                       SG_RECORD_BYTES);
    uint32_t head = htole32((uint32_t)n);
    memcpy(out->p, &head, RPC_HEAD_BYTES);
    return 0;
}

struct sg_str rpc_clean_text(char *text)
{
    struct sg_str s = sg_str(text);
    if (!sg_str_is_utf8(s))
        for (size_t i = 0; i < s.n; i++)
            if ((unsigned char)text[i] >= 0x80)
                text[i] = '?';
    return s;
}

void rpc_trim(struct sg_buf *b)
{
    if (b->cap > 4u << 20)
        sg_buf_free(b);
}

int rpc_fail(struct sg_error *e, int nng_error, const char *what, const char *url)
{
    int code = SG_EUNAVAIL;
    if (nng_error == NNG_ENOMEM)
        code = SG_ENOMEM;
    else if (nng_error == NNG_EADDRINUSE)
        code = SG_EBUSY;
    else if (nng_error == NNG_EINVAL || nng_error == NNG_EADDRINVAL || nng_error == NNG_ENOTSUP)
        code = SG_EINVAL;
    else if (nng_error == NNG_EPERM)
        code = SG_EIO;
    else if (nng_error == NNG_ETIMEDOUT)
        code = SG_ETIMEOUT;
    return sg_fail(e, code, "%s %s: %s", what, url, nng_strerror(nng_error));
}
