/* model.h - a trained generation on disk, as it is served.
 *
 *   <recsys.dir>/CURRENT -> gen-<utc>-<n>/
 *     MANIFEST.json   sizes and checksums (index/generation.h)
 *     songs.seg       every song's artist, genre, plays (songs.h)
 *     items.vec       vectors of the songs that were played (index/vectors.h)
 *
 * A model is immutable and reference counted; the holder swaps in a newer one
 * when CURRENT moves, and keeps the old one when the new one is broken.
 */
#pragma once
#include "index/generation.h"
#include "index/vectors.h"
#include "recsys/songs.h"
#include <stdatomic.h>

struct sg_model {
    char name[SG_GENERATION_NAME];
    struct sg_songs *songs;
    struct sg_vectors *items;
    atomic_int references;
};

struct sg_models; /* thread-safe */
int sg_models_open(struct sg_models **out, const char *dir, struct sg_error *e);
void sg_models_close(struct sg_models *m);
/* Looks at CURRENT; opens and checks what is new. A broken model is refused,
 * logged, and the one before served (at start: the newest older one that holds). */
void sg_models_refresh(struct sg_models *m);
/* The served model, or NULL when there is none; give it back. */
struct sg_model *sg_models_take(struct sg_models *m);
void sg_models_give(struct sg_model *model);
/* Why CURRENT is not what is served; "" when it is. */
void sg_models_refused(struct sg_models *m, char out[256]);
