/* answer.h - trending, similar and recommended songs from a model and the live trends. */
#pragma once
#include "core/pg.h"
#include "core/rpc.h"
#include "recsys/live.h"
#include "recsys/model.h"
#include "schemas/recs.h"

struct sg_answerer { /* what all workers share; thread-safe */
    struct sg_models *models;
    struct sg_live *live;
    struct sg_pg_pool *pg; /* a user's last plays */
};

/* Replies lie in the call's arena. Each falls back rather than fail: reply.fallback says why. */
int sg_answer_trending(struct sg_answerer *a, const struct sg_rpc_call *call,
                       const struct sg_trending_request *in, struct sg_recs_reply *out,
                       struct sg_error *e);
int sg_answer_similar(struct sg_answerer *a, const struct sg_rpc_call *call,
                      const struct sg_similar_request *in, struct sg_recs_reply *out,
                      struct sg_error *e);
int sg_answer_recommend(struct sg_answerer *a, const struct sg_rpc_call *call,
                        const struct sg_recommend_request *in, struct sg_recs_reply *out,
                        struct sg_error *e);
