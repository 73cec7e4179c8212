/* png.c - see png.h. */
#include "tests/support/png.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void put_u32(struct sg_buf *b, uint32_t v)
{
    for (int i = 24; i >= 0; i -= 8)
        sg_buf_putc(b, (char)(v >> i));
}

static void put_chunk(struct sg_buf *b, const char *type, struct sg_str data)
{
    size_t at = b->n + 4;
    put_u32(b, (uint32_t)data.n);
    sg_buf_puts(b, type);
    sg_buf_str_put(b, data);
    put_u32(b, (uint32_t)crc32(0, (const Bytef *)b->p + at, (uInt)(data.n + 4)));
}

struct sg_str test_png(struct sg_buf *b, uint32_t w, uint32_t h, uint32_t rows, int grey,
                       bool animated)
{
    struct sg_buf head = {0};
    uLong raw = (uLong)rows * (w + 1);
    uLongf n = compressBound(raw);
    Bytef *pixels = malloc(raw + 1), *packed = malloc(n);
    memset(pixels, grey, raw + 1);
    for (uint32_t i = 0; i < rows; i++)
        pixels[(size_t)i * (w + 1)] = 0; /* no filter */
    sg_buf_reset(b);
    sg_buf_put(b, "\x89PNG\r\n\x1a\n", 8);
    put_u32(&head, w);
    put_u32(&head, h);
    sg_buf_put(&head, "\x08\0\0\0\0", 5);
    put_chunk(b, "IHDR", sg_buf_str(&head));
    if (animated)
        put_chunk(b, "acTL", (struct sg_str){"\0\0\0\2\0\0\0\0", 8});
    ck_assert_int_eq(compress(packed, &n, pixels, raw), Z_OK);
    put_chunk(b, "IDAT", (struct sg_str){(char *)packed, n});
    put_chunk(b, "IEND", SG_STR(""));
    free(pixels);
    free(packed);
    sg_buf_free(&head);
    return sg_buf_str(b);
}
