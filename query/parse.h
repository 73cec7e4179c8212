/* parse.h - from a request's text and parameters to words, kinds and filters.
 *
 * Pure: no index is asked. A value object; everything in it points into itself
 * or into the request, which must outlive it.
 */
#pragma once
#include "core/err.h"
#include "core/text.h"
#include "query/understand.h"
#include "schemas/catalogue.h"
#include "schemas/search.h"

#define SG_ALL_KINDS ((1u << SG_KINDS) - 1)

/* Bytes of all words joined. */
#define SG_WHOLE_MAX (SG_WORDS_MAX * (SG_WORD_MAX + 1))

/* What is searched. */
enum sg_in { SG_IN_ANY, SG_IN_NAMES, SG_IN_LYRICS };

struct sg_query {
    struct sg_words words; /* at least one, unless operators filter by year or genre */
    struct sg_str whole;   /* the words joined by single spaces */
    bool prefix;           /* the last word may be unfinished */
    unsigned kinds;        /* bit set of 1 << kind, not empty */
    size_t limit, offset;
    uint64_t artist_id;     /* 0: any */
    struct sg_str genre;    /* name; absent: any */
    int year_from, year_to; /* 0: open */
    enum sg_in in;
    int is_explicit; /* -1 any, 0 clean, 1 explicit */
    bool explain;
    struct sg_syntax syntax; /* operators of the text; their filters are in the fields above */
    char bytes[SG_WHOLE_MAX];
};

/* SG_EINVAL with the field to blame: q, type, limit, offset, in, year_from, year_to, explicit. */
int sg_query_parse(struct sg_query *q, const struct sg_search_request *r, struct sg_error *e);
/* The same with operators taken for words. */
int sg_query_parse_literal(struct sg_query *q, const struct sg_search_request *r,
                           struct sg_error *e);
/* The bounds of q alone, shared with completion: 1..SG_QUERY_MAX bytes of UTF-8. */
int sg_query_check_text(struct sg_str text, struct sg_error *e);
