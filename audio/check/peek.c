/* peek.c - see peek.h. */
#include "audio/check/peek.h"
#include <errno.h>
#include <unistd.h>

void sg_peek_init(struct sg_peek *p, int fd, uint64_t size)
{
    p->fd = fd;
    p->size = size;
    p->from = 0;
    p->have = 0;
}

static void fill(struct sg_peek *p, uint64_t at)
{
    p->from = at;
    p->have = 0;
    while (p->have < sizeof p->window) {
        ssize_t n =
            pread(p->fd, p->window + p->have, sizeof p->window - p->have, (off_t)(at + p->have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        p->have += (size_t)n;
    }
}

const uint8_t *sg_peek(struct sg_peek *p, uint64_t at, size_t n)
{
    if (n > sizeof p->window || at > p->size || n > p->size - at)
        return NULL;
    if (at < p->from || at - p->from > p->have || n > p->have - (at - p->from))
        fill(p, at);
    return at >= p->from && at - p->from <= p->have && n <= p->have - (at - p->from)
               ? p->window + (at - p->from)
               : NULL;
}
