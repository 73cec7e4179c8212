/* peek.h - bytes of a file by position, through a window. Thread-compatible. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SG_PEEK_MAX (256u << 10)

struct sg_peek {
    int fd;
    uint64_t size;
    uint64_t from; /* of the window */
    size_t have;
    uint8_t window[SG_PEEK_MAX];
};

void sg_peek_init(struct sg_peek *p, int fd, uint64_t size);
/* n bytes (at most SG_PEEK_MAX) at `at`, valid until the next call; NULL: they aren't all there. */
const uint8_t *sg_peek(struct sg_peek *p, uint64_t at, size_t n);

static inline uint32_t sg_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t sg_be64(const uint8_t *p)
{
    return (uint64_t)sg_be32(p) << 32 | sg_be32(p + 4);
}
static inline uint32_t sg_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t sg_le64(const uint8_t *p)
{
    return (uint64_t)sg_le32(p + 4) << 32 | sg_le32(p);
}
