/* metrics.h - how good one list of recommendations is.
 *
 * Recall@k  hits among the first k / items held back
 * NDCG@k    hits discounted by 1 / log2(rank + 1), over the best order cut at k (the LightGCN
 *           protocol; Jarvelin and Kekalainen 2002)
 * MAP@k     mean of the precision at each hit, over min(held back, k)
 * R-prec    hits among the first R, R items held back (RecSys Challenge 2018, tracks only)
 * clicks    pages of 10 to turn until the first hit, 51 when none of 500 (the same)
 */
#pragma once
#include "recsys/models/scorer.h"

enum sg_measure {
    SG_RECALL,
    SG_NDCG,
    SG_MAP,
    SG_R_PRECISION,
    SG_CLICKS,
    SG_NOVELTY,         /* mean of -log2(users of the item / users): bits */
    SG_DIVERSITY,       /* mean over pairs of 1 - cosine of their users */
    SG_POPULARITY_BIAS, /* mean users of the items shown / of the items given; 1: as her taste */
    SG_MEASURES
};
enum { SG_LIST_DEPTH = 500 }; /* items ranked for R-precision and clicks */

/* SG_RECALL to SG_CLICKS of a list, best first. relevant: the n known ones, ascending;
 * all: how many were held back, >= 1. */
void sg_metrics_hits(const struct sg_scored *list, size_t listed, size_t k,
                     const uint32_t *relevant, size_t n, size_t all, float out[SG_MEASURES]);
/* SG_NOVELTY to SG_POPULARITY_BIAS of the first k. */
void sg_metrics_style(const struct sg_scored *list, size_t listed, size_t k,
                      const struct sg_row *given, const struct sg_interactions *x,
                      float out[SG_MEASURES]);
