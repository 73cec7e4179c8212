/* test_str.c - numbers and UTF-8 in views. */
#include "core/str.h"
#include <check.h>
#include <stdlib.h>

START_TEST(whole_numbers_are_read_to_their_ends_and_no_further)
{
    uint64_t u;
    int64_t i;
    ck_assert(sg_str_to_u64(SG_STR("18446744073709551615"), &u) && u == UINT64_MAX);
    ck_assert(!sg_str_to_u64(SG_STR("18446744073709551616"), &u));
    ck_assert(!sg_str_to_u64(SG_STR("1 "), &u) && !sg_str_to_u64(SG_STR(""), &u));
    ck_assert(!sg_str_to_u64(SG_STR("+1"), &u) && !sg_str_to_u64(SG_STR("0x1"), &u));
    ck_assert(sg_str_to_i64(SG_STR("-9223372036854775808"), &i) && i == INT64_MIN);
    ck_assert(sg_str_to_i64(SG_STR("9223372036854775807"), &i) && i == INT64_MAX);
    ck_assert(!sg_str_to_i64(SG_STR("9223372036854775808"), &i));
    ck_assert(!sg_str_to_i64(SG_STR("-"), &i));
}
END_TEST

START_TEST(decimals_are_read_whole_or_not_at_all)
{
    double v;
    ck_assert(sg_str_to_f64(SG_STR("-2.5e3"), &v) && v == -2500);
    ck_assert(!sg_str_to_f64(SG_STR("1x"), &v) && !sg_str_to_f64(SG_STR(""), &v));
    ck_assert(!sg_str_to_f64(SG_STR("1e999"), &v));
}
END_TEST

static bool utf8_at(size_t offset, const char *bad)
{
    char text[64];
    memset(text, 'a', sizeof text);
    memcpy(text + offset, bad, strlen(bad));
    return sg_str_is_utf8((struct sg_str){text, 40});
}

START_TEST(utf8_is_checked_wherever_it_stands)
{
    static const char *const bad[] = {"\x80",         "\xc0\x80",         "\xc1\xbf",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                      "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xff"};
    static const char *const good[] = {"\x7f", "é", "€", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"};
    for (size_t at = 0; at < 20; at++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            ck_assert(!utf8_at(at, bad[i]));
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            ck_assert(utf8_at(at, good[i]));
    }
    ck_assert(!sg_str_is_utf8(SG_STR("aaaaaaaa\xe2\x82")));
    ck_assert(sg_str_is_utf8(SG_STR_NONE));
}
END_TEST

START_TEST(views_compare_by_bytes_then_length)
{
    ck_assert_int_lt(sg_str_cmp(SG_STR("ab"), SG_STR("abc")), 0);
    ck_assert_int_gt(sg_str_cmp(SG_STR("b"), SG_STR("abc")), 0);
    ck_assert(sg_str_eq(SG_STR_NONE, SG_STR("")));
    ck_assert(sg_str_starts(SG_STR("abc"), SG_STR("ab")));
    ck_assert(!sg_str_starts(SG_STR("a"), SG_STR("ab")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("str");
    TCase *t = tcase_create("str");
    tcase_add_test(t, whole_numbers_are_read_to_their_ends_and_no_further);
    tcase_add_test(t, decimals_are_read_whole_or_not_at_all);
    tcase_add_test(t, utf8_is_checked_wherever_it_stands);
    tcase_add_test(t, views_compare_by_bytes_then_length);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
