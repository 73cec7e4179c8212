/* answer.h - the recommender's methods: requests to occasions, compositions to replies. */
#pragma once
#include "core/config.h"
#include "core/pg.h"
#include "core/rpc.h"
#include "recsys/charts.h"
#include "recsys/experiments/experiments.h"
#include "recsys/live.h"
#include "recsys/model.h"
#include "schemas/recs.h"

struct sg_answerer { /* what all workers share; thread-safe */
    const struct sg_config *config;
    struct sg_models *models;
    struct sg_live *live;
    struct sg_charts *charts;
    struct sg_pg_pool *pg;              /* playlists' songs */
    struct sg_experiments *experiments; /* NULL: none */
};

/* Replies lie in the call's arena. Each falls back rather than fail: reply.fallback says why.
 * Filters hold in every case: SG_EUNAVAIL, SG_ETIMEOUT for a listener whom neither memory nor
 * database tells of. */
typedef int sg_answer_fn(struct sg_answerer *a, const struct sg_rpc_call *call,
                         const struct sg_recs_request *in, struct sg_recs_reply *out,
                         struct sg_error *e);
sg_answer_fn sg_answer_trending, sg_answer_similar, sg_answer_recommend, sg_answer_radio,
    sg_answer_continue, sg_answer_mixes, sg_answer_new_releases;
