/* equal.h - other ways of writing a word that says the same: numerals (4, iv, four)
 * the words between two names (and, und, y, et), hiragana and katakana.
 */
#pragma once
#include "core/text.h"

#define SG_EQUALS_MAX 10

struct sg_equal {
    char text[24];
};
/* A number spelled out from word `at` on (twenty one, five hundred, nineteen eighty
 * nine, one eighty two) in digits; returns how many words it takes, 0: none. */
size_t sg_number_spelled(const struct sg_words *words, size_t at, char digits[16]);

/* before: the word before it, absent for the first; between: others stand on both
 * sides, as they do of an "and". A single letter is a numeral only after words such
 * as part or volume. */
size_t sg_equals_of(struct sg_equal out[SG_EQUALS_MAX], struct sg_str word, struct sg_str before,
                    bool between);
