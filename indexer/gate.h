/* gate.h - whether a generation may be published.
 *
 * Checksums of every file; counts that have not fallen by more than
 * indexer.gate_shrink_percent of the serving generation's; and canaries: a
 * fixed sample of its songs, half the most popular, half spread over the
 * catalogue, each asked for by title and lead artist. Their mean reciprocal
 * rank may fall by at most indexer.gate_mrr_drop. Last, what operators ask of it: the
 * record of every enabled row of the table canaries is among the first `within` that a
 * search for its query finds.
 */
#pragma once
#include "core/config.h"
#include "index/generation.h"

/* folder: the candidate below dir, with its manifest m, whose canary_mrr is set.
 * before: what serves now, NULL when nothing does. 0: passed; SG_ELIMIT: refused,
 * SG_ECORRUPT: refused; e says why. Anything else: the gate could not run. */
int sg_gate_check(const struct sg_config *config, const char *dir, const char *folder,
                  struct sg_manifest *m, const struct sg_manifest *before, struct sg_error *e);
/* Mean reciprocal rank of the canaries, 0..1; 1 for a catalogue without songs. */
int sg_canary_mrr(const char *dir, const char *folder, double *mrr, struct sg_error *e);
/* 0: the rows of canaries are found, or the source has none; SG_ELIMIT: e names the first
 * that is not, and says how many more. */
int sg_canary_rows(const struct sg_config *config, const char *dir, const char *folder,
                   struct sg_error *e);
