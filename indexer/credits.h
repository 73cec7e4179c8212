/* credits.h - the credited artists of one song, by position.
 *
 * The table song_artists has a position from 1 to 100 a row; the song's record
 * has only the order. As long as positions are 1..n and the lead artist is the
 * first, the record says it all; else (a middle row deleted, a swap through a far
 * position, no row at all) the lead and the rows are kept in a note of the
 * delta, so that the next change finds them.
 */
#pragma once
#include "core/arena.h"
#include "index/delta.h"

struct sg_credits {
    uint64_t lead; /* songs.artist_id */
    uint8_t n;
    uint8_t cap;
    struct sg_credit {
        uint64_t artist_id;
        uint8_t position; /* 1..SG_ARTISTS_MAX, ascending */
    } * v;                /* in the arena given to set */
};

int sg_credits_set(struct sg_credits *c, uint64_t position, uint64_t artist_id, struct sg_arena *a,
                   struct sg_error *e);
void sg_credits_unset(struct sg_credits *c, uint64_t position);
/* True when the record's list says all: positions 1..n, the lead first. */
bool sg_credits_are_plain(const struct sg_credits *c);
/* What the song's record lists: artists by position, or the lead alone. */
int sg_credits_list(const struct sg_credits *c, struct sg_list *ids, struct sg_arena *a,
                    struct sg_error *e);
/* "1:17,2:4" with any positions in any order, as SQL's string_agg gives it; p NULL: no rows. */
int sg_credits_parse(struct sg_credits *c, struct sg_str text, struct sg_arena *a,
                     struct sg_error *e);

/* The rows as they stand in the delta: its note, else the record's list. */
int sg_credits_load(struct sg_credits *c, struct sg_delta *d, uint64_t song_id,
                    const struct sg_list *ids, bool *noted, struct sg_arena *a, struct sg_error *e);
/* Keeps a note when it is needed, removes one (noted) that is not. */
int sg_credits_save(const struct sg_credits *c, struct sg_delta *d, uint64_t song_id, bool noted,
                    struct sg_error *e);
int sg_credits_forget(struct sg_delta *d, uint64_t song_id, struct sg_error *e);
