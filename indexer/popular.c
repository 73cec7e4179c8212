/* popular.c - see popular.h. */
#include "indexer/popular.h"
#include "index/popular.h"

static struct sg_str cell_of(const struct sg_change *c, const struct sg_tuple *t,
                             const char *column)
{
    const struct sg_cell *x = sg_tuple_get(c->relation, t, column);
    return x && x->kind == SG_CELL_TEXT ? x->text : SG_STR_NONE;
}

static int read_weights(struct sg_str weight, struct sg_str trend, struct sg_popular_row *out,
                        struct sg_error *e)
{
    double w, t;
    if (!sg_str_to_f64(weight, &w) || !sg_str_to_f64(trend, &t))
        return sg_fail(e, SG_EINVAL, "popular query: weight or trend is no number");
    out->weight = (float)w;
    out->trend = (float)t;
    return 0;
}

static int put(struct sg_delta *d, const struct sg_change *c, struct sg_error *e)
{
    struct sg_popular_row r = {cell_of(c, c->new_tuple, "folded"),
                               cell_of(c, c->new_tuple, "market"),
                               cell_of(c, c->new_tuple, "query"),
                               cell_of(c, c->new_tuple, "lang"),
                               0,
                               0};
    int rc =
        read_weights(cell_of(c, c->new_tuple, "weight"), cell_of(c, c->new_tuple, "trend"), &r, e);
    return rc ? rc : sg_popular_put(d, &r, e);
}

int sg_popular_apply(struct sg_delta *d, const struct sg_change *c, struct sg_error *e)
{
    int rc = 0;
    if (c->kind == SG_CHANGE_TRUNCATE)
        return sg_popular_clear(d, e);
    if (c->old_tuple)
        rc = sg_popular_remove(d, cell_of(c, c->old_tuple, "folded"),
                               cell_of(c, c->old_tuple, "market"), e);
    return rc || !c->new_tuple ? rc : put(d, c, e);
}

static int on_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct sg_buf *out = ctx;
    char bytes[SG_POPULAR_BYTES];
    if (n != 6)
        return sg_fail(e, SG_ECORRUPT, "popular_queries: %zu columns", n);
    struct sg_popular_row r = {cells[0], cells[1], cells[2], cells[3], 0, 0};
    if (read_weights(cells[4], cells[5], &r, NULL))
        return 0;
    uint32_t size = (uint32_t)sg_popular_write(bytes, &r);
    if (size) {
        sg_buf_put(out, &size, sizeof size);
        sg_buf_put(out, bytes, size);
    }
    return 0;
}

int sg_popular_copy(PGconn *c, struct sg_buf *out, struct sg_error *e)
{
    int rc = sg_pg_copy_out(
        c, "SELECT folded, market, query, lang, weight, trend FROM public.popular_queries", on_row,
        out, e);
    return !rc && sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "popular queries") : rc;
}

int sg_popular_paste(const struct sg_buf *rows, struct sg_delta *d, struct sg_error *e)
{
    int rc = 0;
    for (size_t at = 0; at < rows->n && !rc;) {
        uint32_t size;
        struct sg_popular_row r;
        memcpy(&size, rows->p + at, sizeof size);
        at += sizeof size;
        if (sg_popular_read((struct sg_str){rows->p + at, size}, &r))
            rc = sg_popular_put(d, &r, e);
        at += size;
    }
    return rc;
}
