/* live.c - see live.h. */
#include "tests/support/live.h"
#include "index/builder.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A test cannot go on without its own tools: say where, and stop. */
#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct sg_error must_e = SG_ERROR_INIT;                                                    \
        struct sg_error *e = &must_e;                                                              \
        if ((call) != 0) {                                                                         \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, must_e.text);            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

void live_dir(char buf[128])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(buf, 128, "%s/segue-live-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(buf))
        abort();
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void live_remove(const char *dir)
{
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *const colours[] = {"red", "green", "blue", "amber", "violet"};

static void feed_small(struct sg_builder *b)
{
    static const char *const genres[] = {"Rock", "Pop", "Jazz"};
    char text[64];
    for (uint64_t i = 1; i <= 3; i++)
        MUST(sg_builder_genre(b, &(struct sg_genre){i, sg_str(genres[i - 1])}, e));
    for (uint64_t i = 1; i <= 10; i++) {
        snprintf(text, sizeof text, "Singer %c", (char)('a' + i - 1));
        MUST(sg_builder_artist(b, &(struct sg_artist){.artist_id = i, .name = sg_str(text)}, e));
    }
    for (uint64_t i = 1; i <= 20; i++) {
        snprintf(text, sizeof text, "Record %c", (char)('a' + i - 1));
        struct sg_album a = {.album_id = i, .title = sg_str(text), .artist_id = (i - 1) % 10 + 1};
        MUST(sg_builder_album(b, &a, e));
    }
}

static void feed_songs(struct sg_builder *b, int n)
{
    char text[64];
    for (int i = 1; i <= n; i++) {
        uint64_t artist = (uint64_t)(i % 10 + 1);
        snprintf(text, sizeof text, "Track %d %s", i, colours[i % 5]);
        struct sg_song s = {.song_id = (uint64_t)i,
                            .title = sg_str(text),
                            .artist_ids = {&artist, 1},
                            .album_id = (uint64_t)(i % 20 + 1),
                            .genre_id = (uint64_t)(i % 3 + 1),
                            .release_date = SG_STR("1999-01-02"),
                            .play_count = 1000u * (uint64_t)(n - i)};
        MUST(sg_builder_song(b, &s, e));
    }
    for (uint64_t i = 1; i <= 5; i++) {
        snprintf(text, sizeof text, "Mix %d", (int)i);
        struct sg_playlist p = {.playlist_id = i, .name = sg_str(text), .user_id = 1};
        MUST(sg_builder_playlist(b, &p, e));
    }
}

void live_build(const char *index_dir, const char *name, int n, int64_t created_us)
{
    char dir[256];
    struct sg_builder *b;
    struct sg_manifest *m = calloc(1, sizeof *m);
    snprintf(dir, sizeof dir, "%s/%s", index_dir, name);
    MUST(sg_builder_open(&b, &(struct sg_builder_options){.dir = dir, .threads = 1}, e));
    feed_small(b);
    feed_songs(b, n);
    MUST(sg_builder_finish(b, m, e));
    snprintf(m->name, sizeof m->name, "%s", name);
    m->created_us = created_us;
    m->canary_mrr = -1;
    MUST(sg_manifest_sum(m, dir, e));
    MUST(sg_manifest_write(m, dir, e));
    free(m);
}

void live_publish(const char *index_dir, const char *name, int n, int64_t created_us)
{
    live_build(index_dir, name, n, created_us);
    MUST(sg_current_publish(index_dir, name, e));
}

/* --- changes --- */

void live_put_song(struct sg_delta *d, struct live_song s)
{
    struct sg_song song = {.song_id = s.id,
                           .title = sg_str(s.title),
                           .artist_ids = {&s.artist, 1},
                           .album_id = s.album,
                           .genre_id = 1,
                           .release_date = SG_STR("2001-02-03"),
                           .play_count = s.plays};
    MUST(sg_delta_put(d, SG_SONG, &song, e));
}

void live_put_artist(struct sg_delta *d, uint64_t id, const char *name)
{
    struct sg_artist a = {.artist_id = id, .name = sg_str(name)};
    MUST(sg_delta_put(d, SG_ARTIST, &a, e));
}

void live_put_album(struct sg_delta *d, uint64_t id, const char *title, uint64_t artist)
{
    struct sg_album a = {.album_id = id, .title = sg_str(title), .artist_id = artist};
    MUST(sg_delta_put(d, SG_ALBUM, &a, e));
}

void live_put_playlist(struct sg_delta *d, uint64_t id, const char *name, uint64_t followers)
{
    struct sg_playlist p = {
        .playlist_id = id, .name = sg_str(name), .user_id = 1, .followers = followers};
    MUST(sg_delta_put(d, SG_PLAYLIST, &p, e));
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void change_song(struct sg_delta *d, uint64_t r)
{
    char title[64];
    snprintf(title, sizeof title, "Number %u %s", (unsigned)(r >> 8 & 1023), colours[r >> 20 & 3]);
    live_put_song(d, (struct live_song){.id = (r >> 24 & 511) + 1,
                                        .artist = (r >> 36) % 13 + 1,
                                        .album = (r >> 44) % 23,
                                        .plays = r >> 50 & 0xfff,
                                        .title = title});
}

void live_change(struct sg_delta *d, uint64_t i)
{
    char text[64];
    uint64_t r = mix(i);
    snprintf(text, sizeof text, "Name %u", (unsigned)(r >> 40 & 255));
    switch (r & 15) {
    case 0:
        live_put_artist(d, (r >> 8) % 13 + 1, text);
        break;
    case 1:
        live_put_album(d, (r >> 8) % 23 + 1, text, (r >> 20) % 13 + 1);
        break;
    case 2:
    case 3:
        MUST(sg_delta_remove(d, SG_SONG, (r >> 24 & 511) + 1, e));
        break;
    case 4:
        live_put_playlist(d, (r >> 8) % 9 + 1, text, r >> 50);
        break;
    case 5:
        MUST(sg_delta_remove(d, r & 16 ? SG_PLAYLIST : SG_ALBUM, (r >> 8) % 23 + 1, e));
        break;
    case 6:
        MUST(sg_delta_put_genre(d, &(struct sg_genre){(r >> 8) % 5 + 1, sg_str(text)}, e));
        break;
    case 7:
    case 8:
        MUST(sg_delta_plays(d, (r >> 24 & 511) + 1, r >> 50, e));
        break;
    default:
        change_song(d, r);
    }
}

/* --- looking --- */

size_t live_find(struct sg_searcher *s, enum sg_kind kind, const char *words, uint64_t *out,
                 size_t cap)
{
    char text[256], terms[16][68];
    struct sg_str views[16];
    struct sg_term_group groups[16];
    size_t n = 0, found = 0;
    snprintf(text, sizeof text, "%s", words);
    for (char *rest = text, *w; n < 16 && (w = strtok_r(rest, " ", &rest)); n++) {
        bool negate = *w == '-';
        snprintf(terms[n], sizeof terms[n], "%s%s", w[negate] >= 'A' && w[negate] <= 'Z' ? "" : "W",
                 w + negate);
        views[n] = sg_str(terms[n]);
        groups[n] = (struct sg_term_group){&views[n], 1, negate};
    }
    MUST(sg_match_begin(s, kind, groups, n, e));
    for (int got = 1; got > 0 && found < cap;) {
        sg_docref docs[7];
        struct sg_error e = SG_ERROR_INIT;
        got = sg_match_next(s, docs, cap - found < 7 ? cap - found : 7, &e);
        for (int i = 0; i < got; i++) {
            struct sg_facts f;
            if (!sg_searcher_facts(s, kind, docs[i], &f))
                abort();
            out[found++] = f.id;
        }
    }
    return found;
}

bool live_finds_only(struct sg_searcher *s, enum sg_kind kind, const char *words, uint64_t id)
{
    uint64_t ids[2];
    return live_find(s, kind, words, ids, 2) == 1 && ids[0] == id;
}

struct dump {
    struct sg_searcher *s;
    enum sg_kind kind;
    struct sg_buf text;
    struct sg_arena arena;
    uint64_t *ids;
    size_t n, cap;
};

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int dump_record(void *ctx, uint64_t id)
{
    struct dump *d = ctx;
    union {
        struct sg_song song;
        struct sg_artist artist;
        struct sg_album album;
        struct sg_playlist playlist;
    } r;
    if (d->n == d->cap)
        return SG_ELIMIT;
    d->ids[d->n++] = id;
    sg_arena_reset(&d->arena);
    int rc = sg_searcher_record(d->s, d->kind, id, &d->arena, &r, NULL);
    if (!rc)
        sg_record_to_json(sg_kind_records[d->kind], &r, &d->text);
    sg_buf_putc(&d->text, '\n');
    return rc;
}

/* The facts of everything found, by id: and it must be what the records say is there. */
static bool dump_found(struct dump *d, char why[256])
{
    struct sg_str all = SG_STR("Q");
    struct sg_term_group group = {&all, 1, false};
    static uint64_t found[20000];
    size_t n = live_find(d->s, d->kind, "Q", found, 20000);
    qsort(found, n, sizeof *found, by_id);
    for (size_t i = 0; i < n || i < d->n; i++)
        if (i >= n || i >= d->n || found[i] != d->ids[i]) {
            snprintf(why, 256, "%s: %zu found, %zu live; they differ at %zu (%llu, %llu)",
                     sg_kind_names[d->kind], n, d->n, i, (unsigned long long)(i < n ? found[i] : 0),
                     (unsigned long long)(i < d->n ? d->ids[i] : 0));
            return false;
        }
    if (sg_searcher_count(d->s, d->kind) != n) {
        snprintf(why, 256, "%s: %zu found, counted %llu", sg_kind_names[d->kind], n,
                 (unsigned long long)sg_searcher_count(d->s, d->kind));
        return false;
    }
    return sg_match_begin(d->s, d->kind, &group, 1, NULL) == 0;
}

static void dump_words(struct dump *d)
{
    static const char *const words[] = {"number", "track", "name",       "red",          "blue",
                                        "singer", "a",     "number red", "track -green", "G2",
                                        "A3",     "L4",    "name number"};
    static uint64_t found[20000];
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t n = live_find(d->s, d->kind, words[w], found, 20000);
        qsort(found, n, sizeof *found, by_id);
        sg_buf_printf(&d->text, "%s:", words[w]);
        for (size_t i = 0; i < n; i++)
            sg_buf_printf(&d->text, " %llu", (unsigned long long)found[i]);
        sg_buf_putc(&d->text, '\n');
    }
}

static void dump_facts(struct dump *d)
{
    sg_docref docs[64];
    size_t lines = 0, cap = d->n + 1;
    char(*line)[300] = calloc(cap, sizeof *line);
    for (int got; (got = sg_match_next(d->s, docs, 64, NULL)) > 0;)
        for (int i = 0; i < got; i++) {
            struct sg_facts f;
            if (sg_searcher_facts(d->s, d->kind, docs[i], &f) && lines < cap)
                snprintf(line[lines++], sizeof *line, "%020llu %u %u %d %.*s/%.*s/%.*s",
                         (unsigned long long)f.id, f.year, f.genre_id, f.is_explicit,
                         SG_FMT(f.title), SG_FMT(f.artists), SG_FMT(f.album));
        }
    qsort(line, lines, sizeof *line, (int (*)(const void *, const void *))strcmp);
    for (size_t i = 0; i < lines; i++)
        sg_buf_printf(&d->text, "%s\n", line[i]);
    free(line);
}

static bool dump_kind(struct dump *d, char why[256])
{
    struct sg_error e = SG_ERROR_INIT;
    d->n = 0;
    if (sg_searcher_each(d->s, d->kind, dump_record, d, &e)) {
        snprintf(why, 256, "%s: a live record cannot be read: %.150s", sg_kind_names[d->kind],
                 e.text);
        return false;
    }
    if (!dump_found(d, why))
        return false;
    dump_facts(d);
    dump_words(d);
    return true;
}

char *live_dump(struct sg_searcher *s, char why[256])
{
    struct dump d = {.s = s, .cap = 20000};
    struct sg_list genres;
    struct sg_arena arena = {0};
    bool ok = true;
    d.ids = calloc(d.cap, sizeof *d.ids);
    for (int k = 0; ok && k < SG_KINDS; k++) {
        d.kind = k;
        ok = dump_kind(&d, why);
    }
    if (ok && sg_searcher_genres(s, &arena, &genres, NULL) == 0)
        for (size_t i = 0; i < genres.n; i++) {
            sg_record_to_json(&sg_genre_record, (struct sg_genre *)genres.v + i, &d.text);
            sg_buf_putc(&d.text, '\n');
        }
    sg_buf_putc(&d.text, '\0');
    sg_arena_free(&arena);
    sg_arena_free(&d.arena);
    free(d.ids);
    if (!ok)
        sg_buf_free(&d.text);
    return d.text.p;
}
