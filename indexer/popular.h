/* popular.h - rows of the table popular_queries, from snapshot and tail into the delta. */
#pragma once
#include "core/change_tail.h"
#include "core/pg.h"
#include "index/delta.h"

int sg_popular_apply(struct sg_delta *d, const struct sg_change *c, struct sg_error *e);
/* All of a snapshot's, by COPY, appended to rows; and from there into a delta. */
int sg_popular_copy(PGconn *c, struct sg_buf *rows, struct sg_error *e);
int sg_popular_paste(const struct sg_buf *rows, struct sg_delta *d, struct sg_error *e);
