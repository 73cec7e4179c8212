/* als_checkpoint.h - the factors between two sweeps, on disk, to go on from.
 *
 *   segment "SGALSCK1": values: fingerprint, sweeps done, users, items, stride, XXH3 of rows
 *     section 0: users' rows, section 1: items'
 *
 * The fingerprint is of the plays and of every option that changes the factors but the
 * number of sweeps: rows of another training are never taken up. Private to recsys.
 */
#pragma once
#include "core/str.h"
#include "recsys/als.h"

int sg_als_checkpoint_write(const char *path, const struct sg_interactions *x,
                            const struct sg_als_options *o, const struct sg_factors *f, int done,
                            struct sg_error *e);
/* Fills f's rows and returns the sweeps done; 0, f's rows being as they were, when there is
 * nothing to go on from (told in the log unless there is no file). */
int sg_als_checkpoint_read(const char *path, const struct sg_interactions *x,
                           const struct sg_als_options *o, struct sg_factors *f);
void sg_als_checkpoint_remove(const char *path);

uint64_t sg_als_fingerprint(const struct sg_interactions *x, const struct sg_als_options *o);

/* What is read from a file: views into bytes. SG_ECORRUPT. */
struct sg_als_checkpoint {
    uint64_t fingerprint;
    int done;
    size_t users, items, stride;
    struct sg_str user_rows, item_rows;
};
int sg_als_checkpoint_parse(struct sg_als_checkpoint *out, struct sg_str bytes, struct sg_error *e);
