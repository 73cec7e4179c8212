/* compose.h - an answer from beginning to end: taste, candidates, ranking, selection, reasons.
 * No database and no network: all that is known is in the occasion. Thread-safe.
 */
#pragma once
#include "recsys/rank/select.h"

enum sg_reason {
    SG_BECAUSE_PLAYED, /* because_song */
    SG_BECAUSE_ARTIST, /* because_artist: of an artist played often */
    SG_BECAUSE_NEW,    /* because_artist: newly released */
    SG_BECAUSE_TASTE,
    SG_BECAUSE_ALIKE, /* described like what is played */
    SG_BECAUSE_GENRE, /* because_genre */
    SG_BECAUSE_TREND,
    SG_BECAUSE_POPULAR,
    SG_BECAUSE_LIKE, /* because_song: of the songs that it goes with */
    SG_BECAUSE_BY,   /* because_artist: the same */
    SG_REASONS
};
extern const char *const sg_reason_names[SG_REASONS]; /* "because you played" ... */

struct sg_recommendation {
    uint64_t song_id;
    float score;
    enum sg_reason reason;
    uint64_t because_song, because_artist, because_genre; /* 0: not that */
    float feature[SG_RANK_FEATURES];
};
struct sg_compose_options {
    size_t limit;           /* 1..SG_COMPOSE_MAX */
    size_t per_artist;      /* 0: a sixth of the limit, two at least */
    bool any_artist;        /* as many of one artist as come */
    bool quick;             /* with songs: by their neighbours, further only where these are few */
    size_t reach;           /* candidates of each kind; 0: as many as suit the limit */
    const uint64_t *spaced; /* select.h */
    size_t n_spaced;
    uint64_t fill_genre;
};
#define SG_COMPOSE_MAX 200

/* What somebody may like. out: room for limit. Returns how many, or a negative error. */
int sg_compose_for_person(const struct sg_occasion *o, const struct sg_compose_options *c,
                          struct sg_recommendation *out, struct sg_error *e);
/* What goes with these songs; they are left out themselves. */
int sg_compose_with_songs(const struct sg_occasion *o, const struct sg_basis *basis, size_t n,
                          const struct sg_compose_options *c, struct sg_recommendation *out,
                          struct sg_error *e);
/* New songs first of all: by artists who are followed or played, then those that suit. */
int sg_compose_new(const struct sg_occasion *o, const struct sg_compose_options *c,
                   struct sg_recommendation *out, struct sg_error *e);
/* What is on the rise; genre_id 0: any. Scores are recent plays' worth, then of popularity. */
int sg_compose_trending(const struct sg_occasion *o, uint64_t genre_id, size_t limit,
                        struct sg_recommendation *out, struct sg_error *e);
