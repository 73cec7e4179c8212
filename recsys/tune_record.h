/* tune_record.h - the trials of a search on disk. Private to recsys.
 *
 *   segment "SGTUNE01": values: fingerprint, microseconds spent, XXH3 of the trials
 *     section 0: struct sg_tune_trial[]
 */
#pragma once
#include "recsys/tune.h"

enum { SG_TUNE_TRIALS_MAX = 4096 };

struct sg_tune_record {
    uint64_t fingerprint;
    int64_t spent_us;
    size_t n;
    struct sg_tune_trial trial[SG_TUNE_TRIALS_MAX];
};

int sg_tune_record_write(const char *path, const struct sg_tune_record *r, struct sg_error *e);
/* SG_ENOENT, SG_ECORRUPT. */
int sg_tune_record_read(struct sg_tune_record *r, const char *path, struct sg_error *e);
int sg_tune_record_parse(struct sg_tune_record *r, struct sg_str bytes, struct sg_error *e);
/* The best of n trials, the first among equals; NULL of none. */
const struct sg_tune_trial *sg_tune_best(const struct sg_tune_trial *v, size_t n);
