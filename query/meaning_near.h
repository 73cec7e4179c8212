/* meaning_near.h - songs near what a query's words mean (index/meaning.h), for when the
 * words themselves are not enough: private to query/, called by relax.c.
 *
 * They join as the weakest evidence, below every match of words, when the query is vague:
 * its words are such as describe music (they are known from playlists, genres and decades
 * more than from titles) and fewer records than a page hold them all; then words are not
 * left out one by one. A name that the catalogue lacks has no neighbours: its answer is none.
 * Where songs' vectors come from the embeddings server, so must the query's (embedder.h): a
 * query whose vector is not there in time goes by its words alone, as if nothing described
 * music, and songs newer than the generation have no vector until the next one.
 * Else songs newer than the generation get their vector from their own terms as they are met,
 * kept by each worker.
 */
#pragma once
#include "index/meaning.h"
#include "query/retrieve.h"

#define SG_NEAR_MAX   200  /* songs that may join */
#define SG_NEWEST_MAX 2048 /* changed songs compared, the last changed ones */

struct sg_new_vector {
    uint64_t of; /* hash of generation, document and its text; 0: free */
    bool known;
    int8_t v[128];
};
enum sg_near_asked { SG_NEAR_UNASKED, SG_NEAR_UNKNOWN, SG_NEAR_KNOWN };
struct sg_neighbourhood {
    enum sg_near_asked asked; /* for the query's vector from the embeddings server */
    float query[SG_MEANING_PLACED_MAX];
    size_t n;
    sg_docref docs[SG_NEAR_MAX];
    float nearness[SG_NEAR_MAX];
    struct sg_new_vector cache[SG_NEWEST_MAX];
};

struct sg_search;
bool sg_search_is_vague(struct sg_search *s);
int sg_search_neighbours(struct sg_search *s, struct sg_error *e);
/* As it was ranked; 0 for what was found by words. */
float sg_search_nearness(const struct sg_search *s, const struct sg_top_entry *t);
