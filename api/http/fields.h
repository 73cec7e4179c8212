/* fields.h - a request's headers, and what of a head is refused although
 * libmicrohttpd reads it: whatever a proxy in front may have read otherwise. */
#pragma once
#include "core/str.h"

#define SG_HTTP_FIELDS_MAX 100
#define SG_HTTP_TARGET_MAX (8u << 10) /* bytes */

struct http_field {
    struct sg_str name, value;
};
struct http_fields {
    struct http_field v[SG_HTTP_FIELDS_MAX];
    size_t n;
    bool overflow; /* there were more */
};

/* The first of that name, whatever its case; NONE. */
struct sg_str http_field(const struct http_fields *f, struct sg_str name);
bool http_same(struct sg_str a, struct sg_str b); /* whatever the case */
struct sg_str http_trim(struct sg_str s);         /* spaces and tabs */

/* Of each, 0, or the status to refuse with and why (static). */

/* Method: one that is known. Version: HTTP/1.1 or 1.0. Host: one, and in 1.1 there must be one.
 * Content-Length: a plain number, once, and not beside Transfer-Encoding, which is
 * "chunked" and not of 1.0. Names are tokens and none of these two with more behind
 * (libmicrohttpd 0.9.75 reads a folded line so), values hold no control characters. */
int http_fields_check(const struct http_fields *f, struct sg_str method, struct sg_str version,
                      const char **why);
/* As it was sent: a path with its query, of visible ASCII. Refused in the path: broken
 * escapes, an escaped NUL, slash or backslash, segments "." and ".."; in the query: an
 * escaped NUL. "*" is for OPTIONS. */
int http_target_check(struct sg_str target, struct sg_str method, const char **why);
