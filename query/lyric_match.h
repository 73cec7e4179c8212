/* lyric_match.h - how well a song's lyrics hold a line as somebody remembers it.
 *
 * The query's words are looked for among the song's own words first (index/lyrics.h: a hundred
 * of them), the near misses of a slip of the keyboard too; then its lines are walked once, and
 * the best window of a few more words than the query has counts: how much of the query it holds,
 * rare words more than common ones, and how many neighbours stand as neighbours. Pure.
 */
#pragma once
#include "index/lyrics.h"

#define SG_LYRIC_WORDS   16 /* of a query; further ones are not looked for */
#define SG_LYRIC_PHRASES 4

struct sg_lyric_query {
    size_t n;
    struct sg_str words[SG_LYRIC_WORDS]; /* folded */
    float weight[SG_LYRIC_WORDS];
    bool open; /* the last word may be the beginning of one */
    size_t n_phrases;
    struct {
        uint8_t from, to; /* words that must stand together, exactly */
    } phrases[SG_LYRIC_PHRASES];
};
struct sg_lyric_found {
    float closeness;              /* 1: the line as it is; 0: nothing of it */
    float cover;                  /* share of the query by weight that one window holds */
    size_t n_words;               /* words in that window */
    uint32_t start_ms;            /* of the line with most of them; SG_LYRICS_UNTIMED */
    struct sg_str language, text; /* views into packed */
};
/* Over all languages; room: the caller's. False when a phrase is not there, or no word is. */
bool sg_lyric_match(const struct sg_lyric_query *q, struct sg_str packed, struct sg_lyrics *room,
                    struct sg_lyric_found *out);
