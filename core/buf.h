/* buf.h - a growable byte buffer.
 *
 * Writers never check: after a failed allocation the buffer stays valid, keeps
 * what it had, and sg_buf_failed is true; check once before using the bytes.
 */
#pragma once
#include "core/str.h"

struct sg_buf {
    char *p;
    size_t n, cap;
    bool failed;
};

void sg_buf_free(struct sg_buf *b); /* and back to {0} */
static inline void sg_buf_reset(struct sg_buf *b)
{
    b->n = 0;
    b->failed = false;
}
static inline bool sg_buf_failed(const struct sg_buf *b)
{
    return b->failed;
}
static inline struct sg_str sg_buf_str(const struct sg_buf *b)
{
    return (struct sg_str){b->p, b->n};
}

/* Room for n more bytes at b->p + b->n; NULL when out of memory. */
char *sg_buf_reserve(struct sg_buf *b, size_t n);
void sg_buf_put(struct sg_buf *b, const void *p, size_t n);
void sg_buf_putc(struct sg_buf *b, char c);
void sg_buf_puts(struct sg_buf *b, const char *z);
void sg_buf_str_put(struct sg_buf *b, struct sg_str s);
void sg_buf_printf(struct sg_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sg_buf_u64(struct sg_buf *b, uint64_t v); /* decimal */
void sg_buf_i64(struct sg_buf *b, int64_t v);  /* decimal */
/* s as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void sg_buf_json_str(struct sg_buf *b, struct sg_str s);
