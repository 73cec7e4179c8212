/* multipart.h - multipart/form-data (RFC 7578) of a body that comes piece by piece, read by
 * libmicrohttpd's post processor in constant memory. What comes before the first boundary and
 * after the last one's line is passed over (RFC 2046). */
#pragma once
#include "api/http/http.h"

#define SG_MULTIPART_PARTS 64

struct sg_multipart_piece {
    struct sg_str name;     /* of the field */
    struct sg_str filename; /* NONE: it is no file */
    bool first;             /* a part begins */
    struct sg_str bytes;
};
/* false ends the reading. */
typedef bool (*sg_multipart_fn)(void *ctx, const struct sg_multipart_piece *piece);

struct sg_multipart;
/* While the request's headers are there; Content-Type must not be read after it. SG_EMEDIA: it is
 * no multipart/form-data; SG_EINVAL: it has no boundary. */
int sg_multipart_open(struct sg_multipart **out, const struct sg_http_request *q,
                      sg_multipart_fn fn, void *ctx, struct sg_error *e);
/* SG_ECANCELED: fn ended it; SG_EINVAL: malformed; SG_ELIMIT: too many parts. */
int sg_multipart_put(struct sg_multipart *m, struct sg_str bytes, struct sg_error *e);
/* Was that all? SG_EINVAL: it ends before its last boundary. As put, for what comes last. Frees m,
 * whatever it returns. */
int sg_multipart_end(struct sg_multipart *m, struct sg_error *e);
void sg_multipart_free(struct sg_multipart *m); /* NULL: nothing */
