/* query.c - see query.h. */
#include "tests/support/query.h"
#include "core/clock.h"
#include "index/builder.h"
#include "index/lyrics.h"
#include "tests/support/live.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

const char *query_dir; /* index dir, with one published generation */
struct sg_error query_err;
static struct sg_index *query_index;
struct sg_searcher *query_searcher;
struct sg_search *query_search;
struct sg_arena query_arena;
struct sg_search_reply query_reply;
void (*query_feed_more)(struct sg_builder *b);
int64_t (*query_wall_us)(void);

static const struct {
    uint64_t id;
    const char *name;
} artists[] = {{1, "Queen"},
               {2, "The Beatles"},
               {3, "Beyonc\xc3\xa9"},
               {4, "Metallica"},
               {5, "\xd0\x9a\xd0\xb8\xd0\xbd\xd0\xbe"},
               {6, "Nobody Known"},
               {7, "Chart Star"},
               {8, "Feature Guest"}};

static const struct {
    uint64_t id, artist, album, genre, plays;
    const char *title, *date;
    bool is_explicit;
    int64_t track;
} songs[] = {
    {1, 1, 1, 1, 5000000, "Bohemian Rhapsody", "1975-10-31", false, 11},
    {2, 1, 1, 1, 40000, "Death on Two Legs", "1975-11-21", false, 1},
    {3, 1, 1, 1, 30000, "You're My Best Friend", "1975-11-21", false, 4},
    {4, 2, 2, 2, 900000, "Yesterday", "1965-08-06", false, 13},
    {5, 3, 3, 2, 800000, "Halo", "2008-11-18", false, 2},
    {6, 4, 4, 1, 700000, "Nothing Else Matters", "1991-08-12", false, 8},
    {7, 5, 0, 1, 1000,
     "\xd0\x93\xd1\x80\xd1\x83\xd0\xbf\xd0\xbf\xd0\xb0 "
     "\xd0\xba\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb8",
     "1988-01-05", false, 0},
    {8, 6, 0, 2, 0, "Love", NULL, false, 0},
    {9, 6, 0, 2, 3, "Skyscraper Dreams", "2011-01-01", true, 0},
    {10, 2, 2, 2, 100, "Act Naturally", "1965-08-06", false, 8},
    {11, 4, 0, 1, 90, "Fade to Black", "1984-07-27", false, 4},
    {12, 4, 0, 1, 9000, "Fade to Black (Live)", "1993-11-23", false, 4},
    {13, 4, 0, 1, 80, "Fade to Black - Remastered", "2016-04-15", false, 4},
    {14, 6, 0, 2, 3, "Loove", NULL, false, 0},
};

void query_must(int rc)
{
    if (rc) {
        fprintf(stderr, "test_query: %s\n", query_err.text);
        abort();
    }
}

static void feed_songs(struct sg_builder *b)
{
    for (size_t i = 0; i < sizeof songs / sizeof *songs; i++) {
        uint64_t credits[] = {songs[i].artist, 8};
        struct sg_song s = {.song_id = songs[i].id,
                            .title = sg_str(songs[i].title),
                            .artist_ids = {credits, songs[i].id == 5 ? 2 : 1},
                            .album_id = songs[i].album,
                            .genre_id = songs[i].genre,
                            .duration_s = 200,
                            .track_no = songs[i].track,
                            .release_date = sg_str(songs[i].date),
                            .is_explicit = songs[i].is_explicit,
                            .play_count = songs[i].plays};
        query_must(sg_builder_song(b, &s, &query_err));
    }
    for (uint64_t i = 0; i < QUERY_MANY; i++) {
        char title[64];
        uint64_t artist = 7;
        snprintf(title, sizeof title, "Love Number %llu", (unsigned long long)i);
        struct sg_song s = {.song_id = 1000 + i,
                            .title = sg_str(title),
                            .artist_ids = {&artist, 1},
                            .genre_id = 2,
                            .release_date = SG_STR("2020-05-05"),
                            .play_count = 10000 + i};
        query_must(sg_builder_song(b, &s, &query_err));
    }
}

static void feed(struct sg_builder *b)
{
    query_must(sg_builder_genre(b, &(struct sg_genre){1, SG_STR("Rock")}, &query_err));
    query_must(sg_builder_genre(b, &(struct sg_genre){2, SG_STR("R&B")}, &query_err));
    struct sg_str fab_four = SG_STR("Fab Four");
    for (size_t i = 0; i < sizeof artists / sizeof *artists; i++)
        query_must(
            sg_builder_artist(b,
                              &(struct sg_artist){.artist_id = artists[i].id,
                                                  .name = sg_str(artists[i].name),
                                                  .aliases = {&fab_four, artists[i].id == 2}},
                              &query_err));
    static const char *const albums[] = {"A Night at the Opera", "Help!", "I Am... Sasha Fierce",
                                         "Metallica"};
    struct sg_str black = SG_STR("The Black Album");
    for (uint64_t i = 1; i <= 4; i++)
        query_must(sg_builder_album(b,
                                    &(struct sg_album){.album_id = i,
                                                       .aliases = {&black, i == 4},
                                                       .title = sg_str(albums[i - 1]),
                                                       .artist_id = i,
                                                       .release_date = SG_STR("1975-11-21"),
                                                       .cover_art_url = SG_STR("https://c/1.jpg")},
                                    &query_err));
    feed_songs(b);
    query_must(sg_builder_playlist(
        b,
        &(struct sg_playlist){
            .playlist_id = 1, .name = SG_STR("Queen of Hearts"), .user_id = 5, .followers = 77},
        &query_err));
    if (query_feed_more)
        query_feed_more(b);
}

static void lyrics_body(const char *lines, struct sg_buf *out)
{
    struct sg_lyrics_line v[256];
    size_t n = 0;
    while (lines && *lines && n < 256) {
        size_t bytes = strcspn(lines, "\n");
        v[n] = (struct sg_lyrics_line){(uint32_t)n * 2000, {lines, bytes}};
        lines += bytes + (lines[bytes] != 0);
        n++;
    }
    if (lines)
        sg_lyrics_pack(v, n, out);
}

void query_feed_lyrics(struct sg_builder *b, uint64_t id, const char *language, const char *lines)
{
    struct sg_buf body = {0}, packed = {0};
    lyrics_body(lines, &body);
    query_must(
        sg_lyrics_set(SG_STR_NONE, sg_str(language), sg_buf_str(&body), &packed, &query_err));
    query_must(sg_builder_lyrics(b, id, sg_buf_str(&packed), &query_err));
    sg_buf_free(&body);
    sg_buf_free(&packed);
}

void query_put_lyrics(struct sg_delta *d, uint64_t id, const char *language, const char *lines)
{
    struct sg_buf body = {0};
    lyrics_body(lines, &body);
    query_must(sg_delta_put_lyrics(d, id, sg_str(language), sg_buf_str(&body), &query_err));
    sg_buf_free(&body);
}

void query_publish(const char *index_dir, const char *name)
{
    const char *path = test_path(index_dir, name);
    struct sg_manifest *m = calloc(1, sizeof *m);
    struct sg_builder *b;
    query_must(
        sg_builder_open(&b, &(struct sg_builder_options){.dir = path, .threads = 2}, &query_err));
    feed(b);
    query_must(sg_builder_finish(b, m, &query_err));
    snprintf(m->name, sizeof m->name, "%s", name);
    m->created_us = sg_wall_us();
    m->canary_mrr = -1;
    query_must(sg_manifest_sum(m, path, &query_err));
    query_must(sg_manifest_write(m, path, &query_err));
    query_must(sg_current_publish(index_dir, name, &query_err));
    free(m);
}

void query_make(void)
{
    query_dir = test_scratch();
    query_publish(query_dir, QUERY_GENERATION);
}

void query_open(void)
{
    struct sg_index_options io = {.dir = query_dir, .wall_us = query_wall_us};
    struct sg_search_options so = {.candidates = 200, .relax_us = 10000000};
    sg_weights_default(&so.weights);
    query_must(sg_index_open(&query_index, &io, &query_err));
    query_must(sg_searcher_open(&query_searcher, query_index, &query_err));
    query_must(sg_search_open(&query_search, &so, &query_err));
    query_must(sg_searcher_begin(query_searcher, &query_err));
}

void query_close(void)
{
    sg_searcher_end(query_searcher);
    sg_search_close(query_search);
    sg_searcher_close(query_searcher);
    sg_index_close(query_index);
    sg_arena_free(&query_arena);
}

struct sg_search_request query_ask(const char *q)
{
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(q);
    return r;
}

size_t query_run(const struct sg_search_request *r)
{
    sg_record_init(&sg_search_reply_record, &query_reply);
    int rc =
        sg_search_run(query_search, query_searcher, r, 0, &query_arena, &query_reply, &query_err);
    ck_assert_msg(rc == 0, "%s", query_err.text);
    return query_reply.results.n;
}

size_t query_find(const char *q)
{
    struct sg_search_request r = query_ask(q);
    return query_run(&r);
}

size_t query_find_songs(const char *q)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = query_ask(q);
    r.types = (struct sg_list){&song, 1};
    return query_run(&r);
}

const struct sg_hit *query_hit(size_t i)
{
    ck_assert_uint_lt(i, query_reply.results.n);
    return &((const struct sg_hit *)query_reply.results.v)[i];
}

void query_expect_song(const char *q, uint64_t id)
{
    ck_assert_msg(query_find(q) > 0, "nothing for '%s'", q);
    ck_assert_msg(query_hit(0)->song_id == id, "'%s' gives song %llu first, not %llu", q,
                  (unsigned long long)query_hit(0)->song_id, (unsigned long long)id);
}

bool query_answers_by(const char *q, const char *alias)
{
    return query_find(q) && sg_str_eq(query_hit(0)->alias, sg_str(alias));
}

struct sg_suggest_reply query_completions;

const struct sg_suggestion *query_complete(const char *q)
{
    struct sg_suggest_request r = {.q = sg_str(q), .limit = 8};
    memset(&query_completions, 0, sizeof query_completions);
    ck_assert_int_eq(sg_complete(query_searcher, &r, &query_arena, &query_completions, &query_err),
                     0);
    return query_completions.suggestions.v;
}

bool query_completes(const char *q, const char *text)
{
    const struct sg_suggestion *s = query_complete(q);
    return query_completions.suggestions.n > 0 && sg_str_eq(s[0].text, sg_str(text));
}

/* A delta on a copy of the index, so that the other tests keep theirs. */
struct sg_delta *query_open_delta(void)
{
    struct sg_delta *d;
    query_dir = test_scratch();
    query_publish(query_dir, QUERY_GENERATION);
    query_must(sg_delta_open(&d, test_path(query_dir, QUERY_GENERATION), &query_err));
    return d;
}

void query_put_song(struct sg_delta *d, uint64_t id, const char *title)
{
    uint64_t artist = 6;
    struct sg_song s = {.song_id = id,
                        .title = sg_str(title),
                        .artist_ids = {&artist, 1},
                        .genre_id = 2,
                        .play_count = 1};
    query_must(sg_delta_put(d, SG_SONG, &s, &query_err));
}
