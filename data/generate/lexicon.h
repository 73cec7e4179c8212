/* lexicon.h - what a language's names are made of: word lists, most usual
 * first, and grammars.
 *
 * Lists are separated by blanks ('_' stands for a blank inside an entry),
 * grammars by '|'. In a grammar $n is a noun without its article, $N with it,
 * $a an adjective, $v a phrase, $t a verb form, $p a place, $f a first and $l a
 * last name, $c a compound of stem and ending, $x an invented word, $# a
 * number; " s" behind a slot makes its plural. The lists are this project's
 * own.
 */
#pragma once
#include <stdbool.h>

struct sg_lexicon {
    const char *code; /* ISO 639-1 */
    bool title_case;  /* titles capitalise every main word */
    double skew;      /* Zipf-Mandelbrot offset: smaller makes the first words more usual */
    const char *articles;
    const char *nouns, *adjectives, *verbs, *firsts, *lasts, *places;
    const char *stems, *endings, *last_endings, *syllables, *extra;
    const char *titles, *bands;
};

extern const struct sg_lexicon sg_lexicon_en, sg_lexicon_es, sg_lexicon_pt, sg_lexicon_fr,
    sg_lexicon_it, sg_lexicon_de, sg_lexicon_sv, sg_lexicon_pl, sg_lexicon_tr, sg_lexicon_ru,
    sg_lexicon_el, sg_lexicon_ar, sg_lexicon_he, sg_lexicon_hi, sg_lexicon_ja, sg_lexicon_ko,
    sg_lexicon_zh;
