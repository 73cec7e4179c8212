/* plan.h - a reading turned into what the index is asked: a conjunction of
 * groups of terms (index/searcher.h), the same for every kind.
 *
 *   filters and (W<word> or W<other spelling>) and ... and (last word, as prefix)
 *
 * An unfinished word of up to 4 characters is the term P<word>. A longer one is
 * the catalogue's words that start with it, the most frequent first; words that
 * are newer than the spelling segment, or past the cap, are reached by
 * P<first 4 characters> and must then be verified on the record (struct
 * sg_ranker, verify_last).
 *
 * A plan holds its own bytes and may be larger than a stack frame should be.
 */
#pragma once
#include "index/searcher.h"
#include "query/reading.h"

#define SG_EXPANSIONS_MAX 64  /* words an unfinished one may stand for */
#define SG_YEAR_TERMS_MAX 100 /* a wider range of years is checked on the record */

struct sg_filters {
    uint64_t artist_id;     /* 0: any */
    const uint64_t *genres; /* any of these */
    size_t n_genres;
    bool by_genre;                            /* with n_genres 0: nothing matches */
    int year_from, year_to;                   /* 0: open */
    int is_explicit;                          /* -1 any */
    const struct sg_constraints *constraints; /* NULL: none */
};

struct sg_plan {
    struct sg_term_group groups[SG_GROUPS_MAX];
    size_t n, n_filters;
    bool check;       /* sg_filters_pass decides what terms could not say */
    bool check_years; /* the range is too wide for terms: sg_filters_pass decides */
    bool unlisted;    /* completions newer than the base are not among the terms */
    bool more;        /* nor are some of the base's own */
    struct sg_str terms[1024];
    size_t n_terms;
    char bytes[48 << 10];
    size_t used;
    bool impossible; /* nothing can match */
};

/* Starts p anew with the filters. */
void sg_plan_filters(struct sg_plan *p, const struct sg_filters *f);
/* After the filters: every word of the reading. */
void sg_plan_words(struct sg_plan *p, const struct sg_reading *r, const struct sg_spell *s);
/* The last word by its first 4 characters alone, to be verified on the record. */
void sg_plan_words_loose(struct sg_plan *p, const struct sg_reading *r);
/* All words as they stand, the last one too. */
void sg_plan_words_exact(struct sg_plan *p, const struct sg_reading *r);
/* After the filters: the whole title is words [0, cut) and, unless cut is the
 * number of words, an artist's whole name the rest (swapped: the other way round). */
void sg_plan_whole(struct sg_plan *p, const struct sg_query *q, size_t cut, bool swapped);
/* After the filters: the letters of the whole title and, unless there are none, of an
 * artist's whole name, however they are spaced. */
void sg_plan_letters(struct sg_plan *p, struct sg_str title, struct sg_str artist);
/* After the filters: words [from, to) are the whole title. */
void sg_plan_title(struct sg_plan *p, const struct sg_query *q, size_t from, size_t to);
/* After the filters: the word is sung. */
void sg_plan_sung(struct sg_plan *p, struct sg_str word);
/* What terms could not say. */
bool sg_filters_pass(const struct sg_filters *f, const struct sg_reading *r, enum sg_kind kind,
                     const struct sg_facts *facts);
