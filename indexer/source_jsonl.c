/* source_jsonl.c - see source_jsonl.h. */
#include "indexer/source_jsonl.h"
#include "core/log.h"
#include "indexer/lines.h"
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

struct head {
    uint64_t seq;
    struct sg_str op, type;
    uint64_t id, song_id, artist_id, album_id, playlist_id, genre_id;
};
static const struct sg_field head_fields[] = {
    SG_FIELD_U64(struct head, seq, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct head, op, 1, 16, SG_OPTIONAL),
    SG_FIELD_STR(struct head, type, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(struct head, id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_U64(struct head, song_id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_U64(struct head, artist_id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_U64(struct head, album_id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_U64(struct head, playlist_id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_U64(struct head, genre_id, 0, INT64_MAX, SG_OPTIONAL),
};
static const struct sg_record head_record = SG_RECORD("CatalogueChange", struct head, head_fields);

static enum sg_table table_of_type(struct sg_str type)
{
    if (sg_str_eq(type, SG_STR("genre")))
        return SG_TABLE_GENRES;
    enum sg_kind k = sg_kind_of(type);
    return k == SG_KINDS ? SG_TABLES : (enum sg_table)k;
}

/* The value of "type" without parsing the line: inside a JSON string every quote
 * is escaped, so the name in quotes before a colon is the member. */
static struct sg_str peek_type(struct sg_str line)
{
    static const char name[] = "\"type\"";
    const char *end = line.p + line.n;
    for (const char *p = line.p; (p = memmem(p, (size_t)(end - p), name, sizeof name - 1));) {
        p += sizeof name - 1;
        const char *q = p;
        while (q < end && (isspace((unsigned char)*q) || *q == ':'))
            q++;
        const char *close =
            q < end && *q == '"' && q > p ? memchr(q + 1, '"', (size_t)(end - q - 1)) : NULL;
        if (close)
            return (struct sg_str){q + 1, (size_t)(close - q - 1)};
    }
    return SG_STR_NONE;
}

static int row_of_json(enum sg_table t, struct sg_str json, struct sg_row *row, struct sg_arena *a,
                       struct sg_error *e)
{
    memset(row, 0, sizeof *row);
    row->is_public = true;
    int rc = sg_record_from_json(sg_table_record(t), json, a, &row->v, e);
    if (!rc && t == SG_TABLE_SONGS && row->v.song.artist_ids.n == 0)
        rc = sg_fail_field(e, "artist_ids", "artist_ids: expected at least one");
    return rc;
}

static void log_bad_line(const char *path, uint64_t number, const char *why)
{
    sg_log(SG_LOG_WARN, "line skipped", "path=%s line=%llu why=%s", path,
           (unsigned long long)number, why);
}

static bool is_blank(struct sg_str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (!isspace((unsigned char)line.p[i]))
            return false;
    }
    return true;
}

static int give_row(const char *path, const struct sg_lines *l, enum sg_table t, struct sg_str line,
                    struct sg_arena *a, sg_source_row_fn fn, void *ctx, struct sg_error *e)
{
    struct sg_row row;
    struct sg_error why = SG_ERROR_INIT;
    sg_arena_reset(a);
    int rc = row_of_json(t, line, &row, a, &why);
    if (rc == SG_ENOMEM)
        return sg_fail(e, rc, "%s", why.text);
    if (rc) {
        log_bad_line(path, l->number, why.text);
        return 0;
    }
    return fn(ctx, t, &row, NULL, e);
}

int sg_source_jsonl_each(const char *path, enum sg_table t, sg_source_row_fn fn, void *ctx,
                         struct sg_error *e)
{
    struct sg_lines l;
    struct sg_arena a = {0};
    struct sg_str line;
    int rc = sg_lines_open(&l, path, e);
    if (rc)
        return rc;
    while ((rc = sg_lines_next(&l, &line, e)) > 0) {
        enum sg_table is = table_of_type(peek_type(line));
        if (is == t && (rc = give_row(path, &l, t, line, &a, fn, ctx, e)))
            break;
        /* Every table reads the file; one of them speaks of its unknown lines. */
        if (is == SG_TABLES && t == SG_TABLE_SONGS && !is_blank(line) &&
            !sg_str_eq(peek_type(line), SG_STR("snapshot")))
            log_bad_line(path, l.number, "no known type");
    }
    if (rc == 0 && l.to > l.from)
        rc = sg_fail(e, SG_ECORRUPT, "%s: the last line has no end", path);
    sg_lines_close(&l);
    sg_arena_free(&a);
    return rc;
}

int sg_source_jsonl_sequence(const char *path, uint64_t *seq, struct sg_error *e)
{
    struct sg_lines l;
    struct sg_arena a = {0};
    struct sg_str line;
    struct head h = {.seq = 0};
    int rc = sg_lines_open(&l, path, e);
    if (rc)
        return rc;
    *seq = 0;
    rc = sg_lines_next(&l, &line, e);
    if (rc > 0 && sg_str_eq(peek_type(line), SG_STR("snapshot")) &&
        !sg_record_from_json(&head_record, line, &a, &h, NULL))
        *seq = h.seq;
    sg_lines_close(&l);
    sg_arena_free(&a);
    return rc < 0 ? rc : 0;
}

struct sg_source_jsonl {
    char path[PATH_MAX]; /* of the changes */
    struct sg_lines lines;
    struct sg_arena arena;
    uint64_t seq; /* last given or passed over */
    ino_t inode;
};

int sg_source_jsonl_open(struct sg_source_jsonl **out, const char *path, uint64_t after,
                         struct sg_error *e)
{
    struct sg_source_jsonl *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "changes");
    s->lines.fd = -1;
    s->seq = after;
    int n = snprintf(s->path, sizeof s->path, "%s.changes", path);
    if (n < 0 || (size_t)n >= sizeof s->path) {
        free(s);
        return sg_fail(e, SG_EINVAL, "path too long: %s", path);
    }
    *out = s;
    return 0;
}

void sg_source_jsonl_close(struct sg_source_jsonl *s)
{
    if (!s)
        return;
    sg_lines_close(&s->lines);
    sg_arena_free(&s->arena);
    free(s);
}

/* Opens the file when it has come, and anew when it was replaced or cut; what was
 * applied already is passed over by its sequence. 1: readable. */
static int keep_open(struct sg_source_jsonl *s, struct sg_error *e)
{
    struct stat st;
    if (stat(s->path, &st) < 0)
        return 0;
    bool replaced =
        s->lines.fd >= 0 && (st.st_ino != s->inode || (uint64_t)st.st_size < s->lines.offset);
    if (replaced) {
        sg_log(SG_LOG_WARN, "file of changes was replaced", "path=%s", s->path);
        sg_lines_close(&s->lines);
    }
    if (s->lines.fd >= 0)
        return 1;
    int rc = sg_lines_open(&s->lines, s->path, e);
    s->inode = st.st_ino;
    return rc ? rc : 1;
}

static uint64_t id_of_head(const struct head *h, enum sg_table t)
{
    const uint64_t ids[] = {h->song_id, h->artist_id, h->album_id, h->playlist_id, h->genre_id};
    return ids[t] ? ids[t] : h->id;
}

static int read_change(struct sg_source_jsonl *s, struct sg_str line, struct sg_jsonl_change *c,
                       struct sg_error *e)
{
    struct head h;
    sg_arena_reset(&s->arena);
    int rc = sg_record_from_json(&head_record, line, &s->arena, &h, e);
    if (rc)
        return rc;
    c->seq = h.seq;
    c->table = table_of_type(h.type);
    c->removed = sg_str_eq(h.op, SG_STR("delete"));
    if (c->table == SG_TABLES)
        return sg_fail_field(e, "type", "type: unknown");
    if (!c->removed && !sg_str_eq(h.op, SG_STR("put")))
        return sg_fail_field(e, "op", "op: expected put or delete");
    if (!c->removed)
        rc = row_of_json(c->table, line, &c->row, &s->arena, e);
    if (rc)
        return rc;
    c->id = c->removed ? id_of_head(&h, c->table) : sg_row_id(c->table, &c->row);
    return c->id ? 0 : sg_fail_field(e, "id", "id: missing");
}

int sg_source_jsonl_next(struct sg_source_jsonl *s, struct sg_jsonl_change *out, struct sg_error *e)
{
    struct sg_str line;
    int rc = keep_open(s, e);
    if (rc <= 0)
        return rc;
    while ((rc = sg_lines_next(&s->lines, &line, e)) > 0) {
        struct sg_error why = SG_ERROR_INIT;
        if (is_blank(line) && line.n)
            continue;
        rc = read_change(s, line, out, &why);
        if (rc == SG_ENOMEM)
            return sg_fail(e, rc, "%s", why.text);
        if (rc) {
            log_bad_line(s->path, s->lines.number, why.text);
            continue;
        }
        if (out->seq <= s->seq)
            continue;
        s->seq = out->seq;
        return 1;
    }
    return rc;
}

int64_t sg_source_jsonl_lag(const struct sg_source_jsonl *s)
{
    struct stat st;
    if (stat(s->path, &st) < 0 || (uint64_t)st.st_size < s->lines.offset)
        return 0;
    return (int64_t)((uint64_t)st.st_size - s->lines.offset);
}
