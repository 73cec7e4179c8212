/* tune_record.c - see tune_record.h. */
#include "recsys/tune_record.h"
#include "core/map.h"
#include "index/segment.h"
#include <xxhash.h>

static const char magic[] = "SGTUNE01";
enum { V_FINGERPRINT, V_SPENT, V_SUM };
enum { FACTORS_MAX = 512, SWEEPS_MAX = 100000 };

int sg_tune_record_write(const char *path, const struct sg_tune_record *r, struct sg_error *e)
{
    struct sg_segment_writer w;
    size_t bytes = r->n * sizeof *r->trial;
    int rc = sg_segment_create(&w, path, magic, e);
    if (rc)
        return rc;
    w.header.value[V_FINGERPRINT] = r->fingerprint;
    w.header.value[V_SPENT] = (uint64_t)r->spent_us;
    w.header.value[V_SUM] = XXH3_64bits(r->trial, bytes);
    sg_segment_begin(&w, 0);
    sg_segment_put(&w, r->trial, bytes);
    return sg_segment_commit(&w, e);
}

static bool in_bounds(const struct sg_tune_trial *t)
{
    for (size_t i = 0; i < SG_TUNE_CURVE; i++)
        if (!isfinite(t->curve[i]))
            return false;
    return t->factors >= 1 && t->factors <= FACTORS_MAX && t->sweeps <= SWEEPS_MAX &&
           (unsigned)t->loss.weighting < SG_WEIGHTINGS && isfinite(t->loss.unobserved) &&
           t->loss.unobserved >= 0 && isfinite(t->loss.regularisation) &&
           t->loss.regularisation > 0 && isfinite(t->loss.power) && isfinite(t->score) &&
           t->abandoned <= 1;
}

int sg_tune_record_parse(struct sg_tune_record *r, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, magic, e);
    if (rc)
        return rc;
    size_t n = g.section[0].n / sizeof *r->trial;
    if (g.section[0].n != n * sizeof *r->trial || n > SG_TUNE_TRIALS_MAX ||
        g.value[V_SPENT] > INT64_MAX / 2)
        return sg_fail(e, SG_ECORRUPT, "trials of another size");
    if (XXH3_64bits(g.section[0].p, g.section[0].n) != g.value[V_SUM])
        return sg_fail(e, SG_ECORRUPT, "checksum of the trials differs");
    r->fingerprint = g.value[V_FINGERPRINT];
    r->spent_us = (int64_t)g.value[V_SPENT];
    r->n = n;
    memcpy(r->trial, g.section[0].p, g.section[0].n);
    for (size_t i = 0; i < n; i++)
        if (!in_bounds(&r->trial[i]))
            return sg_fail(e, SG_ECORRUPT, "trial %zu is out of its bounds", i);
    return 0;
}

int sg_tune_record_read(struct sg_tune_record *r, const char *path, struct sg_error *e)
{
    struct sg_map m;
    int rc = sg_map_open(&m, path, sizeof(struct sg_segment_header), e);
    if (rc)
        return rc;
    rc = sg_tune_record_parse(r, (struct sg_str){(const char *)m.p, m.n}, e);
    sg_map_close(&m);
    return rc;
}

const struct sg_tune_trial *sg_tune_best(const struct sg_tune_trial *v, size_t n)
{
    const struct sg_tune_trial *best = n ? v : NULL;
    for (size_t i = 1; i < n; i++)
        if (v[i].score > best->score)
            best = &v[i];
    return best;
}
