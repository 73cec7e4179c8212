/* maxtree.h - leaves of a range in order of their maxima, heaviest first.
 *
 *   level 2                  [9]
 *   level 1       [7]                [9]           a node: the maxima of the
 *   level 0   [3] [7] ...        [9] [1] ...       8 below it, a lane each
 *
 * A node is `lanes` 16-bit weights; a lane is a kind of thing that a search may
 * leave out. Levels lie one after the other from the leaves up. Weight 0 means
 * "nothing of that lane below", so nothing is visited in vain.
 */
#pragma once
#include "core/str.h"

#define SG_MAXTREE_FANOUT 8 /* with 4 lanes a node's children fill a cache line */
#define SG_MAXTREE_LEVELS 14
#define SG_MAXTREE_HEAP   4096

/* Weights >= 0 as 16 bits in equal ratios: 0.05% apart, from 1e-9 to 1e19; what
 * is below gives 1. Never 0. Monotone. */
uint16_t sg_weight_pack(float weight);
float sg_weight_unpack(uint16_t packed);

/* 16-bit words of a whole tree. */
size_t sg_maxtree_words(size_t n_leaves, unsigned lanes);
/* Fills the levels above the n_leaves * lanes words that v begins with. */
void sg_maxtree_build(uint16_t *v, size_t n_leaves, unsigned lanes);

struct sg_maxtree {
    const char *p; /* sg_maxtree_words 16-bit words, any alignment */
    size_t n_leaves;
    unsigned lanes;
};

/* A search in progress; about 33 KB, meant for the stack. */
struct sg_maxtree_search {
    const struct sg_maxtree *tree;
    unsigned mask; /* lanes wanted */
    int levels;
    size_t start[SG_MAXTREE_LEVELS]; /* of each level, in nodes */
    size_t n;
    uint64_t heap[SG_MAXTREE_HEAP];
};
/* Leaves first..last-1, within the tree. */
void sg_maxtree_begin(struct sg_maxtree_search *s, const struct sg_maxtree *tree, unsigned mask,
                      size_t first, size_t last);
/* The next leaf and its maximum; false when none above `floor` is left. Nodes
 * beyond SG_MAXTREE_HEAP are forgotten, which takes a search of hundreds of leaves. */
bool sg_maxtree_next(struct sg_maxtree_search *s, uint16_t floor, size_t *leaf);
