/* songs.h - songs touched by the open batch, whole until they are flushed.
 *
 * A song's row and its credits arrive as separate changes; here they meet. A
 * song is loaded from the delta when first touched and put back once, by flush.
 */
#pragma once
#include "indexer/credits.h"

struct sg_work_song {
    uint64_t song_id;
    struct sg_song song;   /* artist_ids are set by flush */
    struct sg_song loaded; /* as the delta had it */
    struct sg_credits credits;
    bool noted, existed, exists;
};

struct sg_songs;
/* d is borrowed. */
int sg_songs_open(struct sg_songs **out, struct sg_delta *d, struct sg_error *e);
void sg_songs_close(struct sg_songs *s);
/* Where strings of songs in work are to live. */
struct sg_arena *sg_songs_arena(struct sg_songs *s);
/* The song in work, loaded when needed (exists says whether there is one). Valid
 * until flush. */
int sg_songs_touch(struct sg_songs *s, uint64_t song_id, struct sg_work_song **out,
                   struct sg_error *e);
size_t sg_songs_count(const struct sg_songs *s);
/* Puts or removes in the delta's open batch what changed, and forgets all. */
int sg_songs_flush(struct sg_songs *s, struct sg_error *e);
