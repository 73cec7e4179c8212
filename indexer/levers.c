/* levers.c - see levers.h. */
#include "indexer/levers.h"
#include "core/log.h"
#include <stdio.h>

union lever {
    struct sg_rule rule;
    struct sg_synonym synonym;
    struct sg_stop_word stop_word;
    struct sg_availability availability;
};

enum sg_lever sg_lever_of(const struct sg_relation *r)
{
    int l = 0;
    if (!sg_str_eq(r->schema, SG_STR("public")))
        return SG_LEVERS;
    while (l < SG_LEVERS && !sg_str_eq(r->name, sg_str(sg_lever_tables[l])))
        l++;
    return (enum sg_lever)l;
}

/* {DE,AT}, as PostgreSQL writes arrays of words. */
static int set_list(const struct sg_field *f, struct sg_str text, struct sg_arena *a,
                    struct sg_list *out, struct sg_error *e)
{
    if (text.n < 2 || text.p[0] != '{' || text.p[text.n - 1] != '}')
        return sg_fail_field(e, f->name, "%s: not a list", f->name);
    struct sg_str *v = sg_arena_array(a, (size_t)f->max, sizeof *v);
    size_t n = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "lever");
    for (size_t at = 1; at + 1 < text.n;) {
        const char *comma = memchr(text.p + at, ',', text.n - 1 - at);
        size_t bytes = comma ? (size_t)(comma - text.p) - at : text.n - 1 - at;
        if (n == (size_t)f->max)
            return sg_fail_field(e, f->name, "%s: too many", f->name);
        v[n++] = (struct sg_str){text.p + at, bytes};
        at += bytes + 1;
    }
    *out = (struct sg_list){v, n};
    return 0;
}

static int set_text(const struct sg_field *f, struct sg_str text, struct sg_str *out,
                    struct sg_error *e)
{
    if (text.n < (size_t)f->min || text.n > (size_t)f->max || !sg_str_is_utf8(text))
        return sg_fail_field(e, f->name, "%s: no usable text", f->name);
    *out = text;
    return 0;
}

static int set_number(const struct sg_field *f, struct sg_str text, void *at, struct sg_error *e)
{
    int64_t n;
    if (f->type == SG_T_F64) {
        double *out = at;
        char copy[40] = "";
        memcpy(copy, text.p, text.n < sizeof copy - 1 ? text.n : sizeof copy - 1);
        return sscanf(copy, "%lf", out) == 1 && *out == *out
                   ? 0
                   : sg_fail_field(e, f->name, "%s: not a number", f->name);
    }
    if (!sg_str_to_i64(text, &n) || n < f->min || n > f->max)
        return sg_fail_field(e, f->name, "%s: out of bounds", f->name);
    memcpy(at, &n, sizeof n);
    return 0;
}

static int set_field(const struct sg_field *f, struct sg_str text, void *record, struct sg_arena *a,
                     struct sg_error *e)
{
    void *at = (char *)record + f->offset;
    if (!text.p)
        return f->flags & SG_OPTIONAL ? 0 : sg_fail_field(e, f->name, "%s: is missing", f->name);
    if (f->flags & SG_LIST)
        return set_list(f, text, a, at, e);
    if (f->type == SG_T_BOOL)
        return *(bool *)at = sg_str_eq(text, SG_STR("t")), 0;
    return f->type == SG_T_STR ? set_text(f, text, at, e) : set_number(f, text, at, e);
}

static int read_tuple(enum sg_lever lever, const struct sg_relation *r, const struct sg_tuple *t,
                      union lever *out, struct sg_arena *a, struct sg_error *e)
{
    const struct sg_record *record = sg_lever_records[lever];
    sg_record_init(record, out);
    for (size_t i = 0; i < record->n_fields; i++) {
        const struct sg_cell *c = sg_tuple_get(r, t, record->fields[i].name);
        bool told = c && c->kind == SG_CELL_TEXT;
        int rc = set_field(&record->fields[i], told ? c->text : SG_STR_NONE, out, a, e);
        if (rc)
            return rc;
    }
    return 0;
}

/* An old tuple has its key alone. */
static int read_key(enum sg_lever lever, const struct sg_relation *r, const struct sg_tuple *t,
                    union lever *out, struct sg_error *e)
{
    const struct sg_record *record = sg_lever_records[lever];
    sg_record_init(record, out);
    for (size_t i = 0; i < record->n_fields; i++) {
        const struct sg_field *f = &record->fields[i];
        const struct sg_cell *c = sg_tuple_get(r, t, f->name);
        if (!c || c->kind != SG_CELL_TEXT || f->flags & SG_LIST)
            continue;
        int rc = set_field(f, c->text, out, NULL, e);
        if (rc)
            return rc;
    }
    return 0;
}

int sg_levers_apply(struct sg_delta *d, enum sg_lever lever, const struct sg_change *c,
                    struct sg_arena *a, struct sg_error *e)
{
    union lever x;
    int rc = 0;
    if (c->kind == SG_CHANGE_TRUNCATE)
        return sg_delta_clear_levers(d, lever, e);
    if (c->old_tuple) {
        rc = read_key(lever, c->relation, c->old_tuple, &x, e);
        if (!rc)
            rc = sg_delta_remove_lever(d, lever, &x, e);
    }
    if (rc || !c->new_tuple)
        return rc;
    rc = read_tuple(lever, c->relation, c->new_tuple, &x, a, e);
    return rc ? rc : sg_delta_put_lever(d, lever, &x, e);
}

struct copying {
    enum sg_lever lever;
    struct sg_buf *out;
    struct sg_arena arena;
};

/* u8 lever, u32 bytes, the record packed. */
static int copy_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct copying *y = ctx;
    const struct sg_record *record = sg_lever_records[y->lever];
    union lever x;
    int rc = n == record->n_fields ? 0 : sg_fail(e, SG_ECORRUPT, "%zu columns", n);
    sg_arena_reset(&y->arena);
    sg_record_init(record, &x);
    for (size_t i = 0; !rc && i < n; i++)
        rc = set_field(&record->fields[i], cells[i], &x, &y->arena, e);
    if (rc == SG_EINVAL) {
        sg_log(SG_LOG_WARN, "row skipped", "table=%s why=%s", sg_lever_tables[y->lever],
               e ? e->text : "");
        return 0;
    }
    if (rc)
        return rc;
    sg_buf_putc(y->out, (char)y->lever);
    size_t at = y->out->n;
    sg_buf_put(y->out, "\0\0\0\0", 4);
    sg_record_pack(record, &x, y->out);
    if (sg_buf_failed(y->out))
        return sg_fail(e, SG_ENOMEM, "levers");
    uint32_t bytes = (uint32_t)(y->out->n - at - 4);
    memcpy(y->out->p + at, &bytes, sizeof bytes);
    return 0;
}

int sg_levers_copy(PGconn *c, struct sg_buf *out, struct sg_error *e)
{
    int rc = 0;
    for (int l = 0; l < SG_LEVERS && !rc; l++) {
        struct copying y = {.lever = (enum sg_lever)l, .out = out};
        const struct sg_record *record = sg_lever_records[l];
        struct sg_buf sql = {0};
        sg_buf_puts(&sql, "SELECT ");
        for (size_t i = 0; i < record->n_fields; i++)
            sg_buf_printf(&sql, "%s%s", i ? ", " : "", record->fields[i].name);
        sg_buf_printf(&sql, " FROM public.%s", sg_lever_tables[l]);
        sg_buf_putc(&sql, '\0');
        rc = sg_buf_failed(&sql) ? sg_fail(e, SG_ENOMEM, "levers")
                                 : sg_pg_copy_out(c, sql.p, copy_row, &y, e);
        sg_buf_free(&sql);
        sg_arena_free(&y.arena);
    }
    return rc ? sg_wrap(e, "levers") : 0;
}

int sg_levers_paste(const struct sg_buf *in, struct sg_delta *d, struct sg_error *e)
{
    struct sg_arena a = {0};
    union lever x;
    int rc = 0;
    for (size_t at = 0; at < in->n && !rc;) {
        enum sg_lever lever = (enum sg_lever)(unsigned char)in->p[at];
        uint32_t bytes;
        memcpy(&bytes, in->p + at + 1, sizeof bytes);
        at += 1 + sizeof bytes;
        sg_arena_reset(&a);
        rc = sg_record_unpack(sg_lever_records[lever], (struct sg_str){in->p + at, bytes}, &a, &x,
                              e);
        if (!rc)
            rc = sg_delta_put_lever(d, lever, &x, e);
        at += bytes;
    }
    sg_arena_free(&a);
    return rc ? sg_wrap(e, "levers") : 0;
}
