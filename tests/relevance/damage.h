/* damage.h - how people mistype a name they know.
 *
 * A name is "title artist" (an artist: the name alone) as characters, NFC. Each
 * function changes it the way one kind of query differs from it, or says that
 * this kind cannot be made of this name. Chance comes from a seed, so that the
 * same name and seed always give the same query.
 *
 * The error model, of single typing errors: 35 % a letter left out, 27 % one too
 * many (half of these the same key twice, else its neighbour as well), 24 % a
 * wrong one (70 % a neighbour on the keyboard, else another vowel for a vowel
 * and any letter for a consonant), 14 % two letters swapped. The first letter is
 * spared three times out of four. These proportions follow what studies of
 * typing found, as collected in Kukich, "Techniques for Automatically Correcting
 * Words in Text", ACM Computing Surveys 24(4), 1992: most errors are single,
 * omissions and insertions lead, most substitutions are adjacent keys, few
 * errors hit the first letter. Keyboards: QWERTY and the Russian one.
 */
#pragma once
#include "core/str.h"
#include <stdint.h>

enum { DAMAGE_MAX = 600, DAMAGE_WORD_MIN = 4, DAMAGE_GLUED_MAX = 40 };

struct damage_text {
    size_t n, title_n; /* characters in all, and of the title */
    int32_t cp[DAMAGE_MAX];
};

/* False when too long or not UTF-8. */
bool damage_read(struct damage_text *t, struct sg_str title, struct sg_str artist);
/* Bytes of UTF-8; 0 when they do not fit. */
size_t damage_write(const struct damage_text *t, char *out, size_t cap);

/* One typo in each of n different words of DAMAGE_WORD_MIN letters or more that a keyboard has. */
bool damage_typos(struct damage_text *t, int n, uint64_t *random);
/* The title's words in another order. */
bool damage_order(struct damage_text *t, uint64_t *random);
/* One word left out; a word of DAMAGE_WORD_MIN letters or more of the same title or artist stays.
 */
bool damage_missing(struct damage_text *t, uint64_t *random);
/* Latin letters without their marks; false when there were none. */
bool damage_marks(struct damage_text *t);
/* No spaces within the title and the artist, or none at all; at most DAMAGE_GLUED_MAX characters.
 */
bool damage_spaces(struct damage_text *t, bool all);
/* The first percent of the characters. */
bool damage_cut(struct damage_text *t, int percent);
