/* record.c - the bytes of a record, both ways: see journal.h. */
#include "core/journal/record.h"
#include <xxhash.h>

#define MAGIC 0x4c4e524au /* JRNL */

struct header {
    uint32_t magic, n;
    uint64_t sequence, xxh3;
};
_Static_assert(sizeof(struct header) == JOURNAL_HEADER, "no padding");

static uint64_t sum(const struct header *h, const char *p)
{
    return XXH3_64bits_withSeed(p, h->n, h->sequence * 0x9e3779b97f4a7c15u + h->n);
}

void journal_frame(struct sg_buf *out, uint64_t sequence, struct sg_str bytes)
{
    struct header h = {MAGIC, (uint32_t)bytes.n, sequence, 0};
    h.xxh3 = sum(&h, bytes.p);
    if (!sg_buf_reserve(out, sizeof h + bytes.n))
        return;
    sg_buf_put(out, &h, sizeof h);
    sg_buf_str_put(out, bytes);
}

enum fit { WHOLE, CUT, WRONG };

static enum fit look(struct sg_str s, struct header *h)
{
    if (s.n < sizeof *h)
        return CUT;
    memcpy(h, s.p, sizeof *h);
    if (h->magic != MAGIC || h->n == 0 || h->n > SG_JOURNAL_RECORD_MAX || h->sequence == 0)
        return WRONG;
    if (s.n - sizeof *h < h->n)
        return CUT;
    return sum(h, s.p + sizeof *h) == h->xxh3 ? WHOLE : WRONG;
}

static size_t to_next_magic(struct sg_str s)
{
    const uint32_t magic = MAGIC;
    const char *p = s.n > 1 ? memmem(s.p + 1, s.n - 1, &magic, sizeof magic) : NULL;
    return p ? (size_t)(p - s.p) : s.n;
}

static void skip(struct sg_str *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

bool sg_journal_next(struct sg_str *bytes, uint64_t after, struct sg_journal_record *out,
                     uint64_t *passed)
{
    struct sg_str s = *bytes;
    uint64_t over = 0;
    while (s.n) {
        struct header h;
        enum fit fit = look(s, &h);
        if (fit != WHOLE) {
            size_t n = to_next_magic(s);
            over += n;
            skip(&s, n);
            continue;
        }
        skip(&s, sizeof h + h.n);
        *bytes = s;
        *passed += over;
        over = 0;
        if (h.sequence > after) {
            *out = (struct sg_journal_record){h.sequence, {s.p - h.n, h.n}};
            return true;
        }
    }
    return false;
}
