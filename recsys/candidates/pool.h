/* pool.h - the candidates of one answer, each song once, with what brought it. */
#pragma once
#include "recsys/candidates/filter.h"
#include "recsys/candidates/leaning.h"

#define SG_POOL_MAX 1500

enum sg_source {                       /* bits */
                 SG_FROM_VECTOR = 1,   /* nearest to the folded-in vector */
                 SG_FROM_PLAYED = 2,   /* near what was played */
                 SG_FROM_FOLLOWED = 4, /* new, by an artist who is followed or played */
                 SG_FROM_TREND = 8,
                 SG_FROM_CONTENT = 16, /* described alike */
                 SG_FROM_ARTIST = 32,  /* by an artist of the taste */
                 SG_FROM_GENRE = 64,
                 SG_FROM_POPULAR = 128
};
enum sg_rank_feature {
    SG_RANK_TASTE,
    SG_RANK_NEAR,
    SG_RANK_CONTENT,
    SG_RANK_ARTIST,
    SG_RANK_LATELY,
    SG_RANK_FOLLOWED,
    SG_RANK_GENRE,
    SG_RANK_POPULAR,
    SG_RANK_TREND,
    SG_RANK_FRESH,
    SG_RANK_HOUR,
    SG_RANK_QUEUE,
    SG_RANK_FEATURES
};
struct sg_candidate {
    uint32_t song;
    unsigned sources;
    float near;       /* likeness to what was played, summed */
    uint32_t because; /* the played song that is nearest; SG_NO_SONG: none */
    float nearest;    /* its part */
    float trend;      /* recent plays' worth */
    float feature[SG_RANK_FEATURES];
    float score;
};
struct sg_pool {
    const struct sg_filter *filter;
    struct sg_candidate *v;
    size_t n, n_sorted; /* n_sorted: so many are in order after ranking */
    uint32_t *at;       /* a table of places in v + 1 */
};
int sg_pool_open(struct sg_pool *p, const struct sg_filter *f, struct sg_error *e);
/* The song's candidate, new or not; NULL: not allowed, or the pool is full. */
struct sg_candidate *sg_pool_add(struct sg_pool *p, uint32_t song, enum sg_source source);
