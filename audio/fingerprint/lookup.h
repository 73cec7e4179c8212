/* lookup.h - recordings in the database that sound like a new one, and whose they are.
 *
 * The inverted index over assets.fingerprint_terms gives those with the most terms in common
 * (terms.h); each is then laid over the new one (match.h). A recording that a song plays tells the
 * song and its artist.
 */
#pragma once
#include "core/arena.h"
#include "core/err.h"
#include "core/record.h"
#include <libpq-fe.h>

struct sg_alike {
    struct sg_str asset_id; /* UUID */
    uint64_t song_id;       /* 0: no song plays it */
    uint64_t artist_id;     /* the song's first; 0 */
    uint64_t user_id;       /* whose artist it is, or who uploaded it; 0: nobody's */
    struct sg_str title, artist;
    double score;    /* SG_MATCH_SAME to 1 */
    double offset_s; /* how much later the new one begins; negative: earlier */
};
#define SG_ALIKE_MAX 10

/* fingerprint and terms are those of sg_audio_facts (int64_t). but: this asset is left out; NULL.
 * Best first, texts in a; *n at most SG_ALIKE_MAX. A fingerprint of less than 4 s is like none.
 * SG_ECORRUPT (the new one), and as sg_pg_exec. */
int sg_alike_find(PGconn *pg, struct sg_str fingerprint, struct sg_list terms, const char *but,
                  struct sg_arena *a, struct sg_alike out[SG_ALIKE_MAX], size_t *n,
                  struct sg_error *e);
