/* facts.c - see facts.h.
 *
 * Rows and texts grow side by side in two part files (<path>.rows, <path>.heap),
 * so that several threads can write a range of documents each; merging joins
 * them and moves the rows' offsets. Integers are little-endian as on every
 * machine this runs on.
 *
 *   row: id u64 | popularity u64 | text offset u48, year u16 | genre u32 |
 *        text bytes u16 | flags u16: explicit, and from bit 1 the day of release
 */
#include "index/facts.h"
#include "core/map.h"
#include "index/outfile.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are little-endian");

static const char magic[8] = "SGFACTS1";
enum { flag_explicit = 1, release_shift = 1, year_shift = 48 };
static const uint64_t offset_mask = (UINT64_C(1) << year_shift) - 1;

struct header {
    char magic[8];
    uint64_t count, heap_offset, heap_bytes;
    uint64_t xxh3; /* of what is before it */
};
struct row {
    uint64_t id, popularity;
    uint64_t place; /* year << 48 | offset in the heap */
    uint32_t genre_id;
    uint16_t text_bytes, flags;
};
_Static_assert(sizeof(struct header) == 40 && sizeof(struct row) == 32, "no padding");

struct sg_facts_reader {
    struct sg_map map;
    const unsigned char *rows;
    const char *heap;
    uint64_t count, heap_bytes;
};

static uint64_t header_sum(const struct header *h)
{
    return XXH3_64bits(h, offsetof(struct header, xxh3));
}

static int check_header(const struct header *h, uint64_t file_bytes, const char *path,
                        struct sg_error *e)
{
    if (memcmp(h->magic, magic, sizeof magic) != 0 || h->xxh3 != header_sum(h))
        return sg_fail(e, SG_ECORRUPT, "%s: not a facts file, or its header is damaged", path);
    uint64_t body = file_bytes - sizeof *h;
    if (h->count > UINT32_MAX || h->count > body / sizeof(struct row) ||
        h->heap_offset != sizeof *h + h->count * sizeof(struct row) ||
        h->heap_bytes != file_bytes - h->heap_offset)
        return sg_fail(e, SG_ECORRUPT, "%s: %llu bytes do not hold %llu rows", path,
                       (unsigned long long)file_bytes, (unsigned long long)h->count);
    return 0;
}

int sg_facts_open(struct sg_facts_reader **out, const char *path, struct sg_error *e)
{
    struct sg_facts_reader *r = calloc(1, sizeof *r);
    int rc = r ? sg_map_open(&r->map, path, sizeof(struct header), e)
               : sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    if (rc)
        goto fail;

    struct header h;
    memcpy(&h, r->map.p, sizeof h);
    rc = check_header(&h, r->map.n, path, e);
    if (rc)
        goto fail;

    r->rows = r->map.p + sizeof h;
    r->heap = (const char *)r->map.p + h.heap_offset;
    r->count = h.count;
    r->heap_bytes = h.heap_bytes;
    *out = r;
    return 0;

fail:
    sg_facts_close(r);
    return rc;
}

void sg_facts_close(struct sg_facts_reader *r)
{
    if (r)
        sg_map_close(&r->map);
    free(r);
}

uint32_t sg_facts_count(const struct sg_facts_reader *r)
{
    return (uint32_t)r->count;
}

bool sg_facts_get(const struct sg_facts_reader *r, uint32_t docid, struct sg_facts *out)
{
    if (docid == 0 || docid > r->count)
        return false;
    struct row row;
    memcpy(&row, r->rows + (size_t)(docid - 1) * sizeof row, sizeof row);
    uint64_t offset = row.place & offset_mask;
    if (offset > r->heap_bytes || row.text_bytes > r->heap_bytes - offset)
        return false;
    struct sg_facts f = {.id = row.id,
                         .popularity = row.popularity,
                         .year = (uint16_t)(row.place >> year_shift),
                         .release = (uint16_t)(row.flags >> release_shift),
                         .is_explicit = row.flags & flag_explicit,
                         .genre_id = row.genre_id};
    if (!sg_facts_unpack((struct sg_str){r->heap + offset, row.text_bytes}, &f))
        return false;
    *out = f;
    return true;
}

void sg_facts_prefetch(const struct sg_facts_reader *r, uint32_t docid, bool text)
{
    struct row row;
    if (docid == 0 || docid > r->count)
        return;
    const unsigned char *at = r->rows + (size_t)(docid - 1) * sizeof row;
    if (!text) {
        __builtin_prefetch(at);
        return;
    }
    memcpy(&row, at, sizeof row);
    uint64_t offset = row.place & offset_mask;
    if (offset < r->heap_bytes) {
        __builtin_prefetch(r->heap + offset);
        if (r->heap_bytes - offset > 64)
            __builtin_prefetch(r->heap + offset + 64);
    }
}

/* At most this many bytes of aliases are ranked; all are searched. */
enum { aliases_bytes = 8192 };

/* Joined by 0x1f, to what stands behind `from` as well. */
static void pack_names(struct sg_buf *out, struct sg_str names, size_t from)
{
    struct sg_str forms;
    while (sg_names_next(&names, &forms)) {
        struct sg_str folded = sg_forms_fold(forms);
        bool first = out->n == from;
        if (!folded.n || out->n + folded.n > aliases_bytes)
            continue;
        if (!first)
            sg_buf_putc(out, '\x1f');
        sg_buf_str_put(out, folded);
    }
}

static void pack_aliases(const struct sg_document *d, struct sg_buf *out)
{
    size_t any = d->title_aliases.n;
    for (size_t i = 0; i < d->n_artists; i++)
        any |= d->artist_aliases[i].n;
    if (!any)
        return;
    sg_buf_putc(out, '\x1d');
    pack_names(out, d->title_aliases, out->n);
    sg_buf_putc(out, '\x1c');
    size_t from = out->n;
    for (size_t i = 0; i < d->n_artists; i++)
        pack_names(out, d->artist_aliases[i], from);
    sg_buf_putc(out, '\x1d');
}

void sg_facts_pack(const struct sg_document *d, struct sg_buf *out)
{
    pack_aliases(d, out);
    sg_buf_str_put(out, sg_forms_fold(d->title));
    for (size_t i = 0; i < d->n_artists; i++) {
        sg_buf_putc(out, '\x1f');
        sg_buf_str_put(out, sg_forms_fold(d->artists[i]));
    }
    sg_buf_putc(out, '\x1e');
    size_t album = out->n;
    sg_buf_str_put(out, sg_forms_fold(d->album));
    pack_names(out, d->album_aliases, album);
}

/* Takes the aliases off the front of *packed; false when they have no end. */
static bool unpack_aliases(struct sg_str *packed, struct sg_facts *out)
{
    const char *from = packed->p + 1, *end = memchr(from, '\x1d', packed->n - 1);
    const char *artists = end ? memchr(from, '\x1c', (size_t)(end - from)) : NULL;
    if (!artists)
        return false;
    out->title_aliases = (struct sg_str){from, (size_t)(artists - from)};
    out->artist_aliases = (struct sg_str){artists + 1, (size_t)(end - artists - 1)};
    packed->n -= (size_t)(end + 1 - packed->p);
    packed->p = end + 1;
    return true;
}

bool sg_facts_unpack(struct sg_str packed, struct sg_facts *out)
{
    out->title_aliases = out->artist_aliases = SG_STR_NONE;
    if (packed.n && packed.p[0] == '\x1d' && !unpack_aliases(&packed, out))
        return false;
    const char *album = packed.n ? memchr(packed.p, '\x1e', packed.n) : NULL;
    if (!album)
        return false;
    size_t head = (size_t)(album - packed.p);
    const char *artists = head ? memchr(packed.p, '\x1f', head) : NULL;
    size_t title = artists ? (size_t)(artists - packed.p) : head;
    out->title = (struct sg_str){packed.p, title};
    out->artists = artists ? (struct sg_str){artists + 1, head - title - 1} : SG_STR_NONE;
    out->album = (struct sg_str){album + 1, packed.n - head - 1};
    return true;
}

struct sg_facts_writer {
    char *path;
    struct sg_outfile rows, heap;
    struct sg_buf text;
};

static void free_writer(struct sg_facts_writer *w)
{
    sg_outfile_abort(&w->rows);
    sg_outfile_abort(&w->heap);
    sg_buf_free(&w->text);
    free(w->path);
    free(w);
}

static int open_part(struct sg_outfile *f, const char *path, const char *suffix, struct sg_error *e)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.%s", path, suffix);
    return sg_outfile_open(f, name, e);
}

static void unlink_part(const char *path, const char *suffix)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.%s", path, suffix);
    unlink(name);
}

int sg_facts_writer_open(struct sg_facts_writer **out, const char *path, struct sg_error *e)
{
    struct sg_facts_writer *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path))) {
        free(w);
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    }
    int rc = open_part(&w->rows, path, "rows", e);
    if (!rc)
        rc = open_part(&w->heap, path, "heap", e);
    if (rc)
        sg_facts_writer_abort(w);
    else
        *out = w;
    return rc;
}

/* Over-long texts (a long credit list) end on a character; the album goes first. */
static struct sg_str bounded(struct sg_buf *text)
{
    if (text->n > UINT16_MAX) {
        const char *album = memchr(text->p, '\x1e', text->n);
        size_t head = album ? (size_t)(album - text->p) : 0;
        if (head >= UINT16_MAX)
            head = sg_utf8_floor((struct sg_str){text->p, UINT16_MAX - 1}, UINT16_MAX - 1);
        text->p[head] = '\x1e';
        text->n = head + 1;
    }
    return sg_buf_str(text);
}

int sg_facts_writer_add(struct sg_facts_writer *w, const struct sg_document *d, struct sg_error *e)
{
    sg_buf_reset(&w->text);
    sg_facts_pack(d, &w->text);
    if (sg_buf_failed(&w->text))
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", w->path);
    struct sg_str text = bounded(&w->text);
    if (w->heap.written > offset_mask - text.n)
        return sg_fail(e, SG_ELIMIT, "%s: texts over 256 TiB", w->path);
    uint64_t year = d->year > 0 && d->year <= UINT16_MAX ? (uint64_t)d->year : 0;
    struct row row = {
        .id = d->id,
        .popularity = d->popularity,
        .place = year << year_shift | w->heap.written,
        .genre_id = d->genre_id <= UINT32_MAX ? (uint32_t)d->genre_id : 0,
        .text_bytes = (uint16_t)text.n,
        .flags = (uint16_t)((d->is_explicit ? flag_explicit : 0) | d->release << release_shift)};
    int rc = sg_outfile_put(&w->heap, text.p, text.n, e);
    return rc ? rc : sg_outfile_put(&w->rows, &row, sizeof row, e);
}

int sg_facts_writer_part(struct sg_facts_writer *w, struct sg_error *e)
{
    int rc = sg_outfile_close(&w->rows, false, e);
    if (!rc)
        rc = sg_outfile_close(&w->heap, false, e);
    free_writer(w);
    return rc;
}

int sg_facts_writer_finish(struct sg_facts_writer *w, struct sg_error *e)
{
    char *path = w->path;
    w->path = NULL;
    int rc = sg_facts_writer_part(w, e);
    if (!rc)
        rc = sg_facts_merge((const char *const[]){path}, 1, path, e);
    if (rc) {
        unlink_part(path, "rows");
        unlink_part(path, "heap");
    }
    free(path);
    return rc;
}

void sg_facts_writer_abort(struct sg_facts_writer *w)
{
    if (!w)
        return;
    unlink_part(w->path, "rows");
    unlink_part(w->path, "heap");
    free_writer(w);
}

/* Copies the rows of a part, whose texts will start at heap_offset. */
static int join_rows(struct sg_outfile *to, const char *part, uint64_t *count, uint64_t heap_offset,
                     struct sg_error *e)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.rows", part);
    FILE *from = fopen(name, "rb");
    if (!from)
        return sg_fail_errno(e, "open %s", name);
    struct row row;
    int rc = 0;
    while (!rc && fread(&row, sizeof row, 1, from) == 1) {
        row.place += heap_offset;
        rc = sg_outfile_put(to, &row, sizeof row, e);
        ++*count;
    }
    if (!rc && ferror(from))
        rc = sg_fail_errno(e, "read %s", name);
    fclose(from);
    return rc;
}

static int part_size(const char *part, const char *suffix, uint64_t *bytes, struct sg_error *e)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.%s", part, suffix);
    FILE *f = fopen(name, "rb");
    if (!f || fseeko(f, 0, SEEK_END)) {
        int rc = sg_fail_errno(e, "open %s", name);
        if (f)
            fclose(f);
        return rc;
    }
    *bytes = (uint64_t)ftello(f);
    fclose(f);
    return 0;
}

static int join_heap(struct sg_outfile *to, const char *part, struct sg_error *e)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.heap", part);
    return sg_outfile_copy(to, name, e);
}

static int join(struct sg_outfile *to, const char *const *parts, size_t n, struct header *h,
                struct sg_error *e)
{
    int rc = sg_outfile_put(to, h, sizeof *h, e);
    for (size_t i = 0; !rc && i < n; i++) {
        uint64_t bytes = 0;
        rc = join_rows(to, parts[i], &h->count, h->heap_bytes, e);
        if (!rc)
            rc = part_size(parts[i], "heap", &bytes, e);
        h->heap_bytes += bytes;
    }
    h->heap_offset = to->written;
    for (size_t i = 0; !rc && i < n; i++)
        rc = join_heap(to, parts[i], e);
    h->xxh3 = header_sum(h);
    if (!rc)
        rc = sg_outfile_flush(to, e);
    return rc ? rc : sg_outfile_patch(to, 0, h, sizeof *h, e);
}

int sg_facts_merge(const char *const *parts, size_t n, const char *path, struct sg_error *e)
{
    struct sg_outfile to;
    struct header h = {.count = 0};
    memcpy(h.magic, magic, sizeof magic);
    int rc = sg_outfile_open(&to, path, e);
    if (rc)
        return rc;
    rc = join(&to, parts, n, &h, e);
    if (rc)
        sg_outfile_abort(&to);
    else
        rc = sg_outfile_close(&to, true, e);
    for (size_t i = 0; !rc && i < n; i++) {
        unlink_part(parts[i], "rows");
        unlink_part(parts[i], "heap");
    }
    return rc;
}
