/* taste.h - how much a record is to the searcher's liking (schemas/taste.h): one feature of
 * the ranker, for songs and artists.
 *
 * A song is liked as it was said and played, or as the recommender's vectors have it: the
 * inner product of the searcher's and the song's. Those are in the model that the
 * recommender publishes; where its folder is not at hand, or holds another generation than
 * the searcher's vector is of, only what was said and played counts.
 */
#pragma once
#include "index/document.h"
#include "schemas/taste.h"

/* The published model's song vectors, reopened when another is published. Thread-safe. */
struct sg_taste_models;
int sg_taste_models_open(struct sg_taste_models **out, const char *dir, struct sg_error *e);
void sg_taste_models_close(struct sg_taste_models *m);

/* Of one search. */
struct sg_taste_model;
struct sg_liking {
    const struct sg_taste *taste; /* NULL: nobody's */
    struct sg_taste_model *model; /* that the vector goes with, or NULL */
    float vector[SG_TASTE_VECTOR_MAX / sizeof(float)];
};
/* taste: NULL, or valid until done. m may be NULL. */
void sg_liking_begin(struct sg_liking *l, struct sg_taste_models *m, const struct sg_taste *taste);
void sg_liking_done(struct sg_liking *l);
/* 0: nothing is known, to 1. */
float sg_liking_of(const struct sg_liking *l, enum sg_kind kind, uint64_t id);
