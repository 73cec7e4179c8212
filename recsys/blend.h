/* blend.h - songs for two listeners at once.
 *
 * Candidates are what each of the two plays most and what would be recommended to each, less what
 * either may not be given. A song's affinity to a listener is how much she plays it, joined by the
 * inner product with her folded-in vector, of the best candidate's. The list is built
 * song by song so that the one who has got less so far weighs more: the smaller of the two sums
 * counts, as in least misery over the whole list (Xiao et al., "Fairness-Aware Group Recommendation
 * with Pareto-Efficiency", RecSys 2017), beside the average of the song itself.
 */
#pragma once
#include "recsys/answer.h"
#include "recsys/occasion.h"
#include "schemas/blend.h"

struct sg_blend_pick {
    uint64_t song_id;
    float first, second; /* affinities, 0 to 1 */
    float score;         /* what it added */
};
#define SG_BLEND_PER_ARTIST 3

/* Two occasions of one model and arena; their heard_days are not looked at: what is played often
 * belongs into a blend. day: another list each day. out: room for limit (1..100). Returns how
 * many, or a negative error. Thread-safe. */
int sg_blend_of(const struct sg_occasion *first, const struct sg_occasion *second, uint64_t day,
                size_t limit, struct sg_blend_pick *out, struct sg_error *e);
/* The method "blend". Without a model: no songs, and why. SG_EUNAVAIL, SG_ETIMEOUT: one of them is
 * out of reach. */
int sg_answer_blend(struct sg_answerer *a, const struct sg_rpc_call *call,
                    const struct sg_blend_request *in, struct sg_blend_reply *out,
                    struct sg_error *e);
