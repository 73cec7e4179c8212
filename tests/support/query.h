/* query.h - a small catalogue as a published generation, searched in this process.
 *
 * Famous songs, one unknown exact title that many popular songs hide, and an alias.
 * Failures end the test or, before any, the program. One of it at a time.
 */
#pragma once
#include "index/delta.h"
#include "query/search.h"
#include "query/suggest.h"

#define QUERY_GENERATION "gen-20260101T000000Z-1"
#define QUERY_MANY       1500 /* popular songs that hide the exact title "Love" */

extern const char *query_dir; /* index dir, with one published generation */
extern struct sg_error query_err;
extern struct sg_searcher *query_searcher;
extern struct sg_search *query_search;
extern struct sg_arena query_arena;
extern struct sg_search_reply query_reply;
extern struct sg_suggest_reply query_completions;

void query_must(int rc); /* aborts with query_err's text */
/* Set before query_make: feeds more into the generation; tells the time to searches. */
struct sg_builder;
extern void (*query_feed_more)(struct sg_builder *b);
extern int64_t (*query_wall_us)(void);
void query_publish(const char *index_dir, const char *name);
void query_make(void); /* query_dir */
void query_open(void); /* it, for asking */
void query_close(void);
/* A delta on a copy of the index, which becomes query_dir. */
struct sg_delta *query_open_delta(void);
/* Lines parted by newlines, two seconds each; NULL: removed. */
void query_put_lyrics(struct sg_delta *d, uint64_t id, const char *language, const char *lines);
void query_feed_lyrics(struct sg_builder *b, uint64_t id, const char *language, const char *lines);
void query_put_song(struct sg_delta *d, uint64_t id, const char *title);

struct sg_search_request query_ask(const char *q);
/* Results of query_reply. */
size_t query_run(const struct sg_search_request *r);
size_t query_find(const char *q);
size_t query_find_songs(const char *q);
const struct sg_hit *query_hit(size_t i);
void query_expect_song(const char *q, uint64_t id);
bool query_answers_by(const char *q, const char *alias);
/* query_completions. */
const struct sg_suggestion *query_complete(const char *q);
bool query_completes(const char *q, const char *text);
