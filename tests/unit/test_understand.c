/* Operators and meanings of a query's text, equal words, constraints on records. */
#include "query/understand/constraint.h"
#include "query/understand/cost.h"
#include "query/understand/equal.h"
#include "query/understand/layout.h"
#include <check.h>
#include <stdlib.h>

static struct sg_query q;
static struct sg_reading reading;
static struct sg_meaning m;
static struct sg_vocabulary vocabulary;
static struct sg_error err;

static int parse(const char *text)
{
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(text);
    int rc = sg_query_parse(&q, &r, &err);
    if (!rc)
        sg_reading_as_typed(&reading, &q);
    return rc;
}

static bool whole_is(const char *text)
{
    return sg_str_eq(q.whole, sg_str(text));
}

static bool holds(const char *title, const char *artists, const char *album)
{
    struct sg_facts f = {
        .title = sg_str(title), .artists = sg_str(artists), .album = sg_str(album)};
    return sg_constraints_hold(&q.syntax.constraints, &reading, SG_SONG, &f);
}

START_TEST(plain_text_has_no_operators)
{
    static const char *const plain[] = {"queen - bohemian rhapsody",
                                        "jay-z",
                                        "12\" mix",
                                        "re:stacks",
                                        "artist: unknown",
                                        "\"unclosed",
                                        "year:zero",
                                        "-",
                                        "a - b"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        parse(plain[i]);
        ck_assert_msg(!q.syntax.has_operators, "%s", plain[i]);
    }
    ck_assert_int_eq(parse("queen - bohemian rhapsody"), 0);
    ck_assert(whole_is("queen bohemian rhapsody") && q.prefix);
}
END_TEST

START_TEST(operators_are_taken_out_of_the_text)
{
    ck_assert_int_eq(parse("one more time artist:\"Daft Punk\" year:1990..2005 genre:house -live"),
                     0);
    ck_assert(q.syntax.has_operators && !q.prefix);
    ck_assert(whole_is("one more time daft punk"));
    ck_assert(sg_str_eq(q.genre, SG_STR("house")));
    ck_assert_int_eq(q.year_from, 1990);
    ck_assert_int_eq(q.year_to, 2005);
    ck_assert_uint_eq(q.syntax.constraints.n, 2);
    ck_assert_uint_eq(q.syntax.constraints.unwanted.n, 1);
    ck_assert_int_eq(parse("type:album help"), 0);
    ck_assert_uint_eq(q.kinds, 1u << SG_ALBUM);
    ck_assert(q.prefix);
}
END_TEST

START_TEST(filters_alone_are_enough)
{
    ck_assert_int_eq(parse("year:1999"), 0);
    ck_assert_uint_eq(q.words.n, 0);
    ck_assert_int_eq(parse("genre:\"hip hop\" year:90s"), 0);
    ck_assert_int_eq(q.year_to, 1999);
    ck_assert_int_eq(parse("-live"), SG_EINVAL);
    ck_assert_str_eq(err.field, "q");
}
END_TEST

START_TEST(fields_are_checked_on_the_record)
{
    parse("artist:queen bohemian ");
    ck_assert(holds("bohemian rhapsody", "queen", "") && !holds("bohemian queen", "x", ""));
    parse("title:queen ");
    ck_assert(holds("killer queen", "queen", "") && !holds("radio ga ga", "queen", "queen"));
    parse("album:\"night at the opera\" ");
    ck_assert(holds("x", "queen", "a night at the opera"));
    ck_assert(!holds("x", "queen", "the night at opera a"));
}
END_TEST

START_TEST(phrases_are_words_next_to_each_other)
{
    parse("\"one more time\" ");
    ck_assert(holds("one more time", "", "") && holds("just one more time please", "", ""));
    ck_assert(!holds("one time more", "", "") && !holds("one more", "time", ""));
    parse("\xe2\x80\x9c"
          "more time\xe2\x80\x9d");
    ck_assert(holds("one more time", "", "") && !holds("time more", "", ""));
    ck_assert(!holds("x",
                     "one more\x1f"
                     "time out",
                     ""));
}
END_TEST

START_TEST(unwanted_words_and_phrases_exclude)
{
    parse("hello -live -\"radio edit\" -artist:\"lionel richie\" ");
    ck_assert(holds("hello", "adele", "25"));
    ck_assert(!holds("hello live", "adele", "25") && !holds("hello", "adele", "live"));
    ck_assert(!holds("hello radio edit", "adele", "") && holds("hello edit radio", "adele", ""));
    ck_assert(!holds("hello", "lionel richie", ""));
}
END_TEST

START_TEST(too_many_operators_stay_words)
{
    char text[SG_QUERY_MAX] = "";
    for (int i = 0; i < 40; i++)
        strcat(text, "-b a:b \"c\" ");
    ck_assert_int_eq(parse(text), 0);
    ck_assert_uint_le(q.syntax.constraints.n, SG_CONSTRAINTS_MAX);
}
END_TEST

START_TEST(years_are_read_as_people_write_them)
{
    static const struct {
        const char *text;
        int from, to;
    } good[] = {{"1999", 1999, 1999},  {"1990..1999", 1990, 1999}, {"1990-1999", 1990, 1999},
                {"1990..", 1990, 0},   {"..1999", 0, 1999},        {"80s", 1980, 1989},
                {"1980s", 1980, 1989}, {"20s", 2020, 2029}};
    static const char *const bad[] = {"", "199", "19999", "1999..1990", "85s", "s", "..", "1999x"};
    int from, to;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(sg_years_parse(sg_str(good[i].text), &from, &to), "%s", good[i].text);
        ck_assert_int_eq(from, good[i].from);
        ck_assert_int_eq(to, good[i].to);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!sg_years_parse(sg_str(bad[i]), &from, &to), "%s", bad[i]);
}
END_TEST

static bool understand(const char *text)
{
    parse(text);
    vocabulary.n = 0;
    sg_vocabulary_add(&vocabulary, SG_STR("Rock"), 7);
    sg_vocabulary_add(&vocabulary, SG_STR("Hip-Hop"), 8);
    return sg_understand(&m, &q.words, &vocabulary);
}

static bool left_is(const char *text)
{
    sg_reading_meaning(&reading, &q, &m);
    char buf[256] = "";
    for (size_t i = 0; i < reading.n_words; i++) {
        strcat(buf, i ? " " : "");
        strncat(buf, reading.words[i].p, reading.words[i].n);
    }
    return !strcmp(buf, text);
}

START_TEST(by_stands_between_title_and_artist)
{
    ck_assert(understand("hello by adele"));
    ck_assert(left_is("hello adele"));
    ck_assert_uint_eq(reading.in_title, 1);
    ck_assert_uint_eq(reading.in_artist, 2);
    ck_assert(!understand("by myself") && !understand("stand by"));
}
END_TEST

START_TEST(years_genres_and_kinds_are_meant)
{
    ck_assert(understand("80s rock") && left_is(""));
    ck_assert(m.year_from == 1980 && m.year_to == 1989 && m.n_genres == 1 && m.genres[0] == 7);
    ck_assert(understand("songs from 1999") && left_is(""));
    ck_assert(m.year_from == 1999 && m.kinds == 1u << SG_SONG);
    ck_assert(understand("best rap songs of the 90s") && left_is(""));
    ck_assert(m.n_genres == 1 && m.genres[0] == 8 && m.year_from == 1990);
    ck_assert(understand("albums by queen") && left_is("queen"));
    ck_assert_uint_eq(m.kinds, 1u << SG_ALBUM);
    ck_assert(understand("queen songs") && left_is("queen"));
    ck_assert(!understand("bohemian rhapsody") && !understand("songs") && !understand("best of"));
}
END_TEST

static bool equals(const char *word, const char *before, const char *other)
{
    struct sg_equal e[SG_EQUALS_MAX];
    size_t n = sg_equals_of(e, sg_str(word), sg_str(before), *before);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(e[i].text, other))
            return true;
    return false;
}

START_TEST(numerals_and_ands_are_the_same_otherwise_written)
{
    ck_assert(equals("4", "zeppelin", "iv") && equals("iv", "zeppelin", "four"));
    ck_assert(equals("four", "", "4") && equals("v", "part", "5") && !equals("v", "the", "5"));
    ck_assert(equals("und", "simon", "and") && equals("and", "guns", "y") &&
              !equals("love", "", "and"));
    ck_assert(!equals("i", "am", "1") && !equals("999", "", "one"));
}
END_TEST

START_TEST(spelled_numbers_become_digits)
{
    static const struct {
        const char *text, *digits;
        size_t words;
    } all[] = {{"twenty one guns", "21", 2},
               {"five hundred miles", "500", 2},
               {"nineteen eighty nine", "1989", 3},
               {"one eighty two", "182", 3},
               {"one hundred and two", "100", 2},
               {"seven nation army", "7", 1},
               {"love", "", 0},
               {"two thousand", "2000", 2}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char digits[16] = "";
        parse(all[i].text);
        ck_assert_uint_eq(sg_number_spelled(&q.words, 0, digits), all[i].words);
        ck_assert_str_eq(digits, all[i].digits);
    }
}
END_TEST

START_TEST(slips_of_fingers_and_ears_cost_less)
{
    float other = sg_edit_cost(SG_STR("metalbica"), SG_STR("metallica"));
    ck_assert_float_lt(sg_edit_cost(SG_STR("metalkica"), SG_STR("metallica")), other);
    ck_assert_float_lt(sg_edit_cost(SG_STR("metalica"), SG_STR("metallica")), other);
    ck_assert_float_lt(sg_edit_cost(SG_STR("metalilca"), SG_STR("metallica")), other);
    ck_assert_float_lt(sg_edit_cost(SG_STR("sikander"), SG_STR("sikandar")), 0.6f);
    ck_assert_float_gt(sg_edit_cost(SG_STR("xetallica"), SG_STR("metallica")), other);
    ck_assert_float_eq(sg_edit_cost(SG_STR("abba"), SG_STR("abba")), 0);
}
END_TEST

static bool some_layout(const char *typed, const char *meant)
{
    for (size_t i = 0; i < SG_LAYOUTS; i++) {
        char out[128];
        size_t n = sg_layout_text(out, sizeof out, sg_str(typed), i);
        if (sg_str_eq((struct sg_str){out, n}, sg_str(meant)))
            return true;
    }
    return false;
}

START_TEST(keys_of_other_layouts_are_told)
{
    ck_assert(some_layout("ьуефддшсф", "metallica") && some_layout("rbyj", "кино"));
    ck_assert(some_layout(";θεεν", "queen") && some_layout("שננש", "abba"));
    ck_assert(some_layout("qkdxksthsuseks", "방탄소년단") && some_layout("ㅠㅅㄴ", "bts"));
    char small[4];
    ck_assert_uint_le(sg_layout_text(small, sizeof small, SG_STR("ьуефддшсф"), 0), 4);
    ck_assert_uint_eq(sg_layout_text(small, sizeof small, SG_STR("abc"), SG_LAYOUTS), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("understand");
    TCase *c = tcase_create("all");
    tcase_add_test(c, plain_text_has_no_operators);
    tcase_add_test(c, operators_are_taken_out_of_the_text);
    tcase_add_test(c, filters_alone_are_enough);
    tcase_add_test(c, fields_are_checked_on_the_record);
    tcase_add_test(c, phrases_are_words_next_to_each_other);
    tcase_add_test(c, unwanted_words_and_phrases_exclude);
    tcase_add_test(c, too_many_operators_stay_words);
    tcase_add_test(c, years_are_read_as_people_write_them);
    tcase_add_test(c, by_stands_between_title_and_artist);
    tcase_add_test(c, years_genres_and_kinds_are_meant);
    tcase_add_test(c, numerals_and_ands_are_the_same_otherwise_written);
    tcase_add_test(c, spelled_numbers_become_digits);
    tcase_add_test(c, slips_of_fingers_and_ears_cost_less);
    tcase_add_test(c, keys_of_other_layouts_are_told);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
