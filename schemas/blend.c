/* blend.c - field tables of blend.h. */
#include "schemas/blend.h"

#define Q struct sg_blend_request
static const struct sg_field blend_request[] = {
    SG_FIELD_U64(Q, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(Q, other_user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_I64, Q, limit, 1, SG_BLEND_SONGS, SG_OPTIONAL, SG_BLEND_SONGS, NULL),
};
const struct sg_record sg_blend_request_record = SG_RECORD("BlendRequest", Q, blend_request);
static const struct sg_field blended[] = {
    SG_FIELD_U64(struct sg_blended, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_F64(struct sg_blended, score, SG_REQUIRED),
    SG_FIELD_F64(struct sg_blended, first, SG_REQUIRED),
    SG_FIELD_F64(struct sg_blended, second, SG_REQUIRED),
};
static const struct sg_record blended_record = SG_RECORD("Blended", struct sg_blended, blended);
static const struct sg_field blend_reply[] = {
    SG_FIELD_LIST(struct sg_blend_reply, songs, SG_T_RECORD, &blended_record, SG_BLEND_SONGS),
    SG_FIELD_STR(struct sg_blend_reply, fallback, 1, 200, SG_OPTIONAL),
};
const struct sg_record sg_blend_reply_record =
    SG_RECORD("BlendReply", struct sg_blend_reply, blend_reply);
