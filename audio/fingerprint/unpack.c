/* unpack.c - Chromaprint's compressed form read back.
 *
 *   | algorithm | items: 24 bits | 3-bit numbers | pad | 5-bit numbers | pad |
 *
 * Items are written as what differs from the one before, bit by set bit: the distance from the last
 * set bit, 0 behind the last one; 7 is followed by a 5-bit number that is added. Numbers lie from
 * the least bit of each byte up. Our own reader because what comes from segue-audio may be
 * anything, and libchromaprint 1.5.1's reads beyond the end
 * (tests/fuzz/corpus/fingerprint/overread).
 */
#include "audio/fingerprint/print.h"
#include <chromaprint.h>

#define HEADER  4
#define NORMAL  3 /* bits */
#define FAR     5
#define FAR_ONE 7 /* the greatest number of three bits */

struct numbers {
    const unsigned char *p;
    size_t bits; /* of them all */
    size_t at;
};

/* -1: there is none left. */
static int next(struct numbers *n, unsigned width)
{
    unsigned v = 0;
    if (n->bits - n->at < width)
        return -1;
    for (unsigned i = 0; i < width; i++, n->at++)
        v |= (unsigned)(n->p[n->at / 8] >> n->at % 8 & 1) << i;
    return (int)v;
}

/* Bytes of the 3-bit numbers of so many items; 0: they aren't all there. */
static size_t normal_bytes(struct numbers n, size_t items)
{
    while (items) {
        int v = next(&n, NORMAL);
        if (v < 0)
            return 0;
        items -= v == 0;
    }
    return (n.at + 7) / 8;
}

/* What differs from the item before. */
static bool read_item(struct numbers *normal, struct numbers *far, uint32_t *out)
{
    unsigned bit = 0;
    *out = 0;
    for (;;) {
        int v = next(normal, NORMAL), more = v == FAR_ONE ? next(far, FAR) : 0;
        if (v < 0 || more < 0)
            return false;
        if (v == 0)
            return true;
        bit += (unsigned)(v + more);
        if (bit > 32)
            return false;
        *out |= 1u << (bit - 1);
    }
}

int sg_print_unpack(struct sg_str packed, uint32_t items[SG_PRINT_ITEMS], size_t *n,
                    struct sg_error *e)
{
    const unsigned char *p = (const unsigned char *)packed.p;
    uint32_t last = 0, changed;
    if (packed.n < HEADER || packed.n > HEADER + SG_PRINT_ITEMS * 33 || /* a number for each bit */
        p[0] != CHROMAPRINT_ALGORITHM_DEFAULT)
        return sg_fail(e, SG_ECORRUPT, "it is no fingerprint");
    size_t count = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (count > SG_PRINT_ITEMS)
        return sg_fail(e, SG_ECORRUPT, "a fingerprint is too long");
    struct numbers normal = {p + HEADER, 8 * (packed.n - HEADER), 0};
    size_t bytes = normal_bytes(normal, count);
    if (count && !bytes)
        return sg_fail(e, SG_ECORRUPT, "a fingerprint is damaged");
    struct numbers far = {p + HEADER + bytes, 8 * (packed.n - HEADER - bytes), 0};
    for (size_t i = 0; i < count; i++) {
        if (!read_item(&normal, &far, &changed))
            return sg_fail(e, SG_ECORRUPT, "a fingerprint is damaged");
        items[i] = last ^= changed;
    }
    *n = count;
    return 0;
}
