/* harness.h - what every rival engine is given and has to give back.
 *
 *   FOLDER/items.tsv    id kind title artists album aliases plays key
 *   FOLDER/queries.tsv  number class side kind how keys text
 *
 * kind is song, artist or album, or empty in a query: any. how is "search" (the
 * first 10) or "suggest" (the first 5). A rival indexes the items with the best
 * that it offers (fuzzy, prefix, popularity between equals), asks every query in
 * the order of the file, one at a time, for at most SEGUE_COMPARE_SECONDS, and writes
 *
 *   FOLDER/results-NAME.tsv  number microseconds id,id,...
 *   FOLDER/stats-NAME.tsv    name version build_seconds index_megabytes remarks
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rival_item {
    const char *id, *kind, *title, *artists, *album, *aliases;
    uint64_t plays;
};
struct rival_query {
    const char *number, *kind, *text;
    int limit; /* 5 for a completion */
};

struct rival {
    const char *name;
    const char *version, *remarks;
    double index_megabytes;
    void *ctx;
    void (*add)(void *ctx, const struct rival_item *item);
    void (*built)(void *ctx, struct rival *r);
    /* Writes ids through rival_answer. */
    void (*ask)(void *ctx, const struct rival_query *q);
};
/* An id of the answer being given, best first; repeated ones are dropped. */
void rival_answer(const char *id);
size_t rival_answered(void);
/* The whole run. */
void rival_run(struct rival *r, const char *folder);
_Noreturn void rival_die(const char *what, const char *why);
/* Letters, digits and spaces of text, lower case for ASCII; quotes and operators become spaces. */
void rival_plain(char *out, size_t cap, const char *text);
