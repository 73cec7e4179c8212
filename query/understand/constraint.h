/* constraint.h - whether a record is where the operators want it (understand.h).
 * Spellings of the reading count as the words themselves. Pure.
 */
#pragma once
#include "query/reading.h"

/* r: a reading with the query's own words, none joined, split or left out. */
bool sg_constraints_hold(const struct sg_constraints *c, const struct sg_reading *r,
                         enum sg_kind kind, const struct sg_facts *f);
