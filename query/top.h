/* top.h - the best k of many candidates: a bounded heap, worst on top.
 *
 * Order: score, then popularity, then kind and id, so that the same question
 * always gets the same page. Thread-compatible.
 */
#pragma once
#include "index/searcher.h"

#define SG_TOP_MAX 1100 /* SG_OFFSET_MAX + SG_LIMIT_MAX */

struct sg_top_entry {
    double score;
    uint8_t kind;    /* enum sg_kind */
    uint8_t reading; /* index of the reading that found it */
    sg_docref doc;
    uint64_t popularity, id;
};
struct sg_top {
    size_t n, cap;
    struct sg_top_entry v[SG_TOP_MAX];
};

void sg_top_init(struct sg_top *t, size_t cap); /* 1..SG_TOP_MAX */
void sg_top_push(struct sg_top *t, const struct sg_top_entry *e);
/* Whether a comes before b. */
bool sg_top_is_better(const struct sg_top_entry *a, const struct sg_top_entry *b);
void sg_top_sort(struct sg_top *t); /* best first; no push after it */
