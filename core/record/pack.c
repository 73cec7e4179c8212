/* pack.c - records to msgpack (msgpack.org, "MessagePack specification").
 *
 * Written straight into the buffer: going through a packer's callback for
 * every byte costs several times the encoding itself. The tests read the
 * result back with msgpack-c.
 */
#include "core/record/fields.h"
#include <endian.h>
#include <math.h>

/* A type byte and the low `size` bytes of v, big-endian. */
static void put_head(struct sg_buf *b, unsigned char type, uint64_t v, size_t size)
{
    char *to = sg_buf_reserve(b, 9);
    if (!to)
        return;
    uint64_t big = htobe64(v);
    to[0] = (char)type;
    memcpy(to + 1, (const char *)&big + 8 - size, size);
    b->n += 1 + size;
}

static void put_unsigned(struct sg_buf *b, uint64_t v)
{
    if (v < 0x80)
        put_head(b, (unsigned char)v, 0, 0);
    else if (v <= UINT8_MAX)
        put_head(b, 0xcc, v, 1);
    else if (v <= UINT16_MAX)
        put_head(b, 0xcd, v, 2);
    else if (v <= UINT32_MAX)
        put_head(b, 0xce, v, 4);
    else
        put_head(b, 0xcf, v, 8);
}

static void put_signed(struct sg_buf *b, int64_t v)
{
    if (v >= 0)
        put_unsigned(b, (uint64_t)v);
    else if (v >= -32)
        put_head(b, (unsigned char)v, 0, 0);
    else if (v >= INT8_MIN)
        put_head(b, 0xd0, (uint64_t)v, 1);
    else if (v >= INT16_MIN)
        put_head(b, 0xd1, (uint64_t)v, 2);
    else if (v >= INT32_MIN)
        put_head(b, 0xd2, (uint64_t)v, 4);
    else
        put_head(b, 0xd3, (uint64_t)v, 8);
}

static void put_real(struct sg_buf *b, double v)
{
    uint64_t bits = 0;
    if (isfinite(v))
        memcpy(&bits, &v, 8);
    put_head(b, 0xcb, bits, 8);
}

/* Names and most values are short: one reservation, one copy. */
static void put_short(struct sg_buf *b, struct sg_str s)
{
    char *to = sg_buf_reserve(b, 32);
    if (!to)
        return;
    to[0] = (char)(0xa0 | s.n);
    if (s.n)
        memcpy(to + 1, s.p, s.n);
    b->n += 1 + s.n;
}

static void put_str(struct sg_buf *b, struct sg_str s)
{
    if (s.n < 32) {
        put_short(b, s);
        return;
    }
    if (s.n <= UINT8_MAX)
        put_head(b, 0xd9, s.n, 1);
    else if (s.n <= UINT16_MAX)
        put_head(b, 0xda, s.n, 2);
    else
        put_head(b, 0xdb, s.n, 4);
    sg_buf_str_put(b, s);
}

static void put_bytes(struct sg_buf *b, struct sg_str s)
{
    if (s.n <= UINT8_MAX)
        put_head(b, 0xc4, s.n, 1);
    else if (s.n <= UINT16_MAX)
        put_head(b, 0xc5, s.n, 2);
    else
        put_head(b, 0xc6, s.n, 4);
    sg_buf_str_put(b, s);
}

static void put_array(struct sg_buf *b, size_t n)
{
    if (n < 16)
        put_head(b, (unsigned char)(0x90 | n), 0, 0);
    else if (n <= UINT16_MAX)
        put_head(b, 0xdc, n, 2);
    else
        put_head(b, 0xdd, n, 4);
}

static void put_item(struct sg_buf *b, const struct sg_field *f, const void *at)
{
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        put_head(b, *(const bool *)at ? 0xc3 : 0xc2, 0, 0);
        break;
    case SG_T_U64:
        put_unsigned(b, *(const uint64_t *)at);
        break;
    case SG_T_I64:
        put_signed(b, *(const int64_t *)at);
        break;
    case SG_T_F64:
        put_real(b, *(const double *)at);
        break;
    case SG_T_STR:
        put_str(b, *(const struct sg_str *)at);
        break;
    case SG_T_BYTES:
        put_bytes(b, *(const struct sg_str *)at);
        break;
    case SG_T_RECORD:
        sg_record_pack(f->record, at, b);
        break;
    }
}

static void put_field(struct sg_buf *b, const struct sg_field *f, const void *at)
{
    put_str(b, record_name(f));
    if (f->flags & SG_LIST) {
        const struct sg_list *list = at;
        size_t size = record_item_size(f);
        put_array(b, list->n);
        for (size_t i = 0; i < list->n; i++)
            put_item(b, f, (const char *)list->v + i * size);
    } else {
        put_item(b, f, f->type == SG_T_RECORD ? *(const void *const *)at : at);
    }
}

void sg_record_pack(const struct sg_record *r, const void *value, struct sg_buf *out)
{
    size_t head = out->n, present = 0;
    bool small = r->n_fields < 16;
    put_head(out, small ? 0x80 : 0xde, 0, small ? 0 : 2);
    for (size_t i = 0; i < r->n_fields; i++) {
        const void *at = record_at_const(&r->fields[i], value);
        if (!record_is_absent(&r->fields[i], at)) {
            put_field(out, &r->fields[i], at);
            present++;
        }
    }
    if (!sg_buf_failed(out))
        out->p[head + (small ? 0 : 2)] |= (char)present;
}
