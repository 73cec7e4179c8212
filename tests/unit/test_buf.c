/* test_buf.c - growing, failing and JSON strings. */
#include "core/buf.h"
#include <check.h>
#include <jansson.h>
#include <stdlib.h>

static struct sg_buf b;

static void setup(void)
{
    b = (struct sg_buf){0};
}

static void teardown(void)
{
    sg_buf_free(&b);
}

START_TEST(what_is_put_is_kept_in_order)
{
    for (int i = 0; i < 5000; i++)
        sg_buf_printf(&b, "%d,", i % 10);
    ck_assert_uint_eq(b.n, 10000);
    ck_assert(!memcmp(b.p + 9980, "0,1,2,3,4,5,6,7,8,9,", 20));
    sg_buf_reset(&b);
    sg_buf_i64(&b, INT64_MIN);
    sg_buf_putc(&b, ' ');
    sg_buf_u64(&b, UINT64_MAX);
    ck_assert(sg_str_eq(sg_buf_str(&b), SG_STR("-9223372036854775808 18446744073709551615")));
}
END_TEST

START_TEST(a_failed_growth_keeps_what_there_was)
{
    sg_buf_puts(&b, "kept");
    ck_assert(sg_buf_reserve(&b, SIZE_MAX - 2) == NULL);
    ck_assert(sg_buf_reserve(&b, SIZE_MAX / 2) == NULL);
    ck_assert(sg_buf_failed(&b));
    ck_assert(sg_str_eq(sg_buf_str(&b), SG_STR("kept")));
}
END_TEST

/* Every byte at every place of a string, against jansson's reading. */
START_TEST(json_strings_read_back)
{
    char text[24];
    for (int c = 1; c < 128; c++)
        for (size_t at = 0; at < 20; at++) {
            memset(text, 'a', 20);
            text[at] = (char)c;
            sg_buf_reset(&b);
            sg_buf_json_str(&b, (struct sg_str){text, 20});
            json_t *v = json_loadb(b.p, b.n, JSON_DECODE_ANY, NULL);
            ck_assert(v && json_string_length(v) == 20);
            ck_assert(!memcmp(json_string_value(v), text, 20));
            json_decref(v);
        }
    sg_buf_reset(&b);
    sg_buf_json_str(&b, SG_STR("abcdefgé€🎵\xff\xc3"));
    ck_assert(sg_str_eq(sg_buf_str(&b), SG_STR("\"abcdefgé€🎵\xef\xbf\xbd\xef\xbf\xbd\"")));
    sg_buf_reset(&b);
    sg_buf_json_str(&b, SG_STR("\0"));
    ck_assert(sg_str_eq(sg_buf_str(&b), SG_STR("\"\\u0000\"")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *t = tcase_create("buf");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_put_is_kept_in_order);
    tcase_add_test(t, a_failed_growth_keeps_what_there_was);
    tcase_add_test(t, json_strings_read_back);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
