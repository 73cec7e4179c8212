/* fields.c - see fields.h. */
#include "core/record/fields.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>

size_t record_item_size(const struct sg_field *f)
{
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        return sizeof(bool);
    case SG_T_STR:
    case SG_T_BYTES:
        return sizeof(struct sg_str);
    case SG_T_RECORD:
        return f->record->size;
    default:
        return 8;
    }
}

bool record_is_absent(const struct sg_field *f, const void *at)
{
    bool omit = f->flags & SG_OMIT_DEFAULT;
    if (f->flags & SG_LIST)
        return omit && ((const struct sg_list *)at)->n == 0;
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        return omit && *(const bool *)at == (f->dflt != 0);
    case SG_T_U64:
    case SG_T_I64:
        return omit && *(const int64_t *)at == f->dflt;
    case SG_T_F64:
        return omit && *(const double *)at == (double)f->dflt;
    case SG_T_RECORD:
        return *(void *const *)at == NULL;
    default:
        return (f->flags & SG_OPTIONAL) && ((const struct sg_str *)at)->p == NULL;
    }
}

void record_set_default(const struct sg_field *f, void *at)
{
    if (f->flags & SG_LIST) {
        *(struct sg_list *)at = (struct sg_list){0};
        return;
    }
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        *(bool *)at = f->dflt != 0;
        break;
    case SG_T_U64:
    case SG_T_I64:
        *(int64_t *)at = f->dflt;
        break;
    case SG_T_F64:
        *(double *)at = (double)f->dflt;
        break;
    case SG_T_RECORD:
        *(void **)at = NULL;
        break;
    default:
        *(struct sg_str *)at = SG_STR_NONE;
    }
}

void sg_record_init(const struct sg_record *r, void *out)
{
    memset(out, 0, r->size);
    for (size_t i = 0; i < r->n_fields; i++)
        record_set_default(&r->fields[i], record_at(&r->fields[i], out));
}

const struct sg_field *record_find(const struct sg_record *r, struct sg_str name, size_t *hint)
{
    assert(r->n_fields <= 64);
    for (size_t k = 0, i = *hint; k < r->n_fields; k++, i++) {
        if (i >= r->n_fields)
            i = 0;
        if (sg_str_eq(record_name(&r->fields[i]), name)) {
            *hint = i + 1;
            return &r->fields[i];
        }
    }
    return NULL;
}

static int out_of_range(const struct sg_field *f, struct sg_error *e)
{
    return sg_fail_field(e, f->name, "%s: expected a whole number from %lld to %lld", f->name,
                         (long long)f->min, (long long)f->max);
}

int record_set_unsigned(const struct sg_field *f, bool item, void *at, uint64_t v,
                        struct sg_error *e)
{
    if (f->type == SG_T_F64)
        return record_set_real(f, item, at, (double)v, e);
    if (f->type != SG_T_U64 && f->type != SG_T_I64)
        return record_wrong_type(f, e);
    if (v > INT64_MAX)
        return sg_fail_field(e, f->name, "%s: number is too large", f->name);
    if (!item && ((int64_t)v < f->min || (int64_t)v > f->max))
        return out_of_range(f, e);
    *(uint64_t *)at = v;
    return 0;
}

int record_set_negative(const struct sg_field *f, bool item, void *at, int64_t v,
                        struct sg_error *e)
{
    if (f->type == SG_T_F64)
        return record_set_real(f, item, at, (double)v, e);
    if (f->type != SG_T_U64 && f->type != SG_T_I64)
        return record_wrong_type(f, e);
    if (f->type == SG_T_U64 && item)
        return sg_fail_field(e, f->name, "%s: negative number", f->name);
    if (!item && (v < f->min || v > f->max || f->type == SG_T_U64))
        return out_of_range(f, e);
    *(int64_t *)at = v;
    return 0;
}

int record_set_real(const struct sg_field *f, bool item, void *at, double v, struct sg_error *e)
{
    if (f->type != SG_T_F64)
        return record_wrong_type(f, e);
    if (!isfinite(v))
        return sg_fail_field(e, f->name, "%s: expected a finite number", f->name);
    if (!item && (v < (double)f->min || v > (double)f->max))
        return sg_fail_field(e, f->name, "%s: expected a number from %lld to %lld", f->name,
                             (long long)f->min, (long long)f->max);
    *(double *)at = v;
    return 0;
}

int record_set_bool(const struct sg_field *f, void *at, bool v, struct sg_error *e)
{
    if (f->type != SG_T_BOOL)
        return record_wrong_type(f, e);
    *(bool *)at = v;
    return 0;
}

static int check_bytes(const struct sg_field *f, bool item, size_t n, struct sg_error *e)
{
    if (item || ((int64_t)n >= f->min && (int64_t)n <= f->max))
        return 0;
    if (n == 0)
        return sg_fail_field(e, f->name, "%s: must not be empty", f->name);
    return sg_fail_field(e, f->name, "%s: expected %lld to %lld bytes, got %zu", f->name,
                         (long long)f->min, (long long)f->max, n);
}

static int check_choice(const struct sg_field *f, struct sg_str v, struct sg_error *e)
{
    char all[256] = "";
    size_t n = 0;
    for (const char *const *c = f->choices; c && *c; c++) {
        if (sg_str_eq(v, sg_str(*c)))
            return 0;
        int k = snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", *c);
        n = n + (size_t)k < sizeof all ? n + (size_t)k : n;
    }
    return f->choices ? sg_fail_field(e, f->name, "%s: expected one of %s", f->name, all) : 0;
}

int record_set_str(const struct sg_field *f, bool item, void *at, struct sg_str v,
                   struct sg_error *e)
{
    if (f->type != SG_T_STR)
        return record_wrong_type(f, e);
    int rc = check_bytes(f, item, v.n, e);
    if (!rc && !sg_str_is_utf8(v))
        rc = sg_fail_field(e, f->name, "%s: not valid UTF-8", f->name);
    if (!rc)
        rc = check_choice(f, v, e);
    if (!rc)
        *(struct sg_str *)at = v;
    return rc;
}

int record_set_bytes(const struct sg_field *f, bool item, void *at, struct sg_str v,
                     struct sg_error *e)
{
    if (f->type != SG_T_BYTES)
        return record_wrong_type(f, e);
    int rc = check_bytes(f, item, v.n, e);
    if (!rc)
        *(struct sg_str *)at = v;
    return rc;
}

int record_check_count(const struct sg_field *f, size_t n, struct sg_error *e)
{
    if ((int64_t)n >= f->min && (int64_t)n <= f->max)
        return 0;
    return sg_fail_field(e, f->name, "%s: expected %lld to %lld items, got %zu", f->name,
                         (long long)f->min, (long long)f->max, n);
}

int record_wrong_type(const struct sg_field *f, struct sg_error *e)
{
    static const char *const names[] = {
        [SG_T_BOOL] = "true or false", [SG_T_U64] = "a whole number", [SG_T_I64] = "a whole number",
        [SG_T_F64] = "a number",       [SG_T_STR] = "a string",       [SG_T_BYTES] = "bytes",
        [SG_T_RECORD] = "an object",
    };
    return sg_fail_field(e, f->name, "%s: expected %s%s", f->name,
                         f->flags & SG_LIST ? "a list, each item " : "", names[f->type]);
}

int record_check_missing(const struct sg_record *r, uint64_t seen, struct sg_error *e)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (!(seen >> i & 1) && !(r->fields[i].flags & SG_OPTIONAL))
            return sg_fail_field(e, r->fields[i].name, "%s: missing", r->fields[i].name);
    return 0;
}

int record_inside(const struct sg_field *parent, int rc, struct sg_error *e)
{
    if (!rc || !e)
        return rc;
    char inner[sizeof e->field];
    memcpy(inner, e->field, sizeof inner);
    size_t n = strlen(parent->name);
    if (n + 1 + strlen(inner) < sizeof e->field)
        snprintf(e->field, sizeof e->field, "%s%s%.*s", parent->name, *inner ? "." : "",
                 (int)(sizeof e->field - n - 2), inner);
    return rc;
}

struct record_memory record_memory_for(struct sg_arena *a, size_t input_bytes)
{
    return (struct record_memory){a, (1u << 20) + 16 * input_bytes};
}

int record_take(struct record_memory *m, size_t count, size_t size, void **out, struct sg_error *e)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n) || n > m->left)
        return sg_fail(e, SG_ELIMIT, "the message would take too much memory");
    void *p = sg_arena_alloc(m->arena, n);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "out of memory");
    m->left -= n;
    *out = p;
    return 0;
}
