/* What a query finds, over a real generation, in process. */
#include "tests/support/query.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

START_TEST(title_and_artist_find_the_song_first)
{
    query_expect_song("bohemian rhapsody queen", 1);
    query_expect_song("queen bohemian rhapsody", 1);
    query_expect_song("halo beyonce", 5);
    query_expect_song("halo feature guest", 5);
    query_expect_song("yesterday the beatles", 4);
    query_expect_song("yesterday beatles", 4);
    query_expect_song("youre my best friend queen", 3);
    ck_assert(!query_reply.relaxed.p && query_reply.total_exact);
}
END_TEST

START_TEST(hits_carry_what_their_type_has)
{
    query_find("bohemian rhapsody queen");
    const struct sg_hit *h = query_hit(0);
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
    query_find("queen of hearts");
    h = query_hit(0);
    ck_assert(sg_str_eq(h->name, SG_STR("Queen of Hearts")) && h->playlist_id == 1);
    ck_assert_int_eq(h->followers, 77);
}
END_TEST

START_TEST(an_artists_name_finds_the_artist_first)
{
    query_find("queen ");
    ck_assert(sg_str_eq(query_hit(0)->type, SG_STR("artist")) && query_hit(0)->artist_id == 1);
    query_find("beatles ");
    ck_assert(sg_str_eq(query_hit(0)->type, SG_STR("artist")) && query_hit(0)->artist_id == 2);
}
END_TEST

START_TEST(the_last_word_may_be_unfinished)
{
    query_expect_song("bohemian rha", 1);
    query_expect_song("bohemian rhapso", 1);
    query_expect_song("nothing else matt", 6);
    query_find_songs("bohemian rha ");
    ck_assert(query_reply.results.n == 0 || query_reply.relaxed.p);
}
END_TEST

START_TEST(an_unpopular_exact_title_is_never_hidden)
{
    query_expect_song("love ", 8);
    query_expect_song("love", 8);
    query_expect_song("love nobody known", 8);
    query_find_songs("love");
    ck_assert(!query_reply.total_exact);
    ck_assert_int_ge(query_reply.total, 200);
}
END_TEST

START_TEST(misspelt_words_find_what_was_meant)
{
    query_expect_song("bohemian rapsody", 1);
    ck_assert(sg_str_eq(query_reply.relaxed, SG_STR("typo")));
    ck_assert(sg_str_eq(query_reply.corrected, SG_STR("bohemian rhapsody")));
    query_expect_song("nothing esle matters metalica", 6);
    query_find("beatels ");
    ck_assert_uint_eq(query_hit(0)->artist_id, 2);
}
END_TEST

START_TEST(joined_and_split_words_are_understood)
{
    query_expect_song("sky scraper dreams", 9);
    ck_assert(sg_str_eq(query_reply.relaxed, SG_STR("joined words")));
    query_expect_song("bohemianrhapsody", 1);
    ck_assert(sg_str_eq(query_reply.corrected, SG_STR("bohemian rhapsody")));
}
END_TEST

START_TEST(words_that_lead_nowhere_are_dropped)
{
    query_expect_song("bohemian rhapsody xqzzqx", 1);
    ck_assert(sg_str_eq(query_reply.relaxed, SG_STR("dropped word")));
    query_expect_song("yesterday nothing by beatles", 4);
    ck_assert_uint_eq(query_find("xqzzqx"), 0);
    ck_assert_int_eq(query_reply.total, 0);
}
END_TEST

START_TEST(other_scripts_are_found_by_their_latin_form)
{
    query_expect_song(
        "\xd0\xb3\xd1\x80\xd1\x83\xd0\xbf\xd0\xbf\xd0\xb0 \xd0\xba\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb8",
        7);
    query_find("kino");
    ck_assert_uint_eq(
        query_hit(0)->artist_id ? query_hit(0)->artist_id : query_hit(0)->artist->artist_id, 5);
}
END_TEST

START_TEST(operators_bind)
{
    query_expect_song("artist:queen rhapsody", 1);
    ck_assert_uint_eq(query_find_songs("artist:beatles rhapsody "), 0);
    query_find_songs("artist:queen -rhapsody ");
    ck_assert_uint_eq(query_reply.results.n, 2);
    query_expect_song("\"nothing else\" matters", 6);
    query_find_songs("genre:rock year:1991");
    ck_assert_uint_eq(query_reply.results.n, 1);
    ck_assert_uint_eq(query_hit(0)->song_id, 6);
    ck_assert_uint_gt(query_find("\"else nothing\" matters"), 0); /* as words, then */
}
END_TEST

START_TEST(what_words_mean_is_found_and_told)
{
    query_expect_song("bohemian rhapsody by queen", 1);
    ck_assert(
        sg_str_eq(query_reply.understood, SG_STR("title:\"bohemian rhapsody\" artist:queen")));
    ck_assert(!query_reply.relaxed.p);
    query_expect_song("rock songs from the 90s", 6);
    ck_assert(sg_str_eq(query_reply.understood, SG_STR("genre:rock year:1990..1999 type:song")));
    query_expect_song("death on 2 legs", 2);
    query_find("bohemian rhapsody");
    ck_assert(!query_reply.understood.p);
}
END_TEST

START_TEST(the_first_hit_is_shown_large_when_it_answers)
{
    query_find("queen");
    ck_assert_ptr_nonnull(query_reply.top);
    ck_assert_uint_eq(query_reply.top->artist_id, 1);
    query_find("xqzzqx");
    ck_assert_ptr_null(query_reply.top);
}
END_TEST

START_TEST(other_keyboards_and_sounds_are_last_resorts)
{
    query_find("\xd1\x8c\xd1\x83\xd0\xb5\xd1\x84\xd0\xb4\xd0\xb4\xd1\x88\xd1\x81\xd1\x84");
    ck_assert_uint_eq(query_hit(0)->artist_id, 4);
    ck_assert(sg_str_eq(query_reply.relaxed, SG_STR("keyboard layout")));
    query_find("rbyj");
    ck_assert_uint_eq(
        query_hit(0)->artist_id ? query_hit(0)->artist_id : query_hit(0)->artist->artist_id, 5);
}
END_TEST

/* Of this thread, in microseconds. */
static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

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
        struct sg_search_request r = query_ask(i ? hostile[i - 1] : many);
        int64_t start = cpu_us();
        int rc = sg_search_run(query_search, query_searcher, &r, 0, &query_arena, &query_reply,
                               &query_err);
        ck_assert(rc == 0 || rc == SG_EINVAL);
        ck_assert_int_lt(cpu_us() - start, 2000000);
    }
}
END_TEST

START_TEST(a_passed_deadline_stops_the_search)
{
    struct sg_search_request r = query_ask("love");
    sg_record_init(&sg_search_reply_record, &query_reply);
    ck_assert_int_eq(
        sg_search_run(query_search, query_searcher, &r, 1, &query_arena, &query_reply, &query_err),
        SG_ETIMEOUT);
}
END_TEST

START_TEST(an_alias_finds_its_artist_and_her_songs)
{
    ck_assert(query_answers_by("fab four ", "Fab Four") && query_hit(0)->artist_id == 2);
    ck_assert(query_answers_by("yesterday fab four", "Fab Four") && query_hit(0)->song_id == 4);
    ck_assert(query_answers_by("artist:\"fab four\" naturally", "Fab Four") &&
              query_hit(0)->song_id == 10);
    ck_assert(query_answers_by("the beatles", "") && query_hit(0)->artist_id == 2);
    ck_assert(query_answers_by("fab fourr ", "Fab Four") && query_hit(0)->artist_id == 2);
}
END_TEST

START_TEST(an_album_alias_finds_its_songs)
{
    query_expect_song("nothing else matters black album", 6);
    query_expect_song("album:\"black album\" nothing", 6);
    ck_assert_uint_eq(query_find_songs("black album "), 1);
}
END_TEST

START_TEST(what_is_far_more_popular_than_the_word_as_typed_is_suggested)
{
    query_expect_song("loove ", 14);
    ck_assert(sg_str_eq(query_reply.did_you_mean, SG_STR("love")));
    ck_assert(!query_reply.corrected.n);
    query_expect_song("halo ", 5);
    ck_assert(!query_reply.did_you_mean.n);
    query_expect_song("bohemain rhapsody ", 1); /* nothing as typed: corrected without asking */
    ck_assert(!query_reply.did_you_mean.n);
    ck_assert(sg_str_eq(query_reply.corrected, SG_STR("bohemian rhapsody")));
}
END_TEST

START_TEST(a_title_typed_without_spaces_is_whole)
{
    query_expect_song("nothingelsematters metallica", 6);
    query_expect_song("metallicanothingelsematters", 6);
    ck_assert(sg_str_eq(query_reply.relaxed, SG_STR("split word")));
    ck_assert(sg_str_eq(query_reply.corrected, SG_STR("metallica nothing else matters")));
    ck_assert(query_find("thebeatles ") && query_hit(0)->artist_id == 2);
}
END_TEST

START_TEST(among_equals_the_searcher_gets_what_she_likes)
{
    struct sg_affinity songs[] = {{2480, 1}};
    struct sg_taste taste = {.songs = {songs, 1}};
    struct sg_search_request r = query_ask("love number ");
    ck_assert_uint_gt(query_run(&r), 1);
    ck_assert_uint_ne(query_hit(0)->song_id, 2480);
    r.taste = &taste;
    r.explain = true;
    ck_assert_uint_gt(query_run(&r), 1);
    ck_assert_uint_eq(query_hit(0)->song_id, 2480);
    const struct sg_feature *f = query_hit(0)->features.v;
    bool said = false;
    for (size_t i = 0; i < query_hit(0)->features.n; i++)
        said |= sg_str_eq(f[i].name, SG_STR("liking")) && f[i].value == 1 && f[i].contribution > 0;
    ck_assert(said);
    r = query_ask("love ");
    r.taste = &taste;
    ck_assert_uint_gt(query_run(&r), 1);
    ck_assert_uint_eq(query_hit(0)->song_id, 8); /* called just so */
}
END_TEST

int main(void)
{
    query_make();
    TCase *c = tcase_create("query");
    tcase_add_checked_fixture(c, query_open, query_close);
    tcase_add_test(c, title_and_artist_find_the_song_first);
    tcase_add_test(c, among_equals_the_searcher_gets_what_she_likes);
    tcase_add_test(c, hits_carry_what_their_type_has);
    tcase_add_test(c, an_artists_name_finds_the_artist_first);
    tcase_add_test(c, the_last_word_may_be_unfinished);
    tcase_add_test(c, an_unpopular_exact_title_is_never_hidden);
    tcase_add_test(c, misspelt_words_find_what_was_meant);
    tcase_add_test(c, joined_and_split_words_are_understood);
    tcase_add_test(c, words_that_lead_nowhere_are_dropped);
    tcase_add_test(c, other_scripts_are_found_by_their_latin_form);
    tcase_add_test(c, operators_bind);
    tcase_add_test(c, what_words_mean_is_found_and_told);
    tcase_add_test(c, the_first_hit_is_shown_large_when_it_answers);
    tcase_add_test(c, other_keyboards_and_sounds_are_last_resorts);
    tcase_add_test(c, hostile_queries_are_answered_in_time);
    tcase_add_test(c, a_passed_deadline_stops_the_search);
    tcase_add_test(c, an_alias_finds_its_artist_and_her_songs);
    tcase_add_test(c, an_album_alias_finds_its_songs);
    tcase_add_test(c, what_is_far_more_popular_than_the_word_as_typed_is_suggested);
    tcase_add_test(c, a_title_typed_without_spaces_is_whole);
    Suite *suite = suite_create("query");
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
