/* terms.h - what a fingerprint is looked up by: a fixed number of terms for an inverted index.
 *
 * The same sound in another file has many of the same items (some with wrong bits), but not at the
 * same places: a cut at the front moves all. So terms are chosen by what they are, not by where
 * they stand: of all different items, reduced to 24 bits and scrambled by a hash, the SG_TERMS
 * smallest (the bottom-k sketch of Cohen and Kaplan, "Summarizing data using bottom-k sketches",
 * PODC 2007). Two fingerprints that share a part j of their items share about that part of their
 * terms, whatever their lengths; different ones hardly any.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SG_TERMS        120
#define SG_TERMS_ENOUGH 3 /* in common, that comparing is worth the while */

/* Ascending; returns how many, at most SG_TERMS. */
size_t sg_terms(const uint32_t *items, size_t n, int32_t out[SG_TERMS]);
