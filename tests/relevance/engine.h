/* engine.h - Segue over a catalogue, for judging what it finds.
 *
 * A private PostgreSQL (tests/support/pg.h), filled by the real segue-data, made
 * an index by the real segue-indexer, asked through the query server's own code
 * in this process. Programs come from $SEGUE_BIN. Failures end the program.
 * Thread-bound; one at a time.
 */
#pragma once
#include "core/config.h"
#include "query/search.h"
#include "query/suggest.h"
#include "tests/support/pg.h"

struct engine {
    const struct test_pg *pg;
    PGconn *c;
    char var[96];
    struct sg_config config;
    struct sg_index *index;
    struct sg_searcher *searcher;
    struct sg_search *search;
    struct sg_arena arena; /* of the last answer */
    int64_t took_us;       /* by the last answer */
};

/* $SEGUE_DATASETS, else ../shared/datasets. */
const char *engine_datasets(void);
/* True, or says what is missing: the caller then exits 77. */
bool engine_has_datasets(void);

void engine_init(struct engine *x); /* an empty catalogue */
/* segue-data import FORMAT ARGUMENTS, as a shell would read them. */
void engine_import(struct engine *x, const char *format, const char *arguments);
void engine_import_names(struct engine *x); /* archive, Billboard and Last.fm */
void engine_index(struct engine *x);        /* rebuilds, and opens it for asking */
void engine_fini(struct engine *x);

/* One answer, in x's arena until the next call. types: comma between, "" all. */
const struct sg_search_reply *engine_search(struct engine *x, struct sg_str q, const char *types,
                                            int64_t limit);
const struct sg_suggest_reply *engine_suggest(struct engine *x, struct sg_str q, int64_t limit);

/* What a person would call the same: titles and lead artists that fold to the same words. */
uint64_t engine_key(struct sg_str title, struct sg_str artist);
uint64_t engine_hit_key(const struct sg_hit *h);
uint64_t engine_suggestion_key(const struct sg_suggestion *s);
