/* equal.c - see equal.h. */
#include "query/understand/equal.h"
#include <stdio.h>

static const char *const numbers[] = {
    "zero",     "one",     "two",     "three",     "four",     "five",     "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
static const char *const romans[] = {"",    "i",    "ii",  "iii",  "iv",    "v",   "vi",
                                     "vii", "viii", "ix",  "x",    "xi",    "xii", "xiii",
                                     "xiv", "xv",   "xvi", "xvii", "xviii", "xix", "xx"};
static const char *const ands[] = {"and", "und", "y", "et", "e", "och", "n", "og", NULL};
static const char *const counted[] = {"part", "pt",   "vol", "volume",  "no",       "number", "nr",
                                      "act",  "book", "op",  "chapter", "symphony", NULL};

static bool is_one_of(struct sg_str w, const char *const *list)
{
    for (; *list; list++)
        if (sg_str_eq(w, sg_str(*list)))
            return true;
    return false;
}

#define NUMBERS (sizeof numbers / sizeof *numbers)

/* NUMBERS when it is none. */
static size_t number_of(struct sg_str w, struct sg_str before)
{
    uint64_t v;
    if (w.n <= 2 && sg_str_to_u64(w, &v) && v < NUMBERS)
        return (size_t)v;
    for (size_t i = 0; i < NUMBERS; i++)
        if (sg_str_eq(w, sg_str(numbers[i])))
            return i;
    if (w.n == 1 && !is_one_of(before, counted))
        return NUMBERS;
    for (size_t i = 1; i < NUMBERS; i++)
        if (sg_str_eq(w, sg_str(romans[i])))
            return i;
    return NUMBERS;
}

static size_t add(struct sg_equal *out, size_t n, struct sg_str word, const char *text)
{
    if (!*text || n == SG_EQUALS_MAX || sg_str_eq(word, sg_str(text)))
        return n;
    snprintf(out[n].text, sizeof out[n].text, "%s", text);
    return n + 1;
}

size_t sg_equals_of(struct sg_equal out[SG_EQUALS_MAX], struct sg_str word, struct sg_str before)
{
    size_t n = 0;
    if (is_one_of(word, ands)) {
        for (size_t i = 0; ands[i]; i++)
            n = add(out, n, word, ands[i]);
        return n;
    }
    size_t number = number_of(word, before);
    if (number == NUMBERS)
        return 0;
    char digits[16];
    snprintf(digits, sizeof digits, "%zu", number);
    n = add(out, n, word, digits);
    n = add(out, n, word, numbers[number]);
    return add(out, n, word, romans[number]);
}
