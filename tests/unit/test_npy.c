/* Arrays as NumPy saves them: what is read, what is refused. */
#include "recsys/input/npy.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned char file[1024];

/* A file of that description and data; its size. */
static size_t make(int version, const char *description, const void *data, size_t bytes)
{
    size_t n = strlen(description), at = version == 1 ? 10 : 12;
    memset(file, 0, sizeof file);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[8] = (unsigned char)n;
    memcpy(file + at, description, n);
    memcpy(file + at + n, data, bytes);
    return at + n + bytes;
}

static int parse(struct sg_npy *a, size_t n)
{
    return sg_npy_parse(a, (struct sg_str){(const char *)file, n}, NULL);
}

START_TEST(floats_of_both_widths_are_read_by_row_and_column)
{
    const float narrow[] = {1, 2, 3, 4, 5, 6};
    const double wide[] = {0.5, -0.25, 1e300, NAN};
    struct sg_npy a;
    float v;
    size_t n = make(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", narrow,
                    sizeof narrow);
    ck_assert_int_eq(parse(&a, n), 0);
    ck_assert(a.rows == 2 && a.columns == 3);
    ck_assert(sg_npy_float(&a, 1, 2, &v) && v == 6);
    ck_assert(!sg_npy_float(&a, 2, 0, &v) && !sg_npy_float(&a, 0, 3, &v));
    n = make(2, "{'shape': (4,), 'fortran_order': False, 'descr': '<f8'}", wide, sizeof wide);
    ck_assert_int_eq(parse(&a, n), 0);
    ck_assert(a.rows == 4 && a.columns == 1);
    ck_assert(sg_npy_float(&a, 1, 0, &v) && v == -0.25f);
    ck_assert(!sg_npy_float(&a, 2, 0, &v) && !sg_npy_float(&a, 3, 0, &v));
}
END_TEST

START_TEST(whole_numbers_are_read_and_negative_ones_refused)
{
    const int64_t ids[] = {7, -1, INT64_MAX};
    const uint32_t small[] = {UINT32_MAX};
    struct sg_npy a;
    uint64_t v;
    float f;
    size_t n = make(3, "{'descr': '<i8', 'fortran_order': False, 'shape': (3,)}", ids, sizeof ids);
    ck_assert_int_eq(parse(&a, n), 0);
    ck_assert(sg_npy_whole(&a, 0, 0, &v) && v == 7);
    ck_assert(!sg_npy_whole(&a, 1, 0, &v) && !sg_npy_float(&a, 0, 0, &f));
    ck_assert(sg_npy_whole(&a, 2, 0, &v) && v == INT64_MAX);
    n = make(1, "{'descr': '<u4', 'fortran_order': False, 'shape': (1,)}", small, sizeof small);
    ck_assert_int_eq(parse(&a, n), 0);
    ck_assert(sg_npy_whole(&a, 0, 0, &v) && v == UINT32_MAX);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const char *const bad[] = {
        "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 4)}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr: '<f4', 'fortran_order': False, 'shape': (2, 2)}",
        "",
    };
    const float data[4] = {0};
    struct sg_npy a;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(parse(&a, make(1, bad[i], data, sizeof data)), SG_ECORRUPT);
    size_t n =
        make(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", data, sizeof data);
    ck_assert_int_eq(parse(&a, n), 0);
    for (size_t cut = 0; cut < n; cut++)
        ck_assert_int_eq(parse(&a, cut), SG_ECORRUPT);
    file[6] = 9;
    ck_assert_int_eq(parse(&a, n), SG_ECORRUPT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("npy");
    TCase *t = tcase_create("npy");
    tcase_add_test(t, floats_of_both_widths_are_read_by_row_and_column);
    tcase_add_test(t, whole_numbers_are_read_and_negative_ones_refused);
    tcase_add_test(t, other_files_are_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
