/* leaning.h - what somebody likes, put in the terms of a model: out of the songs she played,
 * liked and skipped, or out of songs that are named (a radio's seeds, a playlist).
 */
#pragma once
#include "recsys/occasion.h"

struct sg_basis { /* a song that speaks of the taste */
    uint32_t song;
    float weight;  /* > 0 for, < 0 against */
    int64_t at_us; /* when; 0: no matter */
};
struct sg_share {
    uint64_t id;
    float weight;
};
struct sg_shares { /* by id */
    struct sg_share *v;
    size_t n;
};
struct sg_leaning {
    const struct sg_basis *basis;
    size_t n;
    const struct sg_basis *recent; /* what neighbours are looked up of, the newest first */
    size_t n_recent;
    bool is_of_songs;         /* that were named, nobody's own */
    float *vector;            /* folded in; NULL: no song of the basis has factors */
    float *content;           /* unit length; NULL */
    struct sg_shares artists; /* weights, > 0 */
    struct sg_shares genres;  /* shares of 1 */
    struct sg_shares lately;  /* artists' shares of the last plays, newer ones weighing more */
    struct sg_shares hour;    /* genres' shares at this hour of day; empty: unknown */
};
enum { SG_RECENT_SONGS = 40 };

/* Everything lies in the occasion's arena. */
int sg_leaning_of_person(const struct sg_occasion *o, struct sg_leaning *out, struct sg_error *e);
/* basis lives as long as *out. with_vector: fold it in. */
int sg_leaning_of_songs(const struct sg_occasion *o, const struct sg_basis *basis, size_t n,
                        bool with_vector, struct sg_leaning *out, struct sg_error *e);
/* Sorts by id and adds up what is of one id; what comes to nothing leaves. */
void sg_shares_add_up(struct sg_shares *s);
float sg_share_of(const struct sg_shares *s, uint64_t id); /* 0 when it is not there */
