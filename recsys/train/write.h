/* write.h - the files of a model (model.h) from what was read. */
#pragma once
#include "recsys/als.h"
#include "recsys/train/input.h"

/* with: how to factorise; its progress goes to stderr. */
int sg_model_write(const struct sg_config *config, const struct sg_train_input *in,
                   const struct sg_als_options *with, const char *dir, struct sg_error *e);
/* The sums of all files, last: complete from then on. recall: of the gate, -1 when not measured. */
int sg_model_write_manifest(const char *dir, const char *name, size_t songs, double recall,
                            struct sg_error *e);
