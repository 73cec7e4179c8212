/* equal.c - see equal.h. */
#include "query/understand/equal.h"
#include <stdio.h>
#include <utf8proc.h>

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

/* The other kana of a word of them; 0: it has none. */
static size_t other_kana(char *out, size_t cap, struct sg_str word)
{
    size_t used = 0, changed = 0;
    for (size_t at = 0; at < word.n;) {
        int32_t c;
        char bytes[4];
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)word.p + at,
                                              (utf8proc_ssize_t)(word.n - at), &c);
        if (n <= 0)
            return 0;
        int32_t other = c >= 0x3041 && c <= 0x3096   ? c + 0x60
                        : c >= 0x30a1 && c <= 0x30f6 ? c - 0x60
                                                     : c;
        size_t m = (size_t)utf8proc_encode_char(other, (utf8proc_uint8_t *)bytes);
        if (used + m >= cap)
            return 0;
        memcpy(out + used, bytes, m);
        changed += other != c;
        used += m;
        at += (size_t)n;
    }
    out[used] = 0;
    return changed ? used : 0;
}

static int small_number(struct sg_str w)
{
    for (int i = 0; i < (int)NUMBERS; i++)
        if (sg_str_eq(w, sg_str(numbers[i])))
            return i;
    return -1;
}

static int tens_of(struct sg_str w)
{
    static const char *const tens[] = {"twenty", "thirty",  "forty",  "fifty",
                                       "sixty",  "seventy", "eighty", "ninety"};
    for (int i = 0; i < 8; i++)
        if (sg_str_eq(w, sg_str(tens[i])))
            return 20 + 10 * i;
    return -1;
}

/* 0 to 99 from word `at` on; returns the words it takes. */
static size_t below_hundred(const struct sg_words *words, size_t at, int *value)
{
    if (at >= words->n)
        return 0;
    int tens = tens_of(words->v[at].text);
    if (tens < 0) {
        *value = small_number(words->v[at].text);
        return *value >= 0;
    }
    int ones = at + 1 < words->n ? small_number(words->v[at + 1].text) : -1;
    *value = ones > 0 && ones < 10 ? tens + ones : tens;
    return ones > 0 && ones < 10 ? 2 : 1;
}

size_t sg_number_spelled(const struct sg_words *words, size_t at, char digits[16])
{
    int first, second;
    size_t n = below_hundred(words, at, &first);
    if (!n)
        return 0;
    if (at + n < words->n && sg_str_eq(words->v[at + n].text, SG_STR("hundred"))) {
        size_t m = below_hundred(words, at + n + 1, &second);
        snprintf(digits, 16, "%d", first * 100 + (m ? second : 0));
        return n + 1 + m;
    }
    if (at + n < words->n && sg_str_eq(words->v[at + n].text, SG_STR("thousand"))) {
        snprintf(digits, 16, "%d", first * 1000);
        return n + 1;
    }
    size_t m = below_hundred(words, at + n, &second);
    if (m && first > 0 && second >= 10)
        snprintf(digits, 16, "%d%02d", first, second); /* nineteen eighty nine */
    else
        snprintf(digits, 16, "%d", first);
    return m && first > 0 && second >= 10 ? n + m : n;
}

size_t sg_equals_of(struct sg_equal out[SG_EQUALS_MAX], struct sg_str word, struct sg_str before,
                    bool between)
{
    size_t n = 0;
    if (between && is_one_of(word, ands)) {
        for (size_t i = 0; ands[i]; i++)
            n = add(out, n, word, ands[i]);
        return n;
    }
    size_t number = number_of(word, before);
    if (number == NUMBERS)
        return word.n > 2 && (unsigned char)word.p[0] == 0xe3
                   ? other_kana(out->text, sizeof out->text, word) != 0
                   : 0;
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", number);
    n = add(out, n, word, digits);
    n = add(out, n, word, numbers[number]);
    return add(out, n, word, romans[number]);
}
