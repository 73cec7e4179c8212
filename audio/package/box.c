/* box.c - see box.h. */
#include "audio/package/box.h"

void sg_put8(struct sg_buf *b, uint8_t v)
{
    sg_buf_putc(b, (char)v);
}

void sg_put16(struct sg_buf *b, uint16_t v)
{
    sg_put8(b, (uint8_t)(v >> 8));
    sg_put8(b, (uint8_t)v);
}

void sg_put24(struct sg_buf *b, uint32_t v)
{
    sg_put8(b, (uint8_t)(v >> 16));
    sg_put16(b, (uint16_t)v);
}

void sg_put32(struct sg_buf *b, uint32_t v)
{
    sg_put16(b, (uint16_t)(v >> 16));
    sg_put16(b, (uint16_t)v);
}

void sg_put64(struct sg_buf *b, uint64_t v)
{
    sg_put32(b, (uint32_t)(v >> 32));
    sg_put32(b, (uint32_t)v);
}

void sg_put_zeros(struct sg_buf *b, size_t n)
{
    while (n--)
        sg_put8(b, 0);
}

void sg_set32(struct sg_buf *b, size_t at, uint32_t v)
{
    if (b->failed || at > b->n || b->n - at < 4)
        return;
    for (int i = 0; i < 4; i++)
        b->p[at + (size_t)i] = (char)(v >> (24 - 8 * i));
}

size_t sg_box(struct sg_buf *b, const char type[4])
{
    size_t from = b->n;
    sg_put32(b, 0);
    sg_buf_put(b, type, 4);
    return from;
}

size_t sg_full_box(struct sg_buf *b, const char type[4], uint8_t version, uint32_t flags)
{
    size_t from = sg_box(b, type);
    sg_put8(b, version);
    sg_put24(b, flags);
    return from;
}

void sg_box_end(struct sg_buf *b, size_t from)
{
    if (b->n - from > UINT32_MAX)
        b->failed = true;
    sg_set32(b, from, (uint32_t)(b->n - from));
}
