/* params.c - see params.h. */
#include "api/params.h"
#include <inttypes.h>
#include <stdio.h>

const struct sg_field *sg_record_field(const struct sg_record *r, const char *name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcmp(r->fields[i].name, name) == 0)
            return &r->fields[i];
    return NULL;
}

static int read_number(const struct sg_field *f, const char *name, struct sg_str v, void *at,
                       struct sg_error *e)
{
    int64_t n;
    if (!sg_str_to_i64(v, &n) || n < f->min || n > f->max)
        return sg_fail_field(
            e, name, "%s: expected a whole number from %" PRId64 " to %" PRId64 ", got '%.*s'",
            name, f->min, f->max, (int)(v.n < 60 ? v.n : 60), v.p);
    memcpy(at, &n, sizeof n);
    return 0;
}

static int read_bool(const char *name, struct sg_str v, bool *at, struct sg_error *e)
{
    bool yes = sg_str_eq(v, SG_STR("true")) || sg_str_eq(v, SG_STR("1"));
    if (!yes && !sg_str_eq(v, SG_STR("false")) && !sg_str_eq(v, SG_STR("0")))
        return sg_fail_field(e, name, "%s: expected true or false", name);
    *at = yes;
    return 0;
}

static bool is_choice(const char *const *choices, struct sg_str v)
{
    while (*choices && !sg_str_eq(v, sg_str(*choices)))
        choices++;
    return *choices;
}

static int wrong_choice(const char *const *choices, const char *name, struct sg_error *e)
{
    char all[200] = "";
    for (size_t n = 0; *choices && n < sizeof all - 1; choices++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", *choices);
    return sg_fail_field(e, name, "%s: expected one of %s", name, all);
}

static int read_text(const struct sg_field *f, const char *name, struct sg_str v, struct sg_str *at,
                     struct sg_error *e)
{
    if (memchr(v.p, 0, v.n))
        return sg_fail_field(e, name, "%s: holds a zero byte", name);
    if ((int64_t)v.n < f->min)
        return sg_fail_field(e, name, "%s: must not be empty", name);
    if (f->choices && !is_choice(f->choices, v))
        return wrong_choice(f->choices, name, e);
    if ((int64_t)v.n > f->max)
        return sg_fail_field(e, name, "%s: %zu bytes, at most %" PRId64 " are allowed", name, v.n,
                             f->max);
    *at = v;
    return 0;
}

static int read_scalar(const struct sg_field *f, const char *name, struct sg_str v, void *at,
                       struct sg_error *e)
{
    switch (f->type) {
    case SG_T_BOOL:
        return read_bool(name, v, at, e);
    case SG_T_U64:
    case SG_T_I64:
        return read_number(f, name, v, at, e);
    case SG_T_STR:
        return read_text(f, name, v, at, e);
    default:
        return sg_fail(e, SG_EINTERNAL, "%s: not a query parameter's type", name);
    }
}

/* Lists of strings, each element's own rule is checked by the server, and of numbers from 1. */
static int read_list(const struct sg_field *f, const char *name, struct sg_str v,
                     struct sg_arena *a, struct sg_list *at, struct sg_error *e)
{
    size_t n = 1;
    for (size_t i = 0; i < v.n; i++)
        n += v.p[i] == ',';
    if ((int64_t)n > f->max)
        return sg_fail_field(e, name, "%s: at most %" PRId64 " values are allowed", name, f->max);
    struct sg_str *items = sg_arena_array(a, n, sizeof *items);
    uint64_t *numbers = f->type == SG_T_U64 ? sg_arena_array(a, n, sizeof *numbers) : NULL;
    if (!items || (f->type == SG_T_U64 && !numbers))
        return sg_fail(e, SG_ENOMEM, "%s", name);
    for (size_t i = 0; i < n; i++) {
        const char *comma = memchr(v.p, ',', v.n);
        items[i] = (struct sg_str){v.p, comma ? (size_t)(comma - v.p) : v.n};
        if (!items[i].n)
            return sg_fail_field(e, name, "%s: holds an empty value", name);
        if (numbers &&
            (!sg_str_to_u64(items[i], &numbers[i]) || !numbers[i] || numbers[i] > INT64_MAX))
            return sg_fail_field(e, name, "%s: expected whole numbers from 1", name);
        v.p += items[i].n + (comma != NULL);
        v.n -= items[i].n + (comma != NULL);
    }
    *at = (struct sg_list){numbers ? (void *)numbers : items, n};
    return 0;
}

static int read_param(const struct sg_param *p, const struct sg_record *record, struct sg_str v,
                      struct sg_arena *a, char *out, struct sg_error *e)
{
    if (!sg_str_is_utf8(v))
        return sg_fail_field(e, p->name, "%s: not valid UTF-8", p->name);
    if (p->read)
        return p->read(out, v, a, e) ? (snprintf(e->field, sizeof e->field, "%s", p->name), e->code)
                                     : 0;
    const struct sg_field *f = sg_record_field(record, p->field);
    if (!f)
        return sg_fail(e, SG_EINTERNAL, "%s has no field %s", record->name, p->field);
    if (f->flags & SG_LIST)
        return read_list(f, p->name, v, a, (struct sg_list *)(void *)(out + f->offset), e);
    return read_scalar(f, p->name, v, out + f->offset, e);
}

static int find_param(const struct sg_http_request *q, const char *name, struct sg_str *value,
                      struct sg_error *e)
{
    int found = 0;
    for (size_t i = 0; i < q->n_params; i++)
        if (sg_str_eq(q->params[i].name, sg_str(name))) {
            *value = q->params[i].value.p ? q->params[i].value : SG_STR("");
            found++;
        }
    return found > 1 ? sg_fail_field(e, name, "%s: given %d times", name, found) : found;
}

static int check_required(const struct sg_param *p, const struct sg_record *record,
                          struct sg_error *e)
{
    const struct sg_field *f = p->field ? sg_record_field(record, p->field) : NULL;
    if (f && !(f->flags & (SG_OPTIONAL | SG_LIST)))
        return sg_fail_field(e, p->name, "%s: is required", p->name);
    return 0;
}

int sg_params_read(const struct sg_http_request *q, const struct sg_param *params,
                   const struct sg_record *record, void *out, struct sg_error *e)
{
    sg_record_init(record, out);
    for (const struct sg_param *p = params; p && p->name; p++) {
        struct sg_str value = SG_STR_NONE;
        int found = find_param(q, p->name, &value, e);
        int rc = found < 0 ? found
                 : found   ? read_param(p, record, value, q->arena, out, e)
                           : check_required(p, record, e);
        if (rc)
            return rc;
    }
    return 0;
}
