/* test_title.c - what people type as a name is kept composed, trimmed and bounded by characters,
 * and what would not show is refused. */
#include "core/title.h"
#include <check.h>
#include <stdlib.h>

static struct sg_arena a;

static int title(const char *bytes, size_t n, size_t max, struct sg_str *out)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_title(&a, "title", (struct sg_str){bytes, n}, max, out, &e);
    if (rc) {
        ck_assert_int_eq(rc, SG_EINVAL);
        ck_assert_str_eq(e.field, "title");
    }
    return rc;
}

#define REFUSED(literal) ck_assert_int_ne(title("" literal, sizeof(literal) - 1, 200, &out), 0)
#define KEPT(literal, as)                                                                          \
    do {                                                                                           \
        ck_assert_int_eq(title("" literal, sizeof(literal) - 1, 200, &out), 0);                    \
        ck_assert(sg_str_eq(out, SG_STR(as)));                                                     \
    } while (0)

START_TEST(names_are_composed_and_trimmed)
{
    struct sg_str out;
    KEPT("Beyonce\xcc\x81", "Beyonc\xc3\xa9");
    KEPT("  \xc2\xa0 Songs in the Key of Life\xe3\x80\x80 ", "Songs in the Key of Life");
    KEPT("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\xa4",
         "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\xa4");
    KEPT("'; DROP TABLE songs; --", "'; DROP TABLE songs; --");
}
END_TEST

START_TEST(length_is_in_characters_once_composed)
{
    struct sg_str out;
    char name[800];
    for (size_t i = 0; i < 200; i++)
        memcpy(name + 3 * i, "e\xcc\x81", 3);
    ck_assert_int_eq(title(name, 600, 200, &out), 0);
    ck_assert_uint_eq(out.n, 400);
    memset(name + 600, 'x', 1);
    ck_assert_int_ne(title(name, 601, 200, &out), 0);
    for (size_t i = 0; i < 200; i++)
        memcpy(name + 4 * i, "\xf0\x9f\x8e\xb5", 4);
    ck_assert_int_eq(title(name, 800, 200, &out), 0);
}
END_TEST

START_TEST(what_would_not_show_is_refused)
{
    struct sg_str out;
    REFUSED("");
    REFUSED(" \xc2\xa0 ");
    REFUSED("a\0b");
    REFUSED("a\nb");
    REFUSED("a\x7f");
    REFUSED("\xc2\x85");
    REFUSED("a\xe2\x80\xae"
            "b");
    REFUSED("a\xe2\x81\xa6"
            "b");
    REFUSED("a\xe2\x80\xa8"
            "b");
    REFUSED("\xef\xbf\xbf");
    REFUSED("\xed\xa0\x80");
    REFUSED("\xc3");
    REFUSED("a\xff");
}
END_TEST

START_TEST(prose_keeps_its_lines)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str out;
    ck_assert_int_eq(sg_prose(&a, "bio", SG_STR("One.\r\nTwo.\n\n"), 100, &out, &e), 0);
    ck_assert(sg_str_eq(out, SG_STR("One.\nTwo.")));
    ck_assert_int_eq(sg_prose(&a, "bio", SG_STR(""), 100, &out, &e), 0);
    ck_assert(out.p && out.n == 0);
    ck_assert_int_eq(sg_prose(&a, "bio", SG_STR("a\tb"), 100, &out, &e), SG_EINVAL);
    ck_assert_int_eq(sg_prose(&a, "bio", SG_STR("12345"), 4, &out, &e), SG_EINVAL);
}
END_TEST

static void teardown(void)
{
    sg_arena_free(&a);
    a = (struct sg_arena){0};
}

int main(void)
{
    Suite *s = suite_create("title");
    TCase *t = tcase_create("title");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, names_are_composed_and_trimmed);
    tcase_add_test(t, length_is_in_characters_once_composed);
    tcase_add_test(t, what_would_not_show_is_refused);
    tcase_add_test(t, prose_keeps_its_lines);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
