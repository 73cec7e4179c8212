/* conditions.h - preconditions of a GET on something that has a validator (RFC 9110 section 13). */
#pragma once
#include "core/str.h"

struct sg_conditions {
    struct sg_str match, none_match, range; /* If-Match, If-None-Match, If-Range; NONE: absent */
    struct sg_str modified, unmodified;     /* If-Modified-Since, If-Unmodified-Since */
};
/* 0: go on; 304, 412. etag: strong, in quotes; modified_s: since 1970, 0: unknown. */
int sg_conditions_judge(const struct sg_conditions *c, struct sg_str etag, int64_t modified_s);
/* Whether Range counts: there is no If-Range, or what it says is still so. */
bool sg_conditions_range(const struct sg_conditions *c, struct sg_str etag, int64_t modified_s);

#define SG_HTTP_DATE 30
/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void sg_http_date(int64_t s, char out[SG_HTTP_DATE]);
bool sg_http_date_read(struct sg_str text, int64_t *out);
