/* test_pgoutput.c - messages built by the manual's tables, and captured ones cut
 * at every byte. */
#include "core/buf.h"
#include "core/map.h"
#include "core/pgoutput.h"
#include "tests/support/pg.h"
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_buf b;
static struct sg_pgoutput m;
static struct sg_error e;

static void start(void)
{
    sg_buf_reset(&b);
}

static void finish(void)
{
    sg_buf_free(&b);
    sg_arena_free(&arena);
}

static void put(const char *letters)
{
    sg_buf_puts(&b, letters);
}

static void put_int(uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        sg_buf_putc(&b, (char)(v >> (8 * i) & 0xff));
}

static void put_z(const char *text)
{
    sg_buf_put(&b, text, strlen(text) + 1);
}

static void put_text_cell(const char *text)
{
    put("t");
    put_int(strlen(text), 4);
    put(text);
}

static int decode(bool in_stream)
{
    sg_arena_reset(&arena);
    return sg_pgoutput_decode(&m, sg_buf_str(&b), in_stream, &arena, &e);
}

static void is_corrupt(const char *why)
{
    ck_assert_int_eq(decode(false), SG_ECORRUPT);
    ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
}

START_TEST(begin_and_commit_carry_positions_and_wall_time)
{
    put("B");
    put_int(UINT64_C(0x1600000007), 8);
    put_int(1000000, 8); /* a second after 2000-01-01 */
    put_int(77, 4);
    ck_assert_int_eq(decode(false), 0);
    ck_assert_int_eq(m.kind, SG_PGO_BEGIN);
    ck_assert_uint_eq(m.commit_lsn, UINT64_C(0x1600000007));
    ck_assert_int_eq(m.commit_us, INT64_C(946684801000000));
    ck_assert_uint_eq(m.xid, 77);

    start();
    put("C");
    put_int(0, 1);
    put_int(5, 8);
    put_int(9, 8);
    put_int((uint64_t)-1, 8);
    ck_assert_int_eq(decode(false), 0);
    ck_assert_int_eq(m.kind, SG_PGO_COMMIT);
    ck_assert_uint_eq(m.commit_lsn, 5);
    ck_assert_uint_eq(m.end_lsn, 9);
    ck_assert_int_eq(m.commit_us, INT64_C(946684799999999));
}
END_TEST

static void put_relation(void)
{
    put_int(1234, 4);
    put_z("");
    put_z("songs");
    put("d");
    put_int(2, 2);
    put_int(1, 1);
    put_z("song_id");
    put_int(20, 4);
    put_int((uint64_t)-1, 4);
    put_int(0, 1);
    put_z("title");
    put_int(25, 4);
    put_int((uint64_t)-1, 4);
}

START_TEST(a_relation_lists_its_columns)
{
    put("R");
    put_relation();
    ck_assert_int_eq(decode(false), 0);
    ck_assert_uint_eq(m.described.oid, 1234);
    ck_assert(sg_str_eq(m.described.schema, SG_STR("pg_catalog")));
    ck_assert(sg_str_eq(m.described.name, SG_STR("songs")));
    ck_assert_uint_eq(m.described.n, 2);
    ck_assert(m.described.columns[0].key && !m.described.columns[1].key);
    ck_assert(sg_str_eq(m.described.columns[1].name, SG_STR("title")));
    ck_assert_uint_eq(m.described.columns[1].type_oid, 25);
}
END_TEST

START_TEST(inside_a_stream_a_change_names_its_transaction)
{
    put("R");
    put_int(99, 4);
    put_relation();
    ck_assert_int_eq(decode(true), 0);
    ck_assert_uint_eq(m.xid, 99);
    ck_assert_uint_eq(m.described.oid, 1234);
    ck_assert_int_ne(decode(false), 0);
}
END_TEST

START_TEST(an_update_tells_null_unchanged_and_text_apart)
{
    put("U");
    put_int(1234, 4);
    put("K");
    put_int(1, 2);
    put_text_cell("7");
    put("N");
    put_int(3, 2);
    put("nu");
    put_text_cell("");
    ck_assert_int_eq(decode(false), 0);
    ck_assert(m.has_old);
    ck_assert(sg_str_eq(m.old_tuple.cells[0].text, SG_STR("7")));
    ck_assert_uint_eq(m.new_tuple.n, 3);
    ck_assert_int_eq(m.new_tuple.cells[0].kind, SG_CELL_NULL);
    ck_assert_int_eq(m.new_tuple.cells[1].kind, SG_CELL_UNCHANGED);
    ck_assert_int_eq(m.new_tuple.cells[2].kind, SG_CELL_TEXT);
    ck_assert_uint_eq(m.new_tuple.cells[2].text.n, 0);
}
END_TEST

START_TEST(stream_boundaries_name_their_transactions)
{
    put("S");
    put_int(5, 4);
    put_int(1, 1);
    ck_assert_int_eq(decode(false), 0);
    ck_assert_int_eq(m.kind, SG_PGO_STREAM_START);
    ck_assert_uint_eq(m.xid, 5);
    start();
    put("A");
    put_int(5, 4);
    put_int(6, 4);
    ck_assert_int_eq(decode(false), 0);
    ck_assert_int_eq(m.kind, SG_PGO_STREAM_ABORT);
    ck_assert_uint_eq(m.sub_xid, 6);
    start();
    put("E");
    ck_assert_int_eq(decode(true), 0);
    ck_assert_int_eq(m.kind, SG_PGO_STREAM_STOP);
}
END_TEST

START_TEST(lies_about_lengths_are_refused)
{
    put("T");
    put_int(0xffffffff, 4);
    put_int(0, 1);
    is_corrupt("ends early");
    start();
    put("I");
    put_int(1, 4);
    put("N");
    put_int(1, 2);
    put("t");
    put_int(0xffffffff, 4);
    is_corrupt("ends early at byte");
    start();
    put("R");
    put_int(1, 4);
    put("no zero");
    is_corrupt("text without its end");
}
END_TEST

START_TEST(unknown_things_are_refused)
{
    is_corrupt("ends early");
    put("Z");
    is_corrupt("unknown type of message");
    start();
    put("I");
    put_int(1, 4);
    put("N");
    put_int(1, 2);
    put("b");
    is_corrupt("unknown kind of cell");
    start();
    put("I");
    put_int(1, 4);
    put("X");
    put_int(0, 2);
    is_corrupt("no new row");
    start();
    put("E!");
    is_corrupt("bytes behind the end");
    start();
    put("B");
    put_int(1, 8);
    put_int(INT64_MAX, 8);
    put_int(1, 4);
    is_corrupt("time out of range");
}
END_TEST

START_TEST(columns_are_bounded)
{
    put("I");
    put_int(1, 4);
    put("N");
    put_int(SG_PGO_COLUMNS_MAX + 1, 2);
    for (int i = 0; i <= SG_PGO_COLUMNS_MAX; i++)
        put("n");
    ck_assert_int_eq(decode(false), SG_ELIMIT);
}
END_TEST

/* A copy of exactly n bytes, so that reading beyond is noticed. */
static int decode_copy(const struct sg_map *map, size_t n, bool in_stream)
{
    char *p = malloc(n ? n : 1);
    ck_assert_ptr_nonnull(p);
    memcpy(p, map->p, n);
    sg_arena_reset(&arena);
    int rc = sg_pgoutput_decode(&m, (struct sg_str){p, n}, in_stream, &arena, &e);
    free(p);
    return rc;
}

static void check_captured(const char *path, bool in_stream)
{
    struct sg_map map;
    ck_assert_msg(sg_map_open(&map, path, 1, &e) == 0, "%s", e.text);
    ck_assert_msg(decode_copy(&map, map.n, in_stream) == 0, "%s: %s", path, e.text);
    bool skipped = m.kind == SG_PGO_OTHER;
    for (size_t n = 0; n < map.n && !skipped; n++)
        ck_assert_msg(decode_copy(&map, n, in_stream) == SG_ECORRUPT, "%s cut at %zu", path, n);
    sg_map_close(&map);
}

START_TEST(captured_messages_decode_whole_and_fail_cut)
{
    char dir[600];
    snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/pgoutput", test_source_dir());
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    size_t n = 0;
    for (struct dirent *f; (f = readdir(d));) {
        char path[1024];
        if (f->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        check_captured(path, strstr(f->d_name, "_streamed") != NULL);
        n++;
    }
    closedir(d);
    ck_assert_uint_gt(n, 40);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pgoutput");
    TCase *t = tcase_create("decode");
    tcase_add_checked_fixture(t, start, finish);
    tcase_add_test(t, begin_and_commit_carry_positions_and_wall_time);
    tcase_add_test(t, a_relation_lists_its_columns);
    tcase_add_test(t, inside_a_stream_a_change_names_its_transaction);
    tcase_add_test(t, an_update_tells_null_unchanged_and_text_apart);
    tcase_add_test(t, stream_boundaries_name_their_transactions);
    tcase_add_test(t, lies_about_lengths_are_refused);
    tcase_add_test(t, unknown_things_are_refused);
    tcase_add_test(t, columns_are_bounded);
    tcase_add_test(t, captured_messages_decode_whole_and_fail_cut);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
