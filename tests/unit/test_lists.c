#include "index/lists.h"
#include "index/segment.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { documents = 300000 };

/* Term t is of every docid that step[t] divides, below its limit. */
static const struct {
    const char *term;
    uint32_t step, limit;
} rows[] = {
    {"Pa", 1, documents}, {"Pab", 2, documents},          {"Pabc", 17, documents},
    {"Pb", 1000, 200000}, {"Prare", 131071, documents},   {"Pz", 3, 65536},
    {"Q\x01", 7, 70000},  {"\xd0\x9f", 29999, documents}, {"Pnone", 1, 0},
};
enum { n_rows = sizeof rows / sizeof *rows };

/* check writes to a file for each of its own assertions: too slow for every posting. */
static void must(bool holds, const char *what)
{
    if (!holds)
        ck_abort_msg("%s", what);
}

static void write_range(const char *path, uint32_t from, uint32_t to)
{
    struct sg_lists_writer *w;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_lists_writer_open(&w, &e), 0);
    for (uint32_t d = from; d < to; d++)
        for (size_t t = 0; t < n_rows; t++)
            if (d % rows[t].step == 0 && d < rows[t].limit)
                must(!sg_lists_writer_add(w, sg_str(rows[t].term), d - from + 1, &e), e.text);
    ck_assert_msg(sg_lists_writer_finish(w, to - from, path, &e) == 0, "%s", e.text);
}

static struct sg_lists *open_at(const char *path)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_lists *l;
    ck_assert_msg(sg_lists_open(&l, path, &e) == 0, "%s", e.text);
    return l;
}

static uint32_t next_of(size_t t, uint32_t from)
{
    uint32_t d = (from + rows[t].step - 1) / rows[t].step * rows[t].step;
    return d < rows[t].limit ? d : SG_LIST_END;
}

static void assert_row(const struct sg_lists *l, size_t t)
{
    struct sg_postlist list = sg_postlist_open(l, sg_str(rows[t].term));
    uint32_t n = 0, expected = next_of(t, 1);
    for (uint32_t at = list.at; at != SG_LIST_END; at = sg_postlist_seek(&list, at + 1), n++) {
        must(at == expected, "another posting");
        expected = next_of(t, at + 1);
    }
    ck_assert_uint_eq(expected, SG_LIST_END);
    ck_assert_uint_eq(sg_lists_frequency(l, sg_str(rows[t].term)), n);
}

START_TEST(a_list_gives_what_was_added_in_order)
{
    const char *path = test_path(test_scratch(), "l");
    write_range(path, 1, documents);
    struct sg_lists *l = open_at(path);
    for (size_t t = 0; t < n_rows; t++)
        assert_row(l, t);
    ck_assert_uint_eq(sg_lists_documents(l), documents - 1);
    ck_assert_uint_eq(sg_lists_frequency(l, SG_STR("P")), 0);
    ck_assert_uint_eq(sg_postlist_open(l, SG_STR("Pabcd")).at, SG_LIST_END);
    sg_lists_close(l);
}
END_TEST

START_TEST(seeks_land_on_the_first_posting_at_or_after_their_target)
{
    const char *path = test_path(test_scratch(), "l");
    write_range(path, 1, documents);
    struct sg_lists *l = open_at(path);
    srand(2);
    for (int round = 0; round < 200; round++) {
        size_t t = (size_t)rand() % n_rows;
        struct sg_postlist list = sg_postlist_open(l, sg_str(rows[t].term));
        uint32_t target = 1, span = 1u << (unsigned)rand() % 18;
        while (list.at != SG_LIST_END) {
            target += (uint32_t)rand() % span + 1;
            uint32_t at = list.at >= target ? list.at : next_of(t, target);
            must(sg_postlist_seek(&list, target) == at, "a seek missed");
            must(sg_postlist_seek(&list, target) == at, "a seek to the same place moved");
        }
        ck_assert_uint_eq(sg_postlist_seek(&list, SG_LIST_END), SG_LIST_END);
    }
    sg_lists_close(l);
}
END_TEST

START_TEST(windows_hold_the_postings_of_their_range)
{
    const char *path = test_path(test_scratch(), "l");
    static uint64_t bits[SG_WINDOW_WORDS];
    write_range(path, 1, documents);
    struct sg_lists *l = open_at(path);
    for (size_t t = 0; t < n_rows; t++)
        for (uint32_t step = 1; step < 3; step++) {
            struct sg_postlist list = sg_postlist_open(l, sg_str(rows[t].term));
            for (uint32_t w = 0; w <= documents / SG_WINDOW_BITS; w += step) {
                memset(bits, 0, sizeof bits);
                ck_assert_uint_gt(sg_postlist_window(&list, w, bits), 0);
                uint32_t first = w * SG_WINDOW_BITS, expected = next_of(t, first ? first : 1);
                for (uint32_t i = 0; i < SG_WINDOW_BITS; i++) {
                    bool has = bits[i / 64] >> i % 64 & 1;
                    must(has == (expected == first + i), "another window");
                    if (has)
                        expected = next_of(t, first + i + 1);
                }
                uint32_t after = first + SG_WINDOW_BITS;
                must(sg_postlist_seek(&list, after) == next_of(t, after), "a seek after a window");
            }
        }
    sg_lists_close(l);
}
END_TEST

START_TEST(merged_files_equal_a_single_one)
{
    const char *dir = test_scratch();
    const char *parts[] = {test_path(dir, "a"), test_path(dir, "b"), test_path(dir, "c"),
                           test_path(dir, "d")};
    struct sg_error e = SG_ERROR_INIT;
    write_range(parts[0], 1, 70001);
    write_range(parts[1], 70001, 70001);
    write_range(parts[2], 70001, 70002);
    write_range(parts[3], 70002, documents);
    const char *path = test_path(dir, "all");
    ck_assert_msg(sg_lists_merge(parts, 4, path, &e) == 0, "%s", e.text);
    struct sg_lists *l = open_at(path);
    for (size_t t = 0; t < n_rows; t++)
        assert_row(l, t);
    sg_lists_close(l);
    ck_assert_int_eq(sg_lists_merge((const char *[]){parts[0], "/nonexistent"}, 2, path, &e),
                     SG_ENOENT);
}
END_TEST

START_TEST(a_dense_list_takes_a_bit_a_document_and_a_sparse_one_two_bytes_a_posting)
{
    const char *path = test_path(test_scratch(), "l");
    struct stat st;
    write_range(path, 1, documents);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_lt(st.st_size, documents / 8 * 3 + documents / 17 * 3 + 65536);
}
END_TEST

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    char *bytes = malloc(1 << 20);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

START_TEST(damaged_bytes_are_refused_or_read_within_bounds)
{
    const char *path = test_path(test_scratch(), "l");
    write_range(path, 1, 80000);
    size_t n;
    char *bytes = slurp(path, &n), *copy = malloc(n);
    static uint64_t bits[SG_WINDOW_WORDS];
    srand(3);
    for (int round = 0; round < 400; round++) {
        struct sg_segment_header h;
        memcpy(copy, bytes, n);
        size_t start = round % 2 ? sizeof h : 0;
        for (int k = 0; k < 4; k++)
            copy[start + (size_t)rand() % (n - start)] = (char)rand();
        memcpy(&h, copy, sizeof h);
        h.xxh3 = XXH3_64bits(&h, offsetof(struct sg_segment_header, xxh3));
        memcpy(copy, &h, sizeof h);
        struct sg_lists *l;
        if (sg_lists_open_bytes(&l, (struct sg_str){copy, n}, NULL))
            continue;
        for (size_t t = 0; t < n_rows; t++) {
            struct sg_postlist list = sg_postlist_open(l, sg_str(rows[t].term));
            for (uint32_t before = 0; list.at != SG_LIST_END;) {
                must(list.at > before, "a seek went back");
                before = list.at;
                sg_postlist_seek(&list, before + 1 + (uint32_t)rand() % 100);
            }
            list = sg_postlist_open(l, sg_str(rows[t].term));
            for (uint32_t w = 0; w < 3; w++)
                sg_postlist_window(&list, w, bits);
        }
        sg_lists_close(l);
    }
    free(bytes);
    free(copy);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lists");
    TCase *c = tcase_create("lists");
    tcase_add_test(c, a_list_gives_what_was_added_in_order);
    tcase_add_test(c, seeks_land_on_the_first_posting_at_or_after_their_target);
    tcase_add_test(c, windows_hold_the_postings_of_their_range);
    tcase_add_test(c, merged_files_equal_a_single_one);
    tcase_add_test(c, a_dense_list_takes_a_bit_a_document_and_a_sparse_one_two_bytes_a_posting);
    tcase_add_test(c, damaged_bytes_are_refused_or_read_within_bounds);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
