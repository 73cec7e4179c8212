/* relations.h - private to core/change_tail: table descriptions by oid, as of
 * the change being read. A later description replaces the earlier one. */
#pragma once
#include "core/pgoutput.h"

struct sg_relations {
    struct sg_relation **v; /* by oid */
    size_t n, cap;
};

void sg_relations_fini(struct sg_relations *r);
/* Keeps a copy of d. */
int sg_relations_learn(struct sg_relations *r, const struct sg_relation *d, struct sg_error *e);
/* NULL: never described. Valid until it is learnt anew. */
const struct sg_relation *sg_relations_get(const struct sg_relations *r, uint32_t oid);
