/* What changes in the delta is found and completed at once. */
#include "tests/support/query.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(what_was_just_added_is_found_and_completed)
{
    struct sg_delta *d = query_open_delta();
    query_put_song(d, 50, "Zyxwvutsrq Anthem");
    query_must(sg_delta_commit(d, 10, 1, &query_err));
    query_open();
    query_expect_song("zyxwvutsrq anthem", 50);
    query_expect_song("zyx", 50);
    query_expect_song("zyxwvut", 50);
    query_expect_song("zyxwvutsrq", 50);
    query_expect_song("zyxwvutsrq nobody kno", 50);
    const struct sg_suggestion *s = query_complete("zyxw");
    ck_assert_uint_eq(query_completions.suggestions.n, 1);
    ck_assert_uint_eq(s[0].id, 50);
    ck_assert(query_completes("zyxwvutsrq anthem nob", "Zyxwvutsrq Anthem"));
    ck_assert(query_completes("nobody zyx", "Zyxwvutsrq Anthem"));
    query_close();
    sg_delta_close(d);
}
END_TEST

START_TEST(an_alias_is_found_shown_and_completed_at_once)
{
    struct sg_delta *d = query_open_delta();
    struct sg_str aliases[] = {SG_STR("Her Majesties")}, hints[] = {SG_STR("Kween")};
    struct sg_artist a = {
        .artist_id = 1, .name = SG_STR("Queen"), .aliases = {aliases, 1}, .hints = {hints, 1}};
    query_must(sg_delta_put(d, SG_ARTIST, &a, &query_err));
    query_must(sg_delta_commit(d, 10, 1, &query_err));
    query_open();
    query_expect_song("bohemian rhapsody her majesties", 1);
    ck_assert(query_answers_by("her majesties", "Her Majesties") && query_hit(0)->artist_id == 1);
    ck_assert(query_answers_by("majesties bohemian", "Her Majesties") &&
              query_hit(0)->song_id == 1);
    ck_assert(query_answers_by("queen", "") && query_hit(0)->artist_id == 1);
    ck_assert(query_answers_by("kween", "") && query_hit(0)->artist_id == 1);
    ck_assert(query_completes("her m", "Queen") && query_completes("her majes", "Queen"));
    ck_assert(query_completes("her", "Queen") && query_completes("kwee", "Queen"));
    ck_assert(query_completes("bohemian rhapsody her m", "Bohemian Rhapsody"));
    query_close();
    a.aliases.n = a.hints.n = 0;
    query_must(sg_delta_put(d, SG_ARTIST, &a, &query_err));
    query_must(sg_delta_commit(d, 11, 2, &query_err));
    query_open();
    ck_assert(!query_answers_by("her majesties", "Her Majesties"));
    ck_assert(!query_completes("her majes", "Queen") && query_completes("quee", "Queen"));
    query_close();
    sg_delta_close(d);
}
END_TEST

START_TEST(a_rename_is_followed_by_search_and_completion)
{
    struct sg_delta *d = query_open_delta();
    struct sg_artist a = {.artist_id = 1, .name = SG_STR("Royal Quartet")};
    query_must(sg_delta_put(d, SG_ARTIST, &a, &query_err));
    query_must(sg_delta_remove(d, SG_SONG, 4, &query_err));
    query_must(sg_delta_commit(d, 10, 1, &query_err));
    query_open();
    query_expect_song("bohemian rhapsody royal quartet", 1);
    ck_assert(sg_str_eq(query_hit(0)->artist->name, SG_STR("Royal Quartet")));
    const struct sg_suggestion *s = query_complete("royal q");
    ck_assert_uint_ge(query_completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Royal Quartet")));
    s = query_complete("queen");
    for (size_t i = 0; i < query_completions.suggestions.n; i++)
        ck_assert(!sg_str_eq(s[i].text, SG_STR("Queen")));
    query_complete("yesterd");
    ck_assert_uint_eq(query_completions.suggestions.n, 0);
    ck_assert_uint_eq(query_find_songs("yesterday "), 0);
    query_close();
    sg_delta_close(d);
}
END_TEST

START_TEST(an_album_alias_reaches_its_songs_at_once)
{
    struct sg_delta *d = query_open_delta();
    struct sg_str alias = SG_STR("Quarry Tapes");
    struct sg_album a = {.album_id = 1,
                         .title = SG_STR("A Night at the Opera"),
                         .artist_id = 1,
                         .aliases = {&alias, 1}};
    query_must(sg_delta_put(d, SG_ALBUM, &a, &query_err));
    query_must(sg_delta_commit(d, 10, 1, &query_err));
    query_open();
    query_expect_song("bohemian rhapsody quarry tapes", 1);
    query_close();
    sg_delta_close(d);
}
END_TEST

int main(void)
{
    query_make();
    TCase *c = tcase_create("query live");
    tcase_add_test(c, what_was_just_added_is_found_and_completed);
    tcase_add_test(c, an_alias_is_found_shown_and_completed_at_once);
    tcase_add_test(c, a_rename_is_followed_by_search_and_completion);
    tcase_add_test(c, an_album_alias_reaches_its_songs_at_once);
    Suite *suite = suite_create("query live");
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
