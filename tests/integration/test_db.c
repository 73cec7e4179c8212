/* test_db.c - the API's database: statements, transactions, a server that goes away. */
#include "api/db/db.h"
#include "api/http/http.h"
#include "core/clock.h"
#include "tests/support/pg.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_pg *pg;
static struct sg_db *db;
static PGconn *c;

static void open_db(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config;
    sg_config_defaults(&config);
    snprintf(config.pg.dsn, sizeof config.pg.dsn, "%s", pg->dsn);
    config.pg.pool_size = 2;
    c = test_pg_connect(pg);
    test_pg_sql(c, "DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint PRIMARY KEY, v bigint);"
                   "INSERT INTO t VALUES (1, 10), (2, 20)");
    ck_assert_msg(sg_db_open(&db, &config, &e) == 0, "%s", e.text);
}

static void close_db(void)
{
    sg_db_close(db);
    PQfinish(c);
}

static const struct sg_pg_statement all = {"all", "SELECT * FROM t ORDER BY id", 0};
static const struct sg_pg_statement get = {"get", "SELECT v FROM t WHERE id = $1::bigint", 1};
static const struct sg_pg_statement put = {"put", "UPDATE t SET v = v + 1 WHERE id = $1::bigint",
                                           1};
static const struct sg_pg_statement nap = {"nap", "SELECT pg_sleep($1::float8)", 1};
static const struct sg_pg_statement mine = {"mine", "SELECT count(*) FROM pg_prepared_statements",
                                            0};

static int read_id(const char *id, char out[32], struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_db_read(db, NULL, &get, &id, &r, e);
    if (!rc)
        snprintf(out, 32, "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : "none");
    PQclear(r);
    return rc;
}

START_TEST(a_statement_is_prepared_once_a_connection)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_db_tx *tx;
    PGresult *r;
    const char *id = "1";
    ck_assert_int_eq(sg_db_begin(db, NULL, &tx, &e), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(sg_tx_run(tx, &get, &id, NULL, &e), 0);
    ck_assert_int_eq(sg_tx_run(tx, &mine, NULL, &r, &e), 0);
    ck_assert_str_eq(PQgetvalue(r, 0, 0), "3"); /* begin, get, mine */
    PQclear(r);
    ck_assert_int_eq(sg_tx_commit(tx, &e), 0);
}
END_TEST

START_TEST(a_changed_result_or_a_forgotten_statement_is_prepared_again)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *r;
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(sg_db_read(db, NULL, &all, NULL, &r, &e) == 0, "%s", e.text);
        ck_assert_int_eq(PQnfields(r), 2 + i);
        PQclear(r);
        test_pg_sql(c, "ALTER TABLE t ADD COLUMN c%d text", i);
    }
    const struct sg_pg_statement drop = {"drop", "DEALLOCATE ALL", 0};
    ck_assert_int_eq(sg_db_write(db, NULL, &drop, NULL, NULL, &e), 0);
    ck_assert_msg(sg_db_read(db, NULL, &all, NULL, NULL, &e) == 0, "%s", e.text);
}
END_TEST

START_TEST(a_failure_leaves_the_statement_usable)
{
    struct sg_error e = SG_ERROR_INIT;
    char v[32];
    ck_assert_int_eq(read_id("not a number", v, &e), SG_EINVAL);
    ck_assert_int_eq(read_id("2", v, &e), 0);
    ck_assert_str_eq(v, "20");
}
END_TEST

START_TEST(an_unnamed_statement_is_not_remembered)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *r;
    for (int i = 0; i < 3; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %d + $1::int", i);
        struct sg_pg_statement s = {NULL, sql, 1};
        ck_assert_msg(sg_db_read(db, NULL, &s, (const char *const[]){"1"}, &r, &e) == 0, "%s",
                      e.text);
        ck_assert_int_eq(*PQgetvalue(r, 0, 0), '1' + i);
        PQclear(r);
    }
    struct sg_pg_statement wrong = {NULL, "SELECT $1::int / 0", 1};
    ck_assert_int_eq(sg_db_read(db, NULL, &wrong, (const char *const[]){"1"}, &r, &e), SG_EINVAL);
}
END_TEST

static int twice(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    int *calls = ctx;
    ++*calls;
    int rc = sg_tx_run(tx, &get, (const char *const[]){"1"}, NULL, e);
    return rc ? rc : sg_tx_run(tx, &all, NULL, NULL, e);
}

START_TEST(a_transaction_between_which_a_migration_came_is_repeated)
{
    struct sg_error e = SG_ERROR_INIT;
    int calls = 0;
    ck_assert_int_eq(sg_db_transact(db, NULL, twice, &calls, &e), 0);
    test_pg_sql(c, "ALTER TABLE t ADD COLUMN more text");
    ck_assert_msg(sg_db_transact(db, NULL, twice, &calls, &e) == 0, "%s", e.text);
    ck_assert_int_eq(calls, 3);
}
END_TEST

static pthread_barrier_t both; /* hold their first row */

struct crossing {
    const char *first, *second;
    int calls, rc;
};

static int cross(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct crossing *x = ctx;
    x->calls++;
    int rc = sg_tx_run(tx, &put, &x->first, NULL, e);
    if (x->calls == 1)
        pthread_barrier_wait(&both);
    return rc ? rc : sg_tx_run(tx, &put, &x->second, NULL, e);
}

static void *run_cross(void *ctx)
{
    struct crossing *x = ctx;
    struct sg_error e = SG_ERROR_INIT;
    x->rc = sg_db_transact(db, NULL, cross, x, &e);
    return NULL;
}

START_TEST(transactions_that_lock_each_other_both_end_well)
{
    struct crossing a = {"1", "2", 0, 0}, b = {"2", "1", 0, 0};
    pthread_t other;
    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&other, NULL, run_cross, &b);
    run_cross(&a);
    pthread_join(other, NULL);
    pthread_barrier_destroy(&both);
    ck_assert_int_eq(a.rc, 0);
    ck_assert_int_eq(b.rc, 0);
    ck_assert_str_eq(test_pg_sql(c, "SELECT sum(v) FROM t"), "34");
    ck_assert_int_gt(a.calls + b.calls, 2);
}
END_TEST

START_TEST(a_rolled_back_transaction_leaves_nothing_and_a_failed_one_does_not_commit)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_db_tx *tx;
    const char *id = "1", *bad = "x";
    ck_assert_int_eq(sg_db_begin(db, NULL, &tx, &e), 0);
    ck_assert_int_eq(sg_tx_run(tx, &put, &id, NULL, &e), 0);
    sg_tx_rollback(tx);
    ck_assert_int_eq(sg_db_begin(db, NULL, &tx, &e), 0);
    ck_assert_int_eq(sg_tx_run(tx, &put, &id, NULL, &e), 0);
    ck_assert_int_eq(sg_tx_run(tx, &put, &bad, NULL, &e), SG_EINVAL);
    ck_assert_int_ne(sg_tx_commit(tx, &e), 0);
    ck_assert_str_eq(test_pg_sql(c, "SELECT v FROM t WHERE id = 1"), "10");
}
END_TEST

START_TEST(a_lock_is_waited_for_only_so_long)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *id = "1";
    test_pg_sql(c, "BEGIN");
    test_pg_sql(c, "SELECT * FROM t WHERE id = 1 FOR UPDATE");
    ck_assert_int_eq(sg_db_write(db, NULL, &put, &id, NULL, &e), SG_EBUSY);
    test_pg_sql(c, "COMMIT");
    ck_assert_int_eq(sg_db_write(db, NULL, &put, &id, NULL, &e), 0);
}
END_TEST

START_TEST(a_slow_statement_ends_with_its_request_here_and_there)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *s = "100";
    char v[32];
    struct sg_http_request q = {.deadline_us = sg_now_us() + 100000};
    ck_assert_int_eq(sg_db_read(db, &q, &nap, &s, NULL, &e), SG_ETIMEOUT);
    ck_assert_int_eq(read_id("1", v, &e), 0);
    int64_t end = sg_now_us() + 60000000;
    while (*test_pg_sql(c, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%'"))
        ck_assert_int_lt(sg_now_us(), end);
}
END_TEST

static void await_there(bool there)
{
    int64_t end = sg_now_us() + 60000000;
    while (sg_db_is_there(db) != there) {
        ck_assert_msg(sg_now_us() < end, "after a minute it is still %s", there ? "away" : "there");
        sg_sleep_us(1000);
    }
}

START_TEST(a_stopped_server_fails_at_once_and_comes_back_by_itself)
{
    struct sg_error e = SG_ERROR_INIT;
    char v[32];
    ck_assert_int_eq(read_id("1", v, &e), 0);
    test_pg_stop(pg);
    await_there(false);
    ck_assert_int_eq(read_id("1", v, &e), SG_EUNAVAIL);
    ck_assert_int_eq(sg_db_begin(db, NULL, &(struct sg_db_tx *){NULL}, &e), SG_EUNAVAIL);
    test_pg_up(pg);
    await_there(true);
    ck_assert_msg(read_id("1", v, &e) == 0, "%s", e.text);
    PQreset(c);
}
END_TEST

START_TEST(a_frozen_server_holds_nobody_until_the_deadline)
{
    struct sg_error e = SG_ERROR_INIT;
    char v[32];
    struct sg_http_request q = {.deadline_us = sg_now_us() + 60000000};
    const char *id = "1";
    ck_assert_int_eq(read_id("1", v, &e), 0);
    test_pg_freeze(pg);
    int rc = sg_db_read(db, &q, &get, &id, NULL, &e);
    bool early = sg_now_us() < q.deadline_us;
    int again = read_id("1", v, &e);
    test_pg_thaw(pg);
    ck_assert_int_eq(rc, SG_EUNAVAIL);
    ck_assert(early);
    ck_assert_int_eq(again, SG_EUNAVAIL);
    await_there(true);
    ck_assert_msg(read_id("1", v, &e) == 0, "%s", e.text);
}
END_TEST

/* This process stands still for two seconds, as all do on a machine that does, and the server for a
 * moment more. A moment may be long here: once in a few times is enough. */
START_TEST(who_stood_still_does_not_take_the_server_for_away)
{
    bool there = false;
    for (int i = 0; i < 10 && !there; i++) {
        await_there(true);
        test_pg_freeze(pg);
        pid_t child = fork();
        if (child == 0) {
            sg_sleep_us(200000); /* by now it is being looked at */
            kill(getppid(), SIGSTOP);
            sg_sleep_us(2000000);
            kill(getppid(), SIGCONT);
            _exit(0);
        }
        waitpid(child, NULL, 0);
        sg_sleep_us(100000);
        there = sg_db_is_there(db);
        test_pg_thaw(pg);
    }
    ck_assert(there);
}
END_TEST

START_TEST(a_server_with_no_connection_left_is_not_away)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config;
    struct sg_db_tx *tx;
    const char *id = "1";
    sg_config_defaults(&config);
    snprintf(config.pg.dsn, sizeof config.pg.dsn, "%s user=few", pg->dsn);
    test_pg_sql(c, "CREATE ROLE few LOGIN CONNECTION LIMIT 2");
    test_pg_sql(c, "GRANT SELECT ON t TO few");
    sg_db_close(db);
    ck_assert_msg(sg_db_open(&db, &config, &e) == 0, "%s", e.text);
    while (*test_pg_sql(c, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'few'") == '0')
        sg_sleep_us(1000); /* the watch has one */
    ck_assert_msg(sg_db_begin(db, NULL, &tx, &e) == 0, "%s", e.text);
    ck_assert_int_eq(sg_db_read(db, NULL, &get, &id, NULL, &e), SG_EUNAVAIL);
    sg_sleep_us(300000); /* it has been looked at */
    ck_assert(sg_db_is_there(db));
    ck_assert_int_eq(sg_tx_run(tx, &get, &id, NULL, &e), 0);
    ck_assert_int_eq(sg_tx_commit(tx, &e), 0);
    ck_assert_msg(sg_db_read(db, NULL, &get, &id, NULL, &e) == 0, "%s", e.text);
}
END_TEST

/* A primary with a replica, and one host more that is not there. */

static struct test_pg *replica;
static PGconn *standby;

static void open_both(int64_t lag_ms)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config;
    sg_config_defaults(&config);
    snprintf(config.pg.dsn, sizeof config.pg.dsn, "%s", pg->dsn);
    snprintf(config.pg.replicas, sizeof config.pg.replicas,
             "host=%s/socket,/nonexistent dbname=segue", replica->dir);
    config.pg.pool_size = 2;
    config.pg.replica_lag_ms = lag_ms;
    c = test_pg_connect(pg);
    standby = test_pg_connect(replica);
    test_pg_sql(c, "DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint PRIMARY KEY, v bigint);"
                   "INSERT INTO t VALUES (1, 10)");
    ck_assert_msg(sg_db_open(&db, &config, &e) == 0, "%s", e.text);
}

static void close_both(void)
{
    sg_db_close(db);
    PQfinish(standby);
    PQfinish(c);
}

static const struct sg_pg_statement value = {
    "value", "SELECT v || CASE WHEN pg_is_in_recovery() THEN ' replica' ELSE ' primary' END FROM t",
    0};

/* "11 replica": what a user reads, and where; "" while it is not there (yet). */
static const char *reads(uint64_t user_id, uint64_t must_see)
{
    static char got[64];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_request q = {.deadline_us = sg_now_us() + 60000000, .must_see = must_see};
    PGresult *r = NULL;
    q.caller.user_id = user_id;
    int rc = sg_db_read(db, &q, &value, NULL, &r, &e);
    snprintf(got, sizeof got, "%s", !rc && PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return got;
}

#define READS(user, must_see, what)                                                                \
    do {                                                                                           \
        int64_t end_ = sg_now_us() + 60000000;                                                     \
        while (strcmp(reads(user, must_see), what) != 0) {                                         \
            ck_assert_msg(sg_now_us() < end_, "it stays '%s'", reads(user, must_see));             \
            sg_sleep_us(2000);                                                                     \
        }                                                                                          \
    } while (0)

static uint64_t write_as(uint64_t user_id)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_request q = {.deadline_us = sg_now_us() + 60000000};
    const char *id = "1";
    q.caller.user_id = user_id;
    ck_assert_msg(sg_db_write(db, &q, &put, &id, NULL, &e) == 0, "%s", e.text);
    ck_assert_uint_gt(q.wrote, 0);
    return q.wrote;
}

static void pause_replay(void)
{
    test_pg_sql(standby, "SELECT pg_wal_replay_pause()");
    while (strcmp(test_pg_sql(standby, "SELECT pg_get_wal_replay_pause_state()"), "paused") != 0)
        sg_sleep_us(1000);
}

START_TEST(who_wrote_reads_it_whatever_the_replica_has)
{
    open_both(3600000);
    READS(8, 0, "10 replica");
    pause_replay();
    uint64_t position = write_as(7);
    for (int i = 0; i < 20; i++) {
        ck_assert_str_eq(reads(7, 0), "11 primary");
        ck_assert_str_eq(reads(0, position), "11 primary");
        ck_assert_str_eq(reads(8, 0), "10 replica");
    }
    test_pg_sql(standby, "SELECT pg_wal_replay_resume()");
    READS(7, 0, "11 replica");
    READS(0, position, "11 replica");
    close_both();
}
END_TEST

START_TEST(a_replica_too_far_behind_is_not_read_from)
{
    open_both(200);
    READS(8, 0, "10 replica");
    pause_replay();
    write_as(7);
    READS(8, 0, "11 primary");
    test_pg_sql(standby, "SELECT pg_wal_replay_resume()");
    READS(8, 0, "11 replica");
    close_both();
}
END_TEST

START_TEST(either_goes_on_without_the_other)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *id = "1";
    open_both(1000);
    READS(8, 0, "10 replica");
    test_pg_stop(pg);
    READS(8, 0, "10 replica");
    await_there(false);
    ck_assert_int_eq(sg_db_write(db, NULL, &put, &id, NULL, &e), SG_EUNAVAIL);
    test_pg_up(pg);
    await_there(true);
    test_pg_stop(replica);
    READS(8, 0, "10 primary");
    test_pg_up(replica);
    READS(8, 0, "10 replica");
    close_both();
}
END_TEST

int main(void)
{
    pg = test_pg_start("deadlock_timeout = 100ms");
    replica = test_pg_start_replica(pg);
    Suite *s = suite_create("db");
    TCase *t = tcase_create("primary");
    tcase_add_checked_fixture(t, open_db, close_db);
    tcase_add_test(t, a_statement_is_prepared_once_a_connection);
    tcase_add_test(t, a_changed_result_or_a_forgotten_statement_is_prepared_again);
    tcase_add_test(t, a_failure_leaves_the_statement_usable);
    tcase_add_test(t, an_unnamed_statement_is_not_remembered);
    tcase_add_test(t, a_transaction_between_which_a_migration_came_is_repeated);
    tcase_add_test(t, transactions_that_lock_each_other_both_end_well);
    tcase_add_test(t, a_rolled_back_transaction_leaves_nothing_and_a_failed_one_does_not_commit);
    tcase_add_test(t, a_lock_is_waited_for_only_so_long);
    tcase_add_test(t, a_slow_statement_ends_with_its_request_here_and_there);
    tcase_add_test(t, a_stopped_server_fails_at_once_and_comes_back_by_itself);
    tcase_add_test(t, a_server_with_no_connection_left_is_not_away);
    tcase_add_test(t, a_frozen_server_holds_nobody_until_the_deadline);
    tcase_add_test(t, who_stood_still_does_not_take_the_server_for_away);
    suite_add_tcase(s, t);
    t = tcase_create("replica");
    tcase_add_test(t, who_wrote_reads_it_whatever_the_replica_has);
    tcase_add_test(t, a_replica_too_far_behind_is_not_read_from);
    tcase_add_test(t, either_goes_on_without_the_other);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
