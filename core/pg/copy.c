/* copy.c - COPY in its text format, both ways: see core/pg.h.
 *
 * Rows end with \n, cells with \t, \N is NULL; backslash escapes what would be
 * taken for one of those (PostgreSQL manual, COPY, "Text Format").
 */
#include "core/pg/session.h"
#include <stdlib.h>

static const size_t flush_bytes = 64 << 10;

struct sg_pg_copy {
    PGconn *c;
    struct sg_buf buf;
    bool in_row;
};

static PGresult *start_copy(PGconn *c, const char *sql, ExecStatusType want, int *rc,
                            struct sg_error *e)
{
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) == want)
        return r;
    *rc = PQresultStatus(r) == PGRES_FATAL_ERROR ? sg_pg_fail(e, c, r)
                                                 : sg_fail(e, SG_EINVAL, "not a COPY: %.100s", sql);
    PQclear(r);
    return NULL;
}

/* Takes every result left; the first failure is the one told. */
static int drain_results(PGconn *c, struct sg_error *e)
{
    int rc = 0;
    for (PGresult *r; (r = PQgetResult(c));) {
        ExecStatusType s = PQresultStatus(r);
        if (s == PGRES_COPY_IN)
            PQputCopyEnd(c, "abandoned");
        else if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && !rc)
            rc = sg_pg_fail(e, c, r);
        PQclear(r);
        if (PQstatus(c) == CONNECTION_BAD)
            break;
    }
    return rc;
}

static char unescaped(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

/* Unescapes the cell from p to its tab or end in place; moves *p behind it. */
static struct sg_str take_cell(char **p, const char *end)
{
    char *from = *p, *to = from, *at = from;
    bool null = end - at >= 2 && at[0] == '\\' && at[1] == 'N';
    while (at < end && *at != '\t') {
        if (*at == '\\' && at + 1 < end) {
            *to++ = unescaped(at[1]);
            at += 2;
        } else {
            *to++ = *at++;
        }
    }
    *p = at < end ? at + 1 : at;
    return null ? SG_STR_NONE : (struct sg_str){from, (size_t)(to - from)};
}

/* Splits a row of n bytes ending with \n into exactly want cells. */
static int split_row(char *row, size_t n, struct sg_str *cells, size_t want, struct sg_error *e)
{
    const char *end = row + n;
    if (n && end[-1] == '\n')
        end--;
    char *at = row;
    size_t tabs = 0;
    for (const char *p = row; p < end; p++)
        tabs += *p == '\t';
    if (want ? tabs + 1 != want : end != row)
        return sg_fail(e, SG_ECORRUPT, "COPY row with %zu cells instead of %zu", tabs + 1, want);
    for (size_t i = 0; i < want; i++)
        cells[i] = take_cell(&at, end);
    return 0;
}

static void cancel(PGconn *c)
{
    char why[256];
    PGcancel *k = PQgetCancel(c);
    if (k) {
        PQcancel(k, why, sizeof why);
        PQfreeCancel(k);
    }
    for (char *row; PQgetCopyData(c, &row, 0) > 0;)
        PQfreemem(row);
    drain_results(c, NULL);
}

static int each_row(PGconn *c, struct sg_str *cells, size_t n, sg_pg_row_fn row, void *ctx,
                    struct sg_error *e)
{
    char *bytes;
    int got, rc = 0;
    while ((got = PQgetCopyData(c, &bytes, 0)) > 0) {
        rc = split_row(bytes, (size_t)got, cells, n, e);
        if (!rc)
            rc = row(ctx, cells, n, e);
        PQfreemem(bytes);
        if (rc) {
            cancel(c);
            return rc;
        }
    }
    if (got == -2)
        rc = sg_pg_fail(e, c, NULL);
    int end = drain_results(c, rc ? NULL : e);
    return rc ? rc : end;
}

int sg_pg_copy_out(PGconn *c, const char *query, sg_pg_row_fn row, void *ctx, struct sg_error *e)
{
    struct sg_buf sql = {0};
    sg_buf_puts(&sql, "COPY (");
    sg_buf_puts(&sql, query);
    sg_buf_put(&sql, ") TO STDOUT", sizeof ") TO STDOUT");
    int rc = sg_buf_failed(&sql) ? sg_fail(e, SG_ENOMEM, "COPY") : 0;
    PGresult *r = rc ? NULL : start_copy(c, sql.p, PGRES_COPY_OUT, &rc, e);
    sg_buf_free(&sql);
    if (!r)
        return rc;
    size_t n = (size_t)PQnfields(r);
    PQclear(r);
    struct sg_str *cells = calloc(n + 1, sizeof *cells);
    if (cells) {
        rc = each_row(c, cells, n, row, ctx, e);
    } else {
        rc = sg_fail(e, SG_ENOMEM, "COPY row");
        cancel(c);
    }
    free(cells);
    return rc;
}

int sg_pg_copy_begin(struct sg_pg_copy **out, PGconn *c, const char *copy_sql, struct sg_error *e)
{
    struct sg_pg_copy *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "COPY");
    int rc = 0;
    PGresult *r = start_copy(c, copy_sql, PGRES_COPY_IN, &rc, e);
    PQclear(r);
    if (!r) {
        free(w);
        return rc;
    }
    w->c = c;
    *out = w;
    return 0;
}

static void next_cell(struct sg_pg_copy *w)
{
    if (w->in_row)
        sg_buf_putc(&w->buf, '\t');
    w->in_row = true;
}

static char escape_of(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

void sg_pg_copy_text(struct sg_pg_copy *w, struct sg_str s)
{
    next_cell(w);
    if (!s.p) {
        sg_buf_puts(&w->buf, "\\N");
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        char escape = escape_of(s.p[i]);
        if (!escape)
            continue;
        sg_buf_put(&w->buf, s.p + from, i - from);
        sg_buf_put(&w->buf, (char[]){'\\', escape}, 2);
        from = i + 1;
    }
    sg_buf_put(&w->buf, s.p + from, s.n - from);
}

void sg_pg_copy_i64(struct sg_pg_copy *w, int64_t v)
{
    next_cell(w);
    sg_buf_i64(&w->buf, v);
}

static int flush(struct sg_pg_copy *w, struct sg_error *e)
{
    if (sg_buf_failed(&w->buf))
        return sg_fail(e, SG_ENOMEM, "COPY buffer");
    for (size_t at = 0; at < w->buf.n;) {
        size_t n = w->buf.n - at < (1u << 30) ? w->buf.n - at : 1u << 30;
        if (PQputCopyData(w->c, w->buf.p + at, (int)n) != 1)
            return sg_pg_fail(e, w->c, NULL);
        at += n;
    }
    sg_buf_reset(&w->buf);
    return 0;
}

int sg_pg_copy_row(struct sg_pg_copy *w, struct sg_error *e)
{
    sg_buf_putc(&w->buf, '\n');
    w->in_row = false;
    return w->buf.n >= flush_bytes || sg_buf_failed(&w->buf) ? flush(w, e) : 0;
}

static void free_copy(struct sg_pg_copy *w)
{
    sg_buf_free(&w->buf);
    free(w);
}

int sg_pg_copy_end(struct sg_pg_copy *w, struct sg_error *e)
{
    int rc = flush(w, e);
    if (PQputCopyEnd(w->c, rc ? "the client failed" : NULL) != 1 && !rc)
        rc = sg_pg_fail(e, w->c, NULL);
    int end = drain_results(w->c, rc ? NULL : e);
    free_copy(w);
    return rc ? rc : end;
}

void sg_pg_copy_abort(struct sg_pg_copy *w)
{
    PQputCopyEnd(w->c, "aborted by the client");
    drain_results(w->c, NULL);
    free_copy(w);
}
