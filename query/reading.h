/* reading.h - one way of understanding a query: its words, each with the
 * spellings that may stand for it.
 *
 *   as typed      teh beatles
 *   typo          (teh|the) (beatles)
 *   joined/split  thebeatles -> the beatles, sky scraper -> skyscraper
 *   dropped       beatles
 *
 * The plan (what the index is asked) and the ranker (what a record is compared
 * with) both work from a reading. Readings are tried from the strictest to the
 * loosest, each only while too little was found. Thread-compatible.
 */
#pragma once
#include "index/spell.h"
#include "query/parse.h"

#define SG_SPELLINGS_MAX 160 /* of one reading, all words together */
#define SG_EDITS_MAX     4   /* halves; more count as that */

enum sg_loosening {
    SG_AS_TYPED,
    SG_TYPO,
    SG_JOINED,
    SG_SPLIT,
    SG_DROPPED,
    SG_UNDERSTOOD, /* without words that say how to look (understand.h) */
    SG_LAYOUT,     /* typed with another keyboard layout */
    SG_SOUND,      /* words that sound alike */
    SG_EQUIVALENT, /* numerals, "and" and articles otherwise */
    SG_SUNG,       /* a line of the lyrics (lyrics.h) */
    SG_AKIN,       /* not its words: what they mean (meaning_near.c) */
    SG_LOOSENINGS
};
/* "typo", "joined words" ...; NULL: not looser than what was typed. */
extern const char *const sg_loosening_names[SG_LOOSENINGS];

/* One acceptable spelling of a word. The first 8 bytes are kept as a number so
 * that the ranker compares most words without touching memory. */
struct sg_pattern {
    uint64_t head, mask; /* first bytes, little-endian; which of them count */
    struct sg_str text;
    uint8_t word;  /* index of the query word */
    uint8_t edits; /* in halves, weighed (understand/cost.h): 0..SG_EDITS_MAX */
    bool open;     /* matches words that start with it */
};

struct sg_reading {
    enum sg_loosening how;
    size_t n_words;   /* 1..SG_WORDS_MAX; 0 when filters alone are asked */
    size_t n_dropped; /* words of the query left out */
    bool prefix;      /* the last word is unfinished */
    bool is_start;    /* and so short that a word which is just that proves no more than one
                         that starts with it */
    uint64_t in_title, in_artist; /* words of which is said where they stand */
    size_t n_patterns;            /* grouped by word, the typed spelling first */
    struct sg_pattern patterns[SG_SPELLINGS_MAX];
    uint8_t first[SG_WORDS_MAX + 1]; /* patterns of word w: first[w] .. first[w + 1] */
    struct sg_str words[SG_WORDS_MAX];
    char bytes[4096]; /* spellings that are nobody else's */
    size_t used;
};

void sg_reading_as_typed(struct sg_reading *r, const struct sg_query *q);
/* Which words are given other spellings, and how far these may be. */
enum sg_doubt {
    SG_DOUBT_RARE, /* words hardly used */
    SG_DOUBT_ALL,
    SG_DOUBT_MORE, /* all, and an edit more is forgiven than usual */
};
/* Adds spellings to words.
 * False when it has nothing to add. */
bool sg_reading_typo(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                     enum sg_doubt doubt);
/* n words from i on written as one; false when that is no word of the catalogue. */
bool sg_reading_join(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                     size_t i, size_t n);
/* The words of another text, all known to the catalogue (the last one at least as a
 * start); false otherwise. */
bool sg_reading_layout(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                       struct sg_str text);
/* Unknown words by the catalogue's that sound like them; false when there are none. */
bool sg_reading_sound(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s);
/* Words that are rare or unknown cut into several of the catalogue's; way: 0 the
 * likeliest, below SG_SEGMENT_WAYS. False when there is none. */
bool sg_reading_split(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                      size_t way);
/* A title's words and a name's (or none), in the order they were typed in; both folded.
 * False when these are the query's. */
bool sg_reading_respaced(struct sg_reading *r, const struct sg_query *q, struct sg_str first,
                         struct sg_str second);
/* All words, none of which must be there. */
void sg_reading_partial(struct sg_reading *r, const struct sg_query *q);
/* The words are looked for in lyrics. */
void sg_reading_sung(struct sg_reading *r, const struct sg_query *q);
/* Nothing of the words is looked for. */
void sg_reading_akin(struct sg_reading *r, const struct sg_query *q);
/* As m has it. */
void sg_reading_meaning(struct sg_reading *r, const struct sg_query *q, const struct sg_meaning *m);
/* Words with what says the same: 4, iv, four; and, und, y; the left out. False
 * when there is none. */
bool sg_reading_equivalent(struct sg_reading *r, const struct sg_query *q);
/* Words of a folded text that say the same as the query. */
void sg_reading_synonym(struct sg_reading *r, struct sg_str folded);
/* Without the words whose bit is set in drop, the others also as corrected.
 * False when nothing would be left. */
bool sg_reading_drop(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                     uint64_t drop);
/* True when some word looks misspelt: hardly used, and near a much used one. */
bool sg_reading_is_suspect(const struct sg_query *q, const struct sg_spell *s);
/* Edits forgiven in a word: 0 up to 3 letters or with digits, 1 up to 7, else 2. */
int sg_reading_edits(struct sg_str word);
