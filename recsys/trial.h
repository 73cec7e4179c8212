/* trial.h - recommendations under an experiment: ranked with the weights of the listener's
 * variant, or two rankings interleaved; and a place where a new song is tried. What was shown is
 * noted. Without an experiment it is what compose gives. */
#pragma once
#include "recsys/answering.h"

/* As sg_compose_for_person. */
int sg_trial_for_person(struct sg_answering *x, const struct sg_compose_options *c,
                        struct sg_recommendation *out, struct sg_error *e);
