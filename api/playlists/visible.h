/* visible.h - for whoever makes something of a playlist: whether the caller may see it. */
#pragma once
#include "api/api.h"

/* SG_ENOENT when it is not there or not for the caller. On a worker. */
int sg_playlist_visible(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                        struct sg_error *e);
