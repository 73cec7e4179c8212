/* lists_writer.c - see lists.h: inverting, and writing the file. */
#include "core/buf.h"
#include "index/lists_format.h"
#include <stdlib.h>
#include <xxhash.h>

/* The file being written: lists come in the order of their terms, the docids of
 * each in order, so that one block's are all that is held. */
struct out {
    struct sg_segment_writer segment;
    struct sg_buf blocks, entries, terms;
    struct sg_list_entry entry; /* of the list at hand */
    uint32_t high, n;           /* the block at hand, its postings */
    uint16_t low[sg_block_bits];
    uint64_t bits[sg_block_words];
};

static int out_open(struct out **out, const char *path, struct sg_error *e)
{
    struct out *o = calloc(1, sizeof *o);
    if (!o)
        return sg_fail(e, SG_ENOMEM, "posting lists: out of memory");
    int rc = sg_segment_create(&o->segment, path, SG_LISTS_MAGIC, e);
    if (rc) {
        free(o);
        return rc;
    }
    sg_segment_begin(&o->segment, sg_lists_containers);
    *out = o;
    return 0;
}

static void out_abort(struct out *o)
{
    sg_segment_abort(&o->segment);
    sg_buf_free(&o->blocks);
    sg_buf_free(&o->entries);
    sg_buf_free(&o->terms);
    free(o);
}

static void put_container(struct out *o, const struct sg_list_block *b)
{
    static const char zeros[8];
    if (sg_block_is_array(b)) {
        size_t n = o->n * sizeof *o->low;
        sg_segment_put(&o->segment, o->low, n);
        sg_segment_put(&o->segment, zeros, sg_container_bytes(b) - n);
        return;
    }
    memset(o->bits, 0, sizeof o->bits);
    for (uint32_t i = 0; i < o->n; i++)
        o->bits[o->low[i] / 64] |= UINT64_C(1) << o->low[i] % 64;
    sg_segment_put(&o->segment, o->bits, sizeof o->bits);
}

static void end_block(struct out *o)
{
    if (!o->n)
        return;
    struct sg_list_block b = {.high = (uint16_t)o->high,
                              .last = (uint16_t)(o->n - 1),
                              .at = (uint32_t)(sg_segment_size(&o->segment) / 8)};
    put_container(o, &b);
    sg_buf_put(&o->blocks, &b, sizeof b);
    o->entry.n_blocks++;
    o->n = 0;
}

static void out_posting(struct out *o, uint32_t docid)
{
    if (docid >> 16 != o->high || !o->n) {
        end_block(o);
        o->high = docid >> 16;
    }
    o->low[o->n++] = (uint16_t)docid;
    o->entry.postings++;
}

static void out_begin(struct out *o, struct sg_str term)
{
    o->entry = (struct sg_list_entry){
        .term = (uint32_t)o->terms.n,
        .block = (uint32_t)(o->blocks.n / sizeof(struct sg_list_block)),
    };
    sg_buf_str_put(&o->terms, term);
}

static void out_end(struct out *o)
{
    end_block(o);
    sg_buf_put(&o->entries, &o->entry, sizeof o->entry);
}

static void put_section(struct out *o, int section, const struct sg_buf *b)
{
    sg_segment_begin(&o->segment, section);
    sg_segment_put(&o->segment, b->p, b->n);
}

static int check_sizes(const struct out *o, struct sg_error *e)
{
    if (sg_buf_failed(&o->blocks) || sg_buf_failed(&o->entries) || sg_buf_failed(&o->terms))
        return sg_fail(e, SG_ENOMEM, "posting lists: out of memory");
    if (o->terms.n > UINT32_MAX || sg_segment_size(&o->segment) / 8 > UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "posting lists: too large for one file");
    return 0;
}

/* Frees o, whatever it returns. */
static int out_finish(struct out *o, uint32_t documents, struct sg_error *e)
{
    int rc = check_sizes(o, e);
    if (!rc) {
        put_section(o, sg_lists_blocks, &o->blocks);
        put_section(o, sg_lists_lists, &o->entries);
        put_section(o, sg_lists_terms, &o->terms);
        o->segment.header.value[0] = documents;
        rc = sg_segment_commit(&o->segment, e);
    }
    out_abort(o);
    return rc;
}

/* A term and its docids so far. */
struct row {
    uint64_t hash;
    uint32_t *v;
    size_t term; /* where it begins in terms */
    uint32_t bytes, n, cap;
};

struct sg_lists_writer {
    struct row *rows; /* by hash, open addressing; v NULL: free */
    size_t n, n_slots;
    struct sg_buf terms;
};

static int out_of_memory(struct sg_error *e)
{
    return sg_fail(e, SG_ENOMEM, "posting lists: out of memory");
}

int sg_lists_writer_open(struct sg_lists_writer **out, struct sg_error *e)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : out_of_memory(e);
}

void sg_lists_writer_abort(struct sg_lists_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_slots; i++)
        free(w->rows[i].v);
    free(w->rows);
    sg_buf_free(&w->terms);
    free(w);
}

static struct sg_str term_of(const struct sg_lists_writer *w, const struct row *r)
{
    return (struct sg_str){w->terms.p + r->term, r->bytes};
}

static struct row *find(const struct sg_lists_writer *w, uint64_t hash, struct sg_str term)
{
    for (size_t i = hash & (w->n_slots - 1);; i = (i + 1) & (w->n_slots - 1)) {
        struct row *r = &w->rows[i];
        if (!r->v || (r->hash == hash && sg_str_eq(term_of(w, r), term)))
            return r;
    }
}

static bool grow(struct sg_lists_writer *w)
{
    size_t n_slots = w->n_slots ? w->n_slots * 2 : 4096;
    struct row *rows = calloc(n_slots, sizeof *rows);
    if (!rows)
        return false;
    for (size_t i = 0; i < w->n_slots; i++) {
        if (!w->rows[i].v)
            continue;
        size_t at = w->rows[i].hash & (n_slots - 1);
        while (rows[at].v)
            at = (at + 1) & (n_slots - 1);
        rows[at] = w->rows[i];
    }
    free(w->rows);
    w->rows = rows;
    w->n_slots = n_slots;
    return true;
}

/* Makes the free row the term's. */
static bool claim(struct sg_lists_writer *w, struct row *r, uint64_t hash, struct sg_str term)
{
    size_t at = w->terms.n;
    sg_buf_str_put(&w->terms, term);
    uint32_t *v = sg_buf_failed(&w->terms) ? NULL : malloc(4 * sizeof *v);
    if (!v)
        return false;
    *r = (struct row){.hash = hash, .v = v, .term = at, .bytes = (uint32_t)term.n, .cap = 4};
    w->n++;
    return true;
}

static bool append(struct row *r, uint32_t docid)
{
    if (r->n == r->cap) {
        uint32_t *v = realloc(r->v, (size_t)r->cap * 2 * sizeof *v);
        if (!v)
            return false;
        r->v = v;
        r->cap *= 2;
    }
    r->v[r->n++] = docid;
    return true;
}

int sg_lists_writer_add(struct sg_lists_writer *w, struct sg_str term, uint32_t docid,
                        struct sg_error *e)
{
    if (w->n >= w->n_slots / 3 * 2 && !grow(w))
        return out_of_memory(e);
    uint64_t hash = XXH3_64bits(term.p, term.n);
    struct row *r = find(w, hash, term);
    if (!r->v && !claim(w, r, hash, term))
        return out_of_memory(e);
    return append(r, docid) ? 0 : out_of_memory(e);
}

static int by_term(const void *a, const void *b, void *ctx)
{
    return sg_str_cmp(term_of(ctx, a), term_of(ctx, b));
}

static size_t gather(struct sg_lists_writer *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_slots; i++)
        if (w->rows[i].v) {
            struct row r = w->rows[i];
            w->rows[i].v = NULL;
            w->rows[n++] = r;
        }
    return n;
}

int sg_lists_writer_finish(struct sg_lists_writer *w, uint32_t documents, const char *path,
                           struct sg_error *e)
{
    struct out *o;
    int rc = out_open(&o, path, e);
    if (!rc) {
        size_t n = gather(w);
        if (n)
            qsort_r(w->rows, n, sizeof *w->rows, by_term, w);
        for (size_t i = 0; i < n; i++) {
            out_begin(o, term_of(w, &w->rows[i]));
            for (uint32_t k = 0; k < w->rows[i].n; k++)
                out_posting(o, w->rows[i].v[k]);
            out_end(o);
        }
        rc = out_finish(o, documents, e);
    }
    sg_lists_writer_abort(w);
    return rc;
}

/* A file being merged: its list at hand, and where its docids begin. */
struct part {
    struct sg_lists *lists;
    size_t next;
    uint32_t after; /* added to its docids */
    struct sg_str term;
    struct sg_postlist list;
    bool ended;
};

static void next_list(struct part *p)
{
    p->ended = !sg_lists_at(p->lists, p->next++, &p->term, &p->list);
}

static int open_parts(struct part *parts, const char *const *paths, size_t n, uint64_t *documents,
                      struct sg_error *e)
{
    *documents = 0;
    for (size_t i = 0; i < n; i++) {
        int rc = sg_lists_open(&parts[i].lists, paths[i], e);
        if (rc)
            return rc;
        parts[i].after = (uint32_t)*documents;
        *documents += sg_lists_documents(parts[i].lists);
        if (*documents >= SG_LIST_END)
            return sg_fail(e, SG_ELIMIT, "posting lists: %llu documents",
                           (unsigned long long)*documents);
        next_list(&parts[i]);
    }
    return 0;
}

/* The least term of all; false at the end. */
static bool least(const struct part *parts, size_t n, struct sg_str *term)
{
    const struct part *first = NULL;
    for (size_t i = 0; i < n; i++)
        if (!parts[i].ended && (!first || sg_str_cmp(parts[i].term, first->term) < 0))
            first = &parts[i];
    if (first)
        *term = first->term;
    return first != NULL;
}

static void merge_term(struct out *o, struct part *parts, size_t n, struct sg_str term)
{
    out_begin(o, term);
    for (size_t i = 0; i < n; i++) {
        struct part *p = &parts[i];
        if (p->ended || !sg_str_eq(p->term, term))
            continue;
        for (uint32_t at = p->list.at; at != SG_LIST_END; at = sg_postlist_seek(&p->list, at + 1))
            out_posting(o, at + p->after);
        next_list(p);
    }
    out_end(o);
}

int sg_lists_merge(const char *const *paths, size_t n, const char *path, struct sg_error *e)
{
    struct out *o;
    uint64_t documents;
    struct part *parts = calloc(n + 1, sizeof *parts);
    int rc = parts ? open_parts(parts, paths, n, &documents, e) : out_of_memory(e);
    if (!rc)
        rc = out_open(&o, path, e);
    if (!rc) {
        for (struct sg_str term; least(parts, n, &term);)
            merge_term(o, parts, n, term);
        rc = out_finish(o, (uint32_t)documents, e);
    }
    for (size_t i = 0; parts && i < n; i++)
        sg_lists_close(parts[i].lists);
    free(parts);
    return rc;
}
