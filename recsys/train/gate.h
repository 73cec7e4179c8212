/* gate.h - whether a new model is good enough to be served.
 *
 * Listeners of the panel (input.h), whom no model was trained on, are given the first
 * four fifths of their plays, by time; the whole of what serves (candidates, ranking, diversity,
 * filters) must find songs of the last fifth among 20. Recall@20: the share found, of at most 20.
 */
#pragma once
#include "recsys/model.h"
#include "recsys/train/input.h"

struct sg_gate_score {
    double recall, error; /* mean over the panel and its standard error */
    size_t users;
};
/* below: only users under this bound of the panel's. */
int sg_gate_measure(const struct sg_model *m, const struct sg_train_input *in, uint64_t below,
                    struct sg_gate_score *out, struct sg_error *e);
/* SG_ELIMIT with the reason. before: the served model, NULL for none. */
int sg_gate_compare(const struct sg_config *config, const struct sg_model *fresh,
                    const struct sg_model *before, const struct sg_train_input *in, double *recall,
                    struct sg_error *e);
