/* cors.h - pages of other origins that may ask (the Fetch standard's CORS protocol).
 *
 * Access-Control-Allow-Credentials is never sent: the API knows nobody by cookie, a page
 * tells its token itself. So a listed origin gives a page no more than the token does.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define SG_ORIGINS_MAX 64

struct sg_origins {
    struct sg_str v[SG_ORIGINS_MAX]; /* views of what was read */
    size_t n;
    bool any; /* "*" */
};
/* "https://a.example https://b.example:8443", between spaces or commas, or "*". text must outlive
 * the list. SG_EINVAL names what is no origin; SG_ELIMIT. */
int sg_origins_read(struct sg_origins *out, struct sg_str text, struct sg_error *e);
bool sg_origins_hold(const struct sg_origins *o, struct sg_str origin);
