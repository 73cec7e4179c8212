/* serve.h - the query server: search, suggest, lookup, children, genres and
 * health over nng until a stop is asked for (core/service.h).
 */
#pragma once
#include "core/config.h"
#include "query/search.h"

/* What the configuration says of searching; weights are read from their file. */
int sg_serve_options(struct sg_search_options *out, const struct sg_config *c, struct sg_error *e);
/* out->embedder, as configured; NULL when it cannot be used, which is logged. The caller's. */
void sg_serve_embedder(struct sg_search_options *out, const struct sg_config *c);
/* Starts without a published generation too, and picks it up when it comes. */
int sg_serve(const struct sg_config *c, struct sg_error *e);
