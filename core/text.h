/* text.h - normalisation: the one way text becomes words, at build and query.
 *
 * Fold: NFKC, full case folding, combining marks off (Latin, Greek, Cyrillic,
 * Arabic and Hebrew vowel marks), apostrophes joined (don't -> dont), '&' and
 * '+' between words -> and, '$' inside a word -> s, '!' inside a word -> i,
 * dotted letters joined (T.N.T. -> tnt), other punctuation and symbols are word
 * breaks, except that a value made of nothing else keeps its symbols as one
 * word (!!!, +44 keeps +44 and also 44). Letters no decomposition reaches
 * (MØ, ł, ß, æ, ı) fold by table. CJK, kana and Thai runs become overlapping
 * bigrams. Tables come from utf8proc; transliteration from ICU.
 *
 * Thread-safe; a struct sg_text_scratch is thread-compatible and reused.
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"

#define SG_WORD_MAX  64   /* bytes of one folded word; longer are cut on a character */
#define SG_WORDS_MAX 64   /* words of one text; the rest is ignored */
#define SG_TEXT_MAX  1024 /* bytes of text that are looked at, cut on a character */

struct sg_word {
    struct sg_str text; /* folded, in the words' own buffer */
    uint32_t from, to;  /* the bytes of the original that it came from */
};
struct sg_words {
    size_t n;
    struct sg_word v[SG_WORDS_MAX];
    char bytes[SG_WORDS_MAX * SG_WORD_MAX];
    size_t used;
};

/* Words of text in order. Invalid UTF-8 bytes are word breaks. Allocates nothing
 * for ASCII; may for other scripts. */
void sg_text_words(struct sg_words *out, struct sg_str text);
/* The whole value folded: its words joined by single spaces. Returns bytes
 * written, at most cap; the result ends on a whole word. */
size_t sg_text_fold(char *out, size_t cap, struct sg_str text);
/* Alternative folded words to index beside the original: Latin transliteration
 * of other scripts (кино -> kino), Chinese in the other script, the joined form of hyphenated
 * words. Empty for plain ASCII without hyphens. Build time only (ICU is slow). */
void sg_text_alternatives(struct sg_words *out, struct sg_str text);
/* The whole value in Latin letters, folded; second: as English writes Russian (ш -> sh).
 * 0 when there is no such form of its own. Build time only. */
size_t sg_text_romanised(char *out, size_t cap, struct sg_str text, bool second);
/* All that a text is searched by, to be kept: its words joined by single spaces (as
 * sg_text_fold gives them, but never cut) and, when it has alternatives, a mark
 * and those joined alike. Returns the bytes written. Build time only. */
#define SG_FORMS_MAX  (2 * SG_WORDS_MAX * (SG_WORD_MAX + 1))
#define SG_FORMS_MARK '\x1f'
size_t sg_text_forms(char out[SG_FORMS_MAX], struct sg_str text);
/* Of forms: what sg_text_fold gives of the text with a cap of SG_TEXT_MAX. */
struct sg_str sg_forms_fold(struct sg_str forms);
/* Takes the first word, of text or alternatives, off *forms; false at their end. */
bool sg_forms_next(struct sg_str *forms, struct sg_str *word);
/* The next character boundary at or below n. */
size_t sg_utf8_floor(struct sg_str s, size_t n);
/* Number of characters of valid UTF-8 s; the byte length of its first k characters. */
size_t sg_utf8_count(struct sg_str s);
size_t sg_utf8_prefix(struct sg_str s, size_t k);
