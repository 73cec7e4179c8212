/* The query server over a real generation: built from records, published,
 * changed by a delta, asked in process, over nng and from the command line.
 */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/service.h"
#include "index/builder.h"
#include "index/delta.h"
#include "query/browse.h"
#include "query/serve.h"
#include "query/suggest.h"
#include "schemas/service.h"
#include "tests/support/indexer.h"
#include "tests/support/live.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MANY 1500 /* popular songs that hide the exact title "Love" */

static const char *dir; /* index dir, with one published generation */
static struct sg_error err;
static struct sg_index *index_;
static struct sg_searcher *searcher;
static struct sg_search *search;
static struct sg_arena arena;
static struct sg_search_reply reply;

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
};

static void must(int rc)
{
    if (rc) {
        fprintf(stderr, "test_query: %s\n", err.text);
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
        must(sg_builder_song(b, &s, &err));
    }
    for (uint64_t i = 0; i < MANY; i++) {
        char title[64];
        uint64_t artist = 7;
        snprintf(title, sizeof title, "Love Number %llu", (unsigned long long)i);
        struct sg_song s = {.song_id = 1000 + i,
                            .title = sg_str(title),
                            .artist_ids = {&artist, 1},
                            .genre_id = 2,
                            .release_date = SG_STR("2020-05-05"),
                            .play_count = 10000 + i};
        must(sg_builder_song(b, &s, &err));
    }
}

static void feed(struct sg_builder *b)
{
    must(sg_builder_genre(b, &(struct sg_genre){1, SG_STR("Rock")}, &err));
    must(sg_builder_genre(b, &(struct sg_genre){2, SG_STR("R&B")}, &err));
    struct sg_str fab_four = SG_STR("Fab Four");
    for (size_t i = 0; i < sizeof artists / sizeof *artists; i++)
        must(sg_builder_artist(b,
                               &(struct sg_artist){.artist_id = artists[i].id,
                                                   .name = sg_str(artists[i].name),
                                                   .aliases = {&fab_four, artists[i].id == 2}},
                               &err));
    static const char *const albums[] = {"A Night at the Opera", "Help!", "I Am... Sasha Fierce",
                                         "Metallica"};
    for (uint64_t i = 1; i <= 4; i++)
        must(sg_builder_album(b,
                              &(struct sg_album){.album_id = i,
                                                 .title = sg_str(albums[i - 1]),
                                                 .artist_id = i,
                                                 .release_date = SG_STR("1975-11-21"),
                                                 .cover_art_url = SG_STR("https://c/1.jpg")},
                              &err));
    feed_songs(b);
    must(sg_builder_playlist(
        b,
        &(struct sg_playlist){
            .playlist_id = 1, .name = SG_STR("Queen of Hearts"), .user_id = 5, .followers = 77},
        &err));
}

static void publish(const char *index_dir, const char *name)
{
    const char *path = test_path(index_dir, name);
    struct sg_manifest *m = calloc(1, sizeof *m);
    struct sg_builder *b;
    must(sg_builder_open(&b, &(struct sg_builder_options){.dir = path, .threads = 2}, &err));
    feed(b);
    must(sg_builder_finish(b, m, &err));
    snprintf(m->name, sizeof m->name, "%s", name);
    m->created_us = sg_wall_us();
    m->canary_mrr = -1;
    must(sg_manifest_sum(m, path, &err));
    must(sg_manifest_write(m, path, &err));
    must(sg_current_publish(index_dir, name, &err));
    free(m);
}

#define GENERATION "gen-20260101T000000Z-1"

static void make_index(void)
{
    dir = test_scratch();
    publish(dir, GENERATION);
}

static void open_all(void)
{
    struct sg_index_options io = {.dir = dir};
    struct sg_search_options so = {.candidates = 200, .relax_us = 10000000};
    sg_weights_default(&so.weights);
    must(sg_index_open(&index_, &io, &err));
    must(sg_searcher_open(&searcher, index_, &err));
    must(sg_search_open(&search, &so, &err));
    must(sg_searcher_begin(searcher, &err));
}

static void close_all(void)
{
    sg_searcher_end(searcher);
    sg_search_close(search);
    sg_searcher_close(searcher);
    sg_index_close(index_);
    sg_arena_free(&arena);
}

static struct sg_search_request ask(const char *q)
{
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(q);
    return r;
}

static size_t run(const struct sg_search_request *r)
{
    sg_record_init(&sg_search_reply_record, &reply);
    int rc = sg_search_run(search, searcher, r, 0, &arena, &reply, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    return reply.results.n;
}

static size_t find(const char *q)
{
    struct sg_search_request r = ask(q);
    return run(&r);
}

static size_t find_songs(const char *q)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = ask(q);
    r.types = (struct sg_list){&song, 1};
    return run(&r);
}

static const struct sg_hit *hit(size_t i)
{
    ck_assert_uint_lt(i, reply.results.n);
    return &((const struct sg_hit *)reply.results.v)[i];
}

static void expect_song(const char *q, uint64_t id)
{
    ck_assert_msg(find(q) > 0, "nothing for '%s'", q);
    ck_assert_msg(hit(0)->song_id == id, "'%s' gives song %llu first, not %llu", q,
                  (unsigned long long)hit(0)->song_id, (unsigned long long)id);
}

START_TEST(title_and_artist_find_the_song_first)
{
    expect_song("bohemian rhapsody queen", 1);
    expect_song("queen bohemian rhapsody", 1);
    expect_song("halo beyonce", 5);
    expect_song("halo feature guest", 5);
    expect_song("yesterday the beatles", 4);
    expect_song("yesterday beatles", 4);
    expect_song("youre my best friend queen", 3);
    ck_assert(!reply.relaxed.p && reply.total_exact);
}
END_TEST

START_TEST(hits_carry_what_their_type_has)
{
    find("bohemian rhapsody queen");
    const struct sg_hit *h = hit(0);
    ck_assert(sg_str_eq(h->type, SG_STR("song")) &&
              sg_str_eq(h->title, SG_STR("Bohemian Rhapsody")));
    ck_assert(sg_str_eq(h->artist->name, SG_STR("Queen")) && h->artists.n == 1);
    ck_assert(sg_str_eq(h->album->title, SG_STR("A Night at the Opera")));
    ck_assert(sg_str_eq(h->album->cover_art_url, SG_STR("https://c/1.jpg")));
    ck_assert(sg_str_eq(h->genre, SG_STR("Rock")));
    ck_assert_int_eq(h->year, 1975);
    ck_assert_int_eq(h->duration, 200);
    ck_assert_int_eq(h->play_count, 5000000);
    ck_assert_int_eq(h->is_explicit, 0);
    find("queen of hearts");
    h = hit(0);
    ck_assert(sg_str_eq(h->name, SG_STR("Queen of Hearts")) && h->playlist_id == 1);
    ck_assert_int_eq(h->followers, 77);
}
END_TEST

START_TEST(an_artists_name_finds_the_artist_first)
{
    find("queen ");
    ck_assert(sg_str_eq(hit(0)->type, SG_STR("artist")) && hit(0)->artist_id == 1);
    find("beatles ");
    ck_assert(sg_str_eq(hit(0)->type, SG_STR("artist")) && hit(0)->artist_id == 2);
}
END_TEST

START_TEST(the_last_word_may_be_unfinished)
{
    expect_song("bohemian rha", 1);
    expect_song("bohemian rhapso", 1);
    expect_song("nothing else matt", 6);
    find_songs("bohemian rha ");
    ck_assert(reply.results.n == 0 || reply.relaxed.p);
}
END_TEST

START_TEST(an_unpopular_exact_title_is_never_hidden)
{
    expect_song("love ", 8);
    expect_song("love", 8);
    expect_song("love nobody known", 8);
    find_songs("love");
    ck_assert(!reply.total_exact);
    ck_assert_int_ge(reply.total, 200);
}
END_TEST

START_TEST(misspelt_words_find_what_was_meant)
{
    expect_song("bohemian rapsody", 1);
    ck_assert(sg_str_eq(reply.relaxed, SG_STR("typo")));
    ck_assert(sg_str_eq(reply.corrected, SG_STR("bohemian rhapsody")));
    expect_song("nothing esle matters metalica", 6);
    find("beatels ");
    ck_assert_uint_eq(hit(0)->artist_id, 2);
}
END_TEST

START_TEST(joined_and_split_words_are_understood)
{
    expect_song("sky scraper dreams", 9);
    ck_assert(sg_str_eq(reply.relaxed, SG_STR("joined words")));
    expect_song("bohemianrhapsody", 1);
    ck_assert(sg_str_eq(reply.corrected, SG_STR("bohemian rhapsody")));
}
END_TEST

START_TEST(words_that_lead_nowhere_are_dropped)
{
    expect_song("bohemian rhapsody xqzzqx", 1);
    ck_assert(sg_str_eq(reply.relaxed, SG_STR("dropped word")));
    expect_song("yesterday nothing by beatles", 4);
    ck_assert_uint_eq(find("xqzzqx"), 0);
    ck_assert_int_eq(reply.total, 0);
}
END_TEST

START_TEST(other_scripts_are_found_by_their_latin_form)
{
    expect_song(
        "\xd0\xb3\xd1\x80\xd1\x83\xd0\xbf\xd0\xbf\xd0\xb0 \xd0\xba\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb8",
        7);
    find("kino");
    ck_assert_uint_eq(hit(0)->artist_id ? hit(0)->artist_id : hit(0)->artist->artist_id, 5);
}
END_TEST

START_TEST(filters_narrow_every_answer)
{
    struct sg_search_request r = ask("love");
    r.artist_id = 6;
    ck_assert_uint_eq(run(&r), 1);
    ck_assert_uint_eq(hit(0)->song_id, 8);
    r = ask("b"), r.genre = SG_STR("rock");
    run(&r);
    for (size_t i = 0; i < reply.results.n; i++)
        ck_assert(sg_str_eq(hit(i)->genre, SG_STR("Rock")));
    ck_assert_uint_gt(reply.results.n, 0);
    r = ask("skyscraper"), r.is_explicit = 1;
    ck_assert_uint_eq(run(&r), 1);
    r.is_explicit = 0;
    ck_assert_uint_eq(run(&r), 0);
    r = ask("love"), r.genre = SG_STR("no such genre");
    ck_assert_uint_eq(run(&r), 0);
    ck_assert(reply.total == 0 && reply.total_exact);
}
END_TEST

START_TEST(years_filter_as_terms_and_as_wide_ranges)
{
    struct sg_search_request r = ask("yesterday");
    r.year_from = 1960, r.year_to = 1969;
    ck_assert_uint_eq(run(&r), 1);
    r.year_from = 1966, r.year_to = 0;
    run(&r);
    for (size_t i = 0; i < reply.results.n; i++)
        ck_assert_int_ge(hit(i)->year, 1966);
    r.year_from = 0, r.year_to = 1965;
    run(&r);
    ck_assert_uint_eq(hit(0)->song_id, 4);
}
END_TEST

START_TEST(pages_follow_one_another)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = ask("love number");
    uint64_t first[30];
    r.types = (struct sg_list){&song, 1};
    r.limit = 30;
    ck_assert_uint_eq(run(&r), 30);
    for (size_t i = 0; i < 30; i++)
        first[i] = hit(i)->song_id;
    r.limit = 10;
    for (int page = 0; page < 3; page++) {
        r.offset = 10 * page;
        ck_assert_uint_eq(run(&r), 10);
        for (size_t i = 0; i < 10; i++)
            ck_assert_uint_eq(hit(i)->song_id, first[10 * page + (int)i]);
    }
    r.offset = SG_OFFSET_MAX;
    ck_assert_uint_eq(run(&r), 10);
}
END_TEST

static uint64_t first_ids[200];

static size_t walk_cursors(const char *q, bool grouped, int64_t limit)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = ask(q);
    char cursor[SG_CURSOR_MAX + 1] = "";
    size_t n = 0;
    r.types = (struct sg_list){&song, 1};
    r.group = grouped;
    r.limit = limit;
    do {
        r.cursor = sg_str(cursor);
        run(&r);
        for (size_t i = 0; i < reply.results.n && n < 200; i++)
            first_ids[n++] = hit(i)->song_id;
        snprintf(cursor, sizeof cursor, "%.*s", SG_FMT(reply.next_cursor));
    } while (*cursor && n < 100);
    return n;
}

START_TEST(cursors_follow_one_another_without_repeats)
{
    ck_assert_uint_ge(walk_cursors("love number", true, 10), 100);
    uint64_t seen[100];
    memcpy(seen, first_ids, sizeof seen);
    for (size_t i = 0; i < 100; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(seen[i], seen[k]);
    walk_cursors("love number", true, 25);
    ck_assert_mem_eq(seen, first_ids, sizeof seen);
    ck_assert_uint_eq(walk_cursors("bohemian rhapsody", true, 10), 1);
}
END_TEST

START_TEST(a_cursor_belongs_to_its_search)
{
    struct sg_search_request r = ask("love number"), other = ask("love");
    char cursor[SG_CURSOR_MAX + 1];
    run(&r);
    snprintf(cursor, sizeof cursor, "%.*s", SG_FMT(reply.next_cursor));
    ck_assert_uint_gt(strlen(cursor), 0);
    const char *wrong[] = {cursor, "x", "00", ""};
    for (size_t i = 0; i < 3; i++) {
        other.cursor = sg_str(wrong[i]);
        ck_assert_int_eq(sg_search_run(search, searcher, &other, 0, &arena, &reply, &err),
                         SG_EINVAL);
        ck_assert_str_eq(err.field, "cursor");
    }
}
END_TEST

START_TEST(hits_are_sorted_as_asked)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = ask("love number ");
    r.types = (struct sg_list){&song, 1};
    r.sort = SG_STR("popularity");
    run(&r);
    for (size_t i = 1; i < reply.results.n; i++)
        ck_assert_int_ge(hit(i - 1)->play_count, hit(i)->play_count);
    ck_assert_int_eq(hit(0)->play_count, 10000 + MANY - 1);
    r.sort = SG_STR("title");
    run(&r);
    for (size_t i = 1; i < reply.results.n; i++)
        ck_assert_int_le(sg_str_cmp(hit(i - 1)->title, hit(i)->title), 0); /* all ASCII */
    r = ask("artist:queen "), r.sort = SG_STR("newest");
    r.types = (struct sg_list){&song, 1};
    run(&r);
    ck_assert_uint_eq(reply.results.n, 3);
    r.sort = SG_STR("colour");
    ck_assert_int_eq(sg_search_run(search, searcher, &r, 0, &arena, &reply, &err), SG_EINVAL);
    ck_assert_str_eq(err.field, "sort");
}
END_TEST

START_TEST(versions_of_a_recording_are_one_hit)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = ask("fade to black ");
    r.types = (struct sg_list){&song, 1};
    ck_assert_uint_eq(run(&r), 1);
    ck_assert_uint_eq(hit(0)->song_id, 11);
    ck_assert_int_eq(hit(0)->versions, 2);
    r.q = SG_STR("fade to black live");
    run(&r);
    ck_assert_uint_eq(hit(0)->song_id, 12);
    r.group = false;
    r.q = SG_STR("fade to black ");
    ck_assert_uint_eq(run(&r), 3);
    ck_assert_int_eq(hit(0)->versions, 0);
}
END_TEST

START_TEST(facets_count_the_matches)
{
    static struct sg_str names[] = {SG_STR("genre"), SG_STR("decade"), SG_STR("artist")};
    struct sg_search_request r = ask("queen ");
    r.facets = (struct sg_list){names, 3};
    run(&r);
    const struct sg_facet *f = reply.facets.v;
    ck_assert_uint_eq(reply.facets.n, 3);
    const struct sg_facet_value *genre = f[0].values.v, *decade = f[1].values.v,
                                *artist = f[2].values.v;
    ck_assert(f[0].exact && sg_str_eq(genre->value, SG_STR("Rock")) && genre->count == 3);
    ck_assert(sg_str_eq(decade->value, SG_STR("1970s")) && decade->count == 4);
    ck_assert(sg_str_eq(artist->value, SG_STR("Queen")) && artist->artist_id == 1);
    names[0] = SG_STR("colour");
    ck_assert_int_eq(sg_search_run(search, searcher, &r, 0, &arena, &reply, &err), SG_EINVAL);
    ck_assert_str_eq(err.field, "facets");
}
END_TEST

START_TEST(operators_bind)
{
    expect_song("artist:queen rhapsody", 1);
    ck_assert_uint_eq(find_songs("artist:beatles rhapsody "), 0);
    find_songs("artist:queen -rhapsody ");
    ck_assert_uint_eq(reply.results.n, 2);
    expect_song("\"nothing else\" matters", 6);
    find_songs("genre:rock year:1991");
    ck_assert_uint_eq(reply.results.n, 1);
    ck_assert_uint_eq(hit(0)->song_id, 6);
    ck_assert_uint_gt(find("\"else nothing\" matters"), 0); /* as words, then */
}
END_TEST

START_TEST(what_words_mean_is_found_and_told)
{
    expect_song("bohemian rhapsody by queen", 1);
    ck_assert(sg_str_eq(reply.understood, SG_STR("title:\"bohemian rhapsody\" artist:queen")));
    ck_assert(!reply.relaxed.p);
    expect_song("rock songs from the 90s", 6);
    ck_assert(sg_str_eq(reply.understood, SG_STR("genre:rock year:1990..1999 type:song")));
    expect_song("death on 2 legs", 2);
    find("bohemian rhapsody");
    ck_assert(!reply.understood.p);
}
END_TEST

START_TEST(the_first_hit_is_shown_large_when_it_answers)
{
    find("queen");
    ck_assert_ptr_nonnull(reply.top);
    ck_assert_uint_eq(reply.top->artist_id, 1);
    find("xqzzqx");
    ck_assert_ptr_null(reply.top);
}
END_TEST

START_TEST(other_keyboards_and_sounds_are_last_resorts)
{
    find("\xd1\x8c\xd1\x83\xd0\xb5\xd1\x84\xd0\xb4\xd0\xb4\xd1\x88\xd1\x81\xd1\x84");
    ck_assert_uint_eq(hit(0)->artist_id, 4);
    ck_assert(sg_str_eq(reply.relaxed, SG_STR("keyboard layout")));
    find("rbyj");
    ck_assert_uint_eq(hit(0)->artist_id ? hit(0)->artist_id : hit(0)->artist->artist_id, 5);
}
END_TEST

START_TEST(hostile_queries_are_answered_in_time)
{
    char many[SG_QUERY_MAX + 1] = "";
    for (int i = 0; i < 80; i++)
        strcat(many, "a b\" ");
    static const char *const hostile[] = {
        "\"\"\"\"\"",           "- - - -", "artist: album: -", "*****",
        "\"unclosed artist:\"", "(((((",   "\xe2\x80\xae abc", "-a -b -c",
        "year:1..9 genre:",     "::::"};
    for (size_t i = 0; i <= sizeof hostile / sizeof *hostile; i++) {
        struct sg_search_request r = ask(i ? hostile[i - 1] : many);
        int64_t start = sg_now_us();
        int rc = sg_search_run(search, searcher, &r, 0, &arena, &reply, &err);
        ck_assert(rc == 0 || rc == SG_EINVAL);
        ck_assert_int_lt(sg_now_us() - start, 2000000);
    }
}
END_TEST

START_TEST(totals_are_told_by_type)
{
    find("queen ");
    const struct sg_type_total *t = reply.totals.v;
    ck_assert_uint_eq(reply.totals.n, SG_KINDS);
    int64_t sum = 0;
    for (size_t i = 0; i < SG_KINDS; i++)
        sum += t[i].total;
    ck_assert_int_eq(sum, reply.total);
    ck_assert_int_eq(t[SG_SONG].total, 3);
    ck_assert_int_eq(t[SG_ARTIST].total, 1);
    ck_assert_int_eq(t[SG_PLAYLIST].total, 1);
    ck_assert(reply.total_exact);
}
END_TEST

START_TEST(highlights_are_bytes_of_the_shown_text)
{
    find("beyonce hal");
    const struct sg_highlight *h = hit(0)->highlights.v;
    ck_assert_uint_eq(hit(0)->highlights.n, 2);
    ck_assert(sg_str_eq(h[0].field, SG_STR("title")) && h[0].from == 0 && h[0].to == 3);
    ck_assert(sg_str_eq(h[1].field, SG_STR("artist")) && h[1].from == 0 && h[1].to == 8);
}
END_TEST

START_TEST(explanations_add_up_to_the_score)
{
    struct sg_search_request r = ask("bohemian rapsody queen");
    r.explain = true;
    run(&r);
    const struct sg_feature *f = hit(0)->features.v;
    double sum = 0;
    ck_assert_uint_eq(hit(0)->features.n, SG_FEATURES);
    for (size_t i = 0; i < SG_FEATURES; i++)
        sum += f[i].contribution;
    ck_assert_double_eq_tol(sum, hit(0)->score, 0.01);
}
END_TEST

START_TEST(a_passed_deadline_stops_the_search)
{
    struct sg_search_request r = ask("love");
    sg_record_init(&sg_search_reply_record, &reply);
    ck_assert_int_eq(sg_search_run(search, searcher, &r, 1, &arena, &reply, &err), SG_ETIMEOUT);
}
END_TEST

static bool answers_by(const char *q, const char *alias)
{
    return find(q) && sg_str_eq(hit(0)->alias, sg_str(alias));
}

START_TEST(an_alias_finds_its_artist_and_her_songs)
{
    ck_assert(answers_by("fab four ", "Fab Four") && hit(0)->artist_id == 2);
    ck_assert(answers_by("yesterday fab four", "Fab Four") && hit(0)->song_id == 4);
    ck_assert(answers_by("artist:\"fab four\" naturally", "Fab Four") && hit(0)->song_id == 10);
    ck_assert(answers_by("the beatles", "") && hit(0)->artist_id == 2);
    ck_assert(answers_by("fab fourr ", "Fab Four") && hit(0)->artist_id == 2);
}
END_TEST

static struct sg_suggest_reply completions;

static const struct sg_suggestion *complete(const char *q)
{
    struct sg_suggest_request r = {.q = sg_str(q), .limit = 8};
    memset(&completions, 0, sizeof completions);
    ck_assert_int_eq(sg_complete(searcher, &r, &arena, &completions, &err), 0);
    return completions.suggestions.v;
}

START_TEST(completions_are_best_first_with_their_artist)
{
    const struct sg_suggestion *s = complete("boh");
    ck_assert_uint_ge(completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Bohemian Rhapsody")));
    ck_assert(sg_str_eq(s[0].detail, SG_STR("Queen")) && sg_str_eq(s[0].type, SG_STR("song")));
    ck_assert(s[0].from == 0 && s[0].to == 3);
}
END_TEST

START_TEST(completions_start_at_later_words_too)
{
    const struct sg_suggestion *s = complete("rhaps");
    ck_assert_uint_ge(completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Bohemian Rhapsody")) && s[0].from == 9 && s[0].to == 14);
}
END_TEST

START_TEST(an_alias_completes_to_its_artist)
{
    const struct sg_suggestion *s = complete("fab f");
    ck_assert_uint_ge(completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("The Beatles")) && s[0].from == 0 && s[0].to == 0);
}
END_TEST

START_TEST(completions_forgive_a_slip)
{
    const struct sg_suggestion *s = complete("bohemien");
    ck_assert_uint_ge(completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Bohemian Rhapsody")));
    complete("qqqqqqqq");
    ck_assert_uint_eq(completions.suggestions.n, 0);
}
END_TEST

static bool completes(const char *q, const char *text)
{
    const struct sg_suggestion *s = complete(q);
    return completions.suggestions.n > 0 && sg_str_eq(s[0].text, sg_str(text));
}

START_TEST(completions_run_from_the_title_into_the_artist)
{
    ck_assert(completes("halo be", "Halo"));
    const struct sg_suggestion *s = completions.suggestions.v;
    ck_assert(s[0].from == 0 && s[0].to == 4);
    ck_assert(completes("fade to black metal", "Fade to Black"));
    ck_assert(completes("love nobody known", "Love"));
    ck_assert(!completes("halo qu", "Halo"));
}
END_TEST

START_TEST(completions_take_words_in_any_order)
{
    ck_assert(completes("queen bohem", "Bohemian Rhapsody"));
    ck_assert(completes("rhapsody queen boh", "Bohemian Rhapsody"));
    ck_assert(completes("beatles yester", "Yesterday"));
}
END_TEST

START_TEST(completions_forgive_slips_in_any_word)
{
    ck_assert(completes("bogemian rhap", "Bohemian Rhapsody"));
    ck_assert(completes("bohemian rhsp", "Bohemian Rhapsody"));
    ck_assert(completes("bogemian rhapsidy", "Bohemian Rhapsody"));
    ck_assert(completes("nothinf else ma", "Nothing Else Matters"));
    ck_assert(completes("yestre", "Yesterday"));
}
END_TEST

START_TEST(a_whole_title_comes_before_longer_ones)
{
    const struct sg_suggestion *s = complete("fade to black");
    ck_assert_uint_ge(completions.suggestions.n, 3);
    ck_assert(s[0].id == 11 || s[0].id == 12);
}
END_TEST

START_TEST(bad_completions_are_refused_by_field)
{
    struct sg_suggest_request r = {.q = SG_STR(""), .limit = 8};
    ck_assert_int_eq(sg_complete(searcher, &r, &arena, &completions, &err), SG_EINVAL);
    ck_assert_str_eq(err.field, "q");
    r = (struct sg_suggest_request){.q = SG_STR("a"), .limit = 21};
    ck_assert_int_eq(sg_complete(searcher, &r, &arena, &completions, &err), SG_EINVAL);
    ck_assert_str_eq(err.field, "limit");
}
END_TEST

START_TEST(children_come_in_their_order)
{
    struct sg_children_request r = {SG_STR("artist"), 1, SG_STR("song"), 10, 0};
    struct sg_children_reply out = {0};
    ck_assert_int_eq(sg_browse_children(searcher, &r, &arena, &out, &err), 0);
    const struct sg_hit *h = out.results.v;
    ck_assert_int_eq(out.total, 3);
    ck_assert(h[0].song_id == 1 && h[1].song_id == 2 && h[2].song_id == 3);
    r = (struct sg_children_request){SG_STR("album"), 1, SG_STR("song"), 2, 1};
    ck_assert_int_eq(sg_browse_children(searcher, &r, &arena, &out, &err), 0);
    h = out.results.v;
    ck_assert(out.results.n == 2 && h[0].song_id == 3 && h[1].song_id == 1);
    r = (struct sg_children_request){SG_STR("song"), 1, SG_STR("album"), 10, 0};
    ck_assert_int_eq(sg_browse_children(searcher, &r, &arena, &out, &err), SG_EINVAL);
    ck_assert_str_eq(err.field, "of");
}
END_TEST

/* A delta on a copy of the index, so that the other tests keep theirs. */
static struct sg_delta *open_delta(void)
{
    struct sg_delta *d;
    dir = test_scratch();
    publish(dir, GENERATION);
    must(sg_delta_open(&d, test_path(dir, GENERATION), &err));
    return d;
}

static void put_song(struct sg_delta *d, uint64_t id, const char *title)
{
    uint64_t artist = 6;
    struct sg_song s = {.song_id = id,
                        .title = sg_str(title),
                        .artist_ids = {&artist, 1},
                        .genre_id = 2,
                        .play_count = 1};
    must(sg_delta_put(d, SG_SONG, &s, &err));
}

START_TEST(what_was_just_added_is_found_and_completed)
{
    struct sg_delta *d = open_delta();
    put_song(d, 50, "Zyxwvutsrq Anthem");
    must(sg_delta_commit(d, 10, 1, &err));
    open_all();
    expect_song("zyxwvutsrq anthem", 50);
    expect_song("zyx", 50);
    expect_song("zyxwvut", 50);
    expect_song("zyxwvutsrq", 50);
    expect_song("zyxwvutsrq nobody kno", 50);
    const struct sg_suggestion *s = complete("zyxw");
    ck_assert_uint_eq(completions.suggestions.n, 1);
    ck_assert_uint_eq(s[0].id, 50);
    ck_assert(completes("zyxwvutsrq anthem nob", "Zyxwvutsrq Anthem"));
    ck_assert(completes("nobody zyx", "Zyxwvutsrq Anthem"));
    close_all();
    sg_delta_close(d);
}
END_TEST

START_TEST(an_alias_is_found_shown_and_completed_at_once)
{
    struct sg_delta *d = open_delta();
    struct sg_str aliases[] = {SG_STR("Her Majesties")}, hints[] = {SG_STR("Kween")};
    struct sg_artist a = {
        .artist_id = 1, .name = SG_STR("Queen"), .aliases = {aliases, 1}, .hints = {hints, 1}};
    must(sg_delta_put(d, SG_ARTIST, &a, &err));
    must(sg_delta_commit(d, 10, 1, &err));
    open_all();
    expect_song("bohemian rhapsody her majesties", 1);
    ck_assert(answers_by("her majesties", "Her Majesties") && hit(0)->artist_id == 1);
    ck_assert(answers_by("majesties bohemian", "Her Majesties") && hit(0)->song_id == 1);
    ck_assert(answers_by("queen", "") && hit(0)->artist_id == 1);
    ck_assert(answers_by("kween", "") && hit(0)->artist_id == 1);
    ck_assert(completes("her m", "Queen") && completes("her majes", "Queen"));
    ck_assert(completes("her", "Queen") && completes("kwee", "Queen"));
    ck_assert(completes("bohemian rhapsody her m", "Bohemian Rhapsody"));
    close_all();
    a.aliases.n = a.hints.n = 0;
    must(sg_delta_put(d, SG_ARTIST, &a, &err));
    must(sg_delta_commit(d, 11, 2, &err));
    open_all();
    ck_assert(!answers_by("her majesties", "Her Majesties"));
    ck_assert(!completes("her majes", "Queen") && completes("quee", "Queen"));
    close_all();
    sg_delta_close(d);
}
END_TEST

START_TEST(a_rename_is_followed_by_search_and_completion)
{
    struct sg_delta *d = open_delta();
    struct sg_artist a = {.artist_id = 1, .name = SG_STR("Royal Quartet")};
    must(sg_delta_put(d, SG_ARTIST, &a, &err));
    must(sg_delta_remove(d, SG_SONG, 4, &err));
    must(sg_delta_commit(d, 10, 1, &err));
    open_all();
    expect_song("bohemian rhapsody royal quartet", 1);
    ck_assert(sg_str_eq(hit(0)->artist->name, SG_STR("Royal Quartet")));
    const struct sg_suggestion *s = complete("royal q");
    ck_assert_uint_ge(completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Royal Quartet")));
    s = complete("queen");
    for (size_t i = 0; i < completions.suggestions.n; i++)
        ck_assert(!sg_str_eq(s[i].text, SG_STR("Queen")));
    complete("yesterd");
    ck_assert_uint_eq(completions.suggestions.n, 0);
    ck_assert_uint_eq(find_songs("yesterday "), 0);
    close_all();
    sg_delta_close(d);
}
END_TEST

/* The server, on a thread of this process. */
struct server {
    struct sg_config config;
    pthread_t thread;
    struct sg_rpc_client *client;
    int rc;
};
static struct server server;

static void *serve(void *ctx)
{
    struct server *s = ctx;
    struct sg_error e = SG_ERROR_INIT;
    s->rc = sg_serve(&s->config, &e);
    return NULL;
}

static int call(const char *method, const struct sg_record *in_record, const void *in,
                const struct sg_record *out_record, void *out)
{
    err = (struct sg_error)SG_ERROR_INIT;
    return sg_rpc_call(server.client, method, in_record, in, out_record, out, &arena,
                       sg_now_us() + 10000000, SG_STR_NONE, &err);
}

static int health(struct sg_health_reply *out)
{
    return call(SG_METHOD_HEALTH, NULL, NULL, &sg_health_reply_record, out);
}

static void start_server(const char *index_dir)
{
    const char *run_dir = test_scratch();
    struct sg_health_reply h;
    sg_config_defaults(&server.config);
    server.config.query.workers = 3;
    snprintf(server.config.index.dir, SG_CONFIG_TEXT, "%s", index_dir);
    snprintf(server.config.query.listen, SG_CONFIG_TEXT, "ipc://%s/q", run_dir);
    ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, &server), 0);
    ck_assert_int_eq(sg_rpc_client_open(&server.client, server.config.query.listen, &err), 0);
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 200 && rc; i++) {
        rc = health(&h);
        if (rc)
            sg_sleep_us(50000);
    }
    ck_assert_msg(rc == 0, "%s", err.text);
}

static void stop_server(void)
{
    sg_request_stop();
    pthread_join(server.thread, NULL);
    ck_assert_int_eq(server.rc, 0);
    sg_rpc_client_close(server.client);
    sg_arena_free(&arena);
}

static int search_by_rpc(const struct sg_search_request *r)
{
    return call(SG_METHOD_SEARCH, &sg_search_request_record, r, &sg_search_reply_record, &reply);
}

START_TEST(the_server_answers_every_method)
{
    start_server(dir);
    struct sg_search_request r = ask("bohemian rhapsody queen");
    ck_assert_int_eq(search_by_rpc(&r), 0);
    ck_assert_uint_eq(hit(0)->song_id, 1);
    ck_assert(sg_str_eq(reply.generation, SG_STR(GENERATION)));
    struct sg_suggest_request sr = {SG_STR("boh"), 8};
    ck_assert_int_eq(call(SG_METHOD_SUGGEST, &sg_suggest_request_record, &sr,
                          &sg_suggest_reply_record, &completions),
                     0);
    ck_assert_uint_ge(completions.suggestions.n, 1);
    uint64_t ids[] = {5, 999999, 6};
    struct sg_lookup_request lr = {SG_STR("song"), {ids, 3}};
    struct sg_lookup_reply lo;
    ck_assert_int_eq(
        call(SG_METHOD_LOOKUP, &sg_lookup_request_record, &lr, &sg_lookup_reply_record, &lo), 0);
    ck_assert_uint_eq(lo.results.n, 2);
    struct sg_genres_reply go;
    ck_assert_int_eq(call(SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &go), 0);
    ck_assert_uint_eq(go.genres.n, 2);
    struct sg_health_reply h;
    ck_assert_int_eq(health(&h), 0);
    ck_assert(sg_str_eq(h.status, SG_STR("ok")) && sg_str_eq(h.generation, SG_STR(GENERATION)));
    ck_assert_int_eq(h.lag_bytes, -1);
    struct sg_metrics_reply m;
    ck_assert_int_eq(call(SG_METHOD_METRICS, NULL, NULL, &sg_metrics_reply_record, &m), 0);
    ck_assert_ptr_nonnull(memmem(m.text.p, m.text.n, "segue_query_seconds", 19));
    stop_server();
}
END_TEST

START_TEST(the_server_refuses_by_field)
{
    start_server(dir);
    struct sg_str types[] = {SG_STR("video")};
    struct sg_search_request r = ask("x");
    r.types = (struct sg_list){types, 1};
    ck_assert_int_eq(search_by_rpc(&r), SG_EINVAL);
    ck_assert_str_eq(err.field, "type");
    r = ask("   ");
    ck_assert_int_eq(search_by_rpc(&r), SG_EINVAL);
    ck_assert_str_eq(err.field, "q");
    r = ask("x"), r.limit = 101;
    ck_assert_int_eq(search_by_rpc(&r), SG_EINVAL);
    ck_assert_str_eq(err.field, "limit");
    stop_server();
}
END_TEST

START_TEST(the_server_starts_before_the_first_generation)
{
    const char *empty = test_scratch();
    struct sg_health_reply h;
    struct sg_search_request r = ask("bohemian rhapsody");
    start_server(empty);
    ck_assert_int_eq(search_by_rpc(&r), SG_EUNAVAIL);
    ck_assert_int_eq(health(&h), 0);
    ck_assert(sg_str_eq(h.status, SG_STR("down")));
    publish(empty, GENERATION);
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 200 && rc; i++) {
        sg_sleep_us(50000);
        rc = search_by_rpc(&r);
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(hit(0)->song_id, 1);
    stop_server();
}
END_TEST

static void *ask_often(void *ctx)
{
    static const char *const queries[] = {"love",         "bohemian rha",   "beatels",
                                          "queen xqzzqx", "love number 12", "k"};
    struct sg_arena a = {0};
    int *failed = ctx;
    for (size_t i = 0; i < 120; i++) {
        struct sg_search_request r = ask(queries[i % 6]);
        struct sg_search_reply out;
        struct sg_error e = SG_ERROR_INIT;
        if (sg_rpc_call(server.client, SG_METHOD_SEARCH, &sg_search_request_record, &r,
                        &sg_search_reply_record, &out, &a, sg_now_us() + 10000000, SG_STR_NONE, &e))
            ++*failed;
        sg_arena_reset(&a);
    }
    sg_arena_free(&a);
    return NULL;
}

START_TEST(many_ask_while_the_catalogue_changes)
{
    pthread_t threads[4];
    int failed[4] = {0};
    struct sg_delta *d = open_delta();
    start_server(dir);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask_often, &failed[i]);
    for (uint64_t i = 0; i < 20; i++) {
        put_song(d, 2000 + i, "Love in Between");
        must(sg_delta_commit(d, 100 + i, i, &err));
    }
    publish(dir, "gen-20260101T000001Z-2");
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(failed[i], 0);
    }
    stop_server();
    sg_delta_close(d);
}
END_TEST

/* The program's standard output, and its exit code. */
static int run_program(const char *args, char *out, size_t cap)
{
    char command[1024];
    snprintf(command, sizeof command,
             "SEGUE_INDEX_DIR=%s SEGUE_QUERY_LISTEN=ipc://%s/none %s %s 2>&1", dir, dir,
             test_program("segue-query"), args);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(the_command_line_reads_the_index_when_no_server_runs)
{
    static char out[65536];
    ck_assert_int_eq(run_program("search bohemian rhapsody", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "Bohemian Rhapsody"));
    ck_assert_ptr_nonnull(strstr(out, "by the index"));
    ck_assert_ptr_null(strchr(out, '\033'));
    ck_assert_int_eq(run_program("search --local --json --type song love", out, sizeof out), 0);
    ck_assert_int_eq(out[0], '{');
    ck_assert_ptr_nonnull(strstr(out, "\"song_id\":8"));
    ck_assert_int_eq(run_program("search --local --explain halo", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "evidence"));
    ck_assert_int_eq(run_program("suggest --local boh", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "Bohemian Rhapsody"));
    ck_assert_int_eq(run_program("search", out, sizeof out), 2);
    ck_assert_int_eq(run_program("search --limit many x", out, sizeof out), 2);
    ck_assert_int_eq(run_program("search --local --type video x", out, sizeof out), 2);
    ck_assert_ptr_nonnull(strstr(out, "video"));
}
END_TEST

static TCase *in_process(void)
{
    TCase *c = tcase_create("in process");
    tcase_add_checked_fixture(c, open_all, close_all);
    tcase_add_test(c, title_and_artist_find_the_song_first);
    tcase_add_test(c, hits_carry_what_their_type_has);
    tcase_add_test(c, an_artists_name_finds_the_artist_first);
    tcase_add_test(c, the_last_word_may_be_unfinished);
    tcase_add_test(c, an_unpopular_exact_title_is_never_hidden);
    tcase_add_test(c, misspelt_words_find_what_was_meant);
    tcase_add_test(c, joined_and_split_words_are_understood);
    tcase_add_test(c, words_that_lead_nowhere_are_dropped);
    tcase_add_test(c, other_scripts_are_found_by_their_latin_form);
    tcase_add_test(c, filters_narrow_every_answer);
    tcase_add_test(c, years_filter_as_terms_and_as_wide_ranges);
    tcase_add_test(c, pages_follow_one_another);
    tcase_add_test(c, cursors_follow_one_another_without_repeats);
    tcase_add_test(c, a_cursor_belongs_to_its_search);
    tcase_add_test(c, hits_are_sorted_as_asked);
    tcase_add_test(c, versions_of_a_recording_are_one_hit);
    tcase_add_test(c, facets_count_the_matches);
    tcase_add_test(c, operators_bind);
    tcase_add_test(c, what_words_mean_is_found_and_told);
    tcase_add_test(c, the_first_hit_is_shown_large_when_it_answers);
    tcase_add_test(c, other_keyboards_and_sounds_are_last_resorts);
    tcase_add_test(c, hostile_queries_are_answered_in_time);
    tcase_add_test(c, totals_are_told_by_type);
    tcase_add_test(c, highlights_are_bytes_of_the_shown_text);
    tcase_add_test(c, explanations_add_up_to_the_score);
    tcase_add_test(c, a_passed_deadline_stops_the_search);
    tcase_add_test(c, completions_are_best_first_with_their_artist);
    tcase_add_test(c, completions_start_at_later_words_too);
    tcase_add_test(c, an_alias_completes_to_its_artist);
    tcase_add_test(c, completions_forgive_a_slip);
    tcase_add_test(c, an_alias_finds_its_artist_and_her_songs);
    tcase_add_test(c, completions_run_from_the_title_into_the_artist);
    tcase_add_test(c, completions_take_words_in_any_order);
    tcase_add_test(c, completions_forgive_slips_in_any_word);
    tcase_add_test(c, a_whole_title_comes_before_longer_ones);
    tcase_add_test(c, bad_completions_are_refused_by_field);
    tcase_add_test(c, children_come_in_their_order);
    return c;
}

static TCase *served(void)
{
    TCase *c = tcase_create("served");
    tcase_add_test(c, what_was_just_added_is_found_and_completed);
    tcase_add_test(c, an_alias_is_found_shown_and_completed_at_once);
    tcase_add_test(c, a_rename_is_followed_by_search_and_completion);
    tcase_add_test(c, the_server_answers_every_method);
    tcase_add_test(c, the_server_refuses_by_field);
    tcase_add_test(c, the_server_starts_before_the_first_generation);
    tcase_add_test(c, many_ask_while_the_catalogue_changes);
    if (access(test_program("segue-query"), X_OK) == 0)
        tcase_add_test(c, the_command_line_reads_the_index_when_no_server_runs);
    else
        fprintf(stderr, "SKIPPED: the command line, %s is not built\n",
                test_program("segue-query"));
    return c;
}

int main(void)
{
    make_index();
    Suite *suite = suite_create("query");
    suite_add_tcase(suite, in_process());
    suite_add_tcase(suite, served());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
