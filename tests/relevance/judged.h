/* judged.h - queries with the answers a person expects, and the catalogue of
 * real works they are asked of: queries.tsv, queries_held.tsv (held out: not looked
 * at while ranking is tuned) and catalogue.tsv beside this file.
 */
#pragma once
#include "tests/relevance/engine.h"

enum { JUDGED_ANSWERS_MAX = 256 };

struct judged_query {
    char *line; /* owns all of it, cells ended by zeros */
    const char *text, *types /* for engine_search */, *class, *expected;
    bool held;
    size_t n;
    uint64_t *keys; /* engine_key of each right answer */
};
struct judged {
    size_t n;
    struct judged_query *v;
};

/* Reads both files; ends the program when one is not as it should be. */
void judged_read(struct judged *j);
void judged_free(struct judged *j);
bool judged_right(const struct judged_query *q, uint64_t key);

/* Brings catalogue.tsv into x's database: as CSV through segue-data, then the
 * aliases. False, saying so, where the catalogue cannot hold aliases yet. */
bool judged_import(struct engine *x);
