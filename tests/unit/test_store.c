#include "index/store.h"
#include "index/store_writer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { songs = 50000, artists = 300 };

static struct sg_str record_of(uint64_t id)
{
    static char text[64];
    return (struct sg_str){text, (size_t)snprintf(text, sizeof text, "record %llu %0*d",
                                                  (unsigned long long)id, (int)(id % 40), 0)};
}

static void write_relations(struct sg_store_writer *w)
{
    for (uint64_t a = 1; a <= artists; a++)
        for (uint64_t s = a; s <= songs; s += artists)
            ck_assert_int_eq(sg_store_writer_relate(w, SG_ARTIST_SONGS, a, s * 10, NULL), 0);
    ck_assert_int_eq(sg_store_writer_relate(w, SG_ALBUM_SONGS, UINT64_MAX, 1, NULL), 0);
}

static struct sg_store *write_and_open(const char *path)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_store_writer *w;
    struct sg_store *s;
    ck_assert_int_eq(sg_store_writer_open(&w, path, 1 << 28, &e), 0);
    for (uint64_t i = 1; i <= songs; i++)
        ck_assert_int_eq(
            sg_store_writer_put(w, SG_SONG, i * 10, (uint32_t)(songs + 1 - i), record_of(i), &e),
            0);
    for (uint64_t i = 1; i <= artists; i++)
        ck_assert_int_eq(sg_store_writer_put(w, SG_ARTIST, i, (uint32_t)i, SG_STR("a"), &e), 0);
    ck_assert_int_eq(sg_store_writer_genre(w, 3, SG_STR("jazz"), &e), 0);
    ck_assert_int_eq(sg_store_writer_genre(w, 1000, SG_STR("rock"), &e), 0);
    write_relations(w);
    ck_assert_msg(sg_store_writer_finish(w, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_store_open(&s, path, &e) == 0, "%s", e.text);
    return s;
}

struct ids {
    uint64_t n, last, sum;
    uint64_t stop_at;
};
static int take(void *ctx, uint64_t id)
{
    struct ids *ids = ctx;
    ck_assert(ids->n == 0 || id > ids->last);
    ids->n++;
    ids->last = id;
    ids->sum += id;
    return ids->stop_at && ids->n == ids->stop_at ? 7 : 0;
}

START_TEST(a_store_is_read_only_and_replaced_never_rewritten)
{
    const char *path = test_path(test_scratch(), "store.mdb");
    struct sg_store *before = write_and_open(path);
    struct sg_store_writer *w;
    struct sg_error e = SG_ERROR_INIT;
    struct stat st, now;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0444);
    ck_assert_int_eq(sg_store_writer_open(&w, path, 1 << 28, &e), 0);
    ck_assert_int_eq(sg_store_writer_put(w, SG_SONG, 1, 1, SG_STR("another"), &e), 0);
    ck_assert_int_eq(sg_store_writer_finish(w, &e), 0);
    ck_assert_int_eq(stat(path, &now), 0);
    ck_assert(st.st_ino != now.st_ino);
    sg_store_close(before);
}
END_TEST

START_TEST(records_docids_and_genres_are_found_by_id)
{
    struct sg_store *s = write_and_open(test_path(test_scratch(), "store.mdb"));
    struct sg_store_txn *t;
    struct sg_str got;
    ck_assert_int_eq(sg_store_begin(s, &t, NULL), 0);
    for (uint64_t i = 1; i <= songs; i += 17) {
        ck_assert_int_eq(sg_store_get(t, SG_SONG, i * 10, &got, NULL), 0);
        ck_assert(sg_str_eq(got, record_of(i)));
        ck_assert_uint_eq(sg_store_docid(t, SG_SONG, i * 10), songs + 1 - i);
    }
    ck_assert_int_eq(sg_store_get(t, SG_SONG, 11, &got, NULL), SG_ENOENT);
    ck_assert_int_eq(sg_store_get(t, SG_PLAYLIST, 10, &got, NULL), SG_ENOENT);
    ck_assert_uint_eq(sg_store_docid(t, SG_ALBUM, 10), 0);
    ck_assert_int_eq(sg_store_genre(t, 3, &got, NULL), 0);
    ck_assert(sg_str_eq(got, SG_STR("jazz")));
    ck_assert_int_eq(sg_store_genre(t, 4, &got, NULL), SG_ENOENT);
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

START_TEST(ids_come_ascending_and_a_callback_may_stop)
{
    struct sg_store *s = write_and_open(test_path(test_scratch(), "store.mdb"));
    struct sg_store_txn *t;
    struct ids all = {0}, few = {.stop_at = 3}, none = {0}, some = {0}, genres = {0};
    ck_assert_int_eq(sg_store_begin(s, &t, NULL), 0);
    ck_assert_int_eq(sg_store_each(t, SG_SONG, take, &all), 0);
    ck_assert_uint_eq(all.n, songs);
    ck_assert_int_eq(sg_store_each(t, SG_SONG, take, &few), 7);
    ck_assert_uint_eq(few.n, 3);
    ck_assert_int_eq(sg_store_each(t, SG_ARTIST, take, &some), 0);
    ck_assert_uint_eq(some.n, artists);
    ck_assert_int_eq(sg_store_each(t, SG_PLAYLIST, take, &none), 0);
    ck_assert_uint_eq(none.n, 0);
    ck_assert_int_eq(sg_store_each_genre(t, take, &genres), 0);
    ck_assert_uint_eq(genres.sum, 1003);
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

START_TEST(relations_list_ids_ascending)
{
    struct sg_store *s = write_and_open(test_path(test_scratch(), "store.mdb"));
    struct sg_store_txn *t;
    struct ids all = {0}, one = {0}, none = {0};
    ck_assert_int_eq(sg_store_begin(s, &t, NULL), 0);
    for (uint64_t a = 1; a <= artists; a++) {
        all.n = 0;
        ck_assert_int_eq(sg_store_related(t, SG_ARTIST_SONGS, a, take, &all), 0);
        ck_assert_uint_eq(all.n, (songs - a) / artists + 1);
    }
    ck_assert_int_eq(sg_store_related(t, SG_ALBUM_SONGS, UINT64_MAX, take, &one), 0);
    ck_assert_uint_eq(one.n, 1);
    ck_assert_int_eq(sg_store_related(t, SG_ARTIST_ALBUMS, 1, take, &none), 0);
    ck_assert_uint_eq(none.n, 0);
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

START_TEST(pages_are_full)
{
    const char *path = test_path(test_scratch(), "store.mdb");
    struct stat st;
    sg_store_close(write_and_open(path));
    ck_assert_int_eq(stat(path, &st), 0);
    /* 34 bytes of record, 3 of docid, 2 of id and length, 2 of its artist's relation */
    ck_assert_int_lt(st.st_size, songs * 43 + 100000);
}
END_TEST

START_TEST(an_empty_store_is_valid)
{
    const char *path = test_path(test_scratch(), "store.mdb");
    struct sg_store_writer *w;
    struct sg_store *s;
    struct sg_store_txn *t;
    struct ids none = {0};
    ck_assert_int_eq(sg_store_writer_open(&w, path, 1 << 24, NULL), 0);
    ck_assert_int_eq(sg_store_writer_finish(w, NULL), 0);
    ck_assert_int_eq(sg_store_open(&s, path, NULL), 0);
    ck_assert_int_eq(sg_store_begin(s, &t, NULL), 0);
    ck_assert_int_eq(sg_store_each(t, SG_SONG, take, &none), 0);
    ck_assert_uint_eq(none.n, 0);
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

START_TEST(order_is_checked_and_files_that_are_not_stores_are_refused)
{
    const char *dir = test_scratch();
    const char *other = test_path(dir, "other");
    struct sg_store_writer *w;
    struct sg_store *s;
    ck_assert_int_eq(sg_store_writer_open(&w, test_path(dir, "s"), 1 << 24, NULL), 0);
    ck_assert_int_eq(sg_store_writer_put(w, SG_SONG, 2, 1, SG_STR("x"), NULL), 0);
    ck_assert_int_eq(sg_store_writer_put(w, SG_SONG, 1, 2, SG_STR("x"), NULL), SG_EINVAL);
    sg_store_writer_abort(w);
    ck_assert_int_eq(sg_store_open(&s, test_path(dir, "none"), NULL), SG_ENOENT);
    FILE *f = fopen(other, "w");
    for (int i = 0; i < 10000; i++)
        fputs("not LMDB ", f);
    fclose(f);
    ck_assert_int_eq(sg_store_open(&s, other, NULL), SG_ECORRUPT);
}
END_TEST

START_TEST(a_full_disk_or_map_is_said_as_no_space)
{
    const char *dir = test_scratch_small(1 << 20);
    static char big[4000];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_store_writer *w;
    int rc = 0;
    ck_assert_int_eq(sg_store_writer_open(&w, test_path(dir ? dir : test_scratch(), "s"),
                                          dir ? 1 << 30 : 1 << 20, &e),
                     0);
    for (uint64_t i = 1; !rc && i <= 1000; i++)
        rc = sg_store_writer_put(w, SG_SONG, i, 1, (struct sg_str){big, sizeof big}, &e);
    if (rc)
        sg_store_writer_abort(w);
    else
        rc = sg_store_writer_finish(w, &e);
    ck_assert_msg(rc == SG_ENOSPC, "%d %s", rc, e.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store");
    TCase *c = tcase_create("store");
    tcase_add_test(c, a_store_is_read_only_and_replaced_never_rewritten);
    tcase_add_test(c, records_docids_and_genres_are_found_by_id);
    tcase_add_test(c, ids_come_ascending_and_a_callback_may_stop);
    tcase_add_test(c, relations_list_ids_ascending);
    tcase_add_test(c, pages_are_full);
    tcase_add_test(c, an_empty_store_is_valid);
    tcase_add_test(c, order_is_checked_and_files_that_are_not_stores_are_refused);
    tcase_add_test(c, a_full_disk_or_map_is_said_as_no_space);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
