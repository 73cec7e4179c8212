/* vocabulary.h - a lexicon split into lists, and the expansion of its grammars.
 * Immutable after open: thread-safe.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include "data/generate/lexicon.h"
#include "data/generate/rng.h"

enum sg_list_kind {
    SG_L_ARTICLES,
    SG_L_NOUNS,
    SG_L_ADJECTIVES,
    SG_L_VERBS,
    SG_L_FIRSTS,
    SG_L_LASTS,
    SG_L_PLACES,
    SG_L_STEMS,
    SG_L_ENDINGS,
    SG_L_LAST_ENDINGS,
    SG_L_SYLLABLES,
    SG_L_EXTRA,
    SG_L_TITLES,
    SG_L_BANDS,
    SG_L_KINDS
};

struct sg_lexemes {
    struct sg_str *v;
    size_t n;
};
struct sg_vocabulary {
    const struct sg_lexicon *lexicon;
    struct sg_lexemes lists[SG_L_KINDS];
    char *bytes;
};

int sg_vocabulary_open(struct sg_vocabulary *v, const struct sg_lexicon *l, struct sg_error *e);
void sg_vocabulary_close(struct sg_vocabulary *v);

/* Appends one expansion of a grammar of the list kind (titles or bands). */
void sg_vocabulary_expand(const struct sg_vocabulary *v, enum sg_list_kind kind, struct sg_rng *r,
                          struct sg_buf *out);
/* Appends "First Last" in the language's order. */
void sg_vocabulary_person(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out);
void sg_vocabulary_place(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out);
