/* match.h - how alike two fingerprints are.
 *
 * Equal items vote for the distance between their places; at the distances with most votes the two
 * are laid over each other and differing bits are counted. Unrelated sounds differ in nearly half
 * of their bits, the same sound in few.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SG_MATCH_SAME 0.60 /* score from which on it is the same recording: docs/audio.md */

struct sg_match {
    double score;   /* 0 to 1: 1 - 2 * (share of differing bits) where they overlap */
    int offset;     /* items of the first that come before the second's first */
    size_t overlap; /* items */
};

/* An overlap shorter than 4 s, or than half of the shorter one, is none: score 0. */
void sg_match(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b, struct sg_match *out);
