/* match.h - how sure it is that a song of ours is what a file's entry means. */
#pragma once
#include "api/playlists/formats/sheet.h"
#include "schemas/search.h"

#define SG_MATCH_ENOUGH 0.7

/* 0 to 1: title 0.55, artist 0.35, duration 0.1, of words folded as search folds them. What the
 * entry does not tell has no weight, but without its artist nothing is surer than 0.8. */
double sg_match_confidence(const struct sg_sheet_entry *entry, const struct sg_hit *song);
