/* buf.c - see buf.h. */
#include "core/buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void sg_buf_free(struct sg_buf *b)
{
    free(b->p);
    *b = (struct sg_buf){0};
}

char *sg_buf_reserve(struct sg_buf *b, size_t n)
{
    if (b->cap - b->n >= n)
        return b->p + b->n;
    size_t need, cap = b->cap ? b->cap : 256;
    if (__builtin_add_overflow(b->n, n, &need))
        goto fail;
    while (cap < need)
        if (__builtin_mul_overflow(cap, 2, &cap))
            goto fail;
    char *p = realloc(b->p, cap);
    if (!p)
        goto fail;
    b->p = p;
    b->cap = cap;
    return b->p + b->n;
fail:
    b->failed = true;
    return NULL;
}

void sg_buf_put(struct sg_buf *b, const void *p, size_t n)
{
    char *to = n ? sg_buf_reserve(b, n) : NULL;
    if (to) {
        memcpy(to, p, n);
        b->n += n;
    }
}

void sg_buf_putc(struct sg_buf *b, char c)
{
    char *to = sg_buf_reserve(b, 1);
    if (to) {
        *to = c;
        b->n++;
    }
}

void sg_buf_puts(struct sg_buf *b, const char *z)
{
    sg_buf_put(b, z, strlen(z));
}

void sg_buf_str_put(struct sg_buf *b, struct sg_str s)
{
    sg_buf_put(b, s.p, s.n);
}

void sg_buf_printf(struct sg_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *to = n > 0 ? sg_buf_reserve(b, (size_t)n + 1) : NULL;
    if (to) {
        vsnprintf(to, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void sg_buf_u64(struct sg_buf *b, uint64_t v)
{
    char digits[20];
    size_t i = sizeof digits;
    do
        digits[--i] = (char)('0' + v % 10);
    while (v /= 10);
    sg_buf_put(b, digits + i, sizeof digits - i);
}

void sg_buf_i64(struct sg_buf *b, int64_t v)
{
    if (v < 0)
        sg_buf_putc(b, '-');
    sg_buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* Whether none of eight bytes is a control, a quote, a backslash or above ASCII:
 * a subtraction borrows into the top bit exactly of bytes below the bound. */
static bool plain8(const char *p)
{
    const uint64_t ones = 0x0101010101010101, tops = ones << 7;
    uint64_t v;
    memcpy(&v, p, 8);
    uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
    return !((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops);
}

/* Length of the longest run from s that a JSON string may hold as it is. */
static size_t plain_run(struct sg_str s)
{
    size_t i = 0;
    while (s.n - i >= 8 && plain8(s.p + i))
        i += 8;
    while (i < s.n && (unsigned char)s.p[i] >= 0x20 && (unsigned char)s.p[i] < 0x80 &&
           s.p[i] != '"' && s.p[i] != '\\')
        i++;
    return i;
}

/* Length of the well-formed multi-byte sequence at the front of s, or 0. */
static size_t multibyte(struct sg_str s)
{
    for (size_t len = 2; len <= 4 && len <= s.n; len++)
        if (sg_str_is_utf8((struct sg_str){s.p, len}))
            return len;
    return 0;
}

static void json_escape(struct sg_buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        sg_buf_puts(b, "\\\"");
        break;
    case '\\':
        sg_buf_puts(b, "\\\\");
        break;
    case '\n':
        sg_buf_puts(b, "\\n");
        break;
    case '\r':
        sg_buf_puts(b, "\\r");
        break;
    case '\t':
        sg_buf_puts(b, "\\t");
        break;
    default:
        sg_buf_printf(b, "\\u%04x", c);
    }
}

/* s and its quotes at once, when it is plain throughout. */
static bool put_plain(struct sg_buf *b, struct sg_str s)
{
    if (plain_run(s) != s.n)
        return false;
    char *to = sg_buf_reserve(b, s.n + 2);
    if (!to)
        return true;
    *to++ = '"';
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = '"';
    b->n += s.n + 2;
    return true;
}

void sg_buf_json_str(struct sg_buf *b, struct sg_str s)
{
    if (put_plain(b, s))
        return;
    sg_buf_putc(b, '"');
    while (s.n) {
        size_t n = plain_run(s);
        if (n) {
            sg_buf_put(b, s.p, n);
        } else if ((unsigned char)s.p[0] < 0x80) {
            json_escape(b, (unsigned char)s.p[0]);
            n = 1;
        } else if ((n = multibyte(s))) {
            sg_buf_put(b, s.p, n);
        } else {
            sg_buf_puts(b, "\xef\xbf\xbd");
            n = 1;
        }
        s.p += n;
        s.n -= n;
    }
    sg_buf_putc(b, '"');
}
