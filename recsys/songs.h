/* songs.h - what the recommender must know of every song, mapped: its artist,
 * genre and plays when the model was trained, and the order of popularity.
 * What answers when there is nothing better to say. Thread-safe after open.
 */
#pragma once
#include "core/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sg_song_row {
    uint64_t song_id, artist_id, plays;
    uint64_t genre_id;
};
struct sg_songs;
int sg_songs_open(struct sg_songs **out, const char *path, struct sg_error *e); /* SG_ECORRUPT */
void sg_songs_close(struct sg_songs *s);
size_t sg_songs_count(const struct sg_songs *s);
/* NULL when the song is not known. */
const struct sg_song_row *sg_songs_find(const struct sg_songs *s, uint64_t song_id);
/* The rank-th most played song, from 0; NULL past the end or in a corrupt file. */
const struct sg_song_row *sg_songs_ranked(const struct sg_songs *s, size_t rank);

/* rows in ascending song_id. */
int sg_songs_write(const char *path, const struct sg_song_row *rows, size_t n, struct sg_error *e);
