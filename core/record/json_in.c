/* json_in.c - JSON to records, parsed by jansson: for request bodies and
 * import lines, not for the hot path. Strings are copied into the arena. */
#include "core/record/fields.h"
#include <jansson.h>

struct reader {
    struct record_memory memory;
    struct sg_error *e;
    uint64_t *part; /* the outermost object is a part, and what is there goes here; or NULL */
};

static int read_object(struct reader *r, const struct sg_record *record, json_t *object, void *out,
                       int depth);

static int copy_string(struct reader *r, json_t *v, struct sg_str *out)
{
    struct sg_str s = {json_string_value(v), json_string_length(v)};
    void *p = NULL;
    int rc = record_take(&r->memory, s.n + 1, 1, &p, r->e);
    if (!rc) {
        memcpy(p, s.p, s.n);
        *out = (struct sg_str){p, s.n};
    }
    return rc;
}

static int read_string(struct reader *r, const struct sg_field *f, bool item, json_t *v, void *at)
{
    struct sg_str s;
    int rc = copy_string(r, v, &s);
    if (rc)
        return rc;
    if (f->type != SG_T_BYTES)
        return record_set_str(f, item, at, s, r->e);
    void *bytes = NULL;
    size_t n;
    rc = record_take(&r->memory, s.n / 4 * 3 + 1, 1, &bytes, r->e);
    if (rc)
        return rc;
    if (!record_base64_read(s, bytes, &n))
        return sg_fail_field(r->e, f->name, "%s: not valid base64", f->name);
    return record_set_bytes(f, item, at, (struct sg_str){bytes, n}, r->e);
}

static int read_integer(struct reader *r, const struct sg_field *f, bool item, json_t *v, void *at)
{
    json_int_t n = json_integer_value(v);
    return n < 0 ? record_set_negative(f, item, at, n, r->e)
                 : record_set_unsigned(f, item, at, (uint64_t)n, r->e);
}

static int read_item(struct reader *r, const struct sg_field *f, bool item, json_t *v, void *at,
                     int depth)
{
    switch (json_typeof(v)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return record_set_bool(f, at, json_is_true(v), r->e);
    case JSON_INTEGER:
        return read_integer(r, f, item, v, at);
    case JSON_REAL:
        return record_set_real(f, item, at, json_real_value(v), r->e);
    case JSON_STRING:
        return read_string(r, f, item, v, at);
    case JSON_OBJECT:
        if (f->type == SG_T_RECORD)
            return record_inside(f, read_object(r, f->record, v, at, depth + 1), r->e);
        return record_wrong_type(f, r->e);
    default:
        return record_wrong_type(f, r->e);
    }
}

static int read_array(struct reader *r, const struct sg_field *f, json_t *array,
                      struct sg_list *out, int depth)
{
    size_t n = json_array_size(array), size = record_item_size(f);
    int rc = record_check_count(f, n, r->e);
    void *v = NULL;
    if (!rc && n)
        rc = record_take(&r->memory, n, size, &v, r->e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = read_item(r, f, true, json_array_get(array, i), (char *)v + i * size, depth);
    if (!rc)
        *out = (struct sg_list){v, n};
    return rc;
}

static int read_field(struct reader *r, const struct sg_field *f, json_t *v, void *at, int depth)
{
    if (f->flags & SG_LIST)
        return json_is_array(v) ? read_array(r, f, v, at, depth) : record_wrong_type(f, r->e);
    if (f->type != SG_T_RECORD)
        return read_item(r, f, false, v, at, depth);
    void *value = NULL;
    int rc = record_take(&r->memory, 1, f->record->size, &value, r->e);
    if (!rc)
        rc = read_item(r, f, false, v, value, depth);
    if (!rc)
        *(void **)at = value;
    return rc;
}

static int read_object(struct reader *r, const struct sg_record *record, json_t *object, void *out,
                       int depth)
{
    if (depth > SG_RECORD_DEPTH)
        return sg_fail(r->e, SG_ELIMIT, "nested deeper than %d", SG_RECORD_DEPTH);
    sg_record_init(record, out);
    uint64_t seen = 0;
    size_t hint = 0;
    const char *key;
    json_t *v;
    json_object_foreach(object, key, v)
    {
        const struct sg_field *f = record_find(record, sg_str(key), &hint);
        if (f && depth == 1 && r->part)
            *r->part |= 1ull << (f - record->fields);
        if (!f || json_is_null(v))
            continue;
        seen |= 1ull << (f - record->fields);
        int rc = read_field(r, f, v, record_at(f, out), depth);
        if (rc)
            return rc;
    }
    return depth == 1 && r->part ? 0 : record_check_missing(record, seen, r->e);
}

static int from_json(const struct sg_record *record, struct sg_str json, struct sg_arena *a,
                     void *out, uint64_t *part, struct sg_error *e)
{
    if (json.n > SG_RECORD_BYTES)
        return sg_fail(e, SG_ELIMIT, "JSON of %zu bytes, at most %u are read", json.n,
                       SG_RECORD_BYTES);
    json_error_t at;
    json_t *root = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, &at);
    if (!root)
        return sg_fail(e, SG_EINVAL, "JSON, line %d column %d: %s", at.line, at.column, at.text);
    struct reader r = {record_memory_for(a, json.n), e, part};
    int rc = json_is_object(root)
                 ? read_object(&r, record, root, out, 1)
                 : sg_fail(e, SG_EINVAL, "%s: expected a JSON object", record->name);
    json_decref(root);
    return rc;
}

int sg_record_from_json(const struct sg_record *record, struct sg_str json, struct sg_arena *a,
                        void *out, struct sg_error *e)
{
    return from_json(record, json, a, out, NULL, e);
}

int sg_record_from_json_part(const struct sg_record *record, struct sg_str json, struct sg_arena *a,
                             void *out, uint64_t *seen, struct sg_error *e)
{
    *seen = 0;
    return from_json(record, json, a, out, seen, e);
}
