/* format.h - private to index/suggest: how the segment lies in the file.
 *
 *   section BLOCKS   block | block | ...
 *   section OFFSETS  u64 per block and one more: where each begins
 *   section MAXIMA   tree of the blocks' maximal weights, a lane a kind (maxtree.h)
 *   value ENTRIES, BLOCKS
 *
 * Entries are sorted by string, then weight (heaviest first), and cut into
 * blocks of up to SUGGEST_BLOCK:
 *
 *   u8 n | u8 length | first string | u16 weight[n] | meta[n] | strings of 1..n-1
 *
 *   meta     kind and infix in the low 3 bits of the first byte, then the id,
 *            4 bits there and 7 in each byte that follows; high bit: goes on
 *   string   bytes shared with the one before and bytes that follow, a nibble
 *            each (15: a byte with the rest comes after), then those bytes
 *
 * Blocks all of which match are scanned without looking at the strings.
 */
#pragma once
#include "index/maxtree.h"
#include "index/segment.h"
#include "index/suggest.h"

#define SUGGEST_MAGIC       "SGSUGG01"
#define SUGGEST_BLOCK       24
#define SUGGEST_K_MAX       64
#define SUGGEST_STRING_MAX  SG_PREFIX_MAX /* longer cannot be asked for */
#define SUGGEST_INFIX_MAX   24            /* bytes kept of an infix entry */
#define SUGGEST_INFIX_WORDS 6             /* word starts filed, from the second on */

enum { SUGGEST_BLOCKS, SUGGEST_OFFSETS, SUGGEST_MAXIMA }; /* sections */
enum { SUGGEST_N_ENTRIES, SUGGEST_N_BLOCKS };             /* values */

struct suggest_meta {
    uint64_t id;
    uint8_t kind;
    bool infix;
};

#define SUGGEST_META_BYTES 10
static inline size_t suggest_meta_put(uint8_t *p, struct suggest_meta m)
{
    size_t n = 0;
    uint64_t rest = m.id >> 4;
    p[n++] = (uint8_t)(m.kind | m.infix << 2 | (m.id & 15) << 3 | (rest ? 128 : 0));
    for (; rest; rest >>= 7)
        p[n++] = (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0));
    return n;
}

/* Bytes read, 0 when it runs into end. */
static inline size_t suggest_meta_get(const uint8_t *p, const uint8_t *end, struct suggest_meta *m)
{
    if (p == end)
        return 0;
    *m = (struct suggest_meta){p[0] >> 3 & 15, p[0] & 3, p[0] >> 2 & 1};
    size_t n = 1;
    bool more = p[0] & 128;
    for (unsigned shift = 4; more; shift += 7, n++) {
        if (p + n == end || shift > 63)
            return 0;
        m->id |= (uint64_t)(p[n] & 127) << shift;
        more = p[n] & 128;
    }
    return n;
}
