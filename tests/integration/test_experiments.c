/* test_experiments.c - experiments over a real database: rows that take effect while serving,
 * exposures that outlive kills, what the report says of a known truth. */
#include "core/buf.h"
#include "core/clock.h"
#include "core/journal.h"
#include "recsys/experiments/experiments.h"
#include "recsys/experiments/report.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_pg *pg;
static PGconn *db;
static struct test_indexer x;
static struct sg_config config;
static struct sg_experiments *e8s;
static struct sg_arena arena;

static void start(void)
{
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_experiments_open(&e8s, &config, &e) == 0, "%s", e.text);
}

static void setup_database(void)
{
    pg = test_pg_start_migrated(NULL);
    db = test_pg_connect(pg);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) "
                    "SELECT i, 'u' || i, 'U' FROM generate_series(1, 2000) i");
    PQfinish(db);
}

static void setup(void)
{
    db = test_pg_connect(pg);
    test_pg_sql(db, "TRUNCATE experiments CASCADE");
    test_pg_sql(db, "TRUNCATE exposures, listening_history, feedback");
    test_indexer_init(&x, pg, NULL, "recsys.explore = on\n");
    test_indexer_config(&x, &config);
    mkdir(test_path(x.dir, "var"), 0700);
    start();
}

static void teardown(void)
{
    sg_experiments_close(e8s);
    PQfinish(db);
    sg_arena_free(&arena);
}

static void becomes(const char *sql, const char *value)
{
    const char *is = "";
    for (int i = 0; i < 3000; i++) {
        is = test_pg_sql(db, "%s", sql);
        if (strcmp(is, value) == 0)
            return;
        sg_sleep_us(20000);
    }
    ck_abort_msg("%s: %s, not %s", sql, is, value);
}

static const char *variant(uint64_t user)
{
    struct sg_assignment a;
    sg_arena_reset(&arena);
    return sg_experiments_assign(e8s, SG_STR("recommendations"), user, &arena, &a)
               ? a.variant.name.p
               : "";
}

static void variant_becomes(uint64_t user, const char *name)
{
    for (int i = 0; i < 3000 && strcmp(variant(user), name) != 0; i++)
        sg_sleep_us(20000);
    ck_assert_str_eq(variant(user), name);
}

static void expose(const char *experiment, const char *of, uint64_t user, uint64_t song)
{
    struct sg_error e = SG_ERROR_INIT;
    uint64_t songs[] = {song, song + 1};
    struct sg_exposure p = {user, sg_str(experiment), sg_str(of), SG_STR("test"), songs, 2, NULL};
    ck_assert_int_eq(sg_experiments_expose(e8s, &p, &e), 0);
}

START_TEST(rows_take_effect_while_serving_and_hold_without_a_database)
{
    ck_assert_str_eq(variant(1), "");
    test_pg_sql(db, "INSERT INTO experiments (experiment) VALUES ('mix')");
    test_pg_sql(db, "INSERT INTO experiment_variants VALUES ('mix', 'a', 1, 'rank=als')");
    variant_becomes(1, "a");
    test_pg_sql(db, "INSERT INTO experiment_variants VALUES ('mix', 'b', 1, '')");
    test_pg_sql(db, "UPDATE experiment_variants SET weight = 0 WHERE variant = 'a'");
    variant_becomes(1, "b");
    test_pg_crash(pg);
    sg_sleep_us(100000);
    ck_assert_str_eq(variant(1), "b");
    test_pg_up(pg);
    PQfinish(db);
    db = test_pg_connect(pg);
    test_pg_sql(db, "UPDATE experiments SET enabled = false");
    variant_becomes(1, "");
}
END_TEST

/* The last sequence in the journal's files. */
static uint64_t last_written(void)
{
    char dir[200], path[500];
    uint64_t last = 0, passed = 0;
    snprintf(dir, sizeof dir, "%s/var/experiments/journal", x.dir);
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d));) {
        struct sg_buf b = {0};
        struct sg_journal_record r;
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        FILE *in = strstr(f->d_name, ".journal") ? fopen(path, "r") : NULL;
        if (!in)
            continue;
        b.n = fread(sg_buf_reserve(&b, 4 << 20), 1, 4 << 20, in);
        fclose(in);
        for (struct sg_str left = sg_buf_str(&b); sg_journal_next(&left, last, &r, &passed);)
            last = r.sequence;
        sg_buf_free(&b);
    }
    if (d)
        closedir(d);
    return last;
}

/* Until the journal keeps nothing of them in memory. What was moved by then has left its files. */
static void until_written(uint64_t n)
{
    PGconn *own = test_pg_connect(pg);
    while (last_written() < n &&
           strtoull(test_pg_sql(own, "SELECT count(*) FROM exposures"), NULL, 10) < n)
        sg_sleep_us(10000);
    PQfinish(own);
}

/* A process of its own, killed while it exposes: what it wrote, counted. */
static void expose_and_be_killed(void)
{
    sg_experiments_close(e8s);
    pid_t child = fork();
    if (!child) {
        start();
        for (uint64_t i = 0; i < 500; i++)
            expose("mix", "a", 1 + i, 10 * i);
        until_written(500);
        kill(getpid(), SIGKILL);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

START_TEST(exposures_outlive_kills_and_arrive_once)
{
    expose_and_be_killed();
    start();
    becomes("SELECT count(*) FROM exposures", "500");
    test_pg_crash(pg);
    for (uint64_t i = 0; i < 300; i++)
        expose("mix", "b", 1 + i, i);
    sg_sleep_us(400000);
    sg_experiments_close(e8s); /* with the database still away */
    start();
    test_pg_up(pg);
    PQfinish(db);
    db = test_pg_connect(pg);
    becomes("SELECT count(*) FROM exposures", "800");
    ck_assert_str_eq(test_pg_sql(db, "SELECT songs::text || variant FROM exposures "
                                     "WHERE user_id = 3 AND variant = 'b'"),
                     "{2,3}b");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM exposures_default"), "0");
}
END_TEST

START_TEST(old_exposures_are_forgotten)
{
    test_pg_sql(db, "INSERT INTO exposures VALUES "
                    "(1, now() - interval '91 days', 1, 'mix', 'a', 's', '{1}'), "
                    "(1, now() - interval '89 days', 2, 'mix', 'a', 's', '{1}')");
    test_pg_sql(db, "SELECT segue_forget_exposures(90)");
    ck_assert_str_eq(test_pg_sql(db, "SELECT string_agg(exposure_id::text, ' ') FROM exposures"),
                     "2");
}
END_TEST

static double number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    ck_assert_msg(at != NULL, "%s in %s", key, text);
    return strtod(at + strlen(key), NULL);
}

static char *report(bool json)
{
    struct sg_report_options o = {NULL, 30, 24, json};
    struct sg_error e = SG_ERROR_INIT;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    ck_assert_msg(sg_experiments_report(&config, &o, f, &e) == 0, "%s", e.text);
    fclose(f);
    return text;
}

/* 1,000 people each: those of b play 3 of the songs they are shown, those of a 2 (and others,
 * and too late, and skips, which do not count); every tenth of a and fifth of b likes one. */
START_TEST(the_report_finds_a_known_lift)
{
    test_pg_sql(db, "INSERT INTO experiments (experiment) VALUES ('mix')");
    test_pg_sql(db, "INSERT INTO experiment_variants (experiment, variant) VALUES ('mix', 'a'), "
                    "('mix', 'b')");
    test_pg_sql(db, "INSERT INTO exposures SELECT i, now() - interval '2 days' + k * interval "
                    "'1 minute', 2 * i + k, 'mix', CASE WHEN i %% 2 = 0 THEN 'b' ELSE 'a' END, "
                    "'home', ARRAY[1, 2, 3, 4] FROM generate_series(1, 2000) i, "
                    "generate_series(0, 1) k");
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                "SELECT i, s, now() - interval '46 hours', CASE s WHEN 4 THEN 10 END "
                "FROM generate_series(1, 2000) i, generate_series(1, 4) s "
                "WHERE s <= 2 OR i %% 2 = 0 UNION ALL "
                "SELECT i, 9, now() - interval '46 hours', NULL FROM generate_series(1, 2000) i "
                "UNION ALL SELECT i, 1, now() - interval '49 hours', NULL FROM "
                "generate_series(1, 2000) i UNION ALL SELECT i, 1, now() - interval '20 hours', "
                "NULL FROM generate_series(1, 2000) i");
    test_pg_sql(db, "INSERT INTO feedback SELECT i, 'song', 2, 'like', now() - interval '47 hours' "
                    "FROM generate_series(1, 2000) i WHERE i %% 10 IN (1, 2, 4)");
    char *json = report(true), *text = report(false);
    const char *b = strstr(json, "\"variant\":\"b\"");
    ck_assert_msg(b != NULL, "%s", json);
    ck_assert(fabs(number_after(json, "\"split_p\":") - 1) < 1e-9);
    ck_assert(number_after(json, "\"people\":") == 1000 && number_after(b, "\"people\":") == 1000);
    ck_assert(number_after(json, "\"exposures\":") == 2000);
    ck_assert(fabs(number_after(json, "\"plays_a_person\":") - 2) < 1e-9);
    ck_assert(fabs(number_after(b, "\"plays_a_person\":") - 3) < 1e-9);
    ck_assert(fabs(number_after(b, "\"plays_lift\":{\"lift\":") - 0.5) < 1e-9);
    ck_assert(fabs(number_after(b, "\"likes_lift\":{\"lift\":") - 1) < 1e-6);
    const char *likes = strstr(b, "\"likes_lift\":");
    ck_assert(number_after(likes, "\"low\":") > 0.5 && number_after(likes, "\"high\":") < 1.6);
    ck_assert(number_after(likes, "\"p\":") < 1e-4);
    ck_assert_msg(strstr(text, "plays: +50.00%") && !strstr(text, "WARNING"), "%s", text);
    free(json);
    free(text);
}
END_TEST

START_TEST(the_report_warns_of_a_wrong_split_and_leaves_out_who_moved)
{
    test_pg_sql(db, "INSERT INTO experiments (experiment) VALUES ('mix')");
    test_pg_sql(db, "INSERT INTO experiment_variants (experiment, variant, weight) VALUES "
                    "('mix', 'a', 1), ('mix', 'b', 3)");
    test_pg_sql(db, "INSERT INTO exposures SELECT i, now() - interval '1 hour', i, 'mix', "
                    "CASE WHEN i %% 2 = 0 THEN 'b' ELSE 'a' END, 'home', ARRAY[1] "
                    "FROM generate_series(1, 1000) i");
    test_pg_sql(db, "INSERT INTO exposures SELECT i, now(), i, 'mix', 'b', 'home', ARRAY[1] "
                    "FROM generate_series(1, 9, 2) i");
    char *text = report(false);
    ck_assert_msg(strstr(text, "WARNING") && strstr(text, "5 people saw more than one"), "%s",
                  text);
    free(text);
}
END_TEST

/* Interleaved through the journal: nine of ten people play what b picked. */
START_TEST(interleaving_tells_which_people_prefer)
{
    struct sg_error e = SG_ERROR_INIT;
    uint64_t a[] = {1, 2, 3}, b[] = {4, 5, 6}, out[6];
    unsigned char team[6];
    test_pg_sql(db, "INSERT INTO experiments (experiment, kind) VALUES ('duel', 'interleave')");
    test_pg_sql(db, "INSERT INTO experiment_variants (experiment, variant) VALUES ('duel', 'a'), "
                    "('duel', 'b')");
    for (uint64_t user = 1; user <= 20; user++) {
        size_t n = sg_interleave(a, 3, b, 3, user, out, team, 6);
        struct sg_exposure p = {user, SG_STR("duel"), SG_STR(""), SG_STR("radio"), out, n, team};
        ck_assert_int_eq(sg_experiments_expose(e8s, &p, &e), 0);
    }
    becomes("SELECT count(*) FROM exposures", "20");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) "
                    "SELECT i, CASE WHEN i <= 18 THEN 5 ELSE 2 END, now() + interval '1 second' "
                    "FROM generate_series(1, 20) i");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) VALUES "
                    "(1, 1, now() + interval '1 second')");
    char *json = report(true);
    ck_assert(number_after(json, "\"answers\":") == 20 && number_after(json, "\"ties\":") == 1);
    ck_assert(number_after(json, "\"first_wins\":") == 2);
    ck_assert(number_after(json, "\"second_wins\":") == 17);
    ck_assert(number_after(json, "\"people_even\":") == 1);
    ck_assert(fabs(number_after(json, "\"p\":") - 0.000729) < 1e-5); /* 17 of 19 */
    free(json);
}
END_TEST

START_TEST(exploring_knows_what_was_played_after_a_restart)
{
    uint64_t songs[] = {11, 12};
    int tried = 0;
    for (uint64_t seed = 0; seed < 100; seed++)
        tried += sg_experiments_explore(e8s, songs, 2, seed) == 0;
    ck_assert_int_gt(tried, 20);
    ck_assert_int_lt(tried, 80);
    test_pg_sql(db, "INSERT INTO exposures SELECT i, now() - interval '2 hours', i, 'explore', '', "
                    "'home', ARRAY[11 + i %% 2] FROM generate_series(1, 400) i");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) "
                    "SELECT i, 11 + i %% 2, now() - interval '1 hour' "
                    "FROM generate_series(1, 400) i WHERE i %% 2 = 1 AND i %% 3 = 0");
    sg_experiments_close(e8s);
    start();
    for (int i = 0; i < 3000; i++) { /* until they are read */
        tried = 0;
        for (uint64_t seed = 0; seed < 100; seed++)
            tried += sg_experiments_explore(e8s, songs, 2, seed) == 1;
        if (tried == 100)
            break;
        sg_sleep_us(20000);
    }
    ck_assert_int_eq(tried, 100);
    config.recsys.explore = 0;
    ck_assert_uint_eq(sg_experiments_explore(e8s, songs, 2, 1), SIZE_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("experiments");
    TCase *t = tcase_create("experiments");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, setup_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, rows_take_effect_while_serving_and_hold_without_a_database);
    tcase_add_test(t, exposures_outlive_kills_and_arrive_once);
    tcase_add_test(t, old_exposures_are_forgotten);
    tcase_add_test(t, the_report_finds_a_known_lift);
    tcase_add_test(t, the_report_warns_of_a_wrong_split_and_leaves_out_who_moved);
    tcase_add_test(t, interleaving_tells_which_people_prefer);
    tcase_add_test(t, exploring_knows_what_was_played_after_a_restart);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
