/* songs.h - what the recommender must know of every song, mapped: artist, album, genre,
 * date, plays when the model was trained, and where it may be heard; and the songs of
 * an artist, album or genre, the most played first. A song is its row here in all
 * other files of a model. Thread-safe after open.
 *
 *   segment "SGSONGS2", value 0: rows
 *     0 rows by song id       1 row numbers (u32) by plays     2 by artist, then plays
 *     3 by album, then plays  4 by genre, then plays           5 the dated ones, newest first
 *     6 credits: u64 artists beside the lead one               7 sets of markets
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SG_NO_SONG      UINT32_MAX
#define SG_SONG_UNDATED INT32_MIN
#define SG_REGIONS      677 /* sg_region: 0 for unknown, 1..676 */

struct sg_song_row {
    uint64_t song_id, artist_id, album_id, genre_id, plays; /* 0: none, unknown */
    int32_t released;                                       /* days since 1970-01-01 */
    uint16_t duration_s;                                    /* 0: unknown */
    uint8_t is_explicit, n_credits;
    uint32_t first_credit; /* of section 6 */
    uint32_t markets;      /* 0: everywhere; else 1 + its place in section 7 */
};
/* Where songs may be heard: a bit per sg_region; bit 0, of an unknown one, is set. */
struct sg_market_set {
    uint64_t allowed[(SG_REGIONS + 63) / 64];
};

struct sg_songs;
int sg_songs_open(struct sg_songs **out, const char *path, struct sg_error *e); /* SG_ECORRUPT */
/* Of bytes that outlive it, any bytes at all (fuzzed). */
int sg_songs_parse(struct sg_songs **out, struct sg_str bytes, struct sg_error *e);
void sg_songs_close(struct sg_songs *s);
size_t sg_songs_count(const struct sg_songs *s);
/* NULL past the end. */
const struct sg_song_row *sg_songs_row(const struct sg_songs *s, uint32_t row);
/* Fetches what sg_songs_row will give. */
void sg_songs_prefetch(const struct sg_songs *s, uint32_t row);
/* SG_NO_SONG when the song is not known. */
uint32_t sg_songs_index(const struct sg_songs *s, uint64_t song_id);
const struct sg_song_row *sg_songs_find(const struct sg_songs *s, uint64_t song_id); /* or NULL */
/* The rank-th most played song, from 0; NULL past the end or in a corrupt file. */
const struct sg_song_row *sg_songs_ranked(const struct sg_songs *s, size_t rank);

struct sg_song_rows { /* row numbers; one of a corrupt file may be past the end */
    const uint32_t *v;
    size_t n;
};
struct sg_song_rows sg_songs_by_plays(const struct sg_songs *s);
struct sg_song_rows sg_songs_newest(const struct sg_songs *s);
/* Most played first; of id 0: none. */
struct sg_song_rows sg_songs_of_artist(const struct sg_songs *s, uint64_t artist_id);
struct sg_song_rows sg_songs_of_album(const struct sg_songs *s, uint64_t album_id);
struct sg_song_rows sg_songs_of_genre(const struct sg_songs *s, uint64_t genre_id);
/* Artists credited beside the lead one. */
const uint64_t *sg_songs_credits(const struct sg_songs *s, const struct sg_song_row *row,
                                 size_t *n);
bool sg_songs_is_allowed(const struct sg_songs *s, const struct sg_song_row *row, unsigned region);

struct sg_songs_source {
    const struct sg_song_row *rows; /* in ascending song_id */
    size_t n;
    const uint64_t *credits;
    size_t n_credits;
    const struct sg_market_set *sets;
    size_t n_sets;
};
int sg_songs_write(const char *path, const struct sg_songs_source *source, struct sg_error *e);
