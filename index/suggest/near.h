/* near.h - private to index/suggest: which beginnings words have.
 *
 * A word is filed under each of its first 1..SG_NEAR_LETTERS letters and, when it
 * is not longer, under itself and a space: where it ends. The table keeps no
 * strings: u16 slots, an 8-bit fingerprint over an 8-bit score, 0 for an empty
 * one, searched on from the slot that the hash names.
 */
#pragma once
#include "index/suggest/format.h"

#define NEAR_PROBES 64

/* What is filed so far, for the writer. */
struct near_set;
struct near_set *near_set_new(void);
void near_set_free(struct near_set *s);
/* Each word of the title, with the title's score; false when out of memory. */
bool near_set_add(struct near_set *s, struct sg_str title, uint8_t score);
/* The table, for the caller to free: *n slots; NULL when out of memory. */
uint16_t *near_set_table(const struct near_set *s, size_t *n);

/* The score filed under hash in a section of n bytes, 0: none. */
uint8_t near_find(struct sg_str section, uint64_t hash);
/* The hash of a word's beginning, or with end of a whole word. */
uint64_t near_hash(struct sg_str text, bool end);
