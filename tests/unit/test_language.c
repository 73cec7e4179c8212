/* test_language.c - tags of languages, and which of several suits. */
#include "api/lyrics/language.h"
#include <check.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error err;
static const struct sg_str tags[] = {SG_STR("en"), SG_STR("pt-BR"), SG_STR("zh-Hant"),
                                     SG_STR("und"), SG_STR("de-CH-1996")};
enum { n_tags = sizeof tags / sizeof *tags };

static const char *read_tag(const char *text)
{
    struct sg_str out;
    return sg_language_read(sg_str(text), "language", &arena, &out, &err) ? "" : out.p;
}

START_TEST(tags_are_written_in_one_way)
{
    ck_assert_str_eq(read_tag("EN"), "en");
    ck_assert_str_eq(read_tag("PT-br"), "pt-BR");
    ck_assert_str_eq(read_tag("zh-hANT-tw"), "zh-Hant-TW");
    ck_assert_str_eq(read_tag("es-419"), "es-419");
    ck_assert_str_eq(read_tag("de-ch-1996"), "de-CH-1996");
}
END_TEST

START_TEST(what_is_no_tag_is_refused)
{
    static const char *const bad[] = {"",
                                      "e",
                                      "en_GB",
                                      "en-",
                                      "-en",
                                      "12",
                                      "en--GB",
                                      "caf\xc3\xa9",
                                      "abcdefghi",
                                      "en GB",
                                      "en-a-very-long-tag-that-never-ends-at-all"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!*read_tag(bad[i]), "%s", bad[i]);
    ck_assert_str_eq(err.field, "language");
}
END_TEST

static size_t lookup(const char *wanted)
{
    return sg_language_lookup(sg_str(wanted), tags, n_tags);
}

START_TEST(the_nearest_language_is_found)
{
    ck_assert_uint_eq(lookup("en"), 0);
    ck_assert_uint_eq(lookup("EN-gb-oxendict"), 0);
    ck_assert_uint_eq(lookup("pt"), 1);
    ck_assert_uint_eq(lookup("pt-PT"), 1);
    ck_assert_uint_eq(lookup("zh-Hant-TW"), 2);
    ck_assert_uint_eq(lookup("de"), 4);
    ck_assert_uint_eq(lookup("en-x-private"), 0);
    ck_assert_uint_eq(lookup("ja"), n_tags);
    ck_assert_uint_eq(lookup("d"), n_tags);
    ck_assert_uint_eq(sg_language_lookup(SG_STR("en"), tags, 0), 0);
}
END_TEST

static size_t accepted(const char *header)
{
    return sg_language_accept(sg_str(header), tags, n_tags);
}

START_TEST(the_most_wanted_language_of_a_header_is_found)
{
    ck_assert_uint_eq(accepted("ja, en;q=0.3, pt;q=0.8"), 1);
    ck_assert_uint_eq(accepted("pt;q=0, en;q=0.001"), 0);
    ck_assert_uint_eq(accepted("  zh-Hant ; q=1 ,en"), 2);
    ck_assert_uint_eq(accepted("*"), n_tags);
    ck_assert_uint_eq(accepted(""), n_tags);
    ck_assert_uint_eq(accepted(";;,,q=,;q=2,\xff, en;q=x, de"), 4);
}
END_TEST

static void fresh(void)
{
    sg_arena_free(&arena);
    arena = (struct sg_arena){0};
}

int main(void)
{
    Suite *s = suite_create("language");
    TCase *t = tcase_create("language");
    tcase_add_checked_fixture(t, fresh, fresh);
    tcase_add_test(t, tags_are_written_in_one_way);
    tcase_add_test(t, what_is_no_tag_is_refused);
    tcase_add_test(t, the_nearest_language_is_found);
    tcase_add_test(t, the_most_wanted_language_of_a_header_is_found);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
