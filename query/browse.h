/* browse.h - entities asked for by id: one, or what belongs to one.
 *
 * As sg_search_run: between sg_searcher_begin and _end, replies in the arena.
 */
#pragma once
#include "index/searcher.h"
#include "schemas/search.h"

int sg_browse_lookup(struct sg_searcher *s, const struct sg_lookup_request *r, struct sg_arena *a,
                     struct sg_lookup_reply *out, struct sg_error *e);
/* An artist's songs or albums, most popular first; an album's songs by track. */
int sg_browse_children(struct sg_searcher *s, const struct sg_children_request *r,
                       struct sg_arena *a, struct sg_children_reply *out, struct sg_error *e);
