/* json_out.c - records to JSON, streamed without a tree. */
#include "core/record/fields.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A whole number of millionths, written from integers. */
static void put_millionths(struct sg_buf *b, uint64_t n)
{
    char text[8] = ".";
    sg_buf_u64(b, n / 1000000);
    uint64_t rest = n % 1000000;
    size_t digits = rest ? 6 : 0;
    for (; digits && rest % 10 == 0; rest /= 10)
        digits--;
    for (size_t i = digits; i; i--, rest /= 10)
        text[i] = (char)('0' + rest % 10);
    if (digits)
        sg_buf_put(b, text, digits + 1);
}

static void put_shortest(struct sg_buf *b, double v)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%.15g", v);
    if (strtod(text, NULL) != v)
        n = snprintf(text, sizeof text, "%.16g", v);
    if (strtod(text, NULL) != v)
        n = snprintf(text, sizeof text, "%.17g", v);
    sg_buf_put(b, text, (size_t)n);
}

/* A decimal that reads back as v. Dividing two exact doubles is rounded correctly,
 * so the quotient of millionths being v proves that the decimal reads back as v. */
static void put_real(struct sg_buf *b, double v)
{
    double size = fabs(v), millionths = rint(size * 1e6);
    if (!isfinite(v) || v == 0) {
        sg_buf_putc(b, '0');
    } else if (millionths < 9e15 && millionths / 1e6 == size) {
        if (v < 0)
            sg_buf_putc(b, '-');
        put_millionths(b, (uint64_t)millionths);
    } else {
        put_shortest(b, v);
    }
}

static void put_bytes(struct sg_buf *b, struct sg_str bytes)
{
    sg_buf_putc(b, '"');
    record_base64_put(b, bytes);
    sg_buf_putc(b, '"');
}

static void put_record(struct sg_buf *b, const struct sg_record *r, const void *value, bool log);

static void put_item(struct sg_buf *b, const struct sg_field *f, const void *at, bool log)
{
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        sg_buf_str_put(b, *(const bool *)at ? SG_STR("true") : SG_STR("false"));
        break;
    case SG_T_U64:
        sg_buf_u64(b, *(const uint64_t *)at);
        break;
    case SG_T_I64:
        sg_buf_i64(b, *(const int64_t *)at);
        break;
    case SG_T_F64:
        put_real(b, *(const double *)at);
        break;
    case SG_T_STR:
        sg_buf_json_str(b, *(const struct sg_str *)at);
        break;
    case SG_T_BYTES:
        put_bytes(b, *(const struct sg_str *)at);
        break;
    case SG_T_RECORD:
        put_record(b, f->record, at, log);
        break;
    }
}

static void put_list(struct sg_buf *b, const struct sg_field *f, const struct sg_list *list,
                     bool log)
{
    size_t size = record_item_size(f);
    sg_buf_putc(b, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            sg_buf_putc(b, ',');
        put_item(b, f, (const char *)list->v + i * size, log);
    }
    sg_buf_putc(b, ']');
}

static void put_name(struct sg_buf *b, char before, struct sg_str name)
{
    char *to = sg_buf_reserve(b, name.n + 4);
    if (!to)
        return;
    to[0] = before;
    to[1] = '"';
    memcpy(to + 2, name.p, name.n);
    to[name.n + 2] = '"';
    to[name.n + 3] = ':';
    b->n += name.n + 4;
}

static void put_record(struct sg_buf *b, const struct sg_record *r, const void *value, bool log)
{
    char before = '{';
    for (size_t i = 0; i < r->n_fields; i++) {
        const struct sg_field *f = &r->fields[i];
        const void *at = record_at_const(f, value);
        if (record_is_absent(f, at))
            continue;
        put_name(b, before, record_name(f));
        before = ',';
        if (log && (f->flags & SG_SECRET))
            sg_buf_puts(b, "\"***\"");
        else if (f->flags & SG_LIST)
            put_list(b, f, at, log);
        else
            put_item(b, f, f->type == SG_T_RECORD ? *(const void *const *)at : at, log);
    }
    if (before == '{')
        sg_buf_putc(b, '{');
    sg_buf_putc(b, '}');
}

void sg_record_to_json(const struct sg_record *r, const void *value, struct sg_buf *out)
{
    put_record(out, r, value, false);
}

void sg_record_log(const struct sg_record *r, const void *value, struct sg_buf *out)
{
    put_record(out, r, value, true);
}
