/* format.h - private to index/suggest: how the segment lies in the file.
 *
 *   section BLOCKS   block | block | ...
 *   section OFFSETS  u64 per block and one more: where each begins
 *   section MAXIMA   tree of the blocks' best scores (maxtree.h); for whole titles
 *                    a lane a kind and order, and one for all infix entries
 *   section WORDS    hash table of the beginnings of words (near.h)
 *   value ENTRIES, BLOCKS
 *
 * Entries are sorted by string, then score (best first), and cut into blocks of
 * up to SUGGEST_BLOCK:
 *
 *   u8 n | u8 length | first string | u8 score[n] | meta[n] | strings of 1..n-1
 *
 *   score    from 1 up in steps of 1/8
 *   meta     kind and infix in the low 3 bits of the first byte, then the id,
 *            4 bits there and 7 in each byte that follows; high bit: goes on;
 *            then, of a whole title, the number of its letters
 *   string   bytes shared with the one before and bytes that follow, a nibble
 *            each (15: a byte with the rest comes after), then those bytes
 *
 * Blocks all of which match are scanned without looking at the strings.
 */
#pragma once
#include "index/maxtree.h"
#include "index/segment.h"
#include "index/suggest.h"

#define SUGGEST_MAGIC       "SGSUGG02"
#define SUGGEST_BLOCK       24
#define SUGGEST_NEAR_LANE   SG_KINDS /* the first one */
#define SUGGEST_INFIX_LANE  (2 * SG_KINDS)
#define SUGGEST_LANES       (2 * SG_KINDS + 1)
#define SUGGEST_K_MAX       64
#define SUGGEST_STRING_MAX  SG_PREFIX_MAX /* longer cannot be asked for */
#define SUGGEST_INFIX_MAX   24            /* bytes kept of an infix entry */
#define SUGGEST_INFIX_WORDS 6             /* word starts filed, from the second on */

enum { SUGGEST_BLOCKS, SUGGEST_OFFSETS, SUGGEST_MAXIMA, SUGGEST_WORDS }; /* sections */
enum { SUGGEST_N_ENTRIES, SUGGEST_N_BLOCKS };                            /* values */

static inline uint8_t suggest_score_pack(float score)
{
    float steps = score * 8.0f + 1.5f;
    return !(steps > 1.0f) ? 1 : steps >= 255.0f ? 255 : (uint8_t)steps;
}

static inline float suggest_score_unpack(uint8_t packed)
{
    return (float)(packed - 1) / 8.0f;
}

/* The score in the order SG_NEARLY_TYPED, in the same steps. */
#define SUGGEST_LOSS_MAX 148
static inline uint16_t suggest_near_score(uint8_t packed, uint8_t loss)
{
    return (uint16_t)(packed + SUGGEST_LOSS_MAX - loss);
}
/* By letters: sg_suggest_length_loss in steps, at most SUGGEST_LOSS_MAX. */
void suggest_losses(uint8_t out[256]);

struct suggest_meta {
    uint64_t id;
    uint8_t kind;
    bool infix;
    uint8_t letters;
};

#define SUGGEST_META_BYTES 11
static inline size_t suggest_meta_put(uint8_t *p, struct suggest_meta m)
{
    size_t n = 0;
    uint64_t rest = m.id >> 4;
    p[n++] = (uint8_t)(m.kind | m.infix << 2 | (m.id & 15) << 3 | (rest ? 128 : 0));
    for (; rest; rest >>= 7)
        p[n++] = (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0));
    if (!m.infix)
        p[n++] = m.letters;
    return n;
}

/* Bytes read, 0 when it runs into end. */
static inline size_t suggest_meta_get(const uint8_t *p, const uint8_t *end, struct suggest_meta *m)
{
    if (p == end)
        return 0;
    *m = (struct suggest_meta){p[0] >> 3 & 15, p[0] & 3, p[0] >> 2 & 1, 0};
    size_t n = 1;
    bool more = p[0] & 128;
    for (unsigned shift = 4; more; shift += 7, n++) {
        if (p + n == end || shift > 63)
            return 0;
        m->id |= (uint64_t)(p[n] & 127) << shift;
        more = p[n] & 128;
    }
    if (m->infix)
        return n;
    if (p + n == end)
        return 0;
    m->letters = p[n];
    return n + 1;
}
