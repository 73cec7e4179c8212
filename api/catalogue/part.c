/* part.c - see part.h. */
#include "api/catalogue/part.h"

static size_t size_of(const struct sg_field *f)
{
    if (f->flags & SG_LIST)
        return sizeof(struct sg_list);
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        return sizeof(bool);
    case SG_T_STR:
    case SG_T_BYTES:
        return sizeof(struct sg_str);
    case SG_T_RECORD:
        return sizeof(void *);
    default:
        return sizeof(int64_t);
    }
}

/* By what they say: as JSON of a record of this one field. */
static bool same(const struct sg_field *f, const void *a, const void *b)
{
    const struct sg_record one = {"", f, 1, 0};
    struct sg_buf x = {0}, y = {0};
    sg_record_to_json(&one, a, &x);
    sg_record_to_json(&one, b, &y);
    bool equal = sg_str_eq(sg_buf_str(&x), sg_buf_str(&y));
    sg_buf_free(&x);
    sg_buf_free(&y);
    return equal;
}

bool sg_part_lay(const struct sg_record *change, const void *from, uint64_t seen, void *to)
{
    bool changed = false;
    for (size_t i = 0; i < change->n_fields; i++) {
        const struct sg_field *f = &change->fields[i];
        if (!(seen >> i & 1) || same(f, from, to))
            continue;
        memcpy((char *)to + f->offset, (const char *)from + f->offset, size_of(f));
        changed = true;
    }
    return changed;
}

bool sg_part_has(const struct sg_record *change, uint64_t seen, const char *field)
{
    for (size_t i = 0; i < change->n_fields; i++)
        if (strcmp(change->fields[i].name, field) == 0)
            return seen >> i & 1;
    return false;
}
