/* own_factors.h - songs' factors that were trained elsewhere, as two .npy files: songs x
 * factors of floats, and the song id of each row. A song's score for a listener is the inner
 * product of its row and hers, which is folded in by its own plays (fold_in.h). */
#pragma once
#include "core/err.h"
#include "recsys/songs.h"

struct sg_own_factors {
    size_t n, factors; /* n 0: none */
    uint32_t *song;    /* rows of the catalogue, ascending */
    float *v;          /* n x factors */
};
/* Songs that the catalogue has not are left out, and said on stderr. SG_ECORRUPT: not such
 * files; SG_EINVAL: they do not go together, an id comes twice, no song is known. */
int sg_own_factors_read(struct sg_own_factors *out, const char *items, const char *ids,
                        const struct sg_song_row *songs, size_t n_songs, struct sg_error *e);
void sg_own_factors_free(struct sg_own_factors *f);
