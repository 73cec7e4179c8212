/* retrieve.h - candidates of one plan and kind, from the index into the top.
 *
 * Reads the postings in static-rank order, a chunk at a time, and ranks each
 * document once: what a stricter reading has found is not judged again by a
 * looser one. Thread-bound with its searcher; allocates nothing.
 */
#pragma once
#include "query/facets.h"
#include "query/levers.h"
#include "query/plan.h"
#include "query/rank.h"
#include "query/top.h"

#define SG_SEEN_SLOTS (1u << 15)

enum sg_sort { SG_BY_RELEVANCE, SG_BY_POPULARITY, SG_BY_NEWEST, SG_BY_TITLE };

struct sg_retrieval {
    struct sg_searcher *searcher;
    const struct sg_filters *filters;
    struct sg_top top;
    enum sg_sort sort;
    struct sg_facets *facets;         /* counts what is accepted; NULL: nobody asked */
    const struct sg_top_entry *after; /* only what comes after it; NULL: all */
    struct sg_levers *levers;         /* of rules that hold; NULL: none does */
    size_t found[SG_KINDS];           /* documents accepted, each once */
    size_t good, strong;              /* of them: SG_PREFIX or better, SG_WORDS or better */
    size_t whole;                     /* SG_WHOLE */
    size_t read;                      /* documents looked at */
    uint64_t work;                    /* what finding them has cost (sg_match_work) */
    /* The set of accepted documents: epoch << 34 | kind << 32 | document. */
    uint64_t seen[SG_SEEN_SLOTS];
    size_t n_seen;
    uint32_t epoch;
};

struct sg_pass {
    const struct sg_plan *plan;
    const struct sg_ranker *ranker;
    uint8_t reading;
    size_t want;      /* documents to read at least, while there are any */
    int64_t until_us; /* and on until then (sg_now_us's clock; 0: no longer) */
    uint64_t work;    /* the base is read until it has cost so much; 0: unlimited */
    bool delta_only;  /* the base is not asked */
};

void sg_retrieval_start(struct sg_retrieval *t, struct sg_searcher *s, const struct sg_filters *f,
                        size_t top);
/* *exhausted: nothing is left to read (false too when work ended it). The
 * searcher's match stays open, for its total. */
int sg_retrieve(struct sg_retrieval *t, const struct sg_pass *pass, bool *exhausted,
                struct sg_error *e);
/* One document that no plan has found; pass: its ranker and reading. */
void sg_retrieve_one(struct sg_retrieval *t, const struct sg_pass *pass, sg_docref doc);
