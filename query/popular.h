/* popular.h - popular queries at hand: completions and trends.
 *
 * One thread follows the index and copies the rows (index/popular.h) when they have changed;
 * answering takes neither index nor database. Thread-safe.
 */
#pragma once
#include "index/searcher.h"
#include "schemas/search_log.h"

struct sg_popular;
int sg_popular_open(struct sg_popular **out, struct sg_index *x, struct sg_error *e);
void sg_popular_close(struct sg_popular *p);

/* Into the completions of q: the user's recent searches first, popular queries that start
 * so behind the third, none whose text is there already. Reads and replaces
 * reply->suggestions. */
int sg_popular_complete(struct sg_popular *p, const struct sg_suggest_request *q,
                        struct sg_suggest_reply *reply, struct sg_arena *a, struct sg_error *e);
/* The market's, then those of all, the ones that rise most first. */
int sg_popular_trending(struct sg_popular *p, const struct sg_popular_request *q,
                        struct sg_popular_reply *reply, struct sg_arena *a, struct sg_error *e);
