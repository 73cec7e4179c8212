/* taste.h - what a listener likes, as the recommender tells it and searches take it: it
 * decides among what answers a query equally well. */
#pragma once
#include "core/record.h"

#define SG_TASTE_MAX        64   /* songs, and artists */
#define SG_TASTE_VECTOR_MAX 4096 /* bytes */

struct sg_taste_request {
    uint64_t user_id;
};
struct sg_affinity {
    uint64_t id;
    double weight; /* 0 to 1: liked most */
};
struct sg_taste {
    struct sg_str model;  /* generation of the recommender whose song vectors `vector` goes with;
                             absent: no vector */
    struct sg_str vector; /* 32-bit floats, little endian: its inner product with a song's is how
                             much the song is to the listener's liking, 1: as what was played */
    struct sg_list songs, artists; /* sg_affinity, ascending id: liked, followed, played most */
};

extern const struct sg_record sg_taste_request_record, sg_taste_record;

#define SG_METHOD_TASTE "taste" /* of the recommender */
