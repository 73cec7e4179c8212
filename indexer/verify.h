/* verify.h - the live generation against the database, record by record. */
#pragma once
#include "core/config.h"
#include "index/searcher.h"
#include "indexer/row.h"

int sg_cmd_verify(const struct sg_config *config, int argc, char **argv);

/* Whether the row is found by each of its own terms and the ranker's facts are
 * those of the row: the derived state. NULL, or what is wrong (static text). */
const char *sg_verify_search(struct sg_searcher *s, enum sg_kind kind, const struct sg_row *row,
                             struct sg_arena *a);
