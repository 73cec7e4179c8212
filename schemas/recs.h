/* recs.h - what the recsys server is asked and answers. Only ids travel: the
 * API joins names by the query server's lookup. */
#pragma once
#include "core/record.h"

struct sg_trending_request {
    uint64_t genre_id;    /* 0: all */
    struct sg_str region; /* ISO 3166-1, any case; absent: all */
    int64_t limit;        /* 1..100, default 50 */
};
struct sg_similar_request {
    uint64_t song_id;
    int64_t limit; /* 1..100, default 20 */
};
struct sg_recommend_request {
    uint64_t user_id;
    int64_t limit; /* 1..100, default 20 */
};

struct sg_scored {
    uint64_t song_id;
    double score;
    struct sg_str reason; /* "trending", "similar", "popular", "for you" */
};
struct sg_recs_reply {
    struct sg_list songs;     /* sg_scored, best first */
    struct sg_str generation; /* of the model; absent: no model, popularity answers */
    struct sg_str fallback;   /* absent, or why: "no model", "unknown song" ... */
    int64_t took_us;
};

extern const struct sg_record sg_trending_request_record, sg_similar_request_record,
    sg_recommend_request_record, sg_recs_reply_record, sg_scored_record;

#define SG_METHOD_TRENDING  "trending"
#define SG_METHOD_SIMILAR   "similar"
#define SG_METHOD_RECOMMEND "recommend"
