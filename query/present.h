/* present.h - entities as hits: the record, and the names it refers to.
 *
 * Everything is in the arena or a view that lives to sg_searcher_end.
 */
#pragma once
#include "index/searcher.h"
#include "schemas/search.h"

/* SG_ENOENT: no such live record. highlights and features are left empty. */
int sg_present(struct sg_searcher *s, enum sg_kind kind, uint64_t id, struct sg_arena *a,
               struct sg_hit *out, struct sg_error *e);
