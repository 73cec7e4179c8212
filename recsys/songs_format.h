/* songs_format.h - private to recsys/songs: the sections, and what their orders go by. */
#pragma once
#include "recsys/songs.h"

#define SONGS_MAGIC "SGSONGS2"

enum { SONGS_ROWS, SONGS_CREDITS = 6, SONGS_MARKETS = 7 };
/* The order i is section SONGS_ROWS + 1 + i. */
enum {
    SONGS_BY_PLAYS,
    SONGS_BY_ARTIST,
    SONGS_BY_ALBUM,
    SONGS_BY_GENRE,
    SONGS_NEWEST,
    SONGS_ORDERS
};

static inline uint64_t songs_key(const struct sg_song_row *row, int order)
{
    return order == SONGS_BY_ARTIST  ? row->artist_id
           : order == SONGS_BY_ALBUM ? row->album_id
           : order == SONGS_BY_GENRE ? row->genre_id
                                     : 0;
}
