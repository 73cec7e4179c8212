/* file.c - all songs' packed lyrics in one mapped file; see index/lyrics.h. */
#include "core/map.h"
#include "index/lyrics.h"
#include "index/segment.h"
#include <stdlib.h>

enum { ids, ends, heap };
static const char magic[] = "SGLYRIC1";

struct sg_lyrics_file {
    struct sg_map map;
    size_t n;
    const char *ids, *ends;
    struct sg_str heap;
};

int sg_lyrics_file_open_bytes(struct sg_lyrics_file **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, magic, e);
    if (rc)
        return rc;
    uint64_t n = g.value[0];
    if (n > bytes.n / 16 || g.section[ids].n != n * 8 || g.section[ends].n != n * 8)
        return sg_fail(e, SG_ECORRUPT, "lyrics: sections do not hold %llu songs",
                       (unsigned long long)n);
    struct sg_lyrics_file *f = calloc(1, sizeof *f);
    if (!f)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    f->n = (size_t)n;
    f->ids = g.section[ids].p;
    f->ends = g.section[ends].p;
    f->heap = g.section[heap];
    *out = f;
    return 0;
}

int sg_lyrics_file_open(struct sg_lyrics_file **out, const char *path, struct sg_error *e)
{
    struct sg_map map;
    int rc = sg_map_open(&map, path, sizeof(struct sg_segment_header), e);
    if (rc)
        return rc;
    rc = sg_lyrics_file_open_bytes(out, (struct sg_str){(const char *)map.p, map.n}, e);
    if (rc) {
        sg_map_close(&map);
        return sg_wrap(e, "%s", path);
    }
    (*out)->map = map;
    return 0;
}

void sg_lyrics_file_close(struct sg_lyrics_file *f)
{
    if (f && f->map.p)
        sg_map_close(&f->map);
    free(f);
}

size_t sg_lyrics_file_count(const struct sg_lyrics_file *f)
{
    return f ? f->n : 0;
}

uint64_t sg_lyrics_file_id(const struct sg_lyrics_file *f, size_t i)
{
    return sg_load64(f->ids + 8 * i);
}

struct sg_str sg_lyrics_file_get(const struct sg_lyrics_file *f, uint64_t song_id)
{
    size_t from = 0, to = sg_lyrics_file_count(f);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (sg_lyrics_file_id(f, middle) < song_id)
            from = middle + 1;
        else
            to = middle;
    }
    if (!f || from == f->n || sg_lyrics_file_id(f, from) != song_id)
        return SG_STR_NONE;
    uint64_t start = from ? sg_load64(f->ends + 8 * (from - 1)) : 0;
    uint64_t end = sg_load64(f->ends + 8 * from);
    if (start > end || end > f->heap.n || end - start > SG_LYRICS_PACKED)
        return SG_STR_NONE;
    return (struct sg_str){f->heap.p + start, (size_t)(end - start)};
}

struct sg_lyrics_writer {
    struct sg_segment_writer segment;
    struct sg_buf ids, ends; /* while the heap is written */
    uint64_t bytes, last;
};

int sg_lyrics_writer_open(struct sg_lyrics_writer **out, const char *path, struct sg_error *e)
{
    struct sg_lyrics_writer *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    int rc = sg_segment_create(&w->segment, path, magic, e);
    if (rc) {
        free(w);
        return rc;
    }
    sg_segment_begin(&w->segment, heap);
    *out = w;
    return 0;
}

int sg_lyrics_writer_add(struct sg_lyrics_writer *w, uint64_t song_id, struct sg_str packed,
                         struct sg_error *e)
{
    if (song_id <= w->last || packed.n > SG_LYRICS_PACKED)
        return sg_fail(e, SG_EINTERNAL, "lyrics of song %llu: out of order or too large",
                       (unsigned long long)song_id);
    w->last = song_id;
    w->bytes += packed.n;
    sg_segment_put(&w->segment, packed.p, packed.n);
    sg_buf_put(&w->ids, &song_id, sizeof song_id);
    sg_buf_put(&w->ends, &w->bytes, sizeof w->bytes);
    return 0;
}

void sg_lyrics_writer_abort(struct sg_lyrics_writer *w)
{
    if (!w)
        return;
    sg_segment_abort(&w->segment);
    sg_buf_free(&w->ids);
    sg_buf_free(&w->ends);
    free(w);
}

int sg_lyrics_writer_finish(struct sg_lyrics_writer *w, struct sg_error *e)
{
    int rc =
        sg_buf_failed(&w->ids) || sg_buf_failed(&w->ends) ? sg_fail(e, SG_ENOMEM, "lyrics") : 0;
    if (!rc) {
        sg_segment_begin(&w->segment, ids);
        sg_segment_put(&w->segment, w->ids.p, w->ids.n);
        sg_segment_begin(&w->segment, ends);
        sg_segment_put(&w->segment, w->ends.p, w->ends.n);
        w->segment.header.value[0] = w->ids.n / sizeof(uint64_t);
        rc = sg_segment_commit(&w->segment, e);
    }
    sg_lyrics_writer_abort(w);
    return rc;
}
