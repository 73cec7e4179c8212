/* sound.h - private to recsys/train: the audio vectors of the songs that have a recording. */
#pragma once
#include "core/pg.h"
#include "recsys/train/input.h"

/* After sg_train_read_catalogue, in the same snapshot. */
int sg_train_read_sounds(PGconn *c, struct sg_train_input *out, struct sg_error *e);
