/* rank.h - how much each candidate suits: a sum of features, each about 0 to 1, with the
 * weights of docs/recommendations.md; explain shows every one.
 *
 *   taste     inner product of the folded-in vector and the song's factors, of the best one's
 *   near      likeness to what was played lately, of the best one's
 *   content   cosine of the descriptions, negative ones as 0
 *   artist    w / (w + 3), w: the weight of the artist in the taste
 *   lately    the artist's share of the last plays, the newest the most
 *   followed  1: by an artist who is followed, or liked
 *   genre     the genre's share of the taste
 *   popular   logarithm of plays, of the most played song's
 *   trend     logarithm of recent plays, of the chart's first
 *   fresh     halves with every 30 days since the release
 *   hour      the genre's share at this hour of day less its share of all
 *   queue     likeness to what plays next
 */
#pragma once
#include "recsys/candidates/pool.h"

extern const char *const sg_rank_names[SG_RANK_FEATURES];
/* Fills feature and score; the best `top` come first, in order. */
int sg_rank_candidates(const struct sg_occasion *o, const struct sg_leaning *t, struct sg_pool *p,
                       size_t top, struct sg_error *e);
float sg_rank_weight(const struct sg_occasion *o, enum sg_rank_feature f);
/* An experiment's settings, "near=0.5 fresh=0.3": the ranker's own weights, those named replaced
 * by numbers from 0 to 10. SG_EINVAL says what is wrong. */
int sg_rank_settings(struct sg_str settings, float out[SG_RANK_FEATURES], struct sg_error *e);
