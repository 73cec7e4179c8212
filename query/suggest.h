/* suggest.h - completions of what is typed so far: the base's segment, the
 * delta's overlay, and, when nothing starts like that, the last word corrected.
 *
 * Thread-safe with one searcher a thread; allocates in the arena alone.
 */
#pragma once
#include "index/searcher.h"
#include "schemas/search.h"

/* Between sg_searcher_begin and _end, as sg_search_run. */
int sg_complete(struct sg_searcher *s, const struct sg_suggest_request *r, struct sg_arena *a,
                struct sg_suggest_reply *out, struct sg_error *e);
