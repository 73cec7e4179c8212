/* now.h - what people are playing at this moment, in memory.
 *
 * A player that tells of a play, or of its progress, keeps its entry alive; it goes when
 * the song was skipped or completed, or when nothing was heard of it for longer than the
 * song can last. A private session never gets here. Bounded: people share a fixed table,
 * and where it is crowded the one heard of longest ago gives way. Thread-safe.
 *
 * Other API processes have tables of their own. What was told here and they do not know yet is
 * news; now_share.h carries it. Who is alone has none.
 */
#pragma once
#include <stdbool.h>
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

struct sg_now_news {
    struct sg_now_play play;
    int64_t until_us; /* wall clock: it lasts no longer; 0: it ended, when it was heard of last */
};
/* Whether there are others. anew: one of them knows nothing yet, so that all that was told
 * here and goes on is news again. */
void sg_now_share(struct sg_now *n, bool others, bool anew);
/* Up to cap of the news, which are none after that: of a user at most one every three seconds,
 * the last. */
size_t sg_now_take_news(struct sg_now *n, struct sg_now_news *out, size_t cap);
/* What another process told; what was heard here later stands. */
void sg_now_hear(struct sg_now *n, const struct sg_now_news *x);
