/* run.h - the state of one search, shared by its phases (private to query/).
 *
 *   search.c  as typed, over the asked kinds
 *   relax.c   looser readings while too little was found
 *   answer.c  the page: hits, totals, highlights, explanation
 */
#pragma once
#include "query/search.h"

#define SG_READINGS_MAX 24
#define SG_GENRES_MAX   16 /* genres of one name, told apart by id alone */

struct sg_kind_total {
    uint64_t n;
    bool exact;
};

struct sg_search {
    struct sg_search_options options;
    struct sg_search_times times;
    struct sg_searcher *searcher;
    const struct sg_spell *spell;
    int64_t start_us, deadline_us;

    struct sg_query query;
    struct sg_filters filters;
    uint64_t genres[SG_GENRES_MAX];
    struct sg_ranker rankers[SG_KINDS];
    struct sg_kind_total totals[SG_KINDS];

    size_t n_readings;
    struct sg_reading readings[SG_READINGS_MAX]; /* 0: as typed */
    struct sg_plan plan, side;
    struct sg_retrieval retrieval;
};

/* SG_ETIMEOUT once the caller's deadline has passed. */
int sg_search_check(const struct sg_search *s, struct sg_error *e);
/* The next reading to fill, NULL when there is no room; kept by n_readings++. */
struct sg_reading *sg_search_next_reading(struct sg_search *s);
/* The candidates of a filled reading, of every asked kind. */
int sg_search_loose(struct sg_search *s, const struct sg_reading *r, size_t want,
                    struct sg_error *e);
int sg_search_relax(struct sg_search *s, struct sg_error *e);
int sg_search_answer(struct sg_search *s, const struct sg_search_request *r, struct sg_arena *a,
                     struct sg_search_reply *out, struct sg_error *e);
