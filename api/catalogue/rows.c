/* rows.c - see rows.h. */
#include "api/catalogue/rows.h"

const char *sg_sql_u64(struct sg_arena *a, uint64_t v)
{
    return sg_arena_printf(a, "%llu", (unsigned long long)v).p;
}

const char *sg_sql_some(struct sg_arena *a, uint64_t v)
{
    return v ? sg_sql_u64(a, v) : NULL;
}

const char *sg_sql_str(struct sg_arena *a, struct sg_str s)
{
    return s.p ? sg_arena_copy(a, s).p : NULL;
}

/* The buffer's text; frees it. */
static const char *keep(struct sg_arena *a, struct sg_buf *b)
{
    const char *p = sg_buf_failed(b) ? NULL : sg_arena_copy(a, sg_buf_str(b)).p;
    sg_buf_free(b);
    return p;
}

const char *sg_sql_texts(struct sg_arena *a, const struct sg_list *texts)
{
    struct sg_buf b = {0};
    const struct sg_str *v = texts->v;
    sg_buf_putc(&b, '[');
    for (size_t i = 0; i < texts->n; i++) {
        if (i)
            sg_buf_putc(&b, ',');
        sg_buf_json_str(&b, v[i]);
    }
    sg_buf_putc(&b, ']');
    return keep(a, &b);
}

uint64_t sg_row_u64(const PGresult *r, int row, int column)
{
    uint64_t v = 0;
    return sg_str_to_u64(sg_str(PQgetvalue(r, row, column)), &v) ? v : 0;
}

bool sg_row_bool(const PGresult *r, int row, int column)
{
    return *PQgetvalue(r, row, column) == 't';
}

struct sg_str sg_row_str(struct sg_arena *a, const PGresult *r, int row, int column)
{
    if (PQgetisnull(r, row, column))
        return SG_STR_NONE;
    return sg_arena_copy(
        a, (struct sg_str){PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)});
}

int sg_row_record(const PGresult *r, int row, int column, const struct sg_record *record,
                  struct sg_arena *a, void *out, struct sg_error *e)
{
    struct sg_str json = {PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)};
    int rc = sg_record_from_json(record, json, a, out, e);
    if (rc == SG_EINVAL) /* the row's doing, not the caller's */
        rc = sg_fail(e, SG_EINTERNAL, "%s of the database: %.400s", record->name, e->text);
    return rc;
}

int sg_row_ids(const PGresult *r, int column, struct sg_arena *a, struct sg_list *out,
               struct sg_error *e)
{
    size_t n = (size_t)PQntuples(r);
    uint64_t *ids = sg_arena_array(a, n + 1, sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "ids");
    for (size_t i = 0; i < n; i++)
        ids[i] = sg_row_u64(r, (int)i, column);
    *out = (struct sg_list){ids, n};
    return 0;
}
