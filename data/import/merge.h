/* merge.h - the statements that bring staged rows into the catalogue. Private
 * to stage.c. */
#pragma once
#include "data/import/stage.h"

/* Runs inside the caller's transaction; counts and rejects go to s. */
int sg_merge(struct sg_stage *s, struct sg_error *e);
