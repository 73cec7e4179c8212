/* trainer.h - what training gathers (gather.c) and turns into vectors (train.c); private. */
#pragma once
#include "core/buf.h"
#include "index/meaning/format.h"

#define MEANING_NO_COLUMN UINT32_MAX

struct gathered_term {
    uint64_t key;
    uint32_t songs, contexts; /* that hold it */
    uint32_t describes;       /* contexts whose text says it */
    uint32_t labels;          /* songs whose genre or decade it names */
    uint32_t column;          /* of the matrix; MEANING_NO_COLUMN: too little evidence */
    uint32_t text_bytes;      /* of a word; 0: another kind of term */
    uint64_t text_at;
};
struct gathered_entry {
    uint32_t term;
    float value;
};
/* Rows of entries, one after the other. */
struct gathered_rows {
    uint64_t *starts; /* n + 1 */
    size_t n, cap, used, entries_cap;
    struct gathered_entry *v;
};
struct sg_meaning_trainer {
    size_t d;
    uint64_t seed;
    const int8_t *placed; /* songs' vectors from elsewhere, or NULL */
    size_t placed_d;
    uint64_t source;
    struct gathered_term *terms;
    size_t n_terms, terms_cap;
    uint32_t *slots; /* term + 1 */
    size_t n_slots;
    struct sg_buf text;
    struct gathered_rows songs, contexts; /* contexts: the text's words, then the songs' terms */
    uint32_t *context_words;              /* by context: how many of its entries are its text's */
    struct gathered_rows members;         /* of each context: docids - 1 */
    float *tally;                         /* by term, zero between contexts */
    size_t tally_cap;
};

bool gathered_begin(struct gathered_rows *r); /* a new row; false: out of memory */
bool gathered_put(struct gathered_rows *r, uint32_t term, float value);
