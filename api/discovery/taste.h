/* taste.h - what who asks likes (schemas/taste.h), asked of the recommender without waiting
 * and kept for a moment, so that each letter typed does not ask again.
 *
 * A recommender that is away or slow leaves searches as everybody's. Thread-safe.
 */
#pragma once
#include "api/http/http.h"
#include "core/rpc.h"
#include "schemas/taste.h"

struct sg_tastes;
/* recsys stays the caller's. */
int sg_tastes_open(struct sg_tastes **out, struct sg_rpc_client *recsys, struct sg_error *e);
void sg_tastes_close(struct sg_tastes *t);

/* done is called once, maybe before it returns, in whatever thread has the answer; it may not
 * block. taste: NULL, or in the request's arena. */
typedef void (*sg_taste_done)(void *ctx, struct sg_taste *taste);
void sg_tastes_ask(struct sg_tastes *t, struct sg_http_request *q, uint64_t user_id,
                   sg_taste_done done, void *ctx);
