/* test_import_parse.c - lines, CSV records and credits as the world writes them. */
#include "data/import/import.h"
#include "data/import/seen.h"
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];

static void make_path(void)
{
    strcpy(path, "/tmp/segue-parse-XXXXXX");
    close(mkstemp(path));
}

static void drop_path(void)
{
    unlink(path);
}

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void open_source(struct sg_source *s)
{
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_source_open(s, path, &e) == 0, "%s", e.text);
}

#define OPEN(s, literal) (write_file(literal, sizeof(literal) - 1), open_source(s))

static void expect_line(struct sg_source *s, const char *text, uint64_t number)
{
    struct sg_str line;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_source_line(s, &line, &e), 1);
    ck_assert_msg(sg_str_eq(line, sg_str(text)), "'%.*s' is not '%s'", SG_FMT(line), text);
    ck_assert_uint_eq(s->line, number);
}

static void expect_end(struct sg_source *s)
{
    struct sg_str line;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_source_line(s, &line, &e), 0);
    sg_source_close(s);
}

START_TEST(lines_end_as_they_like_and_a_byte_order_mark_is_no_text)
{
    struct sg_source s;
    OPEN(&s, "\xef\xbb\xbf"
             "one\r\ntwo\n\nfour\rx");
    expect_line(&s, "one", 1);
    expect_line(&s, "two", 2);
    expect_line(&s, "", 3);
    expect_line(&s, "four\rx", 4);
    expect_end(&s);
    OPEN(&s, "");
    expect_end(&s);
}
END_TEST

START_TEST(a_line_over_the_bound_is_said_to_be_and_the_next_is_read)
{
    struct sg_source s;
    struct sg_str line;
    struct sg_error e = SG_ERROR_INIT;
    size_t n = 3u << 20;
    char *big = malloc(n + 6);
    memset(big, 'x', n);
    memcpy(big + n, "\nnext\n", 6);
    write_file(big, n + 6);
    free(big);
    open_source(&s);
    ck_assert_int_eq(sg_source_line(&s, &line, &e), 1);
    ck_assert_ptr_null(line.p);
    expect_line(&s, "next", 2);
    expect_end(&s);
}
END_TEST

START_TEST(compressed_files_read_as_plain_ones_and_cut_ones_fail)
{
    struct sg_source s;
    struct sg_str line;
    struct sg_error e = SG_ERROR_INIT;
    gzFile z = gzopen(path, "wb");
    for (int i = 0; i < 50000; i++)
        gzprintf(z, "line %d %d\n", i, i * 7919);
    gzclose(z);
    open_source(&s);
    int rc, n = 0;
    while ((rc = sg_source_line(&s, &line, &e)) == 1)
        n++;
    ck_assert_int_eq(rc, 0);
    ck_assert_int_eq(n, 50000);
    off_t size = (off_t)s.size_bytes;
    sg_source_close(&s);

    ck_assert_int_eq(truncate(path, size / 2), 0);
    rc = sg_source_open(&s, path, &e);
    if (rc == 0) {
        while ((rc = sg_source_line(&s, &line, &e)) == 1)
            ;
        sg_source_close(&s);
    }
    ck_assert_int_eq(rc, SG_ECORRUPT);
    ck_assert_int_eq(sg_source_open(&s, "/nowhere/at/all", &e), SG_ENOENT);
    ck_assert_int_eq(sg_source_open(&s, "/tmp", &e), SG_EINVAL);
}
END_TEST

static void expect_record(struct sg_source *s, uint64_t line, size_t n, ...)
{
    struct sg_str fields[SG_SOURCE_FIELDS_MAX];
    struct sg_error e = SG_ERROR_INIT;
    const char *why = "";
    size_t got;
    ck_assert_msg(sg_source_csv(s, ',', fields, &got, &why, &e) == 1, "%s", why);
    ck_assert_uint_eq(s->line, line);
    ck_assert_uint_eq(got, n);
    va_list ap;
    va_start(ap, n);
    for (size_t i = 0; i < n; i++) {
        const char *want = va_arg(ap, const char *);
        ck_assert_msg(sg_str_eq(fields[i], sg_str(want)), "'%.*s' is not '%s'", SG_FMT(fields[i]),
                      want);
    }
    va_end(ap);
}

static void expect_bad_record(struct sg_source *s, uint64_t line)
{
    struct sg_str fields[SG_SOURCE_FIELDS_MAX];
    struct sg_error e = SG_ERROR_INIT;
    const char *why = NULL;
    size_t got;
    ck_assert_int_eq(sg_source_csv(s, ',', fields, &got, &why, &e), 2);
    ck_assert_ptr_nonnull(why);
    ck_assert_uint_eq(s->line, line);
}

START_TEST(csv_quotes_hold_commas_quotes_and_line_ends)
{
    struct sg_source s;
    OPEN(&s, "\xef\xbb\xbf"
             "a,b\r\n\"x, \"\"y\"\"\",\"two\r\nlines\"\r\n\r\n,\n\"\",z");
    expect_record(&s, 1, 2, "a", "b");
    expect_record(&s, 2, 2, "x, \"y\"", "two\r\nlines");
    expect_record(&s, 5, 2, "", "");
    expect_record(&s, 6, 2, "", "z");
    expect_end(&s);
}
END_TEST

START_TEST(a_broken_csv_record_costs_only_its_own_line)
{
    struct sg_source s;
    OPEN(&s, "a,b\n1,x\"y\n2,ok\n\"3\"z,w\n4,ok\n5,\"never closed\n6,ok\n");
    expect_record(&s, 1, 2, "a", "b");
    expect_bad_record(&s, 2);
    expect_record(&s, 3, 2, "2", "ok");
    expect_bad_record(&s, 4);
    expect_record(&s, 5, 2, "4", "ok");
    expect_bad_record(&s, 6);
    expect_record(&s, 7, 2, "6", "ok");
    expect_end(&s);
}
END_TEST

START_TEST(random_bytes_never_stop_the_csv_reader_from_ending)
{
    struct sg_str fields[SG_SOURCE_FIELDS_MAX];
    struct sg_error e = SG_ERROR_INIT;
    static const char letters[] = "\",\n\rab\0";
    srand((unsigned)_i + 1);
    char bytes[4000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = letters[rand() % 7];
    write_file(bytes, sizeof bytes);
    struct sg_source s;
    open_source(&s);
    const char *why;
    size_t n, records = 0;
    int rc;
    while ((rc = sg_source_csv(&s, ',', fields, &n, &why, &e)) > 0)
        ck_assert_uint_lt(records++, sizeof bytes);
    ck_assert_int_eq(rc, 0);
    sg_source_close(&s);
}
END_TEST

static const struct {
    const char *credit, *lead, *guest;
} credits[] = {
    {"Steve Lacy Featuring SZA", "Steve Lacy", "SZA"},
    {"The Crests featuring Johnny Mastro", "The Crests", "Johnny Mastro"},
    {"A Feat. B & C", "A", "B & C"},
    {"Someone (ft. Another)", "Someone", "Another"},
    {"Simon & Garfunkel", "Simon & Garfunkel", ""},
    {"Featuring Nobody", "Featuring Nobody", ""},
    {"Daft Featuring", "Daft Featuring", ""},
    {"Defeat. Them All", "Defeat. Them All", ""},
    {"Big Feat Band", "Big", "Band"},
    {"", "", ""},
};

START_TEST(a_credit_splits_at_featuring_and_nowhere_else)
{
    struct sg_str lead, guest;
    sg_credit_split(sg_str(credits[_i].credit), &lead, &guest);
    ck_assert_msg(sg_str_eq(lead, sg_str(credits[_i].lead)), "%.*s", SG_FMT(lead));
    ck_assert_msg(sg_str_eq(guest, sg_str(credits[_i].guest)), "%.*s", SG_FMT(guest));
}
END_TEST

START_TEST(text_is_trimmed_and_what_cannot_be_stored_is_named)
{
    struct sg_str s = SG_STR("  Björk\t\n");
    ck_assert_ptr_null(sg_import_text(&s, 5, false));
    ck_assert(sg_str_eq(s, SG_STR("Björk")));
    ck_assert_str_eq(sg_import_text(&s, 4, false), "too long");
    s = SG_STR(" \t ");
    ck_assert_str_eq(sg_import_text(&s, 5, false), "empty");
    ck_assert_ptr_null(sg_import_text(&s, 5, true));
    s = (struct sg_str){"a\0b", 3};
    ck_assert_str_eq(sg_import_text(&s, 5, false), "holds a zero byte");
    s = SG_STR("\xc3(");
    ck_assert_str_eq(sg_import_text(&s, 5, false), "not valid UTF-8");
    s = SG_STR("\xed\xa0\x80");
    ck_assert_str_eq(sg_import_text(&s, 5, false), "not valid UTF-8");
}
END_TEST

START_TEST(positions_sort_as_their_ordinals)
{
    char a[16], b[16];
    for (uint64_t i = 1; i < 300000; i += 1 + i / 7) {
        struct sg_str x = sg_import_position(a, i), y = sg_import_position(b, i + 1);
        ck_assert_int_lt(sg_str_cmp(x, y), 0);
    }
}
END_TEST

START_TEST(keys_are_new_once)
{
    struct sg_seen seen = {0};
    struct sg_error e = SG_ERROR_INIT;
    char key[24];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 5000; i++) {
            snprintf(key, sizeof key, "key %d", i);
            ck_assert_int_eq(sg_seen_add(&seen, sg_str(key), &e), round == 0);
        }
    sg_seen_free(&seen);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("import parse");
    TCase *t = tcase_create("files");
    tcase_add_checked_fixture(t, make_path, drop_path);
    tcase_add_test(t, lines_end_as_they_like_and_a_byte_order_mark_is_no_text);
    tcase_add_test(t, a_line_over_the_bound_is_said_to_be_and_the_next_is_read);
    tcase_add_test(t, compressed_files_read_as_plain_ones_and_cut_ones_fail);
    tcase_add_test(t, csv_quotes_hold_commas_quotes_and_line_ends);
    tcase_add_test(t, a_broken_csv_record_costs_only_its_own_line);
    tcase_add_loop_test(t, random_bytes_never_stop_the_csv_reader_from_ending, 0, 20);
    tcase_add_loop_test(t, a_credit_splits_at_featuring_and_nowhere_else, 0,
                        sizeof credits / sizeof *credits);
    tcase_add_test(t, text_is_trimmed_and_what_cannot_be_stored_is_named);
    tcase_add_test(t, positions_sort_as_their_ordinals);
    tcase_add_test(t, keys_are_new_once);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
