/* run.h - the state of one search, shared by its phases (private to query/).
 *
 *   search.c  as typed, over the asked kinds
 *   beside.c  what the words mean or might as well be, beside what they say
 *   relax.c   looser readings while too little was found
 *   glued.c   words typed without their spaces, one of these
 *   lyrics.c  songs by a line of what they say
 *   meaning_near.c  songs near what the words mean, when the words are not enough
 *   answer.c  the page: hits, totals, highlights, explanation
 */
#pragma once
#include "query/levers.h"
#include "query/lyrics.h"
#include "query/meaning_near.h"
#include "query/page.h"
#include "query/search.h"

#define SG_READINGS_MAX 40

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
    int64_t start_cpu_us; /* of the thread: a busy machine must not change the answer */

    struct sg_str text; /* the request's */
    struct sg_query query;
    struct sg_filters filters;
    uint64_t genres[SG_GENRES_MAX];

    struct sg_vocabulary vocabulary; /* of the generation vocabulary_of, read at vocabulary_us */
    char vocabulary_of[SG_GENERATION_NAME];
    int64_t vocabulary_us;
    bool has_meaning, reworded; /* the request's operators were taken for words */
    struct sg_meaning meaning;
    struct sg_filters meaning_filters;
    struct sg_query core; /* the words the meaning leaves; set when they are relaxed */
    struct sg_liking liking;
    struct sg_ranker rankers[SG_KINDS];
    struct sg_kind_total totals[SG_KINDS];

    size_t n_readings;
    struct sg_reading readings[SG_READINGS_MAX]; /* 0: as typed */
    struct sg_neighbourhood near;
    struct sg_sung sung;
    struct sg_plan plan, side;
    struct sg_retrieval retrieval;
    struct sg_page page;
    struct sg_facets facets;
    struct sg_levers *levers;
};

/* SG_ETIMEOUT once the caller's deadline has passed. */
int sg_search_check(const struct sg_search *s, struct sg_error *e);
int64_t sg_search_cpu_us(void);
/* The next reading to fill, NULL when there is no room; kept by n_readings++. */
struct sg_reading *sg_search_next_reading(struct sg_search *s);
/* What a reading is looked for in. */
struct sg_scope {
    const struct sg_filters *filters;
    unsigned kinds;
};
struct sg_scope sg_search_scope(const struct sg_search *s);
/* The candidates of a filled reading, of every kind of the scope. */
int sg_search_loose(struct sg_search *s, const struct sg_reading *r, const struct sg_scope *in,
                    size_t want, struct sg_error *e);
/* What is titled words [from, to) of the query; r: all of them. */
int sg_search_title(struct sg_search *s, const struct sg_reading *r, const struct sg_scope *in,
                    size_t from, size_t to, struct sg_error *e);
/* The candidates of one kind for s->side as it is planned, every word of r seen in them. */
int sg_search_side(struct sg_search *s, enum sg_kind kind, const struct sg_reading *r,
                   const struct sg_scope *in, struct sg_error *e);
/* False once looser readings have had their time or their room. */
bool sg_search_may_go_on(const struct sg_search *s);
/* Whole titles and names spelt with the query's letters, wherever these have spaces;
 * *found: there are some. */
int sg_search_glued(struct sg_search *s, const struct sg_query *q, const struct sg_scope *in,
                    bool *found, struct sg_error *e);
/* Genres are read again when the generation changes, and every few seconds. */
int sg_search_vocabulary(struct sg_search *s, struct sg_arena *a, struct sg_error *e);
int sg_search_beside(struct sg_search *s, struct sg_error *e);
/* operate.c: rules that hold for the query, which one of them may replace. */
int sg_search_operate(struct sg_search *s, const struct sg_search_request *r, struct sg_error *e);
/* operate.c: readings by synonyms. */
int sg_search_synonyms(struct sg_search *s, struct sg_error *e);
/* What the query was taken to say, in operators; 0: no more than its words. */
size_t sg_search_understood(const struct sg_search *s, char *out, size_t cap);
struct sg_scope sg_search_meaning_scope(const struct sg_search *s);
/* Readings that would be likelier, were what was found not enough by itself. */
int sg_search_relax(struct sg_search *s, struct sg_error *e);
int sg_search_answer(struct sg_search *s, const struct sg_search_request *r, struct sg_arena *a,
                     struct sg_search_reply *out, struct sg_error *e);
