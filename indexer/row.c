/* row.c - see row.h. */
#include "indexer/row.h"
#include "core/text.h"

static const char *const table_names[SG_TABLES] = {
    "songs",        "artists", "albums",          "playlists", "genres",
    "song_artists", "aliases", "popular_queries", "lyrics",
};

const char *sg_table_name(enum sg_table t)
{
    return table_names[t];
}

enum sg_table sg_table_of(const struct sg_relation *r)
{
    if (!sg_str_eq(r->schema, SG_STR("public")))
        return SG_TABLES;
    for (int t = 0; t < SG_TABLES; t++) {
        if (sg_str_eq(r->name, sg_str(table_names[t])))
            return (enum sg_table)t;
    }
    return SG_TABLES;
}

const struct sg_record *sg_table_record(enum sg_table t)
{
    if (t == SG_TABLE_GENRES)
        return &sg_genre_record;
    return t < SG_TABLE_GENRES ? sg_kind_records[t] : NULL;
}

uint64_t sg_row_id(enum sg_table t, const struct sg_row *row)
{
    switch (t) {
    case SG_TABLE_SONGS:
        return row->v.song.song_id;
    case SG_TABLE_ARTISTS:
        return row->v.artist.artist_id;
    case SG_TABLE_ALBUMS:
        return row->v.album.album_id;
    case SG_TABLE_PLAYLISTS:
        return row->v.playlist.playlist_id;
    case SG_TABLE_GENRES:
        return row->v.genre.genre_id;
    default:
        return 0;
    }
}

/* The columns that belong to the row and not to its record come last. */
static const char *extra_column(enum sg_table t)
{
    return t == SG_TABLE_SONGS ? "artist_id" : t == SG_TABLE_PLAYLISTS ? "is_public" : NULL;
}

size_t sg_row_columns(enum sg_table t, const char *names[SG_ROW_COLUMNS])
{
    const struct sg_record *r = sg_table_record(t);
    size_t n = 0;
    for (size_t i = 0; i < r->n_fields && n < SG_ROW_COLUMNS - 1; i++) {
        if (!(r->fields[i].flags & SG_LIST))
            names[n++] = r->fields[i].name;
    }
    if (extra_column(t))
        names[n++] = extra_column(t);
    return n;
}

void sg_row_select(enum sg_table t, const char *alias, struct sg_buf *sql)
{
    const char *names[SG_ROW_COLUMNS];
    size_t n = sg_row_columns(t, names);
    for (size_t i = 0; i < n; i++)
        sg_buf_printf(sql, "%s%s.%s", i ? ", " : "", alias, names[i]);
}

/* PostgreSQL's ISO dates also know infinity, BC and years above 9999. */
static bool is_plain_date(struct sg_str s)
{
    static const char shape[] = "dddd-dd-dd";
    if (s.n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (shape[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != shape[i])
            return false;
    }
    return true;
}

/* A day that never comes, or comes later than a record can say. */
static bool is_far(struct sg_str s)
{
    bool long_year = s.n > 10 && s.p[4] != '-' && memchr(s.p, ' ', s.n) == NULL;
    return sg_str_eq(s, SG_STR("infinity")) || (long_year && s.p[0] != '-');
}

static bool may_be_cut(const char *column)
{
    return !strcmp(column, "title") || !strcmp(column, "name") || !strcmp(column, "description");
}

static struct sg_str bounded_text(const struct sg_field *f, struct sg_str text)
{
    if (!sg_str_is_utf8(text))
        return SG_STR_NONE;
    if (!strcmp(f->name, "release_date") && !is_plain_date(text))
        return is_far(text) ? SG_STR("9999-12-31") : SG_STR_NONE;
    if (text.n > (size_t)f->max) {
        if (!may_be_cut(f->name))
            return SG_STR_NONE;
        text.n = sg_utf8_floor(text, (size_t)f->max);
    }
    return text.n < (size_t)f->min ? SG_STR_NONE : text;
}

static int set_text(const struct sg_field *f, struct sg_str *to, struct sg_str text,
                    struct sg_error *e)
{
    struct sg_str s = text.p ? bounded_text(f, text) : SG_STR_NONE;
    /* An empty text is the same as none: codecs need not keep them apart. */
    if (s.n == 0)
        s = SG_STR_NONE;
    if (!s.p && !(f->flags & SG_OPTIONAL) && f->min > 0)
        return sg_fail_field(e, f->name, "%s: no usable text", f->name);
    *to = s.p || (f->flags & SG_OPTIONAL) ? s : SG_STR("");
    return 0;
}

static int set_number(const struct sg_field *f, char *at, struct sg_str text, struct sg_error *e)
{
    int64_t v = f->dflt;
    bool ok = text.p && sg_str_to_i64(text, &v) && v >= f->min && v <= f->max;
    if (!ok && !(f->flags & SG_OPTIONAL))
        return sg_fail_field(e, f->name, "%s: expected a number from %lld, got '%.*s'", f->name,
                             (long long)f->min, SG_FMT(text));
    if (!ok)
        v = f->dflt;
    if (f->type == SG_T_U64)
        *(uint64_t *)(void *)at = (uint64_t)v;
    else
        *(int64_t *)(void *)at = v;
    return 0;
}

static int set_field(const struct sg_field *f, void *record, struct sg_str text, struct sg_error *e)
{
    char *at = (char *)record + f->offset;
    switch (f->type) {
    case SG_T_BOOL:
        *(bool *)at = text.n == 1 && text.p[0] == 't';
        return 0;
    case SG_T_U64:
    case SG_T_I64:
        return set_number(f, at, text, e);
    case SG_T_STR:
        return set_text(f, (struct sg_str *)(void *)at, text, e);
    default:
        return sg_fail(e, SG_EINTERNAL, "%s: no column type for this field", f->name);
    }
}

static int set_extra(enum sg_table t, struct sg_row *row, struct sg_str text, struct sg_error *e)
{
    if (t == SG_TABLE_PLAYLISTS) {
        row->is_public = text.n == 1 && text.p[0] == 't';
        return 0;
    }
    if (!sg_str_to_u64(text, &row->lead) || row->lead == 0 || row->lead > INT64_MAX)
        return sg_fail_field(e, "artist_id", "artist_id: expected a positive number, got '%.*s'",
                             SG_FMT(text));
    return 0;
}

int sg_row_read(enum sg_table t, const struct sg_str *cells, struct sg_row *row, struct sg_error *e)
{
    const struct sg_record *r = sg_table_record(t);
    memset(row, 0, sizeof *row);
    sg_record_init(r, &row->v);
    size_t n = 0;
    for (size_t i = 0; i < r->n_fields; i++) {
        if (r->fields[i].flags & SG_LIST)
            continue;
        int rc = set_field(&r->fields[i], &row->v, cells[n++], e);
        if (rc)
            return rc;
    }
    return extra_column(t) ? set_extra(t, row, cells[n], e) : 0;
}

/* 1: text is the cell's value (p NULL for NULL); 0: the tuple does not say. */
static int cell_text(const struct sg_relation *r, const struct sg_tuple *tuple, const char *column,
                     struct sg_str *text)
{
    const struct sg_cell *c = sg_tuple_get(r, tuple, column);
    if (!c || c->kind == SG_CELL_UNCHANGED)
        return 0;
    *text = c->kind == SG_CELL_TEXT ? c->text : SG_STR_NONE;
    return 1;
}

static int patch_field(const struct sg_field *f, void *record, struct sg_str text,
                       struct sg_arena *a, struct sg_error *e)
{
    int rc = set_field(f, record, text, e);
    if (rc || f->type != SG_T_STR)
        return rc;
    struct sg_str *s = (struct sg_str *)(void *)((char *)record + f->offset);
    if (s->n == 0)
        return 0;
    *s = sg_arena_copy(a, *s);
    return s->p ? 0 : sg_fail(e, SG_ENOMEM, "row");
}

int sg_row_patch(enum sg_table t, const struct sg_relation *r, const struct sg_tuple *tuple,
                 struct sg_row *row, bool *complete, struct sg_arena *a, struct sg_error *e)
{
    const struct sg_record *record = sg_table_record(t);
    struct sg_str text;
    *complete = true;
    for (size_t i = 0; i < record->n_fields; i++) {
        const struct sg_field *f = &record->fields[i];
        if (f->flags & SG_LIST)
            continue;
        if (!cell_text(r, tuple, f->name, &text)) {
            *complete = false;
            continue;
        }
        int rc = patch_field(f, &row->v, text, a, e);
        if (rc)
            return rc;
    }
    if (extra_column(t) && cell_text(r, tuple, extra_column(t), &text))
        return set_extra(t, row, text, e);
    return 0;
}

int sg_row_key(const struct sg_relation *r, const struct sg_tuple *t, const char *column,
               uint64_t *out, struct sg_error *e)
{
    struct sg_str text;
    uint64_t v;
    if (!t || !cell_text(r, t, column, &text) || !sg_str_to_u64(text, &v) || v == 0 ||
        v > INT64_MAX)
        return sg_fail_field(e, column, "%.*s.%s: no positive number", SG_FMT(r->name), column);
    *out = v;
    return 0;
}

static bool texts_same(const struct sg_list *a, const struct sg_list *b)
{
    const struct sg_str *x = a->v, *y = b->v;
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = sg_str_eq(x[i], y[i]);
    return same;
}

static bool list_same(const struct sg_list *a, const struct sg_list *b)
{
    return a->n == b->n && (a->n == 0 || !memcmp(a->v, b->v, a->n * sizeof(uint64_t)));
}

static bool field_same(const struct sg_field *f, const void *a, const void *b)
{
    const void *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
    if (f->flags & SG_LIST)
        return f->type == SG_T_STR ? texts_same(x, y) : list_same(x, y);
    switch (f->type) {
    case SG_T_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case SG_T_STR:
        return sg_str_eq(*(const struct sg_str *)x, *(const struct sg_str *)y);
    default:
        return !memcmp(x, y, 8);
    }
}

const struct sg_field *sg_record_differs(const struct sg_record *r, const void *a, const void *b,
                                         const struct sg_field *from)
{
    for (const struct sg_field *f = from ? from : r->fields; f < r->fields + r->n_fields; f++) {
        if (!field_same(f, a, b))
            return f;
    }
    return NULL;
}

static int own_bytes(void *where, const void *bytes, size_t n, struct sg_arena *a,
                     struct sg_error *e)
{
    char *copy = sg_arena_alloc(a, n);
    if (!copy)
        return sg_fail(e, SG_ENOMEM, "record");
    memcpy(copy, bytes, n);
    memcpy(where, &copy, sizeof copy);
    return 0;
}

static int own_texts(struct sg_list *l, struct sg_arena *a, struct sg_error *e)
{
    int rc = l->n ? own_bytes(&l->v, l->v, l->n * sizeof(struct sg_str), a, e) : 0;
    struct sg_str *v = l->v;
    for (size_t i = 0; !rc && i < l->n; i++)
        rc = v[i].n ? own_bytes(&v[i].p, v[i].p, v[i].n, a, e) : 0;
    return rc;
}

static int own_list(const struct sg_field *f, struct sg_list *l, struct sg_arena *a,
                    struct sg_error *e)
{
    if (f->type == SG_T_STR)
        return own_texts(l, a, e);
    return l->n ? own_bytes(&l->v, l->v, l->n * sizeof(uint64_t), a, e) : 0;
}

int sg_record_own(const struct sg_record *r, void *v, struct sg_arena *a, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; i < r->n_fields && !rc; i++) {
        void *at = (char *)v + r->fields[i].offset;
        struct sg_str *s = at;
        if (r->fields[i].flags & SG_LIST)
            rc = own_list(&r->fields[i], at, a, e);
        else if (r->fields[i].type == SG_T_STR && s->n)
            rc = own_bytes(&s->p, s->p, s->n, a, e);
    }
    return rc;
}
