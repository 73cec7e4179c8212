/* flac.c - the extent of a FLAC stream (RFC 9639).
 *
 * Frames don't tell their length, so the last one is looked for from behind: the CRC-16 at a
 * frame's end makes the CRC of the whole frame 0. If no frame ends where the file does, something
 * foreign is behind it, or it was cut.
 */
#include "audio/check/extent.h"
#include <string.h>

#define TRIES 16 /* what looks like a frame and is none is rare: 2^-23 */

static uint8_t crc8(const uint8_t *p, size_t n)
{
    unsigned crc = 0;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1;
    }
    return (uint8_t)crc;
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
    unsigned crc = 0;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned)p[i] << 8;
        for (int k = 0; k < 8; k++)
            crc = crc & 0x8000 ? crc << 1 ^ 0x8005 : crc << 1;
    }
    return (uint16_t)crc;
}

/* Section 9.1: sync code, four bytes, the coded number, perhaps block size and rate, CRC-8. */
static bool is_frame(const uint8_t *p, size_t n)
{
    static const uint8_t more_size[16] = {[6] = 1, [7] = 2}, more_rate[16] = {[12] = 1, 2, 2};
    if (n < 8 || p[0] != 0xff || (p[1] & 0xfe) != 0xf8)
        return false;
    size_t number = p[4] < 0x80 ? 1 : (size_t)__builtin_clz((unsigned)(uint8_t)~p[4] | 1) - 24;
    size_t header = 4 + number + more_size[p[2] >> 4] + more_rate[p[2] & 15];
    return header < n && crc8(p, header) == p[header];
}

void sg_extent_flac(struct sg_peek *p, struct sg_extent *x)
{
    uint64_t at = x->begin + 4;
    const uint8_t *h = sg_peek(p, x->begin, 4);
    if (!h || memcmp(h, "fLaC", 4))
        return;
    for (bool last = false; !last; at += 4 + ((uint64_t)h[1] << 16 | (uint64_t)h[2] << 8 | h[3])) {
        h = sg_peek(p, at, 4);
        if (!h) {
            x->cut = true;
            return;
        }
        last = h[0] & 0x80;
    }
    if (at >= x->tags) {
        x->cut = true;
        return;
    }
    size_t n = x->tags - at < SG_PEEK_MAX ? (size_t)(x->tags - at) : SG_PEEK_MAX;
    const uint8_t *end = sg_peek(p, x->tags - n, n);
    end = end ? end + n : NULL;
    for (size_t i = 8, tries = 0; end && i <= n && tries < TRIES; i++) {
        if (!is_frame(end - i, i))
            continue;
        if (!crc16(end - i, i))
            return;
        tries++;
    }
    x->loose = true;
}
