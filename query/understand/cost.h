/* cost.h - how likely a spelling is a slip of another: the edits between them, each
 * weighed by what fingers and ears do. A neighbouring key, two letters swapped, a
 * letter doubled or dropped from a double, a vowel for a vowel and letters that
 * sound alike cost about half of any other edit; the first letter costs more.
 * Pure; words longer than 32 characters cost an edit each.
 */
#pragma once
#include "core/str.h"

/* 0: the same. typed, meant: folded words. */
float sg_edit_cost(struct sg_str typed, struct sg_str meant);
