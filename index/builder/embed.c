/* embed.c - songs' vectors from the embeddings server, a batch of texts at a time; what the
 * cache has is not asked for. A song's text is its title, artists, album, genre and decade:
 *
 *   Bohemian Rhapsody by Queen, from A Night at the Opera. rock, 1970s
 */
#include "core/embeddings.h"
#include "core/service.h"
#include "index/builder/parts.h"
#include "index/meaning.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ARTISTS_SAID = 4, REPORT_EVERY = 4096 };

/* What waits to be asked for. */
struct waiting {
    size_t n, cap, d;
    uint32_t *docs;
    struct sg_str *texts;
    char *bytes; /* SG_EMBEDDINGS_TEXT each */
    float *vectors;
    int8_t *quantised;
};

static void waiting_free(struct waiting *w)
{
    free(w->docs);
    free(w->texts);
    free(w->bytes);
    free(w->vectors);
    free(w->quantised);
}

static int waiting_init(struct waiting *w, const struct sg_embeddings *x, struct sg_error *e)
{
    size_t cap = sg_embeddings_batch(x), d = sg_embeddings_dimensions(x);
    *w = (struct waiting){.cap = cap, .d = d};
    w->docs = calloc(cap, sizeof *w->docs);
    w->texts = calloc(cap, sizeof *w->texts);
    w->bytes = calloc(cap, SG_EMBEDDINGS_TEXT);
    w->vectors = calloc(cap * d, sizeof *w->vectors);
    w->quantised = calloc(cap, d);
    bool good = w->docs && w->texts && w->bytes && w->vectors && w->quantised;
    return good ? 0 : sg_fail(e, SG_ENOMEM, "embeddings: %zu texts", cap);
}

static void put_artists(struct sg_builder *b, const struct sg_song *s, struct sg_buf *out)
{
    const struct sg_roster *r = &b->rosters[SG_ARTIST];
    const uint64_t *ids = s->artist_ids.v;
    for (size_t i = 0, said = 0; i < s->artist_ids.n && said < ARTISTS_SAID; i++) {
        union sg_any_record artist;
        size_t at = sg_roster_index(r, ids[i]);
        if (at == r->n || sg_builder_thaw(b, SG_ARTIST, at, &b->arena, &artist, NULL))
            continue;
        sg_buf_puts(out, said++ ? ", " : " by ");
        sg_buf_str_put(out, artist.artist.name);
    }
}

static void put_album(struct sg_builder *b, const struct sg_song *s, struct sg_buf *out, int *year)
{
    const struct sg_roster *r = &b->rosters[SG_ALBUM];
    union sg_any_record album;
    size_t at = s->album_id ? sg_roster_index(r, s->album_id) : r->n;
    if (at == r->n || sg_builder_thaw(b, SG_ALBUM, at, &b->arena, &album, NULL))
        return;
    sg_buf_puts(out, ", from ");
    sg_buf_str_put(out, album.album.title);
    if (!*year)
        *year = sg_release_year(album.album.release_date);
}

static int text_of(struct sg_builder *b, uint32_t doc, struct sg_buf *out, struct sg_error *e)
{
    const struct sg_roster *r = &b->rosters[SG_SONG];
    union sg_any_record record;
    sg_arena_reset(&b->arena);
    int rc = sg_builder_thaw(b, SG_SONG, r->by_rank[doc - 1], &b->arena, &record, e);
    if (rc)
        return rc;
    const struct sg_song *s = &record.song;
    int year = sg_release_year(s->release_date);
    sg_buf_reset(out);
    sg_buf_str_put(out, s->title);
    put_artists(b, s, out);
    put_album(b, s, out, &year);
    struct sg_str genre = sg_builder_genre_name(b, s->genre_id); /* the arena's last use */
    if (genre.n || year)
        sg_buf_puts(out, ". ");
    sg_buf_str_put(out, genre);
    if (year)
        sg_buf_printf(out, "%s%ds", genre.n ? ", " : "", year / 10 * 10);
    if (sg_buf_failed(out))
        return sg_fail(e, SG_ENOMEM, "embeddings");
    if (out->n > SG_EMBEDDINGS_TEXT)
        out->n = sg_utf8_floor(sg_buf_str(out), SG_EMBEDDINGS_TEXT);
    return 0;
}

static int ask(struct sg_builder *b, struct waiting *w, int8_t *to, struct sg_error *e)
{
    struct sg_embeddings_effort effort = {.patient = true};
    if (w->n == 0)
        return 0;
    int rc = sg_embeddings_ask(b->embeddings, w->texts, w->n, &effort, w->vectors, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < w->n; i++) {
        sg_meaning_quantise(w->vectors + i * w->d, w->d, w->quantised + i * w->d);
        memcpy(to + (w->docs[i] - 1) * w->d, w->quantised + i * w->d, w->d);
    }
    rc = sg_embeddings_cache_put(b->embeddings_cache, w->texts, w->n, w->quantised, e);
    w->n = 0;
    return rc;
}

static int want(struct sg_builder *b, struct waiting *w, uint32_t doc, struct sg_str text,
                int8_t *to, struct sg_error *e)
{
    if (sg_embeddings_cache_get(b->embeddings_cache, text, to + (doc - 1) * w->d))
        return 0;
    char *at = w->bytes + w->n * SG_EMBEDDINGS_TEXT;
    if (text.n)
        memcpy(at, text.p, text.n);
    w->texts[w->n] = (struct sg_str){at, text.n};
    w->docs[w->n++] = doc;
    return w->n == w->cap ? ask(b, w, to, e) : 0;
}

static int embed(struct sg_builder *b, int8_t *to, struct sg_error *e)
{
    size_t n = b->rosters[SG_SONG].n;
    struct waiting w = {0};
    struct sg_buf text = {0};
    int rc = waiting_init(&w, b->embeddings, e);
    for (uint32_t doc = 1; doc <= n && !rc; doc++) {
        rc = text_of(b, doc, &text, e);
        if (!rc)
            rc = want(b, &w, doc, sg_buf_str(&text), to, e);
        if (doc % REPORT_EVERY == 0)
            sg_builder_progress(b, "embeddings", doc, n);
        if (!rc && sg_stopping())
            rc = sg_fail(e, SG_ECANCELED, "stopped");
    }
    if (!rc)
        rc = ask(b, &w, to, e);
    waiting_free(&w);
    sg_buf_free(&text);
    return rc;
}

/* A file of its own, whose room is made before it is written to. */
static int map_file(struct sg_embedded *out, const char *path, size_t bytes, struct sg_error *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return sg_fail_errno(e, "%s", path);
    errno = posix_fallocate(fd, 0, (off_t)bytes);
    int rc = errno ? sg_fail_errno(e, "%s: %zu bytes", path, bytes) : 0;
    void *p = rc ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!rc && p == MAP_FAILED)
        rc = sg_fail_errno(e, "%s", path);
    if (!rc)
        *out = (struct sg_embedded){p, bytes};
    close(fd);
    return rc;
}

int sg_embedded_open(struct sg_embedded *out, struct sg_builder *b, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    size_t bytes = b->rosters[SG_SONG].n * sg_embeddings_dimensions(b->embeddings);
    sg_builder_path(b, path, "building/embedded");
    int rc = map_file(out, path, bytes ? bytes : 1, e);
    if (!rc)
        rc = embed(b, out->v, e);
    if (rc)
        sg_embedded_close(out);
    return rc;
}

void sg_embedded_close(struct sg_embedded *v)
{
    if (v->v)
        munmap(v->v, v->bytes);
    *v = (struct sg_embedded){0};
}
