/* tally.h - ranks of the right answer, and floors they must not fall under. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { TALLY_TEN = 10 };

struct tally {
    size_t asked, first, ten;
    double reciprocal; /* sum of 1 / rank within the first ten */
};

/* rank from 1; 0: not there. */
void tally_add(struct tally *t, int rank);
void tally_join(struct tally *t, const struct tally *other);
double tally_mrr(const struct tally *t); /* 0 when nothing was asked */
double tally_share(const struct tally *t, size_t n);

/* tests/relevance/floors.tsv: what is wanted, and what is reached now. */
struct floor {
    double wanted, now;
};
/* A line "test<TAB>measure<TAB>wanted<TAB>now"; false when there is none. */
bool floor_find(struct floor *out, const char *test, const char *measure);
/* What value has to reach: `now`, or `wanted` with SEGUE_TEST_RELEVANCE_STRICT=1.
 * Says so when it is under it; true when it is not. */
bool floor_holds(const char *test, const char *measure, double value);
