/* gate.c - see gate.h. */
#include "indexer/gate.h"
#include "index/searcher.h"
#include "indexer/folder.h"

static int check_counts(const struct sg_config *config, const struct sg_manifest *m,
                        const struct sg_manifest *before, struct sg_error *e)
{
    int64_t percent = config->indexer.gate_shrink_percent;
    for (int k = 0; before && k < SG_KINDS; k++) {
        double least = (double)before->counts[k] * (double)(100 - percent) / 100;
        if ((double)m->counts[k] < least)
            return sg_fail(e, SG_ELIMIT,
                           "%llu %ss, the serving generation has %llu: more than %lld%% fewer",
                           (unsigned long long)m->counts[k], sg_kind_names[k],
                           (unsigned long long)before->counts[k], (long long)percent);
    }
    return 0;
}

static int check_canaries(const struct sg_config *config, const struct sg_manifest *m,
                          const struct sg_manifest *before, struct sg_error *e)
{
    if (!before || before->canary_mrr < 0)
        return 0;
    if (m->canary_mrr < before->canary_mrr - config->indexer.gate_mrr_drop)
        return sg_fail(e, SG_ELIMIT,
                       "canary queries: mean reciprocal rank %.3f, the serving generation had %.3f",
                       m->canary_mrr, before->canary_mrr);
    return 0;
}

int sg_gate_check(const struct sg_config *config, const char *dir, const char *folder,
                  struct sg_manifest *m, const struct sg_manifest *before, struct sg_error *e)
{
    char path[PATH_MAX];
    int rc = sg_folder_path(path, dir, folder, e);
    if (!rc)
        rc = sg_manifest_check(m, path, true, e);
    if (!rc)
        rc = sg_canary_mrr(dir, folder, &m->canary_mrr, e);
    if (!rc)
        rc = check_counts(config, m, before, e);
    if (!rc)
        rc = check_canaries(config, m, before, e);
    return rc ? rc : sg_canary_rows(config, dir, folder, e);
}
