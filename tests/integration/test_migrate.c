/* test_migrate.c - migrations, and what the real schema promises. */
#include "core/pg.h"
#include "tests/support/pg.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_pg *pg;
static PGconn *c;
static char dir[64];

static void write_file(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void remove_file(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(unlink(path), 0);
}

/* A database and a folder of migrations of its own. */
static void fresh(void)
{
    c = test_pg_connect(pg);
    test_pg_sql(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    strcpy(dir, "/tmp/segue-sql-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    write_file("0001_one.sql", "CREATE TABLE one (i int);\nINSERT INTO one VALUES (1);\n");
    write_file("0002_two.sql", "CREATE TABLE two (i int);\n");
}

static void sweep(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf -- %s", dir);
    ck_assert_int_eq(system(command), 0);
    PQfinish(c);
}

static struct sg_error e;

static void refuses(int code, const char *text)
{
    ck_assert_int_eq(sg_pg_migrate(c, dir, NULL, &e), code);
    ck_assert_msg(strstr(e.text, text) != NULL, "%s", e.text);
}

START_TEST(files_run_once_in_order)
{
    size_t n;
    ck_assert_msg(sg_pg_migrate(c, dir, &n, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(sg_pg_migrate(c, dir, &n, &e), 0);
    ck_assert_uint_eq(n, 0);
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM one"), "1");
    write_file("0003_three.sql", "CREATE TABLE three (i int)");
    ck_assert_int_eq(sg_pg_migrate(c, dir, &n, &e), 0);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(test_pg_sql(c, "SELECT name FROM schema_migrations WHERE number = 3"),
                     "0003_three.sql");
}
END_TEST

START_TEST(a_failing_file_leaves_nothing_and_names_its_line)
{
    write_file("0003_bad.sql", "CREATE TABLE three (i int);\n-- кино\nSELECT nonsense;\n");
    size_t n;
    ck_assert_int_eq(sg_pg_migrate(c, dir, &n, &e), SG_EIO);
    ck_assert_uint_eq(n, 2);
    ck_assert_msg(strstr(e.text, "0003_bad.sql:3: column \"nonsense\"") != NULL, "%s", e.text);
    ck_assert_str_eq(test_pg_sql(c, "SELECT to_regclass('three') IS NULL"), "t");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM schema_migrations"), "2");
}
END_TEST

START_TEST(gaps_twins_and_odd_names_are_refused)
{
    write_file("0004_four.sql", "SELECT 1");
    refuses(SG_ECORRUPT, "migration 0003 is missing before 0004_four.sql");
    remove_file("0004_four.sql");
    write_file("0002_again.sql", "SELECT 1");
    refuses(SG_ECORRUPT, "two migrations have number 0002");
    remove_file("0002_again.sql");
    write_file("3_three.sql", "SELECT 1");
    refuses(SG_EINVAL, "is called NNNN_name.sql");
    ck_assert_str_eq(test_pg_sql(c, "SELECT to_regclass('one') IS NULL"), "t");
}
END_TEST

START_TEST(a_changed_file_is_refused)
{
    ck_assert_int_eq(sg_pg_migrate(c, dir, NULL, &e), 0);
    write_file("0001_one.sql", "CREATE TABLE one (i bigint)");
    refuses(SG_ECORRUPT, "0001_one.sql was changed after it was applied");
}
END_TEST

static void *migrate_beside(void *out)
{
    PGconn *own = test_pg_connect(pg);
    struct sg_error why = SG_ERROR_INIT;
    *(int *)out = sg_pg_migrate(own, dir, NULL, &why);
    PQfinish(own);
    return NULL;
}

START_TEST(who_uses_a_table_is_waited_for_and_who_comes_behind_is_not_held_up)
{
    pthread_t thread;
    int rc = -1;
    PGconn *user = test_pg_connect(pg);
    ck_assert_int_eq(sg_pg_migrate(c, dir, NULL, &e), 0);
    write_file("0003_three.sql", "ALTER TABLE one ADD COLUMN j int;\n");
    test_pg_sql(user, "BEGIN");
    test_pg_sql(user, "SELECT count(*) FROM one"); /* and goes on with something long */
    ck_assert_int_eq(pthread_create(&thread, NULL, migrate_beside, &rc), 0);
    for (int i = 0; i < 3; i++) {
        while (strcmp(test_pg_sql(c, "SELECT count(*) FROM pg_locks WHERE NOT granted"), "1") != 0)
            usleep(1000);
        test_pg_sql(c, "SELECT count(*) FROM one");
    }
    test_pg_sql(user, "COMMIT");
    PQfinish(user);
    pthread_join(thread, NULL);
    ck_assert_int_eq(rc, 0);
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(j) FROM one"), "0");
}
END_TEST

START_TEST(a_newer_database_is_refused)
{
    ck_assert_int_eq(sg_pg_migrate(c, dir, NULL, &e), 0);
    remove_file("0002_two.sql");
    refuses(SG_ECORRUPT, "newer than this program: it has migration 0002_two.sql");
}
END_TEST

START_TEST(a_hole_in_what_was_applied_is_refused)
{
    ck_assert_int_eq(sg_pg_migrate(c, dir, NULL, &e), 0);
    test_pg_sql(c, "DELETE FROM schema_migrations WHERE number = 1");
    refuses(SG_ECORRUPT, "has migration 0002_two.sql but not 0001_one.sql");
}
END_TEST

START_TEST(a_file_may_not_end_its_transaction)
{
    write_file("0003_commit.sql", "CREATE TABLE three (i int); COMMIT;");
    refuses(SG_EINVAL, "0003_commit.sql ends its own transaction");
}
END_TEST

START_TEST(an_empty_or_missing_folder_is_refused)
{
    ck_assert_int_eq(sg_pg_migrate(c, "/nonexistent", NULL, &e), SG_ENOENT);
    remove_file("0001_one.sql");
    remove_file("0002_two.sql");
    refuses(SG_ENOENT, "holds no migrations");
}
END_TEST

static void migrate_in_child(void)
{
    struct sg_error err = SG_ERROR_INIT;
    PGconn *d;
    int rc = sg_pg_connect(&d, pg->dsn, &err);
    rc = rc ? rc : sg_pg_migrate(d, dir, NULL, &err);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    _exit(rc ? 1 : 0);
}

START_TEST(five_at_once_apply_each_file_once)
{
    write_file("0003_slow.sql", "SELECT pg_sleep(0.2); INSERT INTO one VALUES (2)");
    for (int i = 0; i < 5; i++)
        if (fork() == 0)
            migrate_in_child();
    for (int i = 0; i < 5; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM one"), "2");
}
END_TEST

/* The real schema from here. */
static void migrated(void)
{
    c = test_pg_connect(pg);
    test_pg_sql(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
                   "DROP PUBLICATION IF EXISTS segue_catalogue, segue_events, segue_cache");
    test_pg_migrate(pg);
}

static void disconnect(void)
{
    PQfinish(c);
}

static const char *partitions(void)
{
    return test_pg_sql(c, "SELECT count(*) FROM pg_inherits"
                          " WHERE inhparent = 'listening_history'::regclass");
}

static void insert_play(const char *at)
{
    test_pg_sql(c, "INSERT INTO listening_history (user_id, song_id, played_at) VALUES (1, 2, %s)",
                at);
}

START_TEST(partitions_exist_for_this_month_and_three_ahead)
{
    ck_assert_str_eq(partitions(), "5");
    insert_play("now()");
    insert_play("date_trunc('month', now(), 'UTC') + interval '4 months' - interval '1 us'");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history_default"), "0");
}
END_TEST

static void drop_months_ahead(int from)
{
    for (int ahead = from; ahead <= 3; ahead++) {
        char name[64];
        snprintf(name, sizeof name, "%s",
                 test_pg_sql(c,
                             "SELECT segue_partition_name((date_trunc('month', now(), 'UTC')"
                             " + interval '%d months')::date)",
                             ahead));
        test_pg_sql(c, "DROP TABLE %s", name);
    }
}

START_TEST(an_insert_makes_partitions_when_two_months_are_not_ahead)
{
    drop_months_ahead(2);
    ck_assert_str_eq(partitions(), "3");
    insert_play("now()");
    ck_assert_str_eq(partitions(), "5");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM partition_requests"), "0");
}
END_TEST

START_TEST(an_insert_makes_nothing_when_two_months_are_ahead)
{
    drop_months_ahead(3);
    insert_play("now()");
    ck_assert_str_eq(partitions(), "4");
}
END_TEST

START_TEST(a_copy_makes_partitions_too)
{
    struct sg_pg_copy *w;
    drop_months_ahead(1);
    ck_assert_int_eq(sg_pg_copy_begin(&w, c,
                                      "COPY listening_history (user_id, song_id, played_at)"
                                      " FROM STDIN",
                                      &e),
                     0);
    sg_pg_copy_i64(w, 1);
    sg_pg_copy_i64(w, 2);
    sg_pg_copy_text(w, SG_STR("2026-01-01 00:00:00+00"));
    ck_assert_int_eq(sg_pg_copy_row(w, &e), 0);
    ck_assert_msg(sg_pg_copy_end(w, &e) == 0, "%s", e.text);
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) >= 5 FROM pg_inherits"
                                    " WHERE inhparent = 'listening_history'::regclass"),
                     "t");
}
END_TEST

START_TEST(a_busy_table_puts_partitions_off_without_failing_the_insert)
{
    PGconn *reader = test_pg_connect(pg);
    drop_months_ahead(2);
    test_pg_sql(reader, "BEGIN; SELECT count(*) FROM listening_history");
    insert_play("now()");
    ck_assert_str_eq(partitions(), "3");
    test_pg_sql(reader, "COMMIT");
    insert_play("now()");
    ck_assert_str_eq(partitions(), "5");
    PQfinish(reader);
}
END_TEST

START_TEST(old_plays_find_their_months_made_beforehand)
{
    ck_assert_str_eq(test_pg_sql(c, "SELECT segue_make_partitions('2005-02-14', 3) > 200"), "t");
    ck_assert_str_eq(test_pg_sql(c, "SELECT segue_make_partitions('2005-02-14', 3)"), "0");
    test_pg_sql(c, "INSERT INTO listening_history (user_id, song_id, played_at)"
                   " SELECT i, i, timestamptz '2005-02-01 00:00+00' + i * interval '1 hour'"
                   " FROM generate_series(0, 99999) i");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history_default"), "0");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history_2005_02"), "672");
}
END_TEST

START_TEST(plays_of_unforeseen_months_are_kept_and_moved)
{
    insert_play("'1999-12-31 23:59:59+00'");
    insert_play("'2000-01-01 00:00:00+00'");
    insert_play("now() + interval '9 months'");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history_default"), "3");
    ck_assert_str_eq(test_pg_sql(c, "SELECT segue_make_partitions(now()::date, 3)"), "3");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history_default"), "0");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history_1999_12"), "1");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM listening_history"), "3");
    insert_play("now()");
}
END_TEST

START_TEST(absurd_ranges_of_partitions_are_refused)
{
    PGresult *r = NULL;
    const char *ranges[] = {"'1815-01-01', 3", "now()::date, 5000", "NULL, 3", "now()::date, -1"};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT segue_make_partitions(%s)", ranges[i]);
        ck_assert_int_eq(sg_pg_exec(c, sql, 0, NULL, &r, &e), SG_EINVAL);
    }
}
END_TEST

START_TEST(edits_touch_updated_at_and_plays_do_not)
{
    test_pg_sql(c,
                "INSERT INTO artists (artist_id, name, updated_at) VALUES (1, 'a', '2000-01-01')");
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title, updated_at)"
                   " VALUES (1, 1, 't', '2000-01-01')");
    test_pg_sql(c, "UPDATE songs SET play_count = play_count + 1");
    ck_assert_str_eq(test_pg_sql(c, "SELECT updated_at FROM songs"), "2000-01-01 00:00:00+00");
    test_pg_sql(c, "UPDATE songs SET title = 't'");
    ck_assert_str_eq(test_pg_sql(c, "SELECT updated_at FROM songs"), "2000-01-01 00:00:00+00");
    test_pg_sql(c, "UPDATE songs SET title = 'u'");
    ck_assert_str_eq(test_pg_sql(c, "SELECT updated_at > '2020-01-01' FROM songs"), "t");
}
END_TEST

START_TEST(a_new_job_wakes_its_listeners_once_a_transaction)
{
    PGconn *worker = test_pg_connect(pg);
    test_pg_sql(worker, "LISTEN segue_jobs");
    test_pg_sql(c, "INSERT INTO jobs (queue) SELECT 'encode' FROM generate_series(1, 100)");
    test_pg_sql(worker, "SELECT 1");
    PGnotify *n = PQnotifies(worker);
    ck_assert_ptr_nonnull(n);
    ck_assert_str_eq(n->extra, "encode");
    PQfreemem(n);
    ck_assert_ptr_null(PQnotifies(worker));
    PQfinish(worker);
}
END_TEST

static TCase *plan_cases(void)
{
    TCase *t = tcase_create("plan");
    tcase_add_checked_fixture(t, fresh, sweep);
    tcase_add_test(t, files_run_once_in_order);
    tcase_add_test(t, a_failing_file_leaves_nothing_and_names_its_line);
    tcase_add_test(t, gaps_twins_and_odd_names_are_refused);
    tcase_add_test(t, a_changed_file_is_refused);
    tcase_add_test(t, who_uses_a_table_is_waited_for_and_who_comes_behind_is_not_held_up);
    tcase_add_test(t, a_newer_database_is_refused);
    tcase_add_test(t, a_hole_in_what_was_applied_is_refused);
    tcase_add_test(t, a_file_may_not_end_its_transaction);
    tcase_add_test(t, an_empty_or_missing_folder_is_refused);
    tcase_add_test(t, five_at_once_apply_each_file_once);
    return t;
}

static TCase *schema_cases(void)
{
    TCase *t = tcase_create("schema");
    tcase_add_checked_fixture(t, migrated, disconnect);
    tcase_add_test(t, partitions_exist_for_this_month_and_three_ahead);
    tcase_add_test(t, an_insert_makes_partitions_when_two_months_are_not_ahead);
    tcase_add_test(t, an_insert_makes_nothing_when_two_months_are_ahead);
    tcase_add_test(t, a_copy_makes_partitions_too);
    tcase_add_test(t, a_busy_table_puts_partitions_off_without_failing_the_insert);
    tcase_add_test(t, old_plays_find_their_months_made_beforehand);
    tcase_add_test(t, plays_of_unforeseen_months_are_kept_and_moved);
    tcase_add_test(t, absurd_ranges_of_partitions_are_refused);
    tcase_add_test(t, edits_touch_updated_at_and_plays_do_not);
    tcase_add_test(t, a_new_job_wakes_its_listeners_once_a_transaction);
    return t;
}

int main(void)
{
    pg = test_pg_start("max_locks_per_transaction = 256");
    Suite *s = suite_create("migrate");
    suite_add_tcase(s, plan_cases());
    suite_add_tcase(s, schema_cases());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
