/* str.c - see str.h. */
#include "core/str.h"
#include <errno.h>
#include <stdlib.h>

bool sg_str_to_u64(struct sg_str s, uint64_t *out)
{
    if (s.n == 0 || s.n > 20)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)(s.p[i] - '0');
        if (d > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, d, &v))
            return false;
    }
    *out = v;
    return true;
}

bool sg_str_to_i64(struct sg_str s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t v;
    if (!sg_str_to_u64((struct sg_str){s.p + negative, s.n - negative}, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool sg_str_to_f64(struct sg_str s, double *out)
{
    char z[64];
    if (s.n == 0 || s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    char *end;
    errno = 0;
    double v = strtod(z, &end);
    if (errno || end != z + s.n)
        return false;
    *out = v;
    return true;
}

/* Length of the well-formed sequence at p (Unicode table 3-7), 0 if none. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return 1;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
        return 0;
    unsigned char lo = 0x80, hi = 0xbf;
    if (p[0] == 0xe0)
        lo = 0xa0;
    else if (p[0] == 0xed)
        hi = 0x9f;
    else if (p[0] == 0xf0)
        lo = 0x90;
    else if (p[0] == 0xf4)
        hi = 0x8f;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* Whether eight bytes are all ASCII: the usual case, eight times faster. */
static bool ascii8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return !(v & 0x8080808080808080);
}

bool sg_str_is_utf8(struct sg_str s)
{
    for (size_t i = 0; i < s.n;) {
        if (s.n - i >= 8 && ascii8(s.p + i)) {
            i += 8;
            continue;
        }
        size_t len = utf8_sequence((const unsigned char *)s.p + i, s.n - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}
