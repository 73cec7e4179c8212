/* Completion over a real generation, in process. */
#include "tests/support/query.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(completions_are_best_first_with_their_artist)
{
    const struct sg_suggestion *s = query_complete("boh");
    ck_assert_uint_ge(query_completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Bohemian Rhapsody")));
    ck_assert(sg_str_eq(s[0].detail, SG_STR("Queen")) && sg_str_eq(s[0].type, SG_STR("song")));
    ck_assert(s[0].from == 0 && s[0].to == 3);
}
END_TEST

START_TEST(completions_start_at_later_words_too)
{
    const struct sg_suggestion *s = query_complete("rhaps");
    ck_assert_uint_ge(query_completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Bohemian Rhapsody")) && s[0].from == 9 && s[0].to == 14);
}
END_TEST

START_TEST(an_alias_completes_to_its_artist)
{
    const struct sg_suggestion *s = query_complete("fab f");
    ck_assert_uint_ge(query_completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("The Beatles")) && s[0].from == 0 && s[0].to == 0);
}
END_TEST

START_TEST(completions_forgive_a_slip)
{
    const struct sg_suggestion *s = query_complete("bohemien");
    ck_assert_uint_ge(query_completions.suggestions.n, 1);
    ck_assert(sg_str_eq(s[0].text, SG_STR("Bohemian Rhapsody")));
    query_complete("qqqqqqqq");
    ck_assert_uint_eq(query_completions.suggestions.n, 0);
}
END_TEST

START_TEST(completions_run_from_the_title_into_the_artist)
{
    ck_assert(query_completes("halo be", "Halo"));
    const struct sg_suggestion *s = query_completions.suggestions.v;
    ck_assert(s[0].from == 0 && s[0].to == 4);
    ck_assert(query_completes("fade to black metal", "Fade to Black"));
    ck_assert(query_completes("love nobody known", "Love"));
    ck_assert(!query_completes("halo qu", "Halo"));
}
END_TEST

START_TEST(completions_take_words_in_any_order)
{
    ck_assert(query_completes("queen bohem", "Bohemian Rhapsody"));
    ck_assert(query_completes("rhapsody queen boh", "Bohemian Rhapsody"));
    ck_assert(query_completes("beatles yester", "Yesterday"));
}
END_TEST

START_TEST(completions_forgive_slips_in_any_word)
{
    ck_assert(query_completes("bogemian rhap", "Bohemian Rhapsody"));
    ck_assert(query_completes("bohemian rhsp", "Bohemian Rhapsody"));
    ck_assert(query_completes("bogemian rhapsidy", "Bohemian Rhapsody"));
    ck_assert(query_completes("nothinf else ma", "Nothing Else Matters"));
    ck_assert(query_completes("yestre", "Yesterday"));
}
END_TEST

START_TEST(a_whole_title_comes_before_longer_ones)
{
    const struct sg_suggestion *s = query_complete("fade to black");
    ck_assert_uint_ge(query_completions.suggestions.n, 3);
    ck_assert(s[0].id == 11 || s[0].id == 12);
}
END_TEST

START_TEST(bad_completions_are_refused_by_field)
{
    struct sg_suggest_request r = {.q = SG_STR(""), .limit = 8};
    ck_assert_int_eq(sg_complete(query_searcher, &r, &query_arena, &query_completions, &query_err),
                     SG_EINVAL);
    ck_assert_str_eq(query_err.field, "q");
    r = (struct sg_suggest_request){.q = SG_STR("a"), .limit = 21};
    ck_assert_int_eq(sg_complete(query_searcher, &r, &query_arena, &query_completions, &query_err),
                     SG_EINVAL);
    ck_assert_str_eq(query_err.field, "limit");
}
END_TEST

START_TEST(other_scripts_are_completed_by_their_latin_form)
{
    ck_assert(query_completes("kin", "\xd0\x9a\xd0\xb8\xd0\xbd\xd0\xbe"));
    ck_assert(query_completes("gruppa kro", "\xd0\x93\xd1\x80\xd1\x83\xd0\xbf\xd0\xbf\xd0\xb0 "
                                            "\xd0\xba\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb8"));
}
END_TEST

static const struct sg_suggestion *complete_for(const char *q, struct sg_taste *taste)
{
    struct sg_suggest_request r = {.q = sg_str(q), .limit = 8, .taste = taste};
    memset(&query_completions, 0, sizeof query_completions);
    ck_assert_int_eq(sg_complete(query_searcher, &r, &query_arena, &query_completions, &query_err),
                     0);
    ck_assert_uint_gt(query_completions.suggestions.n, 0);
    return query_completions.suggestions.v;
}

START_TEST(what_the_searcher_likes_comes_up_even_from_far_below)
{
    struct sg_affinity songs[] = {{1003, 1}}, artists[] = {{2, 0.9}};
    struct sg_taste taste = {.songs = {songs, 1}, .artists = {artists, 1}};
    ck_assert(!query_completes("love num", "Love Number 3"));
    ck_assert(sg_str_eq(complete_for("love num", &taste)->text, SG_STR("Love Number 3")));
    songs[0].weight = 0;
    ck_assert(!sg_str_eq(complete_for("love num", &taste)->text, SG_STR("Love Number 3")));
    ck_assert(sg_str_eq(complete_for("boh", &taste)->text, SG_STR("Bohemian Rhapsody")));
    ck_assert(sg_str_eq(complete_for("the b", &taste)->text, SG_STR("The Beatles")));
    songs[0].id = 1u << 30; /* gone from the catalogue */
    complete_for("love num", &taste);
}
END_TEST

int main(void)
{
    query_make();
    TCase *c = tcase_create("query suggest");
    tcase_add_checked_fixture(c, query_open, query_close);
    tcase_add_test(c, completions_are_best_first_with_their_artist);
    tcase_add_test(c, completions_start_at_later_words_too);
    tcase_add_test(c, an_alias_completes_to_its_artist);
    tcase_add_test(c, completions_forgive_a_slip);
    tcase_add_test(c, completions_run_from_the_title_into_the_artist);
    tcase_add_test(c, completions_take_words_in_any_order);
    tcase_add_test(c, completions_forgive_slips_in_any_word);
    tcase_add_test(c, a_whole_title_comes_before_longer_ones);
    tcase_add_test(c, bad_completions_are_refused_by_field);
    tcase_add_test(c, what_the_searcher_likes_comes_up_even_from_far_below);
    tcase_add_test(c, other_scripts_are_completed_by_their_latin_form);
    Suite *suite = suite_create("query suggest");
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
