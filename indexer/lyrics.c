/* lyrics.c - see lyrics.h. */
#include "indexer/lyrics.h"
#include "core/log.h"
#include "index/lyrics.h"
#include "indexer/row.h"
#include "schemas/lyrics.h"

static int read_lines(struct sg_str json, struct sg_arena *a, struct sg_lyric_lines *out,
                      struct sg_error *e)
{
    struct sg_buf whole = {0};
    sg_buf_puts(&whole, "{\"lines\":");
    sg_buf_str_put(&whole, json);
    sg_buf_putc(&whole, '}');
    struct sg_str text = sg_buf_failed(&whole) ? SG_STR_NONE : sg_arena_copy(a, sg_buf_str(&whole));
    sg_buf_free(&whole);
    if (!text.p)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    sg_record_init(&sg_lyric_lines_record, out);
    return sg_record_from_json(&sg_lyric_lines_record, text, a, out, e);
}

int sg_lyrics_body(struct sg_str json, struct sg_arena *a, struct sg_buf *out, struct sg_error *e)
{
    struct sg_lyric_lines read;
    int rc = read_lines(json, a, &read, e);
    if (rc)
        return rc == SG_ENOMEM ? rc : sg_fail(e, SG_EINVAL, "lyrics: not lines as we write them");
    const struct sg_lyric_line *v = read.lines.v;
    struct sg_lyrics_line *lines = sg_arena_array(a, read.lines.n + 1, sizeof *lines);
    if (!lines)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < read.lines.n; i++)
        lines[i] = (struct sg_lyrics_line){
            v[i].start_time < 0 ? SG_LYRICS_UNTIMED : (uint32_t)(v[i].start_time * 1000 + 0.5),
            v[i].text};
    sg_lyrics_pack(lines, read.lines.n, out);
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "lyrics") : 0;
}

/* --- changes --- */

struct row_key {
    uint64_t song_id;
    struct sg_str language;
};

static int read_key(const struct sg_change *c, const struct sg_tuple *t, struct row_key *out,
                    struct sg_error *e)
{
    const struct sg_cell *cell = sg_tuple_get(c->relation, t, "language");
    out->language = cell && cell->kind == SG_CELL_TEXT ? cell->text : SG_STR_NONE;
    return sg_row_key(c->relation, t, "song_id", &out->song_id, e);
}

/* The body that a row has now; one that was not sent, for it did not change, is as it was. */
static int new_body(struct sg_delta *d, const struct sg_change *c, const struct row_key *was,
                    struct sg_arena *a, struct sg_buf *out, struct sg_error *e)
{
    const struct sg_cell *cell = sg_tuple_get(c->relation, c->new_tuple, "lines");
    struct sg_str body = SG_STR_NONE;
    if (cell && cell->kind == SG_CELL_TEXT)
        return sg_lyrics_body(cell->text, a, out, e);
    int rc = sg_delta_get_lyrics(d, was->song_id, was->language, &body, e);
    if (!rc)
        sg_buf_str_put(out, body);
    return rc ? rc : sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "lyrics") : 0;
}

static int put(struct sg_delta *d, const struct sg_change *c, const struct row_key *was,
               const struct row_key *is, struct sg_arena *a, struct sg_error *e)
{
    struct sg_buf body = {0};
    int rc = new_body(d, c, was, a, &body, e);
    bool moved = was->song_id != is->song_id || !sg_str_eq(was->language, is->language);
    if (!rc && moved)
        rc = sg_delta_put_lyrics(d, was->song_id, was->language, SG_STR_NONE, e);
    if (!rc)
        rc = sg_delta_put_lyrics(d, is->song_id, is->language, sg_buf_str(&body), e);
    sg_buf_free(&body);
    return rc;
}

int sg_lyrics_apply(struct sg_delta *d, const struct sg_change *c, struct sg_arena *a,
                    struct sg_error *e)
{
    struct row_key was, is;
    if (c->kind == SG_CHANGE_TRUNCATE)
        return sg_delta_clear_lyrics(d, e);
    int rc = c->new_tuple ? read_key(c, c->new_tuple, &is, e) : 0;
    if (!rc && c->old_tuple)
        rc = read_key(c, c->old_tuple, &was, e);
    if (rc)
        return rc;
    if (!c->new_tuple)
        return sg_delta_put_lyrics(d, was.song_id, was.language, SG_STR_NONE, e);
    return put(d, c, c->old_tuple ? &was : &is, &is, a, e);
}

/* --- a snapshot --- */

struct reading {
    struct sg_builder *builder;
    struct sg_progress *progress;
    struct sg_arena arena;
    uint64_t song_id, done;
    struct sg_buf packed, next, body; /* of song_id so far */
};

static int end_song(struct reading *r, struct sg_error *e)
{
    int rc = r->packed.n ? sg_builder_lyrics(r->builder, r->song_id, sg_buf_str(&r->packed), e) : 0;
    sg_buf_reset(&r->packed);
    return rc;
}

static int add_part(struct reading *r, struct sg_str language, struct sg_str json,
                    struct sg_error *e)
{
    sg_arena_reset(&r->arena);
    sg_buf_reset(&r->body);
    sg_buf_reset(&r->next);
    int rc = sg_lyrics_body(json, &r->arena, &r->body, e);
    if (!rc)
        rc = sg_lyrics_set(sg_buf_str(&r->packed), language, sg_buf_str(&r->body), &r->next, e);
    if (!rc) {
        struct sg_buf swap = r->packed;
        r->packed = r->next;
        r->next = swap;
    }
    return rc;
}

static int on_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    uint64_t id;
    if (n != 3 || !sg_str_to_u64(cells[0], &id))
        return sg_fail(e, SG_ECORRUPT, "lyrics: %zu columns", n);
    int rc = id != r->song_id ? end_song(r, e) : 0;
    if (rc)
        return rc;
    r->song_id = id;
    if (++r->done % 1024 == 0)
        sg_progress_update(r->progress, "lyrics", r->done, 0);
    struct sg_error why = SG_ERROR_INIT;
    rc = add_part(r, cells[1], cells[2], &why);
    if (rc == SG_EINVAL) {
        sg_log(SG_LOG_WARN, "row skipped", "table=lyrics id=%llu why=%s", (unsigned long long)id,
               why.text);
        return 0;
    }
    if (rc && e)
        *e = why;
    return rc;
}

int sg_lyrics_feed(PGconn *reader, struct sg_builder *b, struct sg_progress *p, struct sg_error *e)
{
    struct reading r = {.builder = b, .progress = p};
    int rc = sg_pg_copy_out(reader,
                            "SELECT song_id, language, lines FROM public.lyrics "
                            "ORDER BY song_id, language",
                            on_row, &r, e);
    if (!rc)
        rc = end_song(&r, e);
    sg_progress_update(p, "lyrics", r.done, r.done);
    sg_arena_free(&r.arena);
    sg_buf_free(&r.packed);
    sg_buf_free(&r.next);
    sg_buf_free(&r.body);
    return rc ? sg_wrap(e, "lyrics") : 0;
}
