/* test_history.c - plays to learn from, out of the listening history. */
#include "recsys/input/pairs.h"
#include "tests/support/pg.h"
#include <check.h>
#include <stdlib.h>

START_TEST(plays_are_read_without_skips_and_with_their_times)
{
    struct test_pg *pg = test_pg_start_migrated(NULL);
    struct sg_pairs p = {0};
    struct sg_error e = SG_ERROR_INIT;
    PGconn *db = test_pg_connect(pg);
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at, played_s) VALUES "
                "(1, 7, to_timestamp(1700000000), 200), (1, 7, to_timestamp(1700000500), NULL), "
                "(1, 8, to_timestamp(1700000100), 29), (2, 8, to_timestamp(1700000200), 30)");
    ck_assert_msg(!sg_pairs_from_database(&p, pg->dsn, &e), "%s", e.text);
    ck_assert_uint_eq(p.n, 3);
    ck_assert(p.timed);
    sg_pairs_merge(&p);
    ck_assert_uint_eq(p.n, 2);
    ck_assert(p.v[0].user == 1 && p.v[0].item == 7 && p.v[0].weight == 2);
    ck_assert_int_eq(p.v[0].time, 1700000500);
    ck_assert(p.v[1].user == 2 && p.v[1].item == 8 && p.v[1].weight == 1);
    sg_pairs_free(&p);
    ck_assert_int_ne(sg_pairs_from_database(&p, "host=/nonexistent", &e), 0);
    PQfinish(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("history");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, plays_are_read_without_skips_and_with_their_times);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
