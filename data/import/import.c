/* import.c - see import.h. */
#include "data/import/import.h"
#include "core/service.h"
#include "core/text.h"
#include <limits.h>
#include <stdlib.h>

const char *sg_import_text(struct sg_str *s, size_t max, bool may_be_empty)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\n' || s->p[0] == '\r'))
        s->p++, s->n--;
    while (s->n && (s->p[s->n - 1] == ' ' || s->p[s->n - 1] == '\t' || s->p[s->n - 1] == '\n' ||
                    s->p[s->n - 1] == '\r'))
        s->n--;
    if (!s->n)
        return may_be_empty ? NULL : "empty";
    if (memchr(s->p, 0, s->n))
        return "holds a zero byte";
    if (!sg_str_is_utf8(*s))
        return "not valid UTF-8";
    return sg_utf8_count(*s) > max ? "too long" : NULL;
}

void sg_import_reject(struct sg_import *i, uint64_t line, const char *what, const char *why)
{
    sg_reject(&i->rejects, i->stage.path, line, "%s: %s", what, why);
}

static bool has_control(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

void sg_import_alias(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                     struct sg_str alias, bool hint)
{
    const char *why = sg_import_text(&alias, SG_ALIAS_MAX, false);
    if (!why && has_control(alias))
        why = "holds a control character";
    if (why)
        sg_import_reject(i, line, "alias", why);
    else
        sg_stage_put(&i->stage, SG_STAGE_ALIAS, line,
                     (struct sg_str[]){sg_str(kind), key, alias, hint ? SG_STR("t") : SG_STR("f")},
                     4);
}

void sg_import_tag(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                   struct sg_str tag, uint32_t uses)
{
    char number[16];
    const char *why = sg_import_text(&tag, SG_TAG_MAX, false);
    if (!why && has_control(tag))
        why = "holds a control character";
    if (why) {
        sg_import_reject(i, line, "tag", why);
        return;
    }
    snprintf(number, sizeof number, "%u", uses);
    sg_stage_put(&i->stage, SG_STAGE_TAG, line,
                 (struct sg_str[]){sg_str(kind), key, tag, sg_str(number)}, 4);
}

bool sg_import_cells(struct sg_import *i, uint64_t line, struct sg_str text, struct sg_str *cells,
                     size_t n)
{
    if (!text.p) {
        sg_import_reject(i, line, "row", "longer than 1 MiB");
        return false;
    }
    if (sg_fields_split(text, '\t', cells, n) == n)
        return true;
    sg_reject(&i->rejects, i->stage.path, line, "row: expected %zu tab-separated cells", n);
    return false;
}

struct sg_str sg_import_key(struct sg_buf *out, const char *source, struct sg_str id)
{
    sg_buf_reset(out);
    sg_buf_puts(out, source);
    sg_buf_putc(out, ':');
    sg_buf_str_put(out, id);
    return sg_buf_str(out);
}

struct sg_str sg_import_position(char out[16], uint64_t ordinal)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int k = 5; k >= 0; k--, ordinal /= 62)
        out[k] = digits[ordinal % 62];
    out[6] = 'V';
    return (struct sg_str){out, 7};
}

int sg_import_flush(struct sg_import *i, uint64_t line, struct sg_error *e)
{
    if (sg_stopping())
        return sg_fail(e, SG_ECANCELED, "stopped; run it again with --resume to go on");
    i->at.line = line;
    int rc = sg_stage_flush(&i->stage, &i->at, e);
    if (!rc && i->rejects.to)
        fflush(i->rejects.to);
    return rc ? sg_wrap(e, "%s, lines up to %llu", i->stage.path, (unsigned long long)line) : 0;
}

/* Opens path and finds where to go on from. */
static int begin(struct sg_import *i, struct sg_source *s, const char *path, char *real,
                 struct sg_error *e)
{
    int rc = sg_source_open(s, path, e);
    if (rc)
        return rc;
    i->stage.path = path;
    i->manual = false;
    i->at = (struct sg_checkpoint){.source = i->source,
                                   .path = realpath(path, real) ? real : path,
                                   .size_bytes = s->size_bytes,
                                   .modified_us = s->modified_us};
    const char *slash = strrchr(path, '/');
    sg_progress_start(i->progress, slash ? slash + 1 : path, 0);
    if (i->resume)
        rc = sg_checkpoint_read(i->stage.c, &i->at, e);
    if (i->whole && !i->at.finished)
        i->at.line = 0;
    i->at.finished = false;
    return rc;
}

static int end(struct sg_import *i, uint64_t line, struct sg_error *e)
{
    i->at.finished = true;
    int rc = sg_import_flush(i, line, e);
    if (!rc)
        sg_progress_end(i->progress);
    return rc;
}

int sg_import_file(struct sg_import *i, const char *path, sg_import_row_fn row, void *ctx,
                   struct sg_error *e)
{
    struct sg_source s;
    struct sg_str text;
    char real[PATH_MAX];
    int rc = begin(i, &s, path, real, e);
    if (rc)
        return rc;
    uint64_t done = i->at.line;
    while ((rc = sg_source_line(&s, &text, e)) == 1) {
        if (s.line <= done)
            continue;
        rc = row(ctx, i, s.line, text, e);
        if (!rc && !i->manual && sg_stage_full(&i->stage))
            rc = sg_import_flush(i, s.line, e);
        if (rc)
            break;
        sg_progress_add(i->progress, 1);
    }
    if (!rc)
        rc = end(i, s.line > done ? s.line : done, e);
    sg_source_close(&s);
    return rc;
}

/* 1 and a record to take, 0 at the end, or an error; bad ones are rejected. */
static int next_csv(struct sg_import *i, struct sg_source *s, char delimiter, struct sg_str *fields,
                    size_t *n, uint64_t done, struct sg_error *e)
{
    const char *why;
    int rc;
    while ((rc = sg_source_csv(s, delimiter, fields, n, &why, e)) > 0) {
        if (s->line > 1 && s->line <= done)
            continue;
        if (rc == 1)
            return 1;
        sg_import_reject(i, s->line, "record", why);
    }
    return rc;
}

static int csv_rows(struct sg_import *i, struct sg_source *s, const struct sg_csv_format *f,
                    void *ctx, struct sg_error *e)
{
    struct sg_str fields[SG_SOURCE_FIELDS_MAX];
    size_t n, columns;
    uint64_t done = i->at.line;
    int rc = next_csv(i, s, f->delimiter, fields, &columns, 0, e);
    if (rc == 0)
        return sg_fail(e, SG_EINVAL, "%s: no header line", i->stage.path);
    if (rc == 1)
        rc = f->begin(ctx, fields, columns, e);
    if (rc)
        return rc;
    while ((rc = next_csv(i, s, f->delimiter, fields, &n, done, e)) == 1) {
        if (n == columns)
            f->row(ctx, i, s->line, fields, n);
        else
            sg_reject(&i->rejects, i->stage.path, s->line, "record: %zu fields, the header has %zu",
                      n, columns);
        rc = sg_stage_full(&i->stage) ? sg_import_flush(i, s->line, e) : 0;
        if (rc)
            return rc;
        sg_progress_add(i->progress, 1);
    }
    return rc ? rc : end(i, s->line > done ? s->line : done, e);
}

int sg_import_csv_file(struct sg_import *i, const char *path, const struct sg_csv_format *f,
                       void *ctx, struct sg_error *e)
{
    struct sg_source s;
    char real[PATH_MAX];
    int rc = begin(i, &s, path, real, e);
    if (rc)
        return rc;
    rc = csv_rows(i, &s, f, ctx, e);
    sg_source_close(&s);
    return rc;
}
