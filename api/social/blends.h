/* blends.h - private to blends*.c. */
#pragma once
#include "api/api.h"

/* Makes an accepted blend's songs when they are not today's (UTC). Whoever comes first asks the
 * recommender; who comes meanwhile is answered with what there is. When the recommender is away and
 * there are songs of another day, these stay; SG_EUNAVAIL when there are none. A blend that is not
 * there or not the caller's is left to the reader. */
int sg_blend_renew(struct sg_api *api, struct sg_http_request *q, uint64_t blend_id,
                   struct sg_error *e);
