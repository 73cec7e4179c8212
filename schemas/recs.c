/* recs.c - field tables of recs.h. */
#include "schemas/recs.h"

static const struct sg_field seed_ref[] = {
    SG_FIELD_STR(struct sg_seed_ref, type, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(struct sg_seed_ref, id, 1, INT64_MAX, SG_REQUIRED),
};
const struct sg_record sg_seed_ref_record = SG_RECORD("SeedRef", struct sg_seed_ref, seed_ref);

#define Q struct sg_recs_request
static const struct sg_field request[] = {
    SG_FIELD_U64(Q, user_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_(SG_T_I64, Q, limit, 1, SG_RECS_MAX, SG_OPTIONAL, 20, NULL),
    SG_FIELD_STR(Q, type, 1, 16, SG_OPTIONAL),
    SG_FIELD_U64(Q, id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_U64(Q, artist_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_U64(Q, genre_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(Q, region, 2, 2, SG_OPTIONAL),
    SG_FIELD_LIST(Q, seeds, SG_T_RECORD, &sg_seed_ref_record, 10),
    SG_FIELD_STR(Q, cursor, 1, SG_RECS_CURSOR_MAX, SG_OPTIONAL),
    SG_FIELD_STR(Q, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_BOOL(Q, clean, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_(SG_T_I64, Q, hour, -1, 23, SG_OPTIONAL | SG_OMIT_DEFAULT, -1, NULL),
    SG_FIELD_STR(Q, device, 1, 32, SG_OPTIONAL),
    SG_FIELD_LIST(Q, queue, SG_T_U64, NULL, 200),
    SG_FIELD_LIST(Q, leave_out, SG_T_U64, NULL, 1000),
    SG_FIELD_(SG_T_I64, Q, mixes, 1, 6, SG_OPTIONAL | SG_OMIT_DEFAULT, 6, NULL),
    SG_FIELD_BOOL(Q, explain, SG_OPTIONAL | SG_OMIT_DEFAULT),
};
const struct sg_record sg_recs_request_record = SG_RECORD("RecsRequest", Q, request);
#undef Q

static const struct sg_field rank_part[] = {
    SG_FIELD_STR(struct sg_rank_part, name, 1, 64, SG_REQUIRED),
    SG_FIELD_F64(struct sg_rank_part, value, SG_REQUIRED),
    SG_FIELD_F64(struct sg_rank_part, weight, SG_REQUIRED),
    SG_FIELD_F64(struct sg_rank_part, contribution, SG_REQUIRED),
};
const struct sg_record sg_rank_part_record = SG_RECORD("RankPart", struct sg_rank_part, rank_part);

static const struct sg_field scored[] = {
    SG_FIELD_U64(struct sg_scored, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_F64(struct sg_scored, score, SG_REQUIRED),
    SG_FIELD_STR(struct sg_scored, reason, 1, 200, SG_OPTIONAL),
    SG_FIELD_U64(struct sg_scored, because_song, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_U64(struct sg_scored, because_artist, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_U64(struct sg_scored, because_genre, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_LIST(struct sg_scored, features, SG_T_RECORD, &sg_rank_part_record, 32),
};
const struct sg_record sg_scored_record = SG_RECORD("ScoredSong", struct sg_scored, scored);

static const struct sg_field scored_entity[] = {
    SG_FIELD_U64(struct sg_scored_entity, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_F64(struct sg_scored_entity, score, SG_REQUIRED),
};
static const struct sg_record scored_entity_record =
    SG_RECORD("ScoredEntity", struct sg_scored_entity, scored_entity);

static const struct sg_field scored_mix[] = {
    SG_FIELD_U64(struct sg_scored_mix, genre_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_LIST(struct sg_scored_mix, artists, SG_T_U64, NULL, 10),
    SG_FIELD_LIST(struct sg_scored_mix, songs, SG_T_RECORD, &sg_scored_record, SG_RECS_MAX),
};
static const struct sg_record scored_mix_record =
    SG_RECORD("ScoredMix", struct sg_scored_mix, scored_mix);

static const struct sg_field recs_reply[] = {
    SG_FIELD_LIST(struct sg_recs_reply, songs, SG_T_RECORD, &sg_scored_record, SG_RECS_MAX),
    SG_FIELD_LIST(struct sg_recs_reply, entities, SG_T_RECORD, &scored_entity_record, SG_RECS_MAX),
    SG_FIELD_LIST(struct sg_recs_reply, mixes, SG_T_RECORD, &scored_mix_record, 6),
    SG_FIELD_STR(struct sg_recs_reply, cursor, 1, SG_RECS_CURSOR_MAX, SG_OPTIONAL),
    SG_FIELD_LIST(struct sg_recs_reply, avoid, SG_T_U64, NULL, 10000),
    SG_FIELD_STR(struct sg_recs_reply, generation, 1, 200, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_recs_reply, fallback, 1, 200, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_recs_reply, took_us, 0, INT64_MAX, SG_OPTIONAL),
};
const struct sg_record sg_recs_reply_record =
    SG_RECORD("RecsReply", struct sg_recs_reply, recs_reply);
