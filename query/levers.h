/* levers.h - what operators' rules, synonyms and stop words (schemas/levers.h) do to one
 * search. They are few: all are held in memory, folded, and read again when the delta
 * says that they are others. A query that no rule speaks of costs a look into a sorted
 * list for each of its words, and nothing when there are none.
 *
 * Thread-bound, with the struct sg_search it belongs to.
 */
#pragma once
#include "index/levers.h"
#include "query/parse.h"
#include "query/top.h"

#define SG_PINS_MAX  32
#define SG_RULES_MAX 64 /* that one query obeys */

struct sg_levers;
struct sg_pin {
    enum sg_kind kind;
    uint64_t id, rule;
    size_t position; /* from 1 */
    bool found;      /* by the search itself too */
    bool live;       /* there, and passes the request's filters; set by pins.c */
};

int sg_levers_open(struct sg_levers **out, struct sg_error *e);
void sg_levers_close(struct sg_levers *l);
/* Between sg_searcher_begin and _end: which rules hold for q now. again: those of a
 * replaced query are added. market absent: rules of no market. */
int sg_levers_start(struct sg_levers *l, struct sg_searcher *s, const struct sg_query *q,
                    struct sg_str market, bool again, struct sg_error *e);
/* After it: rules that hide hold already while their query is only begun by q. */
void sg_levers_hide_begun(struct sg_levers *l, const struct sg_query *q, struct sg_str market);
/* What is asked instead of the query; absent: nothing. */
struct sg_str sg_levers_replacement(const struct sg_levers *l);
/* Whether any rule holds that the results must be asked for. */
bool sg_levers_act(const struct sg_levers *l);
bool sg_levers_hides(const struct sg_levers *l, enum sg_kind kind, uint64_t id);
/* Boosts the entry; false when it is pinned and has its place already. */
bool sg_levers_move(struct sg_levers *l, struct sg_top_entry *t);
/* By position; SG_PINS_MAX at most. */
size_t sg_levers_pins(struct sg_levers *l, struct sg_pin **pins);
/* "rule 17: pinned to 1", of what moved the record; absent: nothing. */
struct sg_str sg_levers_say(const struct sg_levers *l, enum sg_kind kind, uint64_t id,
                            struct sg_arena *a);
/* Every rule that holds, alike. */
int sg_levers_say_all(const struct sg_levers *l, struct sg_arena *a, struct sg_list *out,
                      struct sg_error *e);
/* Bit set of words that are stop words; 0 when no other word would remain. */
uint64_t sg_levers_stop_words(const struct sg_levers *l, const struct sg_words *words);
/* The i-th way to say the words by a synonym, as text in out; 0: there is none. */
size_t sg_levers_synonym(const struct sg_levers *l, const struct sg_words *words, size_t i,
                         char out[SG_WHOLE_MAX]);
