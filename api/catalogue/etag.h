/* etag.h - the version of an entity in its ETag: "VERSION-HASH", the hash being the body's.
 *
 * Plays change the body of a song and not its version: If-None-Match looks at all of the tag,
 * If-Match, by which an edit says what it was made of, at the version alone. */
#pragma once
#include "api/http/http.h"

/* Sets the header; the body is written already. */
void sg_etag_put(struct sg_http_request *q, struct sg_http_response *r, uint64_t version);
/* The request's If-Match, when there is one, against the present version: SG_ECHANGED. RFC 9110
 * section 13.1.1: a list of tags or *; a weak one never matches. */
int sg_etag_check(struct sg_http_request *q, uint64_t version, struct sg_error *e);
/* The same of a header's value. */
bool sg_etag_matches(struct sg_str if_match, uint64_t version);
