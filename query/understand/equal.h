/* equal.h - other ways of writing a word that says the same: numerals (4, iv, four)
 * and the words between two names (and, und, y, et).
 */
#pragma once
#include "core/str.h"

#define SG_EQUALS_MAX 10

struct sg_equal {
    char text[16];
};
/* before: the word before it, absent for the first. A single letter is a numeral
 * only after words such as part or volume. */
size_t sg_equals_of(struct sg_equal out[SG_EQUALS_MAX], struct sg_str word, struct sg_str before);
