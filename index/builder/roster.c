/* roster.c - the records of a kind: spilled while fed, then ordered. */
#include "index/builder/parts.h"
#include <stdlib.h>

enum { max_documents = 0x7fffffff }; /* docids below SG_DELTA_DOC */

int sg_roster_open(struct sg_roster *r, const char *spill_path, struct sg_error *e)
{
    r->spill_path = strdup(spill_path);
    if (!r->spill_path)
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", spill_path);
    return sg_outfile_open(&r->spill, spill_path, e);
}

void sg_roster_free(struct sg_roster *r)
{
    sg_outfile_abort(&r->spill);
    sg_map_close(&r->map);
    free(r->spill_path);
    free(r->v);
    free(r->by_rank);
    free(r->docid);
    *r = (struct sg_roster){0};
}

static int reserve(struct sg_roster *r, struct sg_error *e)
{
    if (r->n >= max_documents)
        return sg_fail(e, SG_ELIMIT, "more than %d records of a kind", max_documents);
    if (r->n < r->cap)
        return 0;
    size_t cap = r->cap ? r->cap + r->cap / 2 : 1024;
    struct sg_entry *v = realloc(r->v, cap * sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "%zu records: out of memory", cap);
    r->v = v;
    r->cap = cap;
    return 0;
}

int sg_roster_add(struct sg_roster *r, uint64_t id, uint64_t popularity, struct sg_str frozen,
                  struct sg_error *e)
{
    uint32_t bytes = (uint32_t)frozen.n;
    uint64_t offset = r->spill.written;
    int rc = reserve(r, e);
    if (!rc)
        rc = sg_outfile_put(&r->spill, &bytes, sizeof bytes, e);
    if (!rc)
        rc = sg_outfile_put(&r->spill, frozen.p, frozen.n, e);
    if (rc)
        return rc;
    if (r->n && r->v[r->n - 1].id >= id)
        r->unsorted = true;
    r->v[r->n++] = (struct sg_entry){id, popularity, offset};
    return 0;
}

int sg_roster_read(const struct sg_roster *r, size_t index, struct sg_str *frozen,
                   struct sg_error *e)
{
    uint32_t bytes;
    uint64_t offset = r->v[index].offset;
    if (r->map.n < sizeof bytes || offset > r->map.n - sizeof bytes)
        return sg_fail(e, SG_ECORRUPT, "%s: cut short", r->spill_path);
    memcpy(&bytes, r->map.p + offset, sizeof bytes);
    offset += sizeof bytes;
    if (bytes > r->map.n - offset)
        return sg_fail(e, SG_ECORRUPT, "%s: cut short", r->spill_path);
    *frozen = (struct sg_str){(const char *)r->map.p + offset, bytes};
    return 0;
}

/* As fed among equal ids: the spill grows. */
static int by_id(const void *a, const void *b)
{
    const struct sg_entry *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int drop_repeated(struct sg_roster *r, sg_dropped_fn dropped, void *ctx, struct sg_error *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (i + 1 == r->n || r->v[i + 1].id != r->v[i].id) {
            r->v[kept++] = r->v[i];
            continue;
        }
        struct sg_str frozen;
        int rc = sg_roster_read(r, i, &frozen, e);
        if (!rc)
            rc = dropped(ctx, frozen, e);
        if (rc)
            return rc;
    }
    r->n = kept;
    return 0;
}

int sg_roster_settle(struct sg_roster *r, sg_dropped_fn dropped, void *ctx, struct sg_error *e)
{
    int rc = sg_outfile_close(&r->spill, false, e);
    if (rc || !r->n)
        return rc;
    rc = sg_map_open(&r->map, r->spill_path, 0, e);
    if (rc || !r->unsorted)
        return rc;
    qsort(r->v, r->n, sizeof *r->v, by_id);
    return drop_repeated(r, dropped, ctx, e);
}

/* Stable radix sort, least significant digit first, from order of id: what
 * sg_static_rank_cmp says, in a few passes over 16 bytes a record. */
struct ranked {
    uint64_t key; /* ~popularity */
    uint32_t index;
};
enum { digit_bits = 11, digits = 1 << digit_bits };

static void sort_digit(const struct ranked *from, struct ranked *to, size_t n, unsigned shift,
                       size_t starts[digits])
{
    for (size_t d = 0, at = 0; d < digits; d++) {
        size_t count = starts[d];
        starts[d] = at;
        at += count;
    }
    for (size_t i = 0; i < n; i++)
        to[starts[from[i].key >> shift & (digits - 1)]++] = from[i];
}

/* Sorts a, with b as room; returns where the result is. */
static struct ranked *sort_ranked(struct ranked *a, struct ranked *b, size_t n)
{
    for (unsigned shift = 0; shift < 64; shift += digit_bits) {
        size_t counts[digits] = {0};
        for (size_t i = 0; i < n; i++)
            counts[a[i].key >> shift & (digits - 1)]++;
        if (counts[a[0].key >> shift & (digits - 1)] == n)
            continue;
        sort_digit(a, b, n, shift, counts);
        struct ranked *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

int sg_roster_rank(struct sg_roster *r, struct sg_error *e)
{
    if (!r->n)
        return 0;
    struct ranked *v = malloc(2 * r->n * sizeof *v);
    r->by_rank = malloc(r->n * sizeof *r->by_rank);
    r->docid = malloc(r->n * sizeof *r->docid);
    if (!v || !r->by_rank || !r->docid) {
        free(v);
        return sg_fail(e, SG_ENOMEM, "rank of %zu records: out of memory", r->n);
    }
    for (size_t i = 0; i < r->n; i++)
        v[i] = (struct ranked){~r->v[i].popularity, (uint32_t)i};
    const struct ranked *sorted = sort_ranked(v, v + r->n, r->n);
    for (size_t i = 0; i < r->n; i++) {
        r->by_rank[i] = sorted[i].index;
        r->docid[sorted[i].index] = (uint32_t)i + 1;
    }
    free(v);
    return 0;
}
