/* reason.h - why a song is in an answer: what counted most for it, said of songs and artists. */
#pragma once
#include "recsys/compose.h"

void sg_reason_of(const struct sg_occasion *o, const struct sg_leaning *t,
                  const struct sg_candidate *c, struct sg_recommendation *out);
/* Logarithm of plays, of the most played song's (first; may be NULL): below 1. */
float sg_popularity(const struct sg_occasion *o, uint32_t song, const struct sg_song_row *first);
