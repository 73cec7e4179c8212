/* mixes.h - daily mixes: the sides of a taste, each with songs that go with it.
 *
 * The songs of a taste are put together by what is alike (spherical k-means: Dhillon and
 * Modha 2001), a mix is what goes with one such group. They change with the day.
 */
#pragma once
#include "recsys/compose.h"

#define SG_MIXES_MAX   6
#define SG_MIX_ARTISTS 3

struct sg_mix {
    uint64_t genre_id;                /* of most of its group; 0: mixed */
    uint64_t artists[SG_MIX_ARTISTS]; /* of its group, the heaviest first */
    size_t n_artists;
    struct sg_recommendation *songs; /* in the occasion's arena; no song is in two mixes */
    size_t n;
};
/* Up to `most` mixes of up to limit songs, the heaviest side first. 0: too little is known.
 * Returns how many, or a negative error. */
int sg_mixes_of(const struct sg_occasion *o, size_t most, size_t limit,
                struct sg_mix out[SG_MIXES_MAX], struct sg_error *e);
