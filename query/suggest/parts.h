/* parts.h - the inside of completion; private to query/suggest.
 *
 * gather.c finds what starts with a text, correct.c what it may have been meant to
 * be, elsewhere.c what has its words in another order, liked.c what the searcher likes;
 * query/suggest.c asks them in turn and shows the best.
 */
#pragma once
#include "index/levers.h"
#include "index/searcher.h"
#include "index/suggest.h"
#include "query/suggest.h"

#define CANDIDATES_MAX 96

struct candidate {
    enum sg_kind kind;
    uint64_t id;
    float worth;
};
struct candidates {
    size_t n;
    struct candidate v[CANDIDATES_MAX];
};

/* What was typed, folded: words joined by single spaces. */
struct typed {
    char text[SG_PREFIX_MAX];
    size_t n;
    bool ended;   /* by a space: the last word is whole */
    size_t limit; /* completions wanted */
};

/* Adds everything that starts so, title first, whole titles with the beginning of
 * their artist, later words; stale entries of the base are left out, their live
 * form is in the overlay. Known candidates keep the better worth. */
void gather(struct sg_searcher *s, const struct typed *t, struct candidates *out);
/* The same, more added to each worth, of the first way alone that finds anything. */
void gather_some(struct sg_searcher *s, const struct typed *t, float more, struct candidates *out);
/* Keeps the better worth of one that is there already. */
void candidates_add(struct candidates *c, enum sg_kind kind, uint64_t id, float worth);
/* Best first. */
void candidates_sort(struct candidates *c);

/* Whether every word of three letters or more is one of the base's. */
bool all_known(struct sg_searcher *s, const struct typed *t);
/* Adds what was meant if words were typed wrongly: one slip a word. False when
 * nothing was found. */
bool correct(struct sg_searcher *s, const struct typed *t, struct candidates *out);

/* Adds the songs and artists of a taste that start so, and lifts those that are there by how
 * much they are liked. */
void add_liked(struct sg_searcher *s, const struct sg_taste *taste, const struct typed *t,
               struct sg_arena *a, struct candidates *out);

/* Adds songs, or else albums, that have all the words in title or names, in any order. */
void find_elsewhere(struct sg_searcher *s, const struct typed *t, struct candidates *out);
