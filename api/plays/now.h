/* now.h - what people are playing at this moment, in this process's memory.
 *
 * A player that tells of a play, or of its progress, keeps its entry alive; it goes when
 * the song was skipped or completed, or when nothing was heard of it for longer than the
 * song can last. A private session never gets here. Bounded: people share a fixed table,
 * and where it is crowded the one heard of longest ago gives way. Other API processes
 * have tables of their own. Thread-safe.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sg_now;

struct sg_now_play {
    uint64_t user_id, song_id;
    int64_t began_us, heard_us; /* wall clock; when the player last said so */
};

struct sg_now *sg_now_open(void); /* NULL: out of memory */
void sg_now_close(struct sg_now *n);
/* The user plays the song since began_us; left_s: what is left of it, 0: unknown. All of
 * these may be given NULL, and do nothing then. */
void sg_now_set(struct sg_now *n, uint64_t user_id, uint64_t song_id, int64_t began_us,
                int64_t left_s);
/* The user plays this song no more; song_id 0: nor any other. */
void sg_now_end(struct sg_now *n, uint64_t user_id, uint64_t song_id);
/* Those of the users who play something, in the order given, into out, which has room for n. */
size_t sg_now_find(struct sg_now *n, const uint64_t *users, size_t n_users,
                   struct sg_now_play *out);
