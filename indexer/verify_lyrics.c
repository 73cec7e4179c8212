/* verify_lyrics.c - whether the index says what the table lyrics does: the part of verify.h. */
#include "indexer/lyrics.h"
#include "indexer/verify.h"

#include "index/lyrics.h"

struct comparison {
    struct sg_searcher *searcher;
    sg_verify_lyrics_fn differs;
    void *ctx;
    struct sg_arena arena;
    struct sg_buf body;
    uint64_t song_id; /* whose rows are being read, and how many there were */
    size_t rows;
    uint64_t compared;
};

static struct sg_str part_of(struct sg_str packed, struct sg_str language, size_t *n)
{
    struct sg_str other, body, found = SG_STR_NONE;
    for (*n = 0; sg_lyrics_next(&packed, &other, &body); ++*n)
        if (sg_str_eq(other, language))
            found = body;
    return found;
}

static void end_song(struct comparison *x)
{
    size_t n;
    if (!x->song_id)
        return;
    part_of(sg_searcher_lyrics(x->searcher, x->song_id), SG_STR_NONE, &n);
    if (n != x->rows)
        x->differs(x->ctx, x->song_id, "lyrics in other languages");
}

static int on_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct comparison *x = ctx;
    uint64_t id;
    size_t parts;
    if (n != 3 || !sg_str_to_u64(cells[0], &id))
        return sg_fail(e, SG_ECORRUPT, "lyrics: %zu columns", n);
    if (id != x->song_id) {
        end_song(x);
        x->song_id = id;
        x->rows = 0;
    }
    sg_arena_reset(&x->arena);
    sg_buf_reset(&x->body);
    int rc = sg_lyrics_body(cells[2], &x->arena, &x->body, e);
    if (rc)
        return rc == SG_EINVAL ? 0 : rc; /* skipped there too */
    x->rows++;
    x->compared++;
    struct sg_str is = part_of(sg_searcher_lyrics(x->searcher, id), cells[1], &parts);
    if (!sg_str_eq(is, sg_buf_str(&x->body)))
        x->differs(x->ctx, id, is.p ? "other lyrics" : "no lyrics");
    return 0;
}

int sg_verify_lyrics(PGconn *reader, struct sg_searcher *s, sg_verify_lyrics_fn differs, void *ctx,
                     uint64_t *compared, struct sg_error *e)
{
    struct comparison x = {.searcher = s, .differs = differs, .ctx = ctx};
    int rc = sg_pg_copy_out(reader,
                            "SELECT song_id, language, lines FROM public.lyrics "
                            "ORDER BY song_id, language",
                            on_row, &x, e);
    if (!rc)
        end_song(&x);
    *compared += x.compared;
    sg_arena_free(&x.arena);
    sg_buf_free(&x.body);
    return rc ? sg_wrap(e, "lyrics") : 0;
}
