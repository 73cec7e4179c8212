/* levers.h - rows of the operators' levers (schemas/levers.h), from the source into a
 * generation's delta: at the snapshot, and as they change.
 */
#pragma once
#include "core/change_tail.h"
#include "core/pg.h"
#include "index/levers.h"

/* SG_LEVERS when it is no lever's table. */
enum sg_lever sg_lever_of(const struct sg_relation *r);
/* A change onto the open batch. SG_EINVAL: a row that no record can hold. a: of this call. */
int sg_levers_apply(struct sg_delta *d, enum sg_lever lever, const struct sg_change *c,
                    struct sg_arena *a, struct sg_error *e);
/* Every row of the connection's snapshot, appended to out; unusable ones are logged. */
int sg_levers_copy(PGconn *c, struct sg_buf *out, struct sg_error *e);
/* What was copied, onto the open batch. */
int sg_levers_paste(const struct sg_buf *in, struct sg_delta *d, struct sg_error *e);
