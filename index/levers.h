/* levers.h - operators' levers (schemas/levers.h) in a generation's delta, and what of a
 * generation one request may find.
 *
 * The table `lever` of the delta has a frozen record under
 *
 *   rule, synonym   u8 lever, id u64be         stop word     u8 lever, the word
 *   availability    u8 lever, kind u8, id u64be; not frozen: u8 excluded, two letters a market
 *   0xff            a count of changes to all but availability
 *
 * so that they live, are committed and are rolled back with everything else.
 */
#pragma once
#include "index/delta.h"
#include "index/searcher.h"
#include "schemas/levers.h"

/* Writes or removes by the record's own key; part of the open batch. */
int sg_delta_put_lever(struct sg_delta *d, enum sg_lever lever, const void *record,
                       struct sg_error *e);
int sg_delta_remove_lever(struct sg_delta *d, enum sg_lever lever, const void *record,
                          struct sg_error *e);
int sg_delta_clear_levers(struct sg_delta *d, enum sg_lever lever, struct sg_error *e);

/* Between sg_searcher_begin and _end. What rules, synonyms and stop words there are: another
 * number when they are others; 0: none ever. */
uint64_t sg_searcher_levers(struct sg_searcher *s);
/* Every record of a lever but availability; one that cannot be read is left out. Lists are in a, as
 * long as it is; text is valid in fn only. A non-zero return stops and is returned. */
typedef int (*sg_lever_fn)(void *ctx, const void *record);
int sg_searcher_each_lever(struct sg_searcher *s, enum sg_lever lever, sg_lever_fn fn, void *ctx,
                           struct sg_arena *a, struct sg_error *e);

/* What a request may find. */
struct sg_access {
    char market[3]; /* "DE"; "": wherever it is */
    bool clean;     /* explicit songs do not exist */
    unsigned kinds; /* bit set of 1 << kind; 0: all */
};
/* Until sg_searcher_end: sg_searcher_facts and _record know only what is allowed (_record of any
 * kind: a hit tells names of others), and totals that were not counted are not exact. */
void sg_searcher_allow(struct sg_searcher *s, const struct sg_access *access);
/* By its kind and market: whether it may be a result. */
bool sg_searcher_may_show(struct sg_searcher *s, enum sg_kind kind, uint64_t id);
