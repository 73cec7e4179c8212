/* lists_writer.c - see lists.h: inverting, and writing the file. */
#include "core/buf.h"
#include "index/lists_format.h"
#include <stdlib.h>

/* The file being written: lists come in the order of their hashes, the docids of
 * each in order, so that one block's are all that is held. */
struct out {
    struct sg_segment_writer segment;
    struct sg_buf blocks, entries;
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

static void out_begin(struct out *o, uint64_t hash)
{
    o->entry = (struct sg_list_entry){
        .hash = hash,
        .first = (uint32_t)(o->blocks.n / sizeof(struct sg_list_block)),
    };
}

static void out_end(struct out *o)
{
    if (o->entry.postings == 1) {
        o->entry.first = o->high << 16 | o->low[0];
        o->n = 0;
    }
    end_block(o);
    if (o->entry.postings)
        sg_buf_put(&o->entries, &o->entry, sizeof o->entry);
}

static void put_section(struct out *o, int section, const struct sg_buf *b)
{
    sg_segment_begin(&o->segment, section);
    sg_segment_put(&o->segment, b->p, b->n);
}

static int check_sizes(const struct out *o, struct sg_error *e)
{
    if (sg_buf_failed(&o->blocks) || sg_buf_failed(&o->entries))
        return sg_fail(e, SG_ENOMEM, "posting lists: out of memory");
    if (o->blocks.n / sizeof(struct sg_list_block) > UINT32_MAX ||
        sg_segment_size(&o->segment) / 8 > UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "posting lists: too large for one file");
    return 0;
}

/* Frees o, whatever it returns. */
static int out_finish(struct out *o, uint32_t documents, struct sg_error *e)
{
    int rc = check_sizes(o, e);
    if (!rc) {
        put_section(o, sg_lists_blocks, &o->blocks);
        put_section(o, sg_lists_entries, &o->entries);
        o->segment.header.value[0] = documents;
        rc = sg_segment_commit(&o->segment, e);
    }
    out_abort(o);
    return rc;
}

/* The docids of a term so far: the first one alone, until there are more. */
struct row {
    uint64_t hash;
    uint32_t *v;
    uint32_t first, n; /* n 0: a free slot */
};

struct sg_lists_writer {
    struct row *rows; /* by hash, open addressing */
    size_t n, n_slots;
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
    free(w);
}

static struct row *find(const struct sg_lists_writer *w, uint64_t hash)
{
    size_t i = hash & (w->n_slots - 1);
    while (w->rows[i].n && w->rows[i].hash != hash)
        i = (i + 1) & (w->n_slots - 1);
    return &w->rows[i];
}

static bool grow(struct sg_lists_writer *w)
{
    struct sg_lists_writer to = {.n = w->n, .n_slots = w->n_slots ? w->n_slots * 2 : 4096};
    to.rows = calloc(to.n_slots, sizeof *to.rows);
    if (!to.rows)
        return false;
    for (size_t i = 0; i < w->n_slots; i++)
        if (w->rows[i].n)
            *find(&to, w->rows[i].hash) = w->rows[i];
    free(w->rows);
    *w = to;
    return true;
}

/* Rooms are powers of two from 4 up. */
static bool has_room(const struct row *r)
{
    return r->v && (r->n < 4 || (r->n & (r->n - 1)));
}

static bool append(struct row *r, uint32_t docid)
{
    if (!has_room(r)) {
        uint32_t *v = realloc(r->v, (r->n < 4 ? 4 : (size_t)r->n * 2) * sizeof *v);
        if (!v)
            return false;
        v[0] = r->first;
        r->v = v;
    }
    r->v[r->n++] = docid;
    return true;
}

int sg_lists_writer_add(struct sg_lists_writer *w, struct sg_str term, uint32_t docid,
                        struct sg_error *e)
{
    if (w->n >= w->n_slots / 3 * 2 && !grow(w))
        return out_of_memory(e);
    uint64_t hash = sg_term_hash(term);
    struct row *r = find(w, hash);
    if (r->n)
        return append(r, docid) ? 0 : out_of_memory(e);
    *r = (struct row){.hash = hash, .first = docid, .n = 1};
    w->n++;
    return 0;
}

static int by_hash(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Moves the rows together, for a writer that takes no more. */
static void gather(struct sg_lists_writer *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_slots; i++)
        if (w->rows[i].n)
            w->rows[n++] = w->rows[i];
    w->n_slots = n;
    if (n)
        qsort(w->rows, n, sizeof *w->rows, by_hash);
}

static void put_row(struct out *o, const struct row *r)
{
    out_begin(o, r->hash);
    for (uint32_t i = 0; i < r->n; i++)
        out_posting(o, r->v ? r->v[i] : r->first);
    out_end(o);
}

int sg_lists_writer_finish(struct sg_lists_writer *w, uint32_t documents, const char *path,
                           struct sg_error *e)
{
    struct out *o;
    int rc = out_open(&o, path, e);
    if (!rc) {
        gather(w);
        for (size_t i = 0; i < w->n_slots; i++)
            put_row(o, &w->rows[i]);
        rc = out_finish(o, documents, e);
    }
    sg_lists_writer_abort(w);
    return rc;
}

/* A file being merged: its list at hand, and where its docids begin. */
struct part {
    struct sg_lists *lists;
    size_t next;
    uint32_t after;                    /* added to its docids */
    const struct sg_list_entry *entry; /* NULL at its end */
    struct sg_postlist list;
};

static void next_list(struct part *p)
{
    p->entry = sg_lists_at(p->lists, p->next++, &p->list);
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

/* The least hash of all; false at the end. */
static bool least(const struct part *parts, size_t n, uint64_t *hash)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        const struct sg_list_entry *entry = parts[i].entry;
        if (entry && (!found || entry->hash < *hash)) {
            *hash = entry->hash;
            found = true;
        }
    }
    return found;
}

static bool is_rare_word(const struct part *parts, size_t n, uint64_t hash)
{
    uint64_t postings = 0;
    for (size_t i = 0; i < n; i++)
        if (parts[i].entry && parts[i].entry->hash == hash)
            postings += parts[i].entry->postings;
    return sg_hash_of_word(hash) && postings < SG_LISTS_WORD_LEAST;
}

static void merge_list(struct out *o, struct part *parts, size_t n, uint64_t hash)
{
    bool keep = !is_rare_word(parts, n, hash);
    out_begin(o, hash);
    for (size_t i = 0; i < n; i++) {
        struct part *p = &parts[i];
        if (!p->entry || p->entry->hash != hash)
            continue;
        for (uint32_t at = p->list.at; keep && at != SG_LIST_END;
             at = sg_postlist_seek(&p->list, at + 1))
            out_posting(o, at + p->after);
        next_list(p);
    }
    out_end(o);
}

int sg_lists_merge(const char *const *paths, size_t n, const char *path, struct sg_error *e)
{
    struct out *o;
    uint64_t documents = 0;
    struct part *parts = calloc(n + 1, sizeof *parts);
    int rc = parts ? open_parts(parts, paths, n, &documents, e) : out_of_memory(e);
    if (!rc)
        rc = out_open(&o, path, e);
    if (!rc) {
        for (uint64_t hash = 0; least(parts, n, &hash);)
            merge_list(o, parts, n, hash);
        rc = out_finish(o, (uint32_t)documents, e);
    }
    for (size_t i = 0; parts && i < n; i++)
        sg_lists_close(parts[i].lists);
    free(parts);
    return rc;
}
