/* tus.h - what the methods of tus have in common; private to api/upload. */
#pragma once
#include "api/upload/parts.h"

/* Tus-Resumable is told, and is the version spoken here; else r is 412. */
bool tus_speaks(struct sg_http_request *q, struct sg_http_response *r);
void tus_refuse(struct sg_http_request *q, struct sg_http_response *r, const struct sg_error *e);
/* SG_ECONFLICT: it takes no more bytes; e->kind "upload-gone": nor is any of it left. */
int tus_is_open(const struct tus_upload *t, struct sg_error *e);
/* The body is said to be bytes of an upload; SG_EMEDIA. */
int tus_is_bytes(const struct sg_http_request *q, struct sg_error *e);

/* Which request takes bytes. What came of one that broke is kept, unless nobody knows the upload's
 * address yet. */
enum tus_taking { TUS_CREATES, TUS_CREATES_FOR_LATER, TUS_GOES_ON };
/* Takes the request's body from t->offset on. False: r is the refusal. */
bool tus_take(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
              const struct tus_upload *t, enum tus_taking how, struct sg_http_sink *out);
