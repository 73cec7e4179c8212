/* near.h - which songs the same people play: of each song a short list, nearest first,
 * mapped. A song is its row in songs.h. Thread-safe.
 *
 * Likeness is the cosine of two songs' listeners, drawn towards 0 where few say so:
 * co / sqrt(n_i n_j) * co / (co + shrink). Sarwar et al., WWW 2001; the shrinkage: Bell
 * and Koren, ICDM 2007.
 *
 *   segment "SGNEAR01", values: songs, pairs
 *     0 u32 per song and one more: where its list begins   1 u32 per pair: the other song
 *     2 u16 per pair: likeness * 65535
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include "recsys/interactions.h"

struct sg_near;
int sg_near_open(struct sg_near **out, const char *path, struct sg_error *e);     /* SG_ECORRUPT */
int sg_near_parse(struct sg_near **out, struct sg_str bytes, struct sg_error *e); /* fuzzed */
void sg_near_close(struct sg_near *x);
size_t sg_near_songs(const struct sg_near *x);

struct sg_near_list {
    const uint32_t *song; /* one of a corrupt file may be past the end */
    const uint16_t *likeness;
    size_t n;
};
struct sg_near_list sg_near_of(const struct sg_near *x,
                               uint32_t song); /* of an unknown one: none */

struct sg_near_options {
    size_t k;      /* list length */
    float shrink;  /* listeners in common that count half */
    size_t sample; /* of a user's songs and of a song's listeners, at most so many are looked at */
    int threads;
};
#define SG_NEAR_DEFAULTS                                                                           \
    {                                                                                              \
        .k = 32, .shrink = 3, .sample = 512, .threads = 1                                          \
    }
/* song: the row of each item of plays, ascending. The same input gives the same file. */
int sg_near_build(const char *path, const struct sg_interactions *plays, const uint32_t *song,
                  size_t songs, const struct sg_near_options *o, struct sg_error *e);
