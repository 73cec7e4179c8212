/* freeze.c - records at rest: by position, without names or types.
 *
 *   present (a bit a field, varint) | value of each present field, in table order
 *
 *   bool    a byte                 number   varint; signed: zigzag
 *   double  8 bytes                string   varint length, bytes
 *   date    varint: 1 + (year << 9 | month << 5 | day); else 0 and as a string
 *   record  varint length, itself frozen
 *   list    varint count, items
 *
 * Integers are little-endian. What equals its default is absent. Fields may be
 * added to the end of a table: a reader that does not know them stops before
 * them, a later one finds them absent. So tables of what is frozen only grow.
 */
#include "core/record/fields.h"
#include <math.h>

/* --- writing --- */

static void put_varint(struct sg_buf *b, uint64_t v)
{
    unsigned char *to = (unsigned char *)sg_buf_reserve(b, 10), *p = to;
    if (!to)
        return;
    for (; v >= 0x80; v >>= 7)
        *p++ = (unsigned char)(v | 0x80);
    *p++ = (unsigned char)v;
    b->n += (size_t)(p - to);
}

static void put_text(struct sg_buf *b, struct sg_str s)
{
    put_varint(b, s.n);
    sg_buf_str_put(b, s);
}

static void put_real(struct sg_buf *b, double v)
{
    uint64_t bits = 0;
    if (isfinite(v))
        memcpy(&bits, &v, sizeof bits);
    sg_buf_put(b, &bits, sizeof bits);
}

static bool take_digits(const char *p, size_t n, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(p[i] - '0');
    }
    return true;
}

static void put_date(struct sg_buf *b, struct sg_str s)
{
    uint64_t year, month, day;
    if (s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && take_digits(s.p, 4, &year) &&
        take_digits(s.p + 5, 2, &month) && take_digits(s.p + 8, 2, &day) && month < 16 &&
        day < 32) {
        put_varint(b, 1 + (year << 9 | month << 5 | day));
        return;
    }
    put_varint(b, 0);
    put_text(b, s);
}

static void freeze_record(struct sg_buf *b, const struct sg_record *r, const void *value)
{
    struct sg_buf inner = {0};
    sg_record_freeze(r, value, &inner);
    put_text(b, sg_buf_str(&inner));
    b->failed |= inner.failed;
    sg_buf_free(&inner);
}

static void put_item(struct sg_buf *b, const struct sg_field *f, const void *at)
{
    int64_t i;
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        sg_buf_putc(b, *(const bool *)at);
        break;
    case SG_T_U64:
        put_varint(b, *(const uint64_t *)at);
        break;
    case SG_T_I64:
        i = *(const int64_t *)at;
        put_varint(b, (uint64_t)i << 1 ^ (uint64_t)(i >> 63));
        break;
    case SG_T_F64:
        put_real(b, *(const double *)at);
        break;
    case SG_T_STR:
    case SG_T_BYTES:
        if (f->flags & SG_DATE)
            put_date(b, *(const struct sg_str *)at);
        else
            put_text(b, *(const struct sg_str *)at);
        break;
    case SG_T_RECORD:
        freeze_record(b, f->record, at);
        break;
    }
}

static void put_field(struct sg_buf *b, const struct sg_field *f, const void *at)
{
    if (f->flags & SG_LIST) {
        const struct sg_list *list = at;
        size_t size = record_item_size(f);
        put_varint(b, list->n);
        for (size_t i = 0; i < list->n; i++)
            put_item(b, f, (const char *)list->v + i * size);
    } else {
        put_item(b, f, f->type == SG_T_RECORD ? *(const void *const *)at : at);
    }
}

/* As the field would be after sg_record_init. */
static bool is_default(const struct sg_field *f, const void *at)
{
    double real;
    if (!(f->flags & SG_OPTIONAL))
        return false;
    if (f->flags & SG_LIST)
        return ((const struct sg_list *)at)->n == 0;
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        return *(const bool *)at == (f->dflt != 0);
    case SG_T_F64:
        real = (double)f->dflt;
        return memcmp(at, &real, sizeof real) == 0;
    case SG_T_RECORD:
        return *(void *const *)at == NULL;
    case SG_T_STR:
    case SG_T_BYTES:
        return ((const struct sg_str *)at)->p == NULL;
    default:
        return *(const int64_t *)at == f->dflt;
    }
}

void sg_record_freeze(const struct sg_record *r, const void *value, struct sg_buf *out)
{
    uint64_t present = 0;
    for (size_t i = 0; i < r->n_fields; i++)
        if (!is_default(&r->fields[i], record_at_const(&r->fields[i], value)))
            present |= 1ull << i;
    put_varint(out, present);
    for (size_t i = 0; i < r->n_fields; i++)
        if (present >> i & 1)
            put_field(out, &r->fields[i], record_at_const(&r->fields[i], value));
}

/* --- reading --- */

struct reader {
    const unsigned char *p, *end;
    struct record_memory memory;
    struct sg_error *e;
};

static int malformed(struct reader *r)
{
    return sg_fail(r->e, SG_EINVAL, "not a well-formed record");
}

static bool take_varint(struct reader *r, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
        unsigned char c = *r->p++;
        if (shift == 63 && c > 1)
            return false;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

static bool take_text(struct reader *r, struct sg_str *out)
{
    uint64_t n;
    if (!take_varint(r, &n) || n > (uint64_t)(r->end - r->p))
        return false;
    *out = (struct sg_str){(const char *)r->p, n};
    r->p += n;
    return true;
}

static int take_date(struct reader *r, struct sg_str *out)
{
    uint64_t v;
    if (!take_varint(r, &v) || v > 10000u << 9)
        return malformed(r);
    if (!v)
        return take_text(r, out) ? 0 : malformed(r);
    void *text;
    int rc = record_take(&r->memory, 1, 10, &text, r->e);
    if (rc)
        return rc;
    unsigned year = (unsigned)(v - 1) >> 9, month = (v - 1) >> 5 & 15, day = (v - 1) & 31;
    unsigned digits[] = {year / 1000, year / 100 % 10, year / 10 % 10, year % 10,
                         month / 10,  month % 10,      day / 10,       day % 10};
    static const char places[] = {0, 1, 2, 3, 5, 6, 8, 9};
    memcpy(text, "0000-00-00", 10);
    for (int i = 0; i < 8; i++)
        ((char *)text)[(int)places[i]] += (char)digits[i];
    *out = (struct sg_str){text, 10};
    return 0;
}

static int read_bool(struct reader *r, const struct sg_field *f, void *at)
{
    if (r->p == r->end || *r->p > 1)
        return malformed(r);
    return record_set_bool(f, at, *r->p++, r->e);
}

static int read_number(struct reader *r, const struct sg_field *f, bool item, void *at)
{
    uint64_t v;
    if (!take_varint(r, &v))
        return malformed(r);
    if (f->type == SG_T_U64)
        return record_set_unsigned(f, item, at, v, r->e);
    int64_t i = (int64_t)(v >> 1 ^ (0 - (v & 1)));
    return i < 0 ? record_set_negative(f, item, at, i, r->e)
                 : record_set_unsigned(f, item, at, (uint64_t)i, r->e);
}

static int read_real(struct reader *r, const struct sg_field *f, bool item, void *at)
{
    double v;
    if (r->end - r->p < (ptrdiff_t)sizeof v)
        return malformed(r);
    memcpy(&v, r->p, sizeof v);
    r->p += sizeof v;
    return record_set_real(f, item, at, v, r->e);
}

static int read_text(struct reader *r, const struct sg_field *f, bool item, void *at)
{
    struct sg_str s = SG_STR_NONE;
    int rc = f->flags & SG_DATE ? take_date(r, &s) : take_text(r, &s) ? 0 : malformed(r);
    if (rc)
        return rc;
    return f->type == SG_T_STR ? record_set_str(f, item, at, s, r->e)
                               : record_set_bytes(f, item, at, s, r->e);
}

static int read_record(struct reader *r, const struct sg_record *record, void *out, int depth);

static int read_inner(struct reader *r, const struct sg_field *f, void *at, int depth)
{
    struct sg_str bytes;
    if (!take_text(r, &bytes))
        return malformed(r);
    const unsigned char *p = (const unsigned char *)bytes.p;
    struct reader inner = {p, p + bytes.n, r->memory, r->e};
    int rc = read_record(&inner, f->record, at, depth + 1);
    r->memory = inner.memory;
    return record_inside(f, rc, r->e);
}

static int read_item(struct reader *r, const struct sg_field *f, bool item, void *at, int depth)
{
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        return read_bool(r, f, at);
    case SG_T_U64:
    case SG_T_I64:
        return read_number(r, f, item, at);
    case SG_T_F64:
        return read_real(r, f, item, at);
    case SG_T_STR:
    case SG_T_BYTES:
        return read_text(r, f, item, at);
    case SG_T_RECORD:
        return read_inner(r, f, at, depth);
    }
    return malformed(r);
}

static int read_list(struct reader *r, const struct sg_field *f, struct sg_list *out, int depth)
{
    uint64_t n;
    size_t size = record_item_size(f);
    void *v = NULL;
    if (!take_varint(r, &n) || n > (uint64_t)(r->end - r->p)) /* an item has a byte at least */
        return malformed(r);
    int rc = record_check_count(f, n, r->e);
    if (!rc && n)
        rc = record_take(&r->memory, n, size, &v, r->e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = read_item(r, f, true, (char *)v + i * size, depth);
    if (!rc)
        *out = (struct sg_list){v, n};
    return rc;
}

static int read_field(struct reader *r, const struct sg_field *f, void *at, int depth)
{
    if (f->flags & SG_LIST)
        return read_list(r, f, at, depth);
    if (f->type != SG_T_RECORD)
        return read_item(r, f, false, at, depth);
    void *value = NULL;
    int rc = record_take(&r->memory, 1, f->record->size, &value, r->e);
    if (!rc)
        rc = read_item(r, f, false, value, depth);
    if (!rc)
        *(void **)at = value;
    return rc;
}

static int read_record(struct reader *r, const struct sg_record *record, void *out, int depth)
{
    uint64_t present, known = record->n_fields < 64 ? (1ull << record->n_fields) - 1 : UINT64_MAX;
    if (depth > SG_RECORD_DEPTH)
        return sg_fail(r->e, SG_ELIMIT, "nested deeper than %d", SG_RECORD_DEPTH);
    if (!take_varint(r, &present))
        return malformed(r);
    sg_record_init(record, out);
    for (size_t i = 0; i < record->n_fields; i++) {
        const struct sg_field *f = &record->fields[i];
        int rc = present >> i & 1 ? read_field(r, f, record_at(f, out), depth) : 0;
        if (rc)
            return rc;
    }
    if (r->p != r->end && !(present & ~known))
        return sg_fail(r->e, SG_EINVAL, "%s: bytes after its end", record->name);
    return record_check_missing(record, present, r->e);
}

int sg_record_thaw(const struct sg_record *record, struct sg_str in, struct sg_arena *a, void *out,
                   struct sg_error *e)
{
    if (in.n > SG_RECORD_BYTES)
        return sg_fail(e, SG_ELIMIT, "record of %zu bytes, at most %u are read", in.n,
                       SG_RECORD_BYTES);
    const unsigned char *p = (const unsigned char *)in.p;
    struct reader r = {p, p + in.n, record_memory_for(a, in.n), e};
    return read_record(&r, record, out, 1);
}
