/* lyrics.h - search by a line: private to query/.
 *
 * Songs whose lyrics hold the query's words, found by their V terms (index/document.h) and judged
 * on the lyrics themselves (lyric_match.h). Asked for with in=lyrics; otherwise when three words
 * or more are found together in no name, however they are spelt, and then above what gives words
 * up. A word that is misspelt or not sung leaves the others to be asked for.
 */
#pragma once
#include "query/lyric_match.h"
#include "query/retrieve.h"

#define SG_SUNG_MAX 200 /* songs that may join */

struct sg_sung {
    bool done;
    size_t n, joined; /* joined: of these, what names had not found */
    sg_docref docs[SG_SUNG_MAX];
    float closeness[SG_SUNG_MAX];
    float best;
    int64_t start_cpu_us;
    size_t left; /* songs that may still be looked at */
    struct sg_lyric_query query;
    struct sg_lyrics room;
};

struct sg_search;
/* Once a query. */
int sg_search_lyrics(struct sg_search *s, struct sg_error *e);
/* As it was ranked. */
float sg_search_sung(const struct sg_search *s, const struct sg_top_entry *t);
/* The line of a song that was found so; false: none any more. */
bool sg_search_line(struct sg_search *s, uint64_t song_id, struct sg_lyric_found *out);
