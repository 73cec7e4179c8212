/* select.h - a page out of ranked candidates: maximal marginal relevance (Carbonell and
 * Goldstein, SIGIR 1998), so that what resembles the songs above is held back, and only so
 * many songs of one artist. The page is full whenever enough songs are allowed: what is
 * still missing comes from the charts' and the catalogue's most played, at last without
 * regard to artists.
 */
#pragma once
#include "recsys/candidates/gather.h"

struct sg_select_options {
    size_t limit;
    size_t per_artist;      /* 0: as many as come */
    float diversity;        /* 0: by score alone, 1: only unlike the songs above */
    const uint64_t *spaced; /* artists that may not come at once: the last of a radio's */
    size_t n_spaced;
    uint64_t fill_genre; /* what fills up, first; 0: any */
};
/* So many of the best are compared with each other. */
static inline size_t sg_select_reach(size_t limit)
{
    return 60 + 2 * limit;
}
/* p: as sg_rank_candidates sorted it. out: room for limit. Returns how many, or a negative error.
 */
int sg_select(const struct sg_gather *g, const struct sg_select_options *s,
              struct sg_candidate *out, struct sg_error *e);
