/* unpack.c - msgpack to records: one pass over the bytes, no tree.
 *
 * Every length and count is held against the bytes that are left before it is
 * believed, so a short message cannot ask for a large allocation.
 */
#include "core/record/fields.h"
#include <endian.h>

enum kind { NIL, BOOL, UNSIGNED, NEGATIVE, REAL, TEXT, BYTES, ARRAY, MAP, EXT };

struct token {
    enum kind kind;
    uint64_t u; /* value, count or the negative number's bits */
    double real;
    struct sg_str bytes;
};

struct reader {
    const unsigned char *p, *end;
    struct record_memory memory;
    struct sg_error *e;
};

static size_t left(const struct reader *r)
{
    return (size_t)(r->end - r->p);
}

static bool take_number(struct reader *r, size_t size, uint64_t *out)
{
    if (left(r) < size)
        return false;
    uint64_t big = 0;
    memcpy((char *)&big + 8 - size, r->p, size);
    r->p += size;
    *out = be64toh(big);
    return true;
}

static bool take_bytes(struct reader *r, struct token *t, enum kind kind, uint64_t n)
{
    if (left(r) < n)
        return false;
    t->kind = kind;
    t->bytes = (struct sg_str){(const char *)r->p, n};
    r->p += n;
    return true;
}

static bool take_sized(struct reader *r, struct token *t, enum kind kind, size_t size)
{
    uint64_t n;
    return take_number(r, size, &n) && take_bytes(r, t, kind, n + (kind == EXT));
}

static bool take_count(struct reader *r, struct token *t, enum kind kind, uint64_t n)
{
    t->kind = kind;
    t->u = n;
    return n <= left(r) / (kind == MAP ? 2 : 1);
}

static bool take_signed(struct reader *r, struct token *t, size_t size)
{
    uint64_t v;
    if (!take_number(r, size, &v))
        return false;
    int unused = (int)(64 - 8 * size);
    int64_t s = (int64_t)(v << unused) >> unused;
    t->kind = s < 0 ? NEGATIVE : UNSIGNED;
    t->u = (uint64_t)s;
    return true;
}

static bool take_real(struct reader *r, struct token *t, size_t size)
{
    uint64_t v;
    if (!take_number(r, size, &v))
        return false;
    t->kind = REAL;
    if (size == 8) {
        memcpy(&t->real, &v, 8);
    } else {
        uint32_t bits = (uint32_t)v;
        float f;
        memcpy(&f, &bits, 4);
        t->real = (double)f;
    }
    return true;
}

/* Types 0xc0 to 0xdf; false on the reserved 0xc1 and on truncation. */
static bool take_typed(struct reader *r, struct token *t, unsigned type)
{
    uint64_t n;
    switch (type) {
    case 0xc0:
        t->kind = NIL;
        return true;
    case 0xc2:
    case 0xc3:
        t->kind = BOOL;
        t->u = type & 1;
        return true;
    case 0xc4 ... 0xc6:
        return take_sized(r, t, BYTES, 1u << (type - 0xc4));
    case 0xc7 ... 0xc9:
        return take_sized(r, t, EXT, 1u << (type - 0xc7));
    case 0xca:
    case 0xcb:
        return take_real(r, t, type == 0xca ? 4 : 8);
    case 0xcc ... 0xcf:
        t->kind = UNSIGNED;
        return take_number(r, 1u << (type - 0xcc), &t->u);
    case 0xd0 ... 0xd3:
        return take_signed(r, t, 1u << (type - 0xd0));
    case 0xd4 ... 0xd8:
        return take_bytes(r, t, EXT, 1 + (1u << (type - 0xd4)));
    case 0xd9 ... 0xdb:
        return take_sized(r, t, TEXT, 1u << (type - 0xd9));
    case 0xdc:
    case 0xdd:
        return take_number(r, type == 0xdc ? 2 : 4, &n) && take_count(r, t, ARRAY, n);
    case 0xde:
    case 0xdf:
        return take_number(r, type == 0xde ? 2 : 4, &n) && take_count(r, t, MAP, n);
    default:
        return false;
    }
}

static bool take(struct reader *r, struct token *t)
{
    if (r->p == r->end)
        return false;
    unsigned type = *r->p++;
    if (type < 0x80 || type >= 0xe0) {
        t->kind = type < 0x80 ? UNSIGNED : NEGATIVE;
        t->u = type < 0x80 ? type : (uint64_t)(int64_t)(int8_t)type;
        return true;
    }
    if (type < 0x90)
        return take_count(r, t, MAP, type & 15);
    if (type < 0xa0)
        return take_count(r, t, ARRAY, type & 15);
    if (type < 0xc0)
        return take_bytes(r, t, TEXT, type & 31);
    return take_typed(r, t, type);
}

static int malformed(struct reader *r)
{
    return sg_fail(r->e, SG_EINVAL, "not well-formed msgpack");
}

/* Over one value of any depth, without recursion. */
static int skip(struct reader *r)
{
    struct token t;
    for (uint64_t values = 1; values; values--) {
        if (!take(r, &t))
            return malformed(r);
        if (t.kind == ARRAY)
            values += t.u;
        else if (t.kind == MAP)
            values += 2 * t.u;
    }
    return 0;
}

static int read_record(struct reader *r, const struct sg_record *record, const struct token *map,
                       void *out, int depth);

static int read_item(struct reader *r, const struct sg_field *f, bool item, const struct token *t,
                     void *at, int depth)
{
    switch (t->kind) {
    case BOOL:
        return record_set_bool(f, at, t->u, r->e);
    case UNSIGNED:
        return record_set_unsigned(f, item, at, t->u, r->e);
    case NEGATIVE:
        return record_set_negative(f, item, at, (int64_t)t->u, r->e);
    case REAL:
        return record_set_real(f, item, at, t->real, r->e);
    case TEXT:
        return record_set_str(f, item, at, t->bytes, r->e);
    case BYTES:
        return record_set_bytes(f, item, at, t->bytes, r->e);
    case MAP:
        if (f->type == SG_T_RECORD)
            return record_inside(f, read_record(r, f->record, t, at, depth + 1), r->e);
        return record_wrong_type(f, r->e);
    default:
        return record_wrong_type(f, r->e);
    }
}

static int read_list(struct reader *r, const struct sg_field *f, const struct token *array,
                     struct sg_list *out, int depth)
{
    size_t n = array->u, size = record_item_size(f);
    int rc = record_check_count(f, n, r->e);
    void *v = NULL;
    if (!rc && n)
        rc = record_take(&r->memory, n, size, &v, r->e);
    for (size_t i = 0; !rc && i < n; i++) {
        struct token t;
        rc = take(r, &t) ? read_item(r, f, true, &t, (char *)v + i * size, depth) : malformed(r);
    }
    if (!rc)
        *out = (struct sg_list){v, n};
    return rc;
}

static int read_field(struct reader *r, const struct sg_field *f, const struct token *t, void *at,
                      int depth)
{
    if (f->flags & SG_LIST)
        return t->kind == ARRAY ? read_list(r, f, t, at, depth) : record_wrong_type(f, r->e);
    if (f->type != SG_T_RECORD)
        return read_item(r, f, false, t, at, depth);
    void *value = NULL;
    int rc = record_take(&r->memory, 1, f->record->size, &value, r->e);
    if (!rc)
        rc = read_item(r, f, false, t, value, depth);
    if (!rc)
        *(void **)at = value;
    return rc;
}

/* One key and its value. A later one of the same name replaces the earlier. */
static int read_pair(struct reader *r, const struct sg_record *record, void *out, int depth,
                     size_t *hint, uint64_t *seen)
{
    struct token t;
    if (!take(r, &t))
        return malformed(r);
    if (t.kind != TEXT)
        return sg_fail(r->e, SG_EINVAL, "%s: a field's name is not a string", record->name);
    const struct sg_field *f = record_find(record, t.bytes, hint);
    if (!f)
        return skip(r);
    if (!take(r, &t))
        return malformed(r);
    uint64_t bit = 1ull << (f - record->fields);
    void *at = record_at(f, out);
    if (t.kind == NIL) {
        record_set_default(f, at);
        *seen &= ~bit;
        return 0;
    }
    *seen |= bit;
    return read_field(r, f, &t, at, depth);
}

static int read_record(struct reader *r, const struct sg_record *record, const struct token *map,
                       void *out, int depth)
{
    if (depth > SG_RECORD_DEPTH)
        return sg_fail(r->e, SG_ELIMIT, "nested deeper than %d", SG_RECORD_DEPTH);
    sg_record_init(record, out);
    uint64_t seen = 0;
    size_t hint = 0;
    for (uint64_t i = 0; i < map->u; i++) {
        int rc = read_pair(r, record, out, depth, &hint, &seen);
        if (rc)
            return rc;
    }
    return record_check_missing(record, seen, r->e);
}

int sg_record_unpack(const struct sg_record *record, struct sg_str in, struct sg_arena *a,
                     void *out, struct sg_error *e)
{
    if (in.n > SG_RECORD_BYTES)
        return sg_fail(e, SG_ELIMIT, "message of %zu bytes, at most %u are read", in.n,
                       SG_RECORD_BYTES);
    const unsigned char *p = (const unsigned char *)in.p;
    struct reader r = {p, p + in.n, record_memory_for(a, in.n), e};
    struct token t;
    if (!take(&r, &t))
        return malformed(&r);
    if (t.kind != MAP)
        return sg_fail(e, SG_EINVAL, "%s: expected a map", record->name);
    int rc = read_record(&r, record, &t, out, 1);
    if (!rc && r.p != r.end)
        rc = sg_fail(e, SG_EINVAL, "%s: bytes after its end", record->name);
    return rc;
}
