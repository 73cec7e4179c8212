/* model.h - a trained generation on disk, as it is served.
 *
 *   <recsys.dir>/CURRENT -> gen-<utc>-<n>/
 *     MANIFEST.json   sizes, checksums, songs, held-out recall (index/generation.h)
 *     songs.seg       every song's artist, genre, plays, markets (songs.h)
 *     items.seg       exact factors of the songs that were played (items.h)
 *     fold.seg        what folding a listener in needs (fold_in.h)
 *     items.vec       the same factors for nearest neighbours; ids are songs'
 *     near.seg        songs that the same people play (near.h)
 *     content.seg     vectors of what is known without plays (content.h)
 *
 * All speak of one snapshot of the catalogue, a song being its row in songs.seg but in items.vec. A
 * model is immutable and reference counted; the holder swaps in a newer one when CURRENT moves, and
 * keeps the old one when the new one is broken.
 */
#pragma once
#include "index/generation.h"
#include "index/vectors.h"
#include "recsys/content.h"
#include "recsys/fold_in.h"
#include "recsys/items.h"
#include "recsys/near.h"
#include "recsys/songs.h"
#include <stdatomic.h>

struct sg_fresh { /* a song and one of its artists */
    uint64_t artist_id;
    uint32_t song, rank; /* rank: 0 the newest of all */
};
struct sg_model {
    char name[SG_GENERATION_NAME];
    struct sg_songs *songs;
    struct sg_items *items;
    struct sg_fold_in *fold;
    struct sg_vectors *vectors;
    struct sg_near *near;
    struct sg_content *content;
    struct sg_fresh *fresh; /* the newest songs by artist, then newest first */
    size_t n_fresh;
    atomic_int references;
};
/* Opens and checks the generation `name` below dir; give it back with sg_models_give. */
int sg_model_open(struct sg_model **out, const char *dir, const char *name, struct sg_error *e);
/* Those of an artist in model->fresh. */
const struct sg_fresh *sg_model_fresh(const struct sg_model *m, uint64_t artist_id, size_t *n);

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
