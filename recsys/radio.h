/* radio.h - music without end that begins from songs, artists, albums, playlists or genres.
 * Nothing is remembered here: the state travels with the listener (cursor.h).
 */
#pragma once
#include "recsys/compose.h"
#include "recsys/cursor.h"

/* The next songs, by what the seeds stand for; s goes on behind them. A catalogue that has
 * no more begins again. out: room for limit. Returns how many, or a negative error. */
int sg_radio_next(const struct sg_occasion *o, struct sg_radio_state *s,
                  const struct sg_basis *basis, size_t n, size_t limit,
                  struct sg_recommendation *out, struct sg_error *e);

enum { SG_SEED_SONGS = 200 };
/* The songs a seed stands for, but for playlists, which are read elsewhere: appended to out,
 * which has room for SG_SEED_SONGS; returns the new count. */
size_t sg_seed_songs(const struct sg_model *m, struct sg_seed seed, struct sg_basis *out, size_t n);
