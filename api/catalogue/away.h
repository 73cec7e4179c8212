/* away.h - pages of artists and albums as the index has them, while the database is away: without
 * what only the database knows, and at most a second behind it. */
#pragma once
#include "api/api.h"
#include "schemas/views.h"

/* Of the path's id. SG_ENOENT. */
int sg_artist_page_of_index(struct sg_api *api, struct sg_http_request *q,
                            struct sg_artist_page *out, struct sg_error *e);
int sg_album_page_of_index(struct sg_api *api, struct sg_http_request *q, struct sg_album_page *out,
                           struct sg_error *e);
