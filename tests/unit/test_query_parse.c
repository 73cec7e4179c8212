/* Requests into queries, queries into readings and plans. */
#include "query/plan.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_query q;
static struct sg_reading reading;
static struct sg_plan plan;
static struct sg_error err;

static struct sg_search_request request(const char *text)
{
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(text);
    return r;
}

static int parse(const char *text)
{
    struct sg_search_request r = request(text);
    return sg_query_parse(&q, &r, &err);
}

static void expect_refused(const struct sg_search_request *r, const char *field)
{
    err = (struct sg_error)SG_ERROR_INIT;
    ck_assert_int_eq(sg_query_parse(&q, r, &err), SG_EINVAL);
    ck_assert_str_eq(err.field, field);
}

static bool plan_has(const char *term)
{
    for (size_t i = 0; i < plan.n_terms; i++)
        if (sg_str_eq(plan.terms[i], sg_str(term)))
            return true;
    return false;
}

/* A spelling segment of word:frequency pairs in a scratch file. */
static struct sg_spell *spell_of(const char *const *words, const uint32_t *counts, size_t n)
{
    char path[] = "/tmp/segue-spell-XXXXXX";
    struct sg_spell_writer *w;
    struct sg_spell *s;
    close(mkstemp(path));
    ck_assert_int_eq(sg_spell_writer_open(&w, path, &err), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(sg_spell_writer_add(w, sg_str(words[i]), counts[i], &err), 0);
    ck_assert_int_eq(sg_spell_writer_finish(w, &err), 0);
    ck_assert_int_eq(sg_spell_open(&s, path, &err), 0);
    unlink(path);
    return s;
}

START_TEST(words_are_folded_and_joined)
{
    ck_assert_int_eq(parse("  Beyonc\xc3\xa9 - HALO "), 0);
    ck_assert_uint_eq(q.words.n, 2);
    ck_assert(sg_str_eq(q.whole, SG_STR("beyonce halo")));
}
END_TEST

START_TEST(the_last_word_is_unfinished_unless_a_space_follows)
{
    ck_assert_int_eq(parse("halo"), 0);
    ck_assert(q.prefix);
    ck_assert_int_eq(parse("halo "), 0);
    ck_assert(!q.prefix);
    struct sg_search_request r = request("halo");
    r.prefix = false;
    ck_assert_int_eq(sg_query_parse(&q, &r, &err), 0);
    ck_assert(!q.prefix);
}
END_TEST

START_TEST(no_types_means_all_types)
{
    ck_assert_int_eq(parse("x"), 0);
    ck_assert_uint_eq(q.kinds, SG_ALL_KINDS);
    struct sg_str types[] = {SG_STR("album"), SG_STR("song"), SG_STR("album")};
    struct sg_search_request r = request("x");
    r.types = (struct sg_list){types, 3};
    ck_assert_int_eq(sg_query_parse(&q, &r, &err), 0);
    ck_assert_uint_eq(q.kinds, 1u << SG_ALBUM | 1u << SG_SONG);
}
END_TEST

START_TEST(bad_text_is_refused_by_field)
{
    char longer[SG_QUERY_MAX + 2];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    const char *bad[] = {"", "   ", "\t\n", longer, "abc\xff", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sg_search_request r = request(bad[i]);
        expect_refused(&r, "q");
    }
}
END_TEST

START_TEST(bad_numbers_are_refused_by_field)
{
    struct sg_search_request r;
    r = request("x"), r.limit = 0, expect_refused(&r, "limit");
    r = request("x"), r.limit = SG_LIMIT_MAX + 1, expect_refused(&r, "limit");
    r = request("x"), r.limit = INT64_MIN, expect_refused(&r, "limit");
    r = request("x"), r.offset = -1, expect_refused(&r, "offset");
    r = request("x"), r.offset = INT64_MAX, expect_refused(&r, "offset");
    r = request("x"), r.year_from = 10000, expect_refused(&r, "year_from");
    r = request("x"), r.year_from = 2001, r.year_to = 2000, expect_refused(&r, "year_to");
    r = request("x"), r.is_explicit = 2, expect_refused(&r, "explicit");
}
END_TEST

START_TEST(unknown_types_are_refused_by_name)
{
    struct sg_str types[] = {SG_STR("song"), SG_STR("video")};
    struct sg_search_request r = request("x");
    r.types = (struct sg_list){types, 2};
    expect_refused(&r, "type");
    ck_assert_ptr_nonnull(strstr(err.text, "video"));
}
END_TEST

START_TEST(short_unfinished_words_are_one_prefix_term)
{
    struct sg_filters none = {.is_explicit = -1};
    ck_assert_int_eq(parse("blinding lig"), 0);
    sg_reading_as_typed(&reading, &q);
    sg_plan_filters(&plan, &none);
    sg_plan_words(&plan, &reading, NULL);
    ck_assert_uint_eq(plan.n, 2);
    ck_assert(plan_has("Wblinding") && plan_has("Plig"));
    ck_assert(!plan.unlisted);
}
END_TEST

START_TEST(long_unfinished_words_become_the_words_that_start_with_them)
{
    const char *words[] = {"lights", "lighthouse", "lightning", "light"};
    const uint32_t counts[] = {10, 3, 7, 20};
    struct sg_spell *s = spell_of(words, counts, 4);
    struct sg_filters none = {.is_explicit = -1};
    ck_assert_int_eq(parse("lighth"), 0);
    sg_reading_as_typed(&reading, &q);
    sg_plan_filters(&plan, &none);
    sg_plan_words(&plan, &reading, s);
    ck_assert(plan_has("Wlighthouse") && plan_has("Wlighth") && !plan_has("Wlights"));
    ck_assert(plan.unlisted && !plan.more);
    sg_plan_filters(&plan, &none);
    sg_plan_words_loose(&plan, &reading);
    ck_assert(plan_has("Pligh"));
    sg_spell_close(s);
}
END_TEST

START_TEST(filters_become_terms)
{
    uint64_t genres[] = {4};
    struct sg_filters f = {.artist_id = 17,
                           .genres = genres,
                           .n_genres = 1,
                           .by_genre = true,
                           .year_from = 1998,
                           .year_to = 1999,
                           .is_explicit = 0};
    sg_plan_filters(&plan, &f);
    ck_assert(plan_has("A17") && plan_has("G4") && plan_has("Y1998") && plan_has("Y1999"));
    ck_assert(plan.groups[3].negate);
    ck_assert(!plan.impossible && !plan.check_years);
}
END_TEST

START_TEST(an_unknown_genre_matches_nothing)
{
    struct sg_filters f = {.by_genre = true, .is_explicit = -1};
    sg_plan_filters(&plan, &f);
    ck_assert(plan.impossible);
}
END_TEST

START_TEST(wide_ranges_of_years_are_checked_on_the_record)
{
    struct sg_filters f = {.year_from = 1990, .is_explicit = -1};
    sg_plan_filters(&plan, &f);
    ck_assert(plan.check_years);
    struct sg_facts old = {.year = 1989}, fresh = {.year = 1990}, unknown = {0};
    ck_assert(!sg_filters_pass(&f, &reading, SG_SONG, &old) &&
              sg_filters_pass(&f, &reading, SG_SONG, &fresh));
    ck_assert(!sg_filters_pass(&f, &reading, SG_SONG, &unknown));
}
END_TEST

START_TEST(whole_values_are_cut_into_title_and_artist)
{
    struct sg_filters none = {.is_explicit = -1};
    ck_assert_int_eq(parse("halo of beyonce"), 0);
    sg_plan_filters(&plan, &none);
    sg_plan_whole(&plan, &q, 2, false);
    ck_assert(plan_has("Thaloof") && plan_has("Nbeyonce"));
    sg_plan_filters(&plan, &none);
    sg_plan_whole(&plan, &q, 3, false);
    ck_assert(plan_has("Thaloofbeyonce"));
    ck_assert_uint_eq(plan.n, 1);
}
END_TEST

START_TEST(typos_are_corrected_by_length)
{
    ck_assert_int_eq(sg_reading_edits(SG_STR("abc")), 0);
    ck_assert_int_eq(sg_reading_edits(SG_STR("abcdefg")), 1);
    ck_assert_int_eq(sg_reading_edits(SG_STR("abcdefgh")), 2);
    ck_assert_int_eq(sg_reading_edits(SG_STR("\xd0\xba\xd0\xb8\xd0\xbd")), 0);
    const char *words[] = {"metallica", "nothing", "else"};
    const uint32_t counts[] = {50, 30, 40};
    struct sg_spell *s = spell_of(words, counts, 3);
    ck_assert_int_eq(parse("metalica nothing"), 0);
    ck_assert(sg_reading_is_suspect(&q, s));
    ck_assert(sg_reading_typo(&reading, &q, s, SG_DOUBT_RARE));
    ck_assert_int_eq(reading.how, SG_TYPO);
    ck_assert_uint_eq(reading.first[1], 2);
    ck_assert(sg_str_eq(reading.patterns[1].text, SG_STR("metallica")));
    ck_assert_int_eq(parse("nothing else"), 0);
    ck_assert(!sg_reading_is_suspect(&q, s));
    sg_spell_close(s);
}
END_TEST

START_TEST(words_are_joined_and_split_when_the_catalogue_knows_them)
{
    const char *words[] = {"skyscraper", "the", "beatles"};
    const uint32_t counts[] = {5, 900, 60};
    struct sg_spell *s = spell_of(words, counts, 3);
    ck_assert_int_eq(parse("sky scraper"), 0);
    ck_assert(sg_reading_join(&reading, &q, s, 0, 2));
    ck_assert_uint_eq(reading.n_words, 1);
    ck_assert(sg_str_eq(reading.words[0], SG_STR("skyscraper")));
    ck_assert_int_eq(parse("thebeatles"), 0);
    ck_assert(sg_reading_split(&reading, &q, s, 0));
    ck_assert_uint_eq(reading.n_words, 2);
    ck_assert(sg_str_eq(reading.words[1], SG_STR("beatles")));
    ck_assert_int_eq(parse("xyzzy"), 0);
    ck_assert(!sg_reading_split(&reading, &q, s, 0));
    sg_spell_close(s);
}
END_TEST

START_TEST(dropped_words_are_counted)
{
    const char *words[] = {"halo"};
    const uint32_t counts[] = {5};
    struct sg_spell *s = spell_of(words, counts, 1);
    ck_assert_int_eq(parse("halo by someone"), 0);
    ck_assert(sg_reading_drop(&reading, &q, s, 6));
    ck_assert_uint_eq(reading.n_words, 1);
    ck_assert_uint_eq(reading.n_dropped, 2);
    ck_assert(!reading.prefix);
    ck_assert(!sg_reading_drop(&reading, &q, s, 7));
    sg_spell_close(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("query_parse");
    TCase *c = tcase_create("all");
    tcase_add_test(c, words_are_folded_and_joined);
    tcase_add_test(c, the_last_word_is_unfinished_unless_a_space_follows);
    tcase_add_test(c, no_types_means_all_types);
    tcase_add_test(c, bad_text_is_refused_by_field);
    tcase_add_test(c, bad_numbers_are_refused_by_field);
    tcase_add_test(c, unknown_types_are_refused_by_name);
    tcase_add_test(c, short_unfinished_words_are_one_prefix_term);
    tcase_add_test(c, long_unfinished_words_become_the_words_that_start_with_them);
    tcase_add_test(c, filters_become_terms);
    tcase_add_test(c, an_unknown_genre_matches_nothing);
    tcase_add_test(c, wide_ranges_of_years_are_checked_on_the_record);
    tcase_add_test(c, whole_values_are_cut_into_title_and_artist);
    tcase_add_test(c, typos_are_corrected_by_length);
    tcase_add_test(c, words_are_joined_and_split_when_the_catalogue_knows_them);
    tcase_add_test(c, dropped_words_are_counted);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
