/* test_uploads.c - each accepted upload becomes a song, once, whatever is killed.
 *
 * Two workers make songs of a stream of uploads while they, the API, PostgreSQL, RabbitMQ and
 * an S3 server are killed (SIGKILL) at random, and the S3 server answers 503, stalls, and does what
 * it was asked without saying so. In the end every upload is ready, has one song with one
 * recording, all that lies in the store after a sweep belongs to them, and no scratch is left.
 * Small unless the environment asks for more:
 *
 *   SEGUE_TEST_UPLOADS=200 SEGUE_TEST_UPLOADS_KILLS=100
 *   SEGUE_TEST_UPLOADS_SEED=1 SEGUE_TEST_UPLOADS_ONLY=postgres (or http, s3, rabbitmq)
 */
#include "core/clock.h"
#include "core/objects/gc.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/rabbit.h"
#include "tests/support/recording.h"
#include "tests/support/s3.h"
#include "tests/support/s3_proxy.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 2, PATIENCE_S = 600, UPLOADS_MAX = 10000 };
#define SETTINGS "worker.lease_s = 2\nworker.retry_s = 1\nworker.jobs = 1\n"

static struct test_pg *pg;
static struct test_rabbit *rabbit; /* NULL: PostgreSQL carries */
static struct test_s3 *s3;         /* NULL: a folder */
static struct test_s3_proxy proxy;
static int port; /* 0: rows and objects are put as the API leaves them */
static pid_t api;
static struct test_indexer x;
static struct sg_config config;
static struct sg_objects *objects;
static struct sg_vault *vault;
static PGconn *db;
static struct sg_error e;
static int uploads, kills;
static unsigned seed;
static pid_t workers[WORKERS];
static atomic_bool at_rest, finished;
static atomic_int accepted;
static char ids[UPLOADS_MAX][80]; /* of those that the API accepted */

static int setting(const char *name, int otherwise)
{
    const char *v = getenv(name);
    return v ? atoi(v) : otherwise;
}

static unsigned chance(unsigned *state, unsigned n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % n;
}

static void start_worker(int i)
{
    workers[i] = test_program_spawn(&x, "segue-worker", (const char *const[]){"serve", NULL});
}

static void kill_worker(int i)
{
    kill(workers[i], SIGKILL);
    test_wait(workers[i]);
    start_worker(i);
}

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
}

static void kill_api(void)
{
    kill(api, SIGKILL);
    test_wait(api);
    start_api();
}

static void kill_rabbit(void)
{
    test_rabbit_kill(rabbit);
    test_rabbit_begin(rabbit);
    test_rabbit_await(rabbit);
}

static void trouble_s3(unsigned *random)
{
    static const enum test_s3_fault faults[] = {TEST_S3_BUSY, TEST_S3_STALL, TEST_S3_LOSE_ANSWER,
                                                TEST_S3_CUT_ANSWER, TEST_S3_CUT_REQUEST};
    unsigned what = chance(random, 6);
    if (what < 5) {
        test_s3_proxy_set(&proxy, faults[what], (int)chance(random, 5), 2 + (int)chance(random, 8));
        return;
    }
    test_s3_kill(s3);
    sg_sleep_us(300000);
    test_s3_up(s3);
}

/* Evenly over the uploads; lives as long as the workers, which would die with the thread that
 * started them. */
static void *nemesis(void *ctx)
{
    unsigned random = seed;
    (void)ctx;
    for (int i = 0; i < WORKERS; i++)
        start_worker(i);
    if (port)
        start_api();
    for (int i = 0; i < kills; i++) {
        while (atomic_load(&accepted) < uploads * i / kills)
            sg_sleep_us(10000);
        sg_sleep_us(chance(&random, 1500) * 1000);
        unsigned what = chance(&random, 10);
        if (what < 2) {
            test_pg_crash(pg);
            test_pg_up(pg);
        } else if (what == 2 && rabbit) {
            kill_rabbit();
        } else if (what < 6 && port) {
            kill_api();
        } else if (what < 7 && s3) {
            trouble_s3(&random);
        } else {
            kill_worker((int)(what % WORKERS));
        }
    }
    if (s3)
        test_s3_proxy_set(&proxy, TEST_S3_PASS, 0, 0);
    at_rest = true;
    while (!finished)
        sg_sleep_us(10000);
    return NULL;
}

static void connect_again(void)
{
    for (int i = 0; i < 600 && (!db || PQstatus(db) != CONNECTION_OK); i++) {
        PQfinish(db);
        db = PQconnectdb(pg->dsn);
        if (PQstatus(db) != CONNECTION_OK)
            sg_sleep_us(100000);
    }
    ck_assert_int_eq(PQstatus(db), CONNECTION_OK);
}

/* A commit whose answer was lost may have happened. */
static bool is_there(const char *id)
{
    connect_again();
    PGresult *r =
        PQexecParams(db, "SELECT FROM uploads WHERE upload_id = $1", 1, NULL, &id, NULL, NULL, 0);
    bool there = PQntuples(r) == 1;
    PQclear(r);
    return there;
}

static void upload(int i)
{
    struct sg_buf wav = {0};
    char id[40];
    snprintf(id, sizeof id, "upload_%s_%d", rabbit ? "r" : s3 ? "s" : "p", i);
    struct test_upload u = {.id = id,
                            .title = id,
                            .parts = i % 3 == 2 ? 3 : 0,
                            .sealed = i % 4 != 3,
                            .artist_id = 1,
                            .user_id = 1,
                            .attempts = 100};
    test_wav(&wav, 1.1, seed * 1000 + (unsigned)i);
    while (!test_upload_put(&u, sg_buf_str(&wav), objects, vault, db) && !is_there(id))
        sg_sleep_us(100000);
    sg_buf_free(&wav);
    atomic_fetch_add(&accepted, 1);
}

/* Until it is accepted: by then it must become a song. What was accepted without its answer coming
 * through becomes one as well, under another title. */
static void upload_by_http(int i)
{
    struct sg_buf wav = {0}, said = {0};
    char title[60];
    long status = 0;
    test_wav(&wav, 1.1, seed * 1000 + (unsigned)i);
    for (int again = 0; status != 202; again++) {
        snprintf(title, sizeof title, "Song %d.%d", i, again);
        sg_buf_reset(&said);
        const char *token = test_token(config.var_dir, 1, SG_ROLE_ARTIST, SG_FREE);
        status = test_upload_send(port, token, title, sg_buf_str(&wav), &said);
        ck_assert_msg(status == 0 || status == 202 || status >= 500, "%ld %.*s", status,
                      SG_FMT(sg_buf_str(&said)));
        if (status != 202)
            sg_sleep_us(100000);
    }
    sg_buf_putc(&said, '\0');
    const char *id = strstr(said.p, "\"upload_id\":\"");
    ck_assert_ptr_nonnull(id);
    snprintf(ids[i], sizeof ids[i], "%.*s", (int)strcspn(id + 13, "\""), id + 13);
    sg_buf_free(&wav);
    sg_buf_free(&said);
    atomic_fetch_add(&accepted, 1);
}

static const char *ask(const char *sql)
{
    static char out[200];
    for (;;) {
        connect_again();
        PGresult *r = PQexec(db, sql);
        bool ok = PQresultStatus(r) == PGRES_TUPLES_OK;
        snprintf(out, sizeof out, "%s", ok ? PQgetvalue(r, 0, 0) : "");
        PQclear(r);
        if (ok)
            return out;
    }
}

static void wait_until_all_have_ended(void)
{
    for (int i = 0; i < PATIENCE_S * 10; i++) {
        if (at_rest && atoi(ask("SELECT count(*) FROM jobs WHERE status IN ('queued', "
                                "'running')")) == 0)
            return;
        sg_sleep_us(100000);
    }
    test_show(&x, "segue-worker");
    ck_abort_msg("%s jobs are left", ask("SELECT count(*) FROM jobs WHERE status <> 'done'"));
}

static int count_unknown(void *ctx, const char *key, const struct sg_object_info *info,
                         struct sg_error *err)
{
    (void)info, (void)err;
    PGresult *r = PQexecParams(db,
                               "SELECT FROM asset_files WHERE 'audio/' || asset_id || '/' || path "
                               "= $1",
                               1, NULL, &key, NULL, NULL, 0);
    *(int *)ctx += PQntuples(r) == 0;
    PQclear(r);
    return 0;
}

/* What the store is asked in the end: a server on a busy machine may take longer than a request is
 * waited for here. */
enum { TRIES = 60 };

static int orphans(void)
{
    int n = 0, rc = sg_objects_list(objects, "", NULL, count_unknown, &n, &e);
    for (int i = 0; i < TRIES && rc; i++) {
        n = 0;
        rc = sg_objects_list(objects, "", NULL, count_unknown, &n, &e);
    }
    ck_assert_msg(rc == 0, "%s", e.text);
    return n;
}

static void sweep(void)
{
    struct sg_gc_report swept;
    int rc = -1;
    connect_again();
    for (int i = 0; i < TRIES && rc; i++)
        rc = sg_objects_gc(objects, db, &(struct sg_gc_options){0}, &swept, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
}

static int scratch_left(void)
{
    char command[300];
    int n = 0;
    snprintf(command, sizeof command, "find %s/var/scratch -mindepth 1 | wc -l", x.dir);
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): paths of our own */
    ck_assert_int_eq(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

/* Each that was accepted is one song with one recording; all others in the database are, too. */
static void check_songs(void)
{
    int n = atoi(ask("SELECT count(*) FROM uploads"));
    char wanted[100];
    snprintf(wanted, sizeof wanted, "%d %d %d %d %d", n, n, n, n, n);
    ck_assert(port ? n >= uploads : n == uploads);
    ck_assert_str_eq(
        ask("SELECT (SELECT count(*) FROM uploads WHERE status = 'ready') || ' ' || (SELECT "
            "count(DISTINCT u.song_id) FROM uploads u JOIN songs s USING (song_id, title)) || ' ' "
            "|| (SELECT count(*) FROM songs) || ' ' || "
            "(SELECT count(*) FROM song_audio JOIN uploads USING (song_id, asset_id)) || ' ' || "
            "(SELECT count(*) FROM assets)"),
        wanted);
    for (int i = 0; port && i < uploads; i++)
        ck_assert_str_eq(
            test_pg_sql(db, "SELECT status FROM uploads WHERE upload_id = '%s'", ids[i]), "ready");
    ck_assert_str_eq(ask("SELECT count(*) FROM jobs WHERE status <> 'done'"), "0");
}

static void go(void)
{
    pthread_t thread;
    unsigned random = seed + 1;
    at_rest = finished = false;
    accepted = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, nemesis, NULL), 0);
    for (int i = 0; i < uploads; i++) {
        (port ? upload_by_http : upload)(i);
        sg_sleep_us(chance(&random, 100) * 1000);
    }
    wait_until_all_have_ended();
    check_songs();
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(test_stop(workers[i]), 0);
    if (port)
        ck_assert_int_eq(test_stop(api), 0);
    int before = orphans();
    sweep();
    ck_assert_int_eq(orphans(), 0);
    fprintf(stderr, "%s: %d uploads, %d kills, %s attempts, %d orphans, all swept\n",
            rabbit ? "rabbitmq"
            : s3   ? "s3"
            : port ? "http"
                   : "postgres",
            uploads, kills, ask("SELECT sum(attempts) FROM jobs"), before);
    ck_assert_int_eq(scratch_left(), 0);
    finished = true; /* servers that were started again end with their thread */
    pthread_join(thread, NULL);
}

static bool wanted(const char *name)
{
    const char *only = getenv("SEGUE_TEST_UPLOADS_ONLY");
    return !only || strcmp(only, name) == 0;
}

/* A store and a folder of state of its own. */
static void begin(const char *settings)
{
    char command[200];
    test_indexer_init(&x, pg, NULL, settings);
    snprintf(command, sizeof command, "mkdir -p %s/var", x.dir);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
    test_indexer_config(&x, &config);
    connect_again();
    test_pg_sql(db, "SET client_min_messages = warning");
    test_pg_sql(db, "TRUNCATE uploads, jobs, songs, assets, artists, users CASCADE");
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) VALUES (1, 'a@b.c', 'A')");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name, user_id) VALUES (1, 'A', 1)");
    ck_assert_msg(sg_objects_open(&objects, &config, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_vault_open(&vault, &config, &e) == 0, "%s", e.text);
}

static void end(void)
{
    sg_vault_close(vault);
    sg_objects_close(objects);
}

/* When it is asked for: the one through the API does the same, and more. */
START_TEST(each_upload_is_one_song_with_postgresql_and_a_folder)
{
    if (!getenv("SEGUE_TEST_UPLOADS_ONLY") || !wanted("postgres"))
        return;
    begin(SETTINGS);
    go();
    end();
}
END_TEST

START_TEST(each_upload_is_one_song_through_the_api)
{
    char settings[200];
    if (!wanted("http"))
        return;
    port = test_free_port();
    snprintf(settings, sizeof settings,
             SETTINGS "api.port = %d\napi.limits = off\nsearchlog.enabled = 0\n"
                      "worker.attempts = 100\n",
             port);
    begin(settings);
    go();
    end();
    port = 0;
}
END_TEST

START_TEST(each_upload_is_one_song_with_a_bucket)
{
    char settings[600];
    if (!wanted("s3"))
        return;
    const char *kinds[2];
    if (!test_s3_kinds(kinds)) {
        fprintf(stderr, "no S3 server here: left out\n");
        return;
    }
    s3 = test_s3_start(NULL);
    test_s3_make_bucket(s3, "uploads");
    test_s3_configure(s3, "uploads", "test", &config); /* the credentials' variables */
    test_s3_proxy_start(&proxy, s3);
    snprintf(settings, sizeof settings,
             SETTINGS "objects.url = s3://uploads/test\nobjects.s3_endpoint = "
                      "http://127.0.0.1:%d\nobjects.s3_region = us-east-1\n"
                      "objects.s3_key_env = %s\nobjects.s3_secret_env = %s\n"
                      "objects.timeout_ms = 1000\nobjects.retries = 3\n",
             proxy.port, config.objects.s3_key_env, config.objects.s3_secret_env);
    begin(settings);
    go();
    end();
    test_s3_proxy_stop(&proxy);
    test_s3_kill(s3);
    s3 = NULL;
}
END_TEST

START_TEST(each_upload_is_one_song_with_rabbitmq)
{
    char settings[300];
    if (!wanted("rabbitmq"))
        return;
    rabbit = test_rabbit_start();
    snprintf(settings, sizeof settings, SETTINGS "worker.queue = rabbitmq\nworker.amqp = %s\n",
             rabbit->url);
    begin(settings);
    go();
    end();
}
END_TEST

static void setup(void)
{
    uploads = setting("SEGUE_TEST_UPLOADS", 8);
    kills = setting("SEGUE_TEST_UPLOADS_KILLS", 6);
    seed = (unsigned)setting("SEGUE_TEST_UPLOADS_SEED", 1);
    pg = test_pg_start_migrated(NULL);
}

static void teardown(void)
{
    PQfinish(db);
}

int main(void)
{
    Suite *s = suite_create("uploads");
    TCase *t = tcase_create("uploads");
    tcase_set_timeout(t, 3600);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, each_upload_is_one_song_with_postgresql_and_a_folder);
    tcase_add_test(t, each_upload_is_one_song_through_the_api);
    tcase_add_test(t, each_upload_is_one_song_with_a_bucket);
    tcase_add_test(t, each_upload_is_one_song_with_rabbitmq);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
