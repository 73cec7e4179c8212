/* items.h - the exact factors of the songs that were played, mapped; for folding in
 * (fold_in.h) and for exact scores. A song is its row in songs.h. Thread-safe.
 *
 *   segment "SGITEMS1", values: songs, items, factors
 *     0 u32 per song: its item, or UINT32_MAX   1 u32 per item: its song   2 floats
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <stddef.h>
#include <stdint.h>

#define SG_FACTORS_MAX 512

struct sg_items;
int sg_items_open(struct sg_items **out, const char *path, struct sg_error *e); /* SG_ECORRUPT */
int sg_items_parse(struct sg_items **out, struct sg_str bytes, struct sg_error *e); /* fuzzed */
void sg_items_close(struct sg_items *i);
size_t sg_items_songs(const struct sg_items *i); /* rows of songs.h it was made for */
size_t sg_items_count(const struct sg_items *i);
size_t sg_items_factors(const struct sg_items *i);
/* The song's raw factors, not normalised; NULL when it has none. */
const float *sg_items_of(const struct sg_items *i, uint32_t song);

/* song: of each item, below songs, each once. rows: n x factors. */
int sg_items_write(const char *path, const uint32_t *song, const float *rows, size_t n,
                   size_t factors, size_t songs, struct sg_error *e);
