/* Words without spaces, unfinished words with a slip, words by their sound. */
#include "index/spell.h"
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_spell *spell;

static const struct {
    const char *word;
    uint32_t frequency;
} all[] = {{"blinding", 9},  {"lights", 80},     {"the", 900},   {"weeknd", 20}, {"theweeknd", 1},
           {"a", 500},       {"house", 60},      {"is", 300},    {"not", 100},   {"home", 90},
           {"beethoven", 7}, {"metallica", 40},  {"beeth", 1},   {"zinda", 5},   {"sikandar", 8},
           {"sick", 30},     {"chaykovskiy", 3}, {"mother", 30}, {"44", 2},      {"кино", 4}};

static void open_words(void)
{
    char path[] = "/tmp/segue-spell-XXXXXX";
    struct sg_error e = SG_ERROR_INIT;
    struct sg_spell_writer *w;
    close(mkstemp(path));
    ck_assert_int_eq(sg_spell_writer_open(&w, path, &e), 0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_int_eq(sg_spell_writer_add(w, sg_str(all[i].word), all[i].frequency, &e), 0);
    ck_assert_int_eq(sg_spell_writer_finish(w, &e), 0);
    ck_assert_int_eq(sg_spell_open(&spell, path, &e), 0);
    unlink(path);
}

static void close_words(void)
{
    sg_spell_close(spell);
}

static void expect_cut(const char *text, bool open, const char *expected)
{
    struct sg_str out[16];
    char got[256] = "";
    size_t n = sg_spell_segment(spell, sg_str(text), open, 0, out, 16);
    for (size_t i = 0; i < n; i++) {
        strcat(got, i ? " " : "");
        strncat(got, out[i].p, out[i].n);
    }
    ck_assert_str_eq(got, expected);
}

START_TEST(text_without_spaces_is_cut_where_words_are_likely)
{
    expect_cut("blindinglightstheweeknd", false, "blinding lights the weeknd");
    expect_cut("ahouseisnotahome", false, "a house is not a home");
    expect_cut("thebeetho", true, "the beetho");
    expect_cut("thebeetho", false, "");
    expect_cut("xyzzy", false, "");
    expect_cut("", true, "");
}
END_TEST

START_TEST(other_cuts_follow_the_best)
{
    struct sg_str out[4];
    ck_assert_uint_eq(sg_spell_segment(spell, SG_STR("theweeknd"), false, 0, out, 4), 2);
    ck_assert_uint_eq(sg_spell_segment(spell, SG_STR("theweeknd"), false, 1, out, 4), 1);
    ck_assert_uint_eq(sg_spell_segment(spell, SG_STR("theweeknd"), false, 2, out, 4), 0);
    ck_assert_uint_eq(sg_spell_segment(spell, SG_STR("theweeknd"), false, 99, out, 4), 0);
    ck_assert_uint_eq(sg_spell_segment(spell, SG_STR("ahouseisnotahome"), false, 0, out, 4), 0);
}
END_TEST

static bool starts(const char *typed, const char *expected)
{
    struct sg_spelling out[4];
    size_t n = sg_spell_starts(spell, sg_str(typed), out, 4);
    for (size_t i = 0; i < n; i++)
        if (sg_str_eq(out[i].word, sg_str(expected)))
            return true;
    return false;
}

START_TEST(an_unfinished_word_may_hold_a_slip)
{
    ck_assert(starts("beethvo", "beethov") && starts("metalica", "metallica"));
    ck_assert(starts("mettal", "metal") && starts("emtall", "metall") && starts("beexth", "beeth"));
    ck_assert(!starts("metall", "metall") && !starts("xxxxxx", "metall"));
    ck_assert_uint_eq(sg_spell_starts(spell, SG_STR(""), NULL, 0), 0);
}
END_TEST

static bool sounds(const char *word, const char *expected)
{
    struct sg_spelling out[4];
    size_t n = sg_spell_sounds(spell, sg_str(word), out, 4);
    for (size_t i = 0; i < n; i++)
        if (sg_str_eq(out[i].word, sg_str(expected)))
            return true;
    return false;
}

START_TEST(words_are_found_by_their_sound)
{
    ck_assert(sounds("jinda", "zinda") && sounds("sikander", "sikandar"));
    ck_assert(sounds("tchaikovsky", "chaykovskiy"));
    ck_assert(!sounds("zinda", "zinda") && !sounds("linda", "zinda"));
    ck_assert(!sounds("44", "44") && !sounds("кино", "кино") && !sounds("", "a"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spell readings");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, open_words, close_words);
    tcase_add_test(c, text_without_spaces_is_cut_where_words_are_likely);
    tcase_add_test(c, other_cuts_follow_the_best);
    tcase_add_test(c, an_unfinished_word_may_hold_a_slip);
    tcase_add_test(c, words_are_found_by_their_sound);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
