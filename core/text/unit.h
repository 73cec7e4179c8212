/* unit.h - private to core/text: the folded characters between bytes and words.
 *
 *   bytes --decode.c--> units --words.c (rewrite, split)--> struct sg_words
 *
 * A unit is one folded code point, what it does to words, and the bytes of the
 * original that it came from.
 */
#pragma once
#include "core/text.h"

enum sg_unit_class {
    UNIT_SPACE,  /* also control characters and invalid bytes */
    UNIT_SYMBOL, /* breaks words; kept only where there are no words */
    UNIT_LETTER, /* with the marks that stay, as in Devanagari */
    UNIT_DIGIT,
    UNIT_CJK,   /* scripts without spaces: bigrams */
    UNIT_EMOJI, /* a word of its own */
    UNIT_FLAG,  /* regional indicator: two make a word */
    UNIT_APOSTROPHE,
    UNIT_DOT,
    UNIT_AMPERSAND,
    UNIT_PLUS,
    UNIT_DOLLAR,
    UNIT_BANG,
    UNIT_AND,    /* a whole word "and" */
    UNIT_JOINED, /* taken out of the middle of a word */
};

#define UNIT_BIT(class) (1u << (class))
#define UNIT_BITS_WORD                                                                             \
    (UNIT_BIT(UNIT_LETTER) | UNIT_BIT(UNIT_DIGIT) | UNIT_BIT(UNIT_CJK) | UNIT_BIT(UNIT_EMOJI) |    \
     UNIT_BIT(UNIT_FLAG))
#define UNIT_BITS_CONTEXTUAL                                                                       \
    (UNIT_BIT(UNIT_APOSTROPHE) | UNIT_BIT(UNIT_DOT) | UNIT_BIT(UNIT_AMPERSAND) |                   \
     UNIT_BIT(UNIT_PLUS) | UNIT_BIT(UNIT_DOLLAR) | UNIT_BIT(UNIT_BANG))

struct sg_unit {
    int32_t cp;
    uint16_t from, to;
    uint8_t class;
};

/* Decompositions may be longer than the text; what does not fit is ignored. */
#define UNITS_MAX (SG_TEXT_MAX + 512)
struct sg_units {
    size_t n;
    unsigned seen; /* bit set of 1 << class */
    bool foreign;  /* a letter that is not ASCII is left */
    struct sg_unit v[UNITS_MAX];
};

void sg_units_decode(struct sg_units *out, struct sg_str text);

/* What the splitter knows of words beside their text, a bit a word. */
struct sg_word_marks {
    uint64_t glued;   /* one symbol, no space, before it: blue-jean */
    uint64_t and;     /* stood as & or + */
    uint64_t cjk_end; /* the last bigram of its run */
};
void sg_units_split(struct sg_words *out, struct sg_units *u, struct sg_word_marks *marks);

/* Writes 1 to 4 bytes; returns how many. */
size_t sg_utf8_encode(char *out, int32_t cp);

/* Appends a word of ready folded bytes, cut to SG_WORD_MAX; false when full. */
bool sg_words_put(struct sg_words *w, struct sg_str text, uint32_t from, uint32_t to);

/* sg_text_words and sg_text_alternatives at once. */
void sg_text_both(struct sg_words *words, struct sg_words *alternatives, struct sg_str text);

enum sg_romanisation {
    SG_ROMANISE_ANY,
    SG_ROMANISE_BGN,
    SG_SIMPLIFY, /* Chinese characters in their simplified form, not in Latin letters */
    SG_TRADITIONAL,
    SG_ROMANISATIONS
};
/* Text of at most SG_TEXT_MAX bytes written otherwise; false when it cannot be. */
bool sg_romanise(enum sg_romanisation how, struct sg_str text, char *out, size_t cap, size_t *n);
