/* set.h - popular queries in memory; private to query/popular. */
#pragma once
#include "core/arena.h"
#include "index/maxtree.h"
#include "index/popular.h"

struct popular_set {
    struct sg_arena arena;
    struct sg_popular_row *v; /* by market, then folded text */
    size_t n, cap;
    uint32_t *rising; /* their places, highest trend first */
    uint16_t *tree;   /* of weights */
};
/* Copies the snapshot's rows. */
int popular_set_read(struct popular_set **out, struct sg_searcher *s, struct sg_error *e);
void popular_set_free(struct popular_set *x);
/* Places of the heaviest up to k of a market whose text starts so. */
size_t popular_set_find(const struct popular_set *x, struct sg_str market, struct sg_str folded,
                        uint32_t *out, size_t k);
