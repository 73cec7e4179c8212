/* document.c - (re-)documents entities of the open batch: terms into postings,
 * facts into the document's row, the title for completion.
 *
 * A document replaced by one of nearly the same popularity keeps its docid and
 * rank, so only the terms that differ are touched.
 */
#include "index/delta/writer.h"
#include "index/searcher.h"
#include <stdlib.h>

#define PARENT_SONGS 100 /* songs looked at to rank an artist or album the base does not know */

/* --- from records to a document --- */

struct naming {
    struct sg_delta *d;
    struct sg_error *e;
    int rc;
};

static struct sg_str name(void *ctx, enum sg_kind kind, uint64_t id)
{
    struct naming *n = ctx;
    union sg_delta_record r;
    int rc = n->rc ? n->rc : sg_delta_look(n->d, kind, id, &n->d->arena, &r, n->e);
    if (rc && rc != SG_ENOENT)
        n->rc = rc;
    if (rc)
        return SG_STR_NONE;
    struct sg_str names = sg_document_names(&n->d->arena, kind, &r);
    if (!names.p)
        n->rc = sg_fail(n->e, SG_ENOMEM, "delta: names");
    return names;
}

struct sum {
    struct sg_delta *d;
    enum sg_kind kind;
    uint64_t of, plays;
    size_t left;
    struct sg_error *e;
};

static bool belongs(const struct sg_song *s, enum sg_kind kind, uint64_t of)
{
    const uint64_t *artists = s->artist_ids.v;
    if (kind == SG_ALBUM)
        return s->album_id == of;
    for (size_t i = 0; i < s->artist_ids.n; i++)
        if (artists[i] == of)
            return true;
    return false;
}

static int add_song(void *ctx, uint64_t id)
{
    struct sum *sum = ctx;
    union sg_delta_record r;
    if (sum->left == 0)
        return 1;
    sum->left--;
    int rc = sg_delta_look(sum->d, SG_SONG, id, &sum->d->arena, &r, sum->e);
    if (rc)
        return rc == SG_ENOENT ? 0 : rc;
    if (belongs(&r.song, sum->kind, sum->of))
        sum->plays += r.song.play_count;
    return 0;
}

/* An artist's or album's plays: as the base counted them, or of the first songs here. */
static int parent_popularity(struct sg_delta *d, struct sg_document *doc, struct sg_error *e)
{
    struct sg_facts facts;
    uint32_t docid = sg_store_docid(d->base, doc->kind, doc->id);
    if (docid && sg_facts_get(d->facts[doc->kind], docid, &facts)) {
        doc->popularity = facts.popularity;
        return 0;
    }
    struct sum sum = {d, doc->kind, doc->id, 0, PARENT_SONGS, e};
    int rc = sg_delta_related(d, doc->kind == SG_ALBUM ? SG_ALBUM_SONGS : SG_ARTIST_SONGS, doc->id,
                              add_song, &sum, e);
    doc->popularity = sum.plays;
    return rc < 0 ? rc : 0;
}

static int document_of(struct sg_delta *d, enum sg_kind kind, const union sg_delta_record *r,
                       struct sg_document *doc, struct sg_error *e)
{
    struct naming n = {.d = d, .e = e};
    if (sg_document_of(doc, kind, r, name, &n, &d->arena))
        return sg_fail(e, SG_ENOMEM, "delta: document");
    if (n.rc)
        return n.rc;
    if (kind == SG_SONG)
        return sg_delta_lyrics(d, doc->id, &doc->lyrics, e);
    return kind == SG_ARTIST || kind == SG_ALBUM ? parent_popularity(d, doc, e) : 0;
}

/* --- terms --- */

struct term_list {
    struct sg_arena *arena;
    struct sg_str *v;
    size_t n, cap;
};

static int collect(void *ctx, struct sg_str term)
{
    struct term_list *l = ctx;
    if (term.n == 0 || term.n > SG_TERM_MAX)
        return 0;
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 128;
        struct sg_str *v = sg_arena_array(l->arena, cap, sizeof *v);
        if (!v)
            return SG_ENOMEM;
        if (l->n)
            memcpy(v, l->v, l->n * sizeof *v);
        l->v = v;
        l->cap = cap;
    }
    struct sg_str copy = sg_arena_copy(l->arena, term);
    if (!copy.p)
        return SG_ENOMEM;
    l->v[l->n++] = copy;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return sg_str_cmp(*(const struct sg_str *)a, *(const struct sg_str *)b);
}

/* The document's terms into d->terms: sorted, each a length byte and its bytes. */
static int gather_terms(struct sg_delta *d, const struct sg_document *doc, struct sg_error *e)
{
    struct term_list l = {.arena = &d->arena};
    int rc = sg_document_terms(doc, collect, &l);
    if (rc)
        return sg_fail(e, rc, "delta: terms of %s %llu", sg_kind_names[doc->kind],
                       (unsigned long long)doc->id);
    if (l.n)
        qsort(l.v, l.n, sizeof *l.v, by_bytes);
    sg_buf_reset(&d->terms);
    for (size_t i = 0; i < l.n; i++)
        if (i == 0 || !sg_str_eq(l.v[i], l.v[i - 1])) {
            sg_buf_putc(&d->terms, (char)l.v[i].n);
            sg_buf_str_put(&d->terms, l.v[i]);
        }
    return sg_buf_failed(&d->terms) ? sg_fail(e, SG_ENOMEM, "delta: terms") : 0;
}

/* Takes the first term off *list; false at its end (or where it is cut short). */
static bool next_term(struct sg_str *list, struct sg_str *term)
{
    if (list->n == 0)
        return false;
    size_t n = (unsigned char)list->p[0];
    if (n == 0 || n > SG_TERM_MAX || n + 1 > list->n)
        return false;
    *term = (struct sg_str){list->p + 1, n};
    *list = (struct sg_str){list->p + n + 1, list->n - n - 1};
    return true;
}

static int post(struct sg_delta *d, MDB_cursor *c, enum sg_kind kind, struct sg_str term,
                uint64_t value, bool add, struct sg_error *e)
{
    unsigned char b[SG_DELTA_POSTING_KEY];
    MDB_val k = sg_delta_posting_key(b, kind, term), v = {sizeof value, &value};
    int rc = add ? mdb_cursor_put(c, &k, &v, MDB_NODUPDATA)
                 : mdb_del(d->txn, d->env->table[SG_DELTA_POSTING], &k, &v);
    if (rc == MDB_KEYEXIST || (!add && rc == MDB_NOTFOUND))
        rc = 0;
    return rc ? sg_delta_fail(e, rc, "posting") : 0;
}

struct posted {
    struct sg_str terms; /* none: nothing */
    uint64_t value;
};

/* Both lists are sorted: what both have under one value is left alone. */
static int repost(struct sg_delta *d, enum sg_kind kind, struct posted old, struct posted new,
                  struct sg_error *e)
{
    struct sg_str o, n;
    MDB_cursor *c;
    int rc = mdb_cursor_open(d->txn, d->env->table[SG_DELTA_POSTING], &c);
    if (rc)
        return sg_delta_fail(e, rc, "posting");
    bool has_o = next_term(&old.terms, &o), has_n = next_term(&new.terms, &n);
    while (!rc && (has_o || has_n)) {
        int order = !has_n ? -1 : !has_o ? 1 : sg_str_cmp(o, n);
        bool moves = order != 0 || old.value != new.value;
        if (order <= 0 && moves)
            rc = post(d, c, kind, o, old.value, false, e);
        if (!rc && order >= 0 && moves)
            rc = post(d, c, kind, n, new.value, true, e);
        if (order <= 0)
            has_o = next_term(&old.terms, &o);
        if (order >= 0)
            has_n = next_term(&new.terms, &n);
    }
    mdb_cursor_close(c);
    return rc;
}

/* --- titles --- */

/* What a row is completed by: its title and the aliases of that. */
struct titles {
    struct sg_str title, aliases; /* folded; the latter joined by 0x1f */
    unsigned char value[17];
};

static struct titles titles_of(const struct sg_delta_row *row, struct sg_str text)
{
    struct titles t = {.title = SG_STR_NONE};
    struct sg_facts facts = {0};
    if (sg_facts_unpack(text, &facts)) {
        t.title = facts.title;
        t.aliases = facts.title_aliases;
    }
    uint64_t id = __builtin_bswap64(row->id), posted = __builtin_bswap64(row->posted);
    t.value[0] = row->kind;
    memcpy(t.value + 1, &id, 8);
    memcpy(t.value + 9, &posted, 8);
    return t;
}

static int title_change(struct sg_delta *d, struct titles *t, struct sg_str title, bool add,
                        struct sg_error *e)
{
    char key[SG_DELTA_TITLE_MAX];
    size_t n = title.n <= sizeof key ? title.n : sg_utf8_floor(title, sizeof key);
    if (n == 0)
        return 0;
    memcpy(key, title.p, n);
    MDB_val k = {n, key}, v = {sizeof t->value, t->value};
    MDB_dbi table = d->env->table[SG_DELTA_TITLE];
    int rc = add ? mdb_put(d->txn, table, &k, &v, MDB_NODUPDATA) : mdb_del(d->txn, table, &k, &v);
    return rc && rc != MDB_KEYEXIST && rc != MDB_NOTFOUND ? sg_delta_fail(e, rc, "title") : 0;
}

static int titles_change(struct sg_delta *d, struct titles *t, bool add, struct sg_error *e)
{
    struct sg_str rest = t->aliases;
    int rc = title_change(d, t, t->title, add, e);
    while (!rc && rest.n) {
        const char *at = memchr(rest.p, '\x1f', rest.n);
        struct sg_str alias = {rest.p, at ? (size_t)(at - rest.p) : rest.n};
        rc = title_change(d, t, alias, add, e);
        rest.p += alias.n + (at != NULL);
        rest.n -= alias.n + (at != NULL);
    }
    return rc;
}

static int retitle(struct sg_delta *d, struct titles *old, struct titles *new, struct sg_error *e)
{
    if (sg_str_eq(old->title, new->title) && sg_str_eq(old->aliases, new->aliases) &&
        memcmp(old->value, new->value, sizeof old->value) == 0)
        return 0;
    int rc = titles_change(d, old, false, e);
    return rc ? rc : titles_change(d, new, true, e);
}

/* --- the document of an entity, before and after --- */

struct present {
    struct sg_delta_of of;
    bool has_of, has_row;
    struct sg_delta_row row;
    struct posted posted; /* terms: in d->old_terms */
    struct titles titles; /* in d->old_text */
};

static int read_row(struct sg_delta *d, struct present *p, struct sg_error *e)
{
    struct sg_str text, terms;
    MDB_val key = {sizeof p->of.docid, &p->of.docid}, value;
    int rc = mdb_get(d->txn, d->env->table[SG_DELTA_DOCUMENT], &key, &value);
    if (rc)
        return sg_delta_fail(e, rc, "document");
    if (!sg_delta_row_read(value, &p->row, &text, &terms))
        return sg_fail(e, SG_ECORRUPT, "delta: document %u", p->of.docid);
    sg_buf_reset(&d->old_text);
    sg_buf_str_put(&d->old_text, text);
    sg_buf_reset(&d->old_terms);
    sg_buf_str_put(&d->old_terms, terms);
    if (sg_buf_failed(&d->old_text) || sg_buf_failed(&d->old_terms))
        return sg_fail(e, SG_ENOMEM, "delta: terms");
    p->has_row = true;
    p->posted =
        (struct posted){sg_buf_str(&d->old_terms), sg_delta_posting(p->row.posted, p->of.docid)};
    p->titles = titles_of(&p->row, sg_buf_str(&d->old_text));
    return 0;
}

static int read_present(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct present *p,
                        struct sg_error *e)
{
    *p = (struct present){0};
    int rc = sg_delta_get_of(d, kind, id, &p->of, &p->has_of, e);
    if (!rc && !p->has_of)
        p->of.base_docid = sg_store_docid(d->base, kind, id);
    return rc || p->of.docid == 0 ? rc : read_row(d, p, e);
}

static int put_of(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct present *p,
                  struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    MDB_val key = sg_delta_key(b, kind, id), value = {sizeof p->of, &p->of};
    int rc = mdb_put(d->txn, d->env->table[SG_DELTA_OF], &key, &value, 0);
    if (rc)
        return sg_delta_fail(e, rc, "of");
    if (p->has_of)
        return 0;
    d->meta.entities++;
    if (p->of.base_docid == 0)
        return 0;
    d->meta.base_dead[kind]++;
    return sg_delta_note_effect(
        d, (struct sg_delta_effect){.kind = kind, .docid = p->of.base_docid}, e);
}

static int drop_of(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    MDB_val key = sg_delta_key(b, kind, id);
    int rc = mdb_del(d->txn, d->env->table[SG_DELTA_OF], &key, NULL);
    if (rc)
        return sg_delta_fail(e, rc, "of");
    d->meta.entities--;
    return 0;
}

static int drop_row(struct sg_delta *d, struct present *p, struct sg_error *e)
{
    struct titles none = {.title = SG_STR_NONE};
    MDB_val key = {sizeof p->of.docid, &p->of.docid};
    int rc = repost(d, p->row.kind, p->posted, (struct posted){0}, e);
    if (!rc)
        rc = retitle(d, &p->titles, &none, e);
    if (rc)
        return rc;
    rc = mdb_del(d->txn, d->env->table[SG_DELTA_DOCUMENT], &key, NULL);
    if (rc)
        return sg_delta_fail(e, rc, "document");
    d->meta.documents[p->row.kind]--;
    p->of.docid = 0;
    return 0;
}

static int undocument(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    struct present p;
    int rc = read_present(d, kind, id, &p, e);
    if (!rc && p.has_row)
        rc = drop_row(d, &p, e);
    if (rc)
        return rc;
    if (p.of.base_docid)
        return put_of(d, kind, id, &p, e);
    return p.has_of ? drop_of(d, kind, id, e) : 0;
}

/* The popularity to file it under: the old one while they are near. */
static uint64_t filed_under(const struct present *p, uint64_t popularity)
{
    uint64_t old = p->row.posted;
    uint64_t apart = old > popularity ? old - popularity : popularity - old;
    return p->has_row && apart < old / 8 ? old : popularity;
}

static int put_row(struct sg_delta *d, uint32_t docid, const struct sg_delta_row *row,
                   struct sg_error *e)
{
    sg_buf_reset(&d->row);
    sg_buf_put(&d->row, row, sizeof *row);
    sg_buf_str_put(&d->row, sg_buf_str(&d->text));
    sg_buf_str_put(&d->row, sg_buf_str(&d->terms));
    if (sg_buf_failed(&d->row))
        return sg_fail(e, SG_ENOMEM, "delta: document");
    MDB_val key = {sizeof docid, &docid}, value = {d->row.n, d->row.p};
    int rc = mdb_put(d->txn, d->env->table[SG_DELTA_DOCUMENT], &key, &value, 0);
    return rc ? sg_delta_fail(e, rc, "document") : 0;
}

static int give_docid(struct sg_delta *d, struct present *p, enum sg_kind kind, struct sg_error *e)
{
    if (p->has_row)
        return 0;
    if (d->meta.next_docid >= SG_DELTA_DOC)
        return sg_fail(e, SG_ELIMIT, "delta: all docids are used; the base must be rebuilt");
    p->of.docid = d->meta.next_docid++;
    d->meta.documents[kind]++;
    return 0;
}

static struct sg_delta_row row_of(struct sg_delta *d, const struct sg_document *doc,
                                  const struct present *p)
{
    return (struct sg_delta_row){
        .id = doc->id,
        .popularity = doc->popularity,
        .posted = filed_under(p, doc->popularity),
        .base_docid = p->of.base_docid,
        .genre_id = doc->genre_id <= UINT32_MAX ? (uint32_t)doc->genre_id : 0,
        .text_bytes = (uint32_t)d->text.n,
        .terms_bytes = (uint32_t)d->terms.n,
        .year = (uint16_t)doc->year,
        .release = doc->release,
        .kind = (uint8_t)doc->kind,
        .is_explicit = doc->is_explicit,
    };
}

/* d->text and d->terms become the entity's document. */
static int file(struct sg_delta *d, const struct sg_document *doc, struct sg_error *e)
{
    struct present p;
    int rc = read_present(d, doc->kind, doc->id, &p, e);
    if (!rc)
        rc = give_docid(d, &p, doc->kind, e);
    if (rc)
        return rc;
    struct sg_delta_row row = row_of(d, doc, &p);
    struct posted new = {sg_buf_str(&d->terms), sg_delta_posting(row.posted, p.of.docid)};
    struct titles titles = titles_of(&row, sg_buf_str(&d->text));
    rc = repost(d, doc->kind, p.posted, new, e);
    if (!rc)
        rc = retitle(d, &p.titles, &titles, e);
    if (!rc)
        rc = put_row(d, p.of.docid, &row, e);
    return rc ? rc : put_of(d, doc->kind, doc->id, &p, e);
}

static int document(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    union sg_delta_record record;
    struct sg_document doc;
    sg_arena_reset(&d->arena);
    int rc = sg_delta_look(d, kind, id, &d->arena, &record, e);
    if (rc == SG_ENOENT)
        return undocument(d, kind, id, e);
    if (!rc)
        rc = document_of(d, kind, &record, &doc, e);
    if (rc)
        return rc;
    sg_buf_reset(&d->text);
    sg_facts_pack(&doc, &d->text);
    if (sg_buf_failed(&d->text))
        return sg_fail(e, SG_ENOMEM, "delta: facts");
    rc = gather_terms(d, &doc, e);
    return rc ? rc : file(d, &doc, e); /* the first write: views of records end here */
}

/* --- the whole batch --- */

struct fan_out {
    struct sg_delta *d;
    enum sg_kind kind;
    struct sg_error *e;
};

static int mark(void *ctx, uint64_t id)
{
    struct fan_out *f = ctx;
    return sg_delta_set_add(&f->d->dirty, f->kind, id, f->e);
}

static int fan_out(struct sg_delta *d, const struct sg_delta_entity *of, struct sg_error *e)
{
    struct fan_out songs = {d, SG_SONG, e}, albums = {d, SG_ALBUM, e};
    if (of->kind == SG_ALBUM)
        return sg_delta_related(d, SG_ALBUM_SONGS, of->id, mark, &songs, e);
    int rc = sg_delta_related(d, SG_ARTIST_SONGS, of->id, mark, &songs, e);
    return rc ? rc : sg_delta_related(d, SG_ARTIST_ALBUMS, of->id, mark, &albums, e);
}

int sg_delta_document_all(struct sg_delta *d, struct sg_error *e)
{
    int rc = 0;
    sg_delta_set_squeeze(&d->renamed);
    for (size_t i = 0; !rc && i < d->renamed.n; i++)
        rc = fan_out(d, &d->renamed.v[i], e);
    sg_delta_set_squeeze(&d->dirty);
    for (size_t i = 0; !rc && i < d->dirty.n; i++)
        rc = document(d, d->dirty.v[i].kind, d->dirty.v[i].id, e);
    return rc;
}
