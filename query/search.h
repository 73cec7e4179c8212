/* search.h - one search: parse, plan, retrieve, rank, and loosen only when
 * that found too little.
 *
 * Thread-bound: a struct sg_search belongs to one thread and its searcher, and
 * holds everything a search needs, so that only the reply is allocated (in the
 * caller's arena).
 */
#pragma once
#include "query/present.h"
#include "query/retrieve.h"

#define SG_RELAX_US 4000

struct sg_embedder;
struct sg_taste_models;

struct sg_search_options {
    size_t candidates; /* stage 1 size per kind */
    int64_t budget_us; /* stage 1 may go on this long for more */
    int64_t relax_us;  /* no looser reading is begun after this much CPU; 0: SG_RELAX_US */
    bool words_only;   /* what words mean is not looked for */
    struct sg_embedder *embedder;   /* of queries where songs' vectors are from it; may be NULL */
    struct sg_taste_models *tastes; /* for the vectors of searchers; may be NULL */
    struct sg_weights weights;
};

/* How the time of the last search was spent, for metrics. */
struct sg_search_times {
    int64_t retrieve_us, present_us;
    size_t read;   /* documents looked at */
    uint64_t work; /* what finding them has cost, about one a posting decoded */
    bool relaxed;
};

struct sg_search;
int sg_search_open(struct sg_search **out, const struct sg_search_options *o, struct sg_error *e);
void sg_search_close(struct sg_search *s);
/* Between sg_searcher_begin and _end. The reply's views are valid until _end and
 * as long as a and r. deadline_us: sg_now_us's clock; 0: none. SG_EINVAL with
 * the field, SG_ETIMEOUT. */
int sg_search_run(struct sg_search *s, struct sg_searcher *searcher,
                  const struct sg_search_request *r, int64_t deadline_us, struct sg_arena *a,
                  struct sg_search_reply *out, struct sg_error *e);
/* Takes out of completions (query/suggest.h) what an operator's rule hides for what is typed, or
 * for a query that is begun so. */
int sg_search_hide_completions(struct sg_search *s, struct sg_searcher *searcher,
                               const struct sg_suggest_request *r, struct sg_suggest_reply *out,
                               struct sg_error *e);
const struct sg_search_times *sg_search_last(const struct sg_search *s);
