/* limits.h - how much who may ask: token buckets by user, API key or address.
 *
 *   who       the user of the token; else the API key; else the client's address (an IPv6
 *             network of 64 bits), which proxies tell only when they are listed
 *   of what   a class of routes: search, complete, read, write, auth
 *   how much  api.limit_<class> units a minute, times api.limit_premium for premium users and
 *             api.limit_key for API keys; a route's cost units each. auth is always by
 *             address, and nobody has more of it
 *
 * Each bucket holds a minute's units and fills evenly. Answers tell by RateLimit and
 * RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10); a refusal is 429, slug
 * rate-limited, with Retry-After.
 *
 * With api.limits = redis several APIs share the buckets: each decides by its own memory,
 * without waiting, and tells Redis five times a second what was taken, and learns what others
 * took. So N of them let through what N take within that time beyond the limit; while Redis is
 * away each has limits of its own, which the log and segue_limits_shared say. Thread-safe;
 * never waits.
 */
#pragma once
#include "api/http/http.h"
#include "core/config.h"

struct sg_route;
struct sg_limits;
/* *out is NULL when api.limits is off. */
int sg_limits_open(struct sg_limits **out, const struct sg_config *config, struct sg_error *e);
void sg_limits_close(struct sg_limits *l);
/* q's caller is known. False: r is the refusal. l NULL: everything is let through. */
bool sg_limits_admit(struct sg_limits *l, const struct sg_route *route, struct sg_http_request *q,
                     struct sg_http_response *r);
