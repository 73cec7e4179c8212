/* alias.h - which other name a hit answers by. */
#pragma once
#include "index/searcher.h"
#include "query/rank.h"

/* The alias, of the entity or of one of its artists, that the query names best;
 * absent when that is the proper name, or a hint, which is never shown. A view that lives
 * to sg_searcher_end, or in a. */
struct sg_str sg_alias_of(struct sg_searcher *s, const struct sg_ranker *r,
                          const struct sg_facts *f, struct sg_arena *a);
