/* join.h - ids to what people see, by the query server's lookup. */
#pragma once
#include "api/api.h"
#include "schemas/catalogue.h"
#include "schemas/views.h"

/* The entity named by the path's first hole: SG_ENOENT. */
int sg_api_entity(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind,
                  struct sg_hit *out, struct sg_error *e);
/* Up to 100 of a kind by id, in that order; missing ones are left out. Asks nobody for none. */
int sg_api_lookup(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind, uint64_t *ids,
                  size_t n, struct sg_list *hits, struct sg_error *e);
/* scored: sg_scored list -> sg_hit list in the same order, with their scores;
 * songs no longer in the index are left out. */
int sg_api_join_songs(struct sg_api *api, struct sg_http_request *q, const struct sg_list *scored,
                      struct sg_list *hits, struct sg_error *e);
/* Songs or albums of an entity. of: "song" or "album". */
int sg_api_children(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind, uint64_t id,
                    const char *of, int64_t limit, struct sg_children_reply *out,
                    struct sg_error *e);
