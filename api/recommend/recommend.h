/* recommend.h - what the handlers of recommendations share: asking the recommender, and what
 * answers when it does not.
 */
#pragma once
#include "api/api.h"
#include "schemas/recs.h"
#include "schemas/views.h"

/* What was trending when the recommender last answered, looked up every few seconds by a
 * thread of its own, so that there is something to tell when it is down. Thread-safe. */
struct sg_trending_cache;
int sg_trending_cache_open(struct sg_trending_cache **out, struct sg_rpc_client *recsys,
                           struct sg_error *e);
void sg_trending_cache_close(struct sg_trending_cache *c);
/* Up to cap song ids, most played first, with their scores; 0 when it was never answered. */
size_t sg_trending_cache_get(struct sg_trending_cache *c, struct sg_scored *out, size_t cap);

/* The request's parameters (recommend/params.c) as the recommender is asked. */
struct sg_param;
int sg_recommend_request(struct sg_api *api, struct sg_http_request *q,
                         const struct sg_param *params, const struct sg_record *record,
                         struct sg_recs_request *in, struct sg_error *e);
/* Asks `method`, joins names and reasons to the songs, and asks again, those that are gone from
 * the index left out, until the page is full or there are no more. When the recommender is
 * down: what was trending, less what the database says the user does not want. */
int sg_recommend_songs(struct sg_api *api, struct sg_http_request *q, const char *method,
                       struct sg_recs_request *in, struct sg_song_list *out, struct sg_error *e);
/* Lists of hits for lists of scored songs, in one go; reasons too. */
int sg_recommend_join(struct sg_api *api, struct sg_http_request *q, const struct sg_list *scored,
                      struct sg_list *hits, struct sg_error *e);
/* The genre's id by its name, any case: SG_EINVAL, field "genre", when there is none. */
int sg_genre_by_name(struct sg_api *api, struct sg_http_request *q, struct sg_str name,
                     uint64_t *id, struct sg_error *e);
/* Its name; absent when it is not known. */
struct sg_str sg_genre_name(struct sg_api *api, struct sg_http_request *q, uint64_t genre_id);
