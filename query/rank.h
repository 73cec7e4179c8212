/* rank.h - how well a record answers a reading of the query.
 *
 * Works on the record's folded fields alone: each field is read once, left to
 * right; every field word gives a bit set of the query words it matches, and
 * word order falls out of shifting those sets (Shift-And; Baeza-Yates and
 * Gonnet, "A New Approach to Text Searching", CACM 1992). Pure, thread-safe,
 * allocates nothing.
 */
#pragma once
#include "index/facts.h"
#include "query/reading.h"
#include "query/taste.h"
#include "query/weights.h"

/* Classes of evidence, weakest first; the ranker never lets one overtake the next. */
enum sg_evidence {
    SG_NO_EVIDENCE,
    SG_MEANT,    /* near what the words mean, whether it holds them or not */
    SG_PARTIAL,  /* words of the query were given up */
    SG_LINE,     /* a line of the lyrics */
    SG_MISSPELT, /* corrected, joined or split words */
    SG_PREFIX,   /* all words, one of them unfinished or known by another script */
    SG_WORDS,    /* all words as typed */
    SG_STATED,   /* the whole title and artist as the query is understood, or in other words
                    that say the same, or by an alias */
    SG_WHOLE,    /* the whole title (or name) as typed, and the rest names its artist */
};

struct sg_ranker {
    const struct sg_reading *reading;
    const struct sg_weights *weights;
    enum sg_kind kind;
    float popularity_scale; /* 1 / log2(1 + plays of the kind's most popular) */
    int this_year;
    const struct sg_liking *liking; /* NULL: nobody's */
    float nearness;                 /* of what a reading SG_AKIN or SG_SUNG has found: 0 to 1 */
    /* The last word must be seen in the record's own text (its posting was a
     * looser one); without it the evidence is SG_NO_EVIDENCE. */
    bool verify_last;
    bool verify_all; /* likewise every word */
};

void sg_ranker_init(struct sg_ranker *r, enum sg_kind kind, const struct sg_weights *w,
                    uint64_t top_popularity, int this_year);
/* The score; values: every feature's. SG_F_EVIDENCE is SG_NO_EVIDENCE for a
 * record that does not answer. */
float sg_rank(const struct sg_ranker *r, const struct sg_facts *f, float values[SG_FEATURES]);
/* How much of a folded name the reading's words name: 0 to 1. */
float sg_rank_cover(const struct sg_reading *r, struct sg_str folded);
/* How much of a folded title is its own: without guests, masters, editions and
 * words for another recording (live, remix). */
size_t sg_title_core(struct sg_str folded);
/* The pattern of each of the reading's words that the record matched best;
 * SG_SPELLINGS_MAX where none did. */
void sg_rank_spellings(const struct sg_ranker *r, const struct sg_facts *f,
                       uint8_t patterns[SG_WORDS_MAX]);

/* One word against one pattern; word: at most SG_WORD_MAX bytes, head: its first 8. */
static inline bool sg_pattern_matches(const struct sg_pattern *p, struct sg_str word, uint64_t head)
{
    if ((head & p->mask) != p->head || word.n < p->text.n || (!p->open && word.n != p->text.n))
        return false;
    return p->text.n <= 8 || memcmp(word.p + 8, p->text.p + 8, p->text.n - 8) == 0;
}
