/* trace.h - the two names by which a request is found again: X-Request-Id and W3C
 * Trace Context's traceparent. */
#pragma once
#include "core/arena.h"

/* told, when it is 1 to 64 characters of [A-Za-z0-9._-]; else one of ours. */
struct sg_str http_request_id(struct sg_str told, struct sg_arena *a);
/* A span of ours in the caller's trace, or in one of our own when told is none. */
struct sg_str http_traceparent(struct sg_str told, struct sg_arena *a);
