/* library.h - private to api/library/ and api/social/: handlers and parameters that lists share. */
#pragma once
#include "api/api.h"
#include "api/params.h"

/* limit and cursor; and sort; ids of what is asked whether it is there. */
extern const struct sg_param sg_place_params[], sg_sorted_place_params[], sg_contains_params[];

SG_HANDLER(sg_library_like);
SG_HANDLER(sg_library_unlike);
SG_HANDLER(sg_library_song);
SG_HANDLER(sg_library_songs);
SG_HANDLER(sg_library_has_songs);
SG_HANDLER(sg_library_save_album);
SG_HANDLER(sg_library_remove_album);
SG_HANDLER(sg_library_albums);
SG_HANDLER(sg_library_has_albums);
/* Answers which of the ids are there, by a statement of $1 who asks and $2 the ids. */
void sg_library_contains(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                         const struct sg_pg_statement *s);
