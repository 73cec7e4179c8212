/* highlight.h - which bytes of a displayed field answer the query.
 *
 * Ranges are of the original text, not of its folded form. An unfinished word
 * lights up only as far as it was typed. Touching ranges are one. Pure.
 */
#pragma once
#include "query/reading.h"

#define SG_HIGHLIGHTS_MAX 64 /* of one field */

struct sg_range {
    size_t from, to; /* bytes [from, to) */
};

size_t sg_highlight(const struct sg_reading *r, struct sg_str text, struct sg_range *out,
                    size_t cap);
/* The shortest start of text whose folded form starts with prefix; text.n when
 * there is none shorter. text: at most a word or two. */
size_t sg_highlight_typed(struct sg_str text, struct sg_str prefix);
