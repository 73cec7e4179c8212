/* tus.h - what the methods of tus have in common; private to api/upload. */
#pragma once
#include "api/upload/parts.h"

/* Tus-Resumable is told, and is the version spoken here; else r is 412. */
bool tus_speaks(struct sg_http_request *q, struct sg_http_response *r);
void tus_refuse(struct sg_http_request *q, struct sg_http_response *r, const struct sg_error *e);
/* SG_ECONFLICT: it takes no more bytes. */
int tus_is_open(const struct tus_upload *t, struct sg_error *e);
