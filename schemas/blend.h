/* blend.h - what the recsys server is asked for two listeners at once, and answers. */
#pragma once
#include "core/record.h"

#define SG_BLEND_SONGS 50

struct sg_blend_request {
    uint64_t user_id, other_user_id;
    int64_t limit; /* 1..SG_BLEND_SONGS */
};
struct sg_blended {
    uint64_t song_id;
    double score, first, second; /* how well it suits each, 0 to 1 */
};
struct sg_blend_reply {
    struct sg_list songs;   /* sg_blended, best first */
    struct sg_str fallback; /* absent, or why these are not their tastes' */
};
#define SG_METHOD_BLEND "blend"

extern const struct sg_record sg_blend_request_record, sg_blend_reply_record;
