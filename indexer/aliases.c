/* aliases.c - see aliases.h. */
#include "indexer/aliases.h"
#include "indexer/row.h"

int sg_aliases_parse(struct sg_str cell, struct sg_list *out, struct sg_arena *a,
                     struct sg_error *e)
{
    *out = (struct sg_list){NULL, 0};
    if (!cell.n)
        return 0;
    struct sg_str *v = sg_arena_array(a, SG_ALIASES_MAX, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "aliases");
    size_t n = 0;
    for (size_t at = 0; at < cell.n && n < SG_ALIASES_MAX; n++) {
        const char *end = memchr(cell.p + at, SG_ALIASES_BREAK, cell.n - at);
        size_t bytes = end ? (size_t)(end - cell.p) - at : cell.n - at;
        v[n] = (struct sg_str){cell.p + at, bytes};
        at += bytes + 1;
    }
    *out = (struct sg_list){v, n};
    return 0;
}

/* Where it is, or belongs. */
static size_t place_of(const struct sg_list *l, struct sg_str alias, bool *found)
{
    const struct sg_str *v = l->v;
    size_t i = 0;
    while (i < l->n && sg_str_cmp(v[i], alias) < 0)
        i++;
    *found = i < l->n && sg_str_eq(v[i], alias);
    return i;
}

int sg_aliases_set(struct sg_list *l, struct sg_str alias, struct sg_arena *a, struct sg_error *e)
{
    bool found;
    size_t at = place_of(l, alias, &found);
    if (found)
        return 0;
    if (l->n >= SG_ALIASES_MAX)
        return sg_fail(e, SG_EINVAL, "more than %d aliases", SG_ALIASES_MAX);
    struct sg_str *v = sg_arena_array(a, l->n + 1, sizeof *v), *old = l->v;
    struct sg_str copy = sg_arena_copy(a, alias);
    if (!v || !copy.p)
        return sg_fail(e, SG_ENOMEM, "aliases");
    for (size_t i = 0; i < at; i++)
        v[i] = old[i];
    v[at] = copy;
    for (size_t i = at; i < l->n; i++)
        v[i + 1] = old[i];
    *l = (struct sg_list){v, l->n + 1};
    return 0;
}

int sg_aliases_unset(struct sg_list *l, struct sg_str alias, struct sg_arena *a, struct sg_error *e)
{
    bool found;
    size_t at = place_of(l, alias, &found);
    if (!found)
        return 0;
    struct sg_str *v = sg_arena_array(a, l->n, sizeof *v), *old = l->v;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "aliases");
    for (size_t i = 0; i + 1 < l->n; i++)
        v[i] = old[i < at ? i : i + 1];
    *l = (struct sg_list){v, l->n - 1};
    return 0;
}

/* A row of the table. */
struct alias {
    enum sg_kind kind;
    uint64_t id;
    struct sg_str text;
    bool hint;
};

static struct sg_str cell_of(const struct sg_relation *r, const struct sg_tuple *t,
                             const char *column)
{
    const struct sg_cell *c = sg_tuple_get(r, t, column);
    return c && c->kind == SG_CELL_TEXT ? c->text : SG_STR_NONE;
}

static int read_alias(const struct sg_relation *r, const struct sg_tuple *t, struct alias *out,
                      struct sg_error *e)
{
    out->kind = sg_kind_of(cell_of(r, t, "kind"));
    out->text = cell_of(r, t, "alias");
    out->hint = sg_str_eq(cell_of(r, t, "hint"), SG_STR("t"));
    if (out->kind >= SG_PLAYLIST)
        return sg_fail_field(e, "kind", "kind: expected song, artist or album");
    if (!out->text.n)
        return sg_fail_field(e, "alias", "alias: no text");
    return sg_row_key(r, t, "id", &out->id, e);
}

/* The lists of one record: out of both, then into its own when set. */
static int change_lists(void *record, const struct alias *x, bool set, struct sg_arena *a,
                        struct sg_error *e)
{
    int rc = sg_aliases_unset(sg_aliases_of(x->kind, record, false), x->text, a, e);
    if (!rc)
        rc = sg_aliases_unset(sg_aliases_of(x->kind, record, true), x->text, a, e);
    return rc || !set ? rc : sg_aliases_set(sg_aliases_of(x->kind, record, x->hint), x->text, a, e);
}

static int change_song(struct sg_songs *songs, const struct alias *x, bool set, struct sg_error *e)
{
    struct sg_work_song *w;
    int rc = sg_songs_touch(songs, x->id, &w, e);
    return rc || !w->exists ? rc : change_lists(&w->song, x, set, sg_songs_arena(songs), e);
}

union owner {
    struct sg_song song;
    struct sg_artist artist;
    struct sg_album album;
};

/* 0 and the record, copied out of the delta; SG_ENOENT. */
static int load(struct sg_delta *d, enum sg_kind kind, uint64_t id, union owner *out,
                struct sg_arena *a, struct sg_error *e)
{
    int rc = sg_delta_get(d, kind, id, a, out, e);
    return rc ? rc : sg_record_own(sg_kind_records[kind], out, a, e);
}

static int change_other(struct sg_delta *d, const struct alias *x, bool set, struct sg_arena *a,
                        struct sg_error *e)
{
    union owner owner;
    int rc = load(d, x->kind, x->id, &owner, a, e);
    if (rc)
        return rc == SG_ENOENT ? 0 : rc;
    rc = change_lists(&owner, x, set, a, e);
    return rc ? rc : sg_delta_put(d, x->kind, &owner, e);
}

static int change_one(struct sg_delta *d, struct sg_songs *songs, const struct sg_relation *r,
                      const struct sg_tuple *t, bool set, struct sg_arena *a, struct sg_error *e)
{
    struct alias x;
    int rc = read_alias(r, t, &x, e);
    if (rc)
        return rc;
    return x.kind == SG_SONG ? change_song(songs, &x, set, e) : change_other(d, &x, set, a, e);
}

int sg_aliases_apply(struct sg_delta *d, struct sg_songs *songs, const struct sg_change *c,
                     struct sg_arena *a, struct sg_error *e)
{
    int rc = c->old_tuple ? change_one(d, songs, c->relation, c->old_tuple, false, a, e) : 0;
    return rc || !c->new_tuple ? rc : change_one(d, songs, c->relation, c->new_tuple, true, a, e);
}

int sg_aliases_clear(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                     struct sg_error *e)
{
    union owner owner;
    int rc = load(d, kind, id, &owner, a, e);
    if (rc)
        return rc == SG_ENOENT ? 0 : rc;
    struct sg_list *aliases = sg_aliases_of(kind, &owner, false);
    struct sg_list *hints = sg_aliases_of(kind, &owner, true);
    if (aliases->n + hints->n == 0)
        return 0;
    *aliases = *hints = (struct sg_list){NULL, 0};
    return sg_delta_put(d, kind, &owner, e);
}
