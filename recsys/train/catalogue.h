/* catalogue.h - private to recsys/train: songs, credits and markets of one snapshot. */
#pragma once
#include "core/pg.h"
#include "recsys/train/input.h"

int sg_train_read_catalogue(PGconn *c, struct sg_train_input *out, struct sg_error *e);
