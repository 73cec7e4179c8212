/* test_pg.c - sessions, COPY and the pool against a real server. */
#include "core/clock.h"
#include "core/pg.h"
#include "tests/support/pg.h"
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

static struct test_pg *pg;

static PGconn *c;

static void connect_one(void)
{
    c = test_pg_connect(pg);
    test_pg_sql(c,
                "DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint PRIMARY KEY, a text, b text)");
}

static void close_one(void)
{
    PQfinish(c);
}

START_TEST(parameters_and_nulls_pass_unchanged)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {"7", "it's\ttab", NULL};
    ck_assert_int_eq(sg_pg_exec(c, "INSERT INTO t VALUES ($1, $2, $3)", 3, params, NULL, &e), 0);
    PGresult *r;
    ck_assert_int_eq(sg_pg_exec(c, "SELECT a, b FROM t", 0, NULL, &r, &e), 0);
    ck_assert_str_eq(PQgetvalue(r, 0, 0), "it's\ttab");
    ck_assert(PQgetisnull(r, 0, 1));
    PQclear(r);
}
END_TEST

START_TEST(sessions_are_utf8_utc_iso_whatever_the_defaults)
{
    test_pg_sql(c, "ALTER DATABASE segue SET timezone = 'Asia/Tokyo'");
    test_pg_sql(c, "ALTER DATABASE segue SET datestyle = 'German'");
    PGconn *d = test_pg_connect(pg);
    ck_assert_str_eq(test_pg_sql(d, "SELECT timestamptz '2026-01-02 03:04:05+00'"),
                     "2026-01-02 03:04:05+00");
    ck_assert_str_eq(PQparameterStatus(d, "client_encoding"), "UTF8");
    PQfinish(d);
    test_pg_sql(c, "ALTER DATABASE segue RESET ALL");
}
END_TEST

static const struct {
    const char *sql;
    int code;
    const char *starts;
} failures[] = {
    {"INSERT INTO t VALUES (1), (1)", SG_EEXIST, "duplicate key value"},
    {"INSERT INTO t VALUES (NULL)", SG_EINVAL, "null value"},
    {"SELECT 'x'::int", SG_EINVAL, "invalid input syntax"},
    {"SELECT * FROM nowhere", SG_ENOENT, "relation \"nowhere\""},
    {"SELEC", SG_EIO, "syntax error"},
    {"SET statement_timeout = 20; SELECT pg_sleep(5)", SG_ECANCELED, "canceling statement"},
};

START_TEST(failures_have_codes_and_the_servers_words)
{
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_pg_exec(c, failures[_i].sql, 0, NULL, NULL, &e), failures[_i].code);
    ck_assert_msg(!strncmp(e.text, failures[_i].starts, strlen(failures[_i].starts)), "%s", e.text);
}
END_TEST

START_TEST(no_server_is_unavailable)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *d;
    ck_assert_int_eq(sg_pg_connect(&d, "host=/nonexistent dbname=x", &e), SG_EUNAVAIL);
    ck_assert_int_eq(sg_pg_connect(&d, "garbage = = =", &e), SG_EUNAVAIL);
    ck_assert_str_ne(e.text, "");
}
END_TEST

static const char *const nasty[] = {
    "",
    "plain",
    "tab\tnewline\nreturn\r",
    "back\\slash \\N \\t \\.",
    "\\N",
    "\\.",
    "\b\f\v\x01",
    "кино ☃ 日本語",
    "trailing\\",
    "\n",
    "\t",
    "quote\"'",
};
enum { N_NASTY = sizeof nasty / sizeof *nasty };

struct seen {
    size_t rows, stop_after;
};

static int see_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct seen *s = ctx;
    ck_assert_uint_eq(n, 3);
    const char *want = nasty[s->rows % N_NASTY];
    ck_assert_msg(sg_str_eq(cells[1], sg_str(want)), "row %zu: '%.*s'", s->rows, SG_FMT(cells[1]));
    ck_assert_ptr_null(cells[2].p);
    s->rows++;
    return s->rows == s->stop_after ? sg_fail(e, SG_ECANCELED, "enough") : 0;
}

static void copy_in(size_t rows)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pg_copy *w;
    ck_assert_int_eq(sg_pg_copy_begin(&w, c, "COPY t (id, a, b) FROM STDIN", &e), 0);
    for (size_t i = 0; i < rows; i++) {
        sg_pg_copy_i64(w, (int64_t)i);
        sg_pg_copy_text(w, sg_str(nasty[i % N_NASTY]));
        sg_pg_copy_text(w, SG_STR_NONE);
        ck_assert_int_eq(sg_pg_copy_row(w, &e), 0);
    }
    ck_assert_msg(sg_pg_copy_end(w, &e) == 0, "%s", e.text);
}

START_TEST(copy_gives_back_every_byte_it_took)
{
    struct sg_error e = SG_ERROR_INIT;
    struct seen s = {0};
    copy_in(20000);
    ck_assert_int_eq(sg_pg_copy_out(c, "SELECT * FROM t ORDER BY id", see_row, &s, &e), 0);
    ck_assert_uint_eq(s.rows, 20000);
}
END_TEST

START_TEST(copy_out_stops_when_asked_and_the_session_goes_on)
{
    struct sg_error e = SG_ERROR_INIT;
    struct seen s = {.stop_after = 5};
    copy_in(50000);
    int rc = sg_pg_copy_out(c, "SELECT * FROM t ORDER BY id", see_row, &s, &e);
    ck_assert_int_eq(rc, SG_ECANCELED);
    ck_assert_str_eq(e.text, "enough");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM t"), "50000");
}
END_TEST

START_TEST(a_bad_copy_fails_with_the_servers_words)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pg_copy *w;
    struct seen s = {0};
    ck_assert_int_eq(sg_pg_copy_out(c, "SELECT 1/0", see_row, &s, &e), SG_EINVAL);
    ck_assert_int_eq(sg_pg_copy_begin(&w, c, "COPY nowhere FROM STDIN", &e), SG_ENOENT);
    ck_assert_int_eq(sg_pg_copy_begin(&w, c, "SELECT 1", &e), SG_EINVAL);
    ck_assert_int_eq(sg_pg_copy_begin(&w, c, "COPY t FROM STDIN", &e), 0);
    sg_pg_copy_text(w, SG_STR("not a number"));
    sg_pg_copy_row(w, &e);
    ck_assert_int_eq(sg_pg_copy_end(w, &e), SG_EINVAL);
    ck_assert_str_eq(test_pg_sql(c, "SELECT 'alive'"), "alive");
}
END_TEST

START_TEST(an_aborted_copy_leaves_nothing)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pg_copy *w;
    ck_assert_int_eq(sg_pg_copy_begin(&w, c, "COPY t FROM STDIN", &e), 0);
    for (int i = 0; i < 10000; i++) {
        sg_pg_copy_i64(w, i);
        sg_pg_copy_text(w, SG_STR("a"));
        sg_pg_copy_text(w, SG_STR("b"));
        ck_assert_int_eq(sg_pg_copy_row(w, &e), 0);
    }
    sg_pg_copy_abort(w);
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM t"), "0");
}
END_TEST

START_TEST(a_full_pool_waits_until_the_deadline)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pg_pool *p;
    PGconn *a, *b;
    ck_assert_int_eq(sg_pg_pool_open(&p, pg->dsn, 1, &e), 0);
    ck_assert_int_eq(sg_pg_pool_take(p, &a, sg_now_us() + 60000000, &e), 0);
    ck_assert_int_eq(sg_pg_pool_take(p, &b, sg_now_us() + 50000, &e), SG_ETIMEOUT);
    test_pg_sql(a, "BEGIN");
    sg_pg_pool_give(p, a);
    ck_assert_int_eq(sg_pg_pool_take(p, &b, sg_now_us() + 60000000, &e), 0);
    ck_assert_ptr_eq(a, b);
    ck_assert_int_eq(PQtransactionStatus(b), PQTRANS_IDLE);
    sg_pg_pool_give(p, b);
    sg_pg_pool_close(p);
}
END_TEST

START_TEST(a_pool_survives_a_restart_of_the_server)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pg_pool *p;
    PGconn *d[3];
    ck_assert_int_eq(sg_pg_pool_open(&p, pg->dsn, 3, &e), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(sg_pg_pool_take(p, &d[i], sg_now_us() + 60000000, &e), 0);
    for (int i = 0; i < 3; i++)
        sg_pg_pool_give(p, d[i]);
    test_pg_crash(pg);
    ck_assert_int_eq(sg_pg_pool_take(p, &d[0], sg_now_us() + 60000000, &e), SG_EUNAVAIL);
    test_pg_up(pg);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(sg_pg_pool_take(p, &d[i], sg_now_us() + 60000000, &e), 0);
        ck_assert_str_eq(test_pg_sql(d[i], "SELECT 1"), "1");
    }
    for (int i = 0; i < 3; i++)
        sg_pg_pool_give(p, d[i]);
    sg_pg_pool_close(p);
}
END_TEST

static void *use_pool(void *arg)
{
    struct sg_error e = SG_ERROR_INIT;
    for (int i = 0; i < 50; i++) {
        PGconn *d;
        if (sg_pg_pool_take(arg, &d, sg_now_us() + 60000000, &e))
            return "take failed";
        PGresult *r = NULL;
        bool ok =
            !sg_pg_exec(d, "SELECT 42", 0, NULL, &r, &e) && !strcmp(PQgetvalue(r, 0, 0), "42");
        PQclear(r);
        sg_pg_pool_give(arg, d);
        if (!ok)
            return "query failed";
    }
    return NULL;
}

START_TEST(eight_threads_share_three_connections)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pg_pool *p;
    pthread_t threads[8];
    ck_assert_int_eq(sg_pg_pool_open(&p, pg->dsn, 3, &e), 0);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, use_pool, p);
    for (int i = 0; i < 8; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        ck_assert_msg(!failed, "%s", (const char *)failed);
    }
    sg_pg_pool_close(p);
}
END_TEST

int main(void)
{
    pg = test_pg_start(NULL);
    Suite *s = suite_create("pg");
    TCase *t = tcase_create("server");
    tcase_add_checked_fixture(t, connect_one, close_one);
    tcase_add_test(t, parameters_and_nulls_pass_unchanged);
    tcase_add_test(t, sessions_are_utf8_utc_iso_whatever_the_defaults);
    tcase_add_loop_test(t, failures_have_codes_and_the_servers_words, 0,
                        sizeof failures / sizeof *failures);
    tcase_add_test(t, no_server_is_unavailable);
    tcase_add_test(t, copy_gives_back_every_byte_it_took);
    tcase_add_test(t, copy_out_stops_when_asked_and_the_session_goes_on);
    tcase_add_test(t, a_bad_copy_fails_with_the_servers_words);
    tcase_add_test(t, an_aborted_copy_leaves_nothing);
    tcase_add_test(t, a_full_pool_waits_until_the_deadline);
    tcase_add_test(t, a_pool_survives_a_restart_of_the_server);
    tcase_add_test(t, eight_threads_share_three_connections);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
