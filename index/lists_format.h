/* lists_format.h - what lists.c reads and lists_writer.c writes; private to index. */
#pragma once
#include "index/lists.h"
#include "index/segment.h"
#include <xxhash.h>

#define SG_LISTS_MAGIC "SGLISTS1"

enum { sg_lists_containers, sg_lists_blocks, sg_lists_entries };

enum { sg_block_bits = 65536, sg_block_words = sg_block_bits / 64, sg_array_max = 4096 };

struct sg_list_block {
    uint16_t high; /* of its docids, >> 16 */
    uint16_t last; /* postings - 1: up to sg_array_max an array, else a bit set */
    uint32_t at;   /* of its container, in 8-byte words */
};

struct sg_list_entry {
    uint64_t hash;
    uint32_t postings;
    uint32_t first; /* block, those of the list have its postings together; of one: the docid */
};

/* Its two lowest bits tell words, filters and texts apart: nobody can make a title whose
 * list is that of an artist's identifier, as nothing looks at filters again. */
static inline uint64_t sg_term_hash(struct sg_str term)
{
    char prefix = term.n ? term.p[0] : 0;
    uint64_t what = prefix == 'W' ? 1 : prefix == 'P' || prefix == 'T' || prefix == 'N' ? 0 : 2;
    return (XXH3_64bits(term.p, term.n) & ~UINT64_C(3)) | what;
}
static inline bool sg_hash_of_word(uint64_t hash)
{
    return (hash & 3) == 1;
}
static inline uint32_t sg_block_postings(const struct sg_list_block *b)
{
    return (uint32_t)b->last + 1;
}
static inline bool sg_block_is_array(const struct sg_list_block *b)
{
    return b->last < sg_array_max;
}
/* Of a container: whole 8-byte words. */
static inline size_t sg_container_bytes(const struct sg_list_block *b)
{
    return sg_block_is_array(b) ? (sg_block_postings(b) * sizeof(uint16_t) + 7) / 8 * 8
                                : sg_block_words * sizeof(uint64_t);
}

/* Entry i of an open file, for the merge, and its list; NULL beyond the last. */
const struct sg_list_entry *sg_lists_at(const struct sg_lists *l, size_t i,
                                        struct sg_postlist *list);
