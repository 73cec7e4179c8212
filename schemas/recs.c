/* recs.c - field tables of recs.h. */
#include "schemas/recs.h"

#define LIMIT(S, d) SG_FIELD_(SG_T_I64, S, limit, 1, 100, SG_OPTIONAL, d, NULL)

static const struct sg_field trending_request[] = {
    SG_FIELD_U64(struct sg_trending_request, genre_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct sg_trending_request, region, 2, 2, SG_OPTIONAL),
    LIMIT(struct sg_trending_request, 50),
};
const struct sg_record sg_trending_request_record =
    SG_RECORD("TrendingRequest", struct sg_trending_request, trending_request);

static const struct sg_field similar_request[] = {
    SG_FIELD_U64(struct sg_similar_request, song_id, 1, INT64_MAX, SG_REQUIRED),
    LIMIT(struct sg_similar_request, 20),
};
const struct sg_record sg_similar_request_record =
    SG_RECORD("SimilarRequest", struct sg_similar_request, similar_request);

static const struct sg_field recommend_request[] = {
    SG_FIELD_U64(struct sg_recommend_request, user_id, 1, INT64_MAX, SG_REQUIRED),
    LIMIT(struct sg_recommend_request, 20),
};
const struct sg_record sg_recommend_request_record =
    SG_RECORD("RecommendRequest", struct sg_recommend_request, recommend_request);

static const struct sg_field scored[] = {
    SG_FIELD_U64(struct sg_scored, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_F64(struct sg_scored, score, SG_REQUIRED),
    SG_FIELD_STR(struct sg_scored, reason, 1, 200, SG_OPTIONAL),
};
const struct sg_record sg_scored_record = SG_RECORD("ScoredSong", struct sg_scored, scored);

static const struct sg_field recs_reply[] = {
    SG_FIELD_LIST(struct sg_recs_reply, songs, SG_T_RECORD, &sg_scored_record, 100),
    SG_FIELD_STR(struct sg_recs_reply, generation, 1, 200, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_recs_reply, fallback, 1, 200, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_recs_reply, took_us, 0, INT64_MAX, SG_OPTIONAL),
};
const struct sg_record sg_recs_reply_record =
    SG_RECORD("RecsReply", struct sg_recs_reply, recs_reply);
