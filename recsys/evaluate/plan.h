/* plan.h - what `segue-recsys evaluate` was asked to do. Private to recsys/evaluate. */
#pragma once
#include "recsys/evaluate/evaluate.h"
#include "recsys/input/playlists.h"

enum { SG_PLAN_MODELS = 16, SG_PLAN_RUNS = 100, SG_PLAN_BLEND_BYTES = 4096 };

struct sg_evaluate_plan {
    const char *train, *test, *playlists, *split_text;
    enum sg_pairs_format format;
    struct sg_content content;
    struct sg_split_options split;
    enum sg_pairs_weights weights;
    const char *model[SG_PLAN_MODELS];
    size_t models, runs; /* runs: with playlists, their folds */
    bool blend, json, listed, inner;
    struct sg_evaluate_options evaluate;
    char blended[SG_PLAN_BLEND_BYTES];
};

/* From the command line. 0, SG_EINVAL, or SG_ECANCELED: told already (getopt's own message,
 * or the list of models: then p->listed). Texts are argv's. */
int sg_evaluate_plan_read(struct sg_evaluate_plan *p, int argc, char **argv, struct sg_error *e);
