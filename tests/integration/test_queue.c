/* The queue over a real PostgreSQL and, where it says so, a real RabbitMQ: the same of both. */
#include "core/clock.h"
#include "tests/support/indexer.h"
#include "tests/support/pg.h"
#include "tests/support/rabbit.h"
#include "worker/database.h"
#include "worker/queue/enqueue.h"
#include "worker/queue/queue.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* LONG_MS: for what is to come, however busy the machine is; a broker takes its time to start. */
enum { LONG_MS = 240000, WAITS = LONG_MS / 10, RETRY_S = 1000 };

static struct test_pg *pg;
static struct test_rabbit *rabbit; /* NULL: PostgreSQL carries */
static struct sg_config config;
static struct sg_pg_pool *pool;
static PGconn *db;
static struct sg_error e;

static struct sg_queue *open_with(const struct sg_config *c, int slots)
{
    struct sg_queue *q;
    ck_assert_msg(sg_queue_open(&q, c, "encode", slots, pool, &e) == 0, "%s", e.text);
    return q;
}

static struct sg_queue *open_queue(int slots)
{
    return open_with(&config, slots);
}

/* Whose leases are renewed after so long a third of it. Others last for longer than a test. */
static struct sg_config leases_of(int seconds)
{
    struct sg_config c = config;
    c.worker.lease_s = seconds;
    return c;
}

static void enqueue(const char *id, int priority)
{
    char sql[300];
    const char *params[] = {id, NULL, "3"};
    snprintf(sql, sizeof sql, "%d", priority);
    params[1] = sql;
    PGresult *r = PQexecParams(db, SG_ENQUEUE_ENCODE_SQL, 3, NULL, params, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
    PQclear(r);
}

static void empty_table(void)
{
    test_pg_sql(db, "DELETE FROM jobs");
}

static void take(struct sg_queue *q, struct sg_job *j, const char *id)
{
    char payload[100];
    int rc = sg_queue_take(q, j, LONG_MS, &e);
    ck_assert_msg(rc == 0, "%d %s", rc, e.text);
    snprintf(payload, sizeof payload, "{\"upload_id\": \"%s\"}", id);
    ck_assert_str_eq(j->payload, payload);
}

static const char *state(const char *id)
{
    return test_pg_sql(db,
                       "SELECT status || ' ' || attempts || ' ' || (leased_by IS NULL) FROM jobs "
                       "WHERE payload->>'upload_id' = '%s'",
                       id);
}

/* As if whoever holds it had fallen silent. */
static void let_lease_run_out(const char *holder)
{
    test_pg_sql(db, "UPDATE jobs SET lease_until = now() - interval '1 second', leased_by = '%s'",
                holder);
}

static int hold_it(PGconn *c, void *job, struct sg_error *err)
{
    int rc = sg_job_hold(c, job, err);
    return rc ? rc : sg_job_done(c, job, err);
}

START_TEST(the_most_urgent_is_taken_first_and_done_once)
{
    struct sg_job j;
    empty_table();
    test_pg_sql(db, "BEGIN");
    enqueue("low", -1);
    enqueue("first", 0);
    enqueue("high", 5);
    test_pg_sql(db, "COMMIT");
    struct sg_queue *q = open_queue(1);
    take(q, &j, "high");
    ck_assert_str_eq(state("high"), "running 1 false");
    ck_assert_int_eq(sg_worker_transact(pool, hold_it, &j, &e), 0);
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    ck_assert_str_eq(state("high"), "done 1 true");
    take(q, &j, "first");
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    take(q, &j, "low");
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    ck_assert_int_eq(sg_queue_take(q, &j, 10, &e), SG_ENOENT);
    sg_queue_close(q);
}
END_TEST

START_TEST(what_is_rolled_back_is_never_done_and_a_commit_wakes)
{
    struct sg_job j;
    empty_table();
    struct sg_queue *q = open_queue(1);
    test_pg_sql(db, "BEGIN");
    enqueue("never", 0);
    test_pg_sql(db, "ROLLBACK");
    ck_assert_int_eq(sg_queue_take(q, &j, 300, &e), SG_ENOENT);
    enqueue("now", 0);
    take(q, &j, "now");
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    sg_queue_close(q);
}
END_TEST

START_TEST(a_failure_is_tried_again_later_and_the_last_one_is_a_dead_letter)
{
    struct sg_job j;
    empty_table();
    enqueue("bad", 0);
    struct sg_queue *q = open_queue(1);
    for (int i = 1; i <= 3; i++) {
        take(q, &j, "bad");
        ck_assert_int_eq(j.attempts, i);
        sg_job_end(q, &j, SG_JOB_AGAIN, "it broke");
        if (i < 3) /* each wait is twice the one before */
            ck_assert_str_eq(test_pg_sql(db,
                                         "SELECT status || (run_at - now() BETWEEN interval '%d "
                                         "seconds' AND interval '%d seconds') || last_error FROM "
                                         "jobs",
                                         i * RETRY_S - RETRY_S / 2, i * RETRY_S * 11 / 10),
                             "queuedtrueit broke");
        test_pg_sql(db, "UPDATE jobs SET run_at = now() WHERE status = 'queued'");
    }
    ck_assert_str_eq(state("bad"), "failed 3 true");
    ck_assert_int_eq(sg_queue_take(q, &j, 10, &e), SG_ENOENT);
    sg_queue_close(q);
}
END_TEST

START_TEST(a_worker_that_stops_gives_back_what_it_has_not_done)
{
    struct sg_job j;
    empty_table();
    enqueue("x", 0);
    struct sg_queue *q = open_queue(1);
    take(q, &j, "x");
    sg_queue_stop(q);
    ck_assert(j.lost);
    sg_job_end(q, &j, SG_JOB_RELEASE, NULL);
    ck_assert_int_eq(sg_queue_take(q, &j, 10, &e), SG_ECANCELED);
    sg_queue_close(q);
    ck_assert_str_eq(state("x"), "queued 0 true");
    q = open_queue(1);
    take(q, &j, "x");
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    sg_queue_close(q);
}
END_TEST

/* Times that the lease of the one job was renewed, until n. */
static int renewals(int n)
{
    char until[64], was[64] = "";
    int seen = -1; /* the lease itself is none */
    for (int i = 0; i < WAITS && seen < n; i++, sg_sleep_us(10000)) {
        snprintf(until, sizeof until, "%s", test_pg_sql(db, "SELECT lease_until FROM jobs"));
        seen += strcmp(until, was) != 0;
        snprintf(was, sizeof was, "%s", until);
    }
    return seen;
}

/* One worker looks after its leases every second, so it finds out soon that it has lost one. That
 * of the other lasts for as long as a busy machine may keep it from renewing. */
START_TEST(a_lease_is_renewed_and_one_that_was_lost_publishes_nothing)
{
    const struct sg_config short_leases = leases_of(3), long_leases = leases_of(15);
    struct sg_job j, again;
    empty_table();
    enqueue("x", 0);
    struct sg_queue *q = open_with(&short_leases, 1), *other;
    take(q, &j, "x");
    let_lease_run_out("somebody");
    other = open_with(&long_leases, 1);
    take(other, &again, "x");
    ck_assert_int_eq(again.attempts, 2);
    ck_assert_int_eq(sg_worker_transact(pool, hold_it, &j, &e), SG_ECHANGED);
    for (int i = 0; i < WAITS && !j.lost; i++)
        sg_sleep_us(10000);
    ck_assert(j.lost);
    sg_job_end(q, &j, SG_JOB_AGAIN, "too late");
    ck_assert_str_eq(state("x"), "running 2 false");
    ck_assert_int_eq(renewals(1), 1);
    ck_assert(!again.lost);
    ck_assert_int_eq(sg_worker_transact(pool, hold_it, &again, &e), 0);
    sg_job_end(other, &again, SG_JOB_DONE, NULL);
    sg_queue_close(q);
    sg_queue_close(other);
}
END_TEST

START_TEST(a_job_that_kills_its_workers_is_a_dead_letter_in_the_end)
{
    struct sg_job j;
    empty_table();
    enqueue("x", 0);
    struct sg_queue *q = open_queue(1);
    for (int i = 1; i <= 3; i++) {
        take(q, &j, "x");
        let_lease_run_out("silent");
        for (int k = 0; k < WAITS && strncmp(state("x"), "running", 7) == 0; k++)
            sg_sleep_us(10000);
        sg_job_end(q, &j, SG_JOB_DONE, NULL);
    }
    ck_assert_str_eq(state("x"), "failed 3 true");
    ck_assert_str_eq(test_pg_sql(db, "SELECT last_error FROM jobs"), "worker silent fell silent");
    sg_queue_close(q);
}
END_TEST

/* Many takers, each job once. */
enum { MANY = 120, TAKERS = 4 };

struct taker {
    pthread_t thread;
    struct sg_queue *q;
    int n;
};

static void *take_many(void *ctx)
{
    struct taker *t = ctx;
    struct sg_job j;
    struct sg_error err = SG_ERROR_INIT;
    while (sg_queue_take(t->q, &j, LONG_MS, &err) == 0) { /* until the queue is stopped */
        if (sg_worker_transact(pool, hold_it, &j, &err) == 0)
            t->n++;
        sg_job_end(t->q, &j, SG_JOB_DONE, NULL);
    }
    return NULL;
}

START_TEST(each_of_many_is_done_once_by_several_workers)
{
    struct taker t[TAKERS] = {0};
    int n = 0;
    empty_table();
    struct sg_queue *q[2] = {open_queue(TAKERS / 2), open_queue(TAKERS / 2)};
    for (int i = 0; i < TAKERS; i++) {
        t[i].q = q[i % 2];
        pthread_create(&t[i].thread, NULL, take_many, &t[i]);
    }
    test_pg_sql(db,
                "INSERT INTO jobs (queue, payload, priority) SELECT 'encode', "
                "jsonb_build_object('upload_id', n), n %% 3 FROM generate_series(1, %d) n",
                MANY);
    for (int i = 0; i < WAITS && atoi(test_pg_sql(db, "SELECT count(*) FROM jobs WHERE status <> "
                                                      "'done'"));
         i++)
        sg_sleep_us(10000);
    for (int i = 0; i < 2; i++)
        sg_queue_stop(q[i]);
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(t[i].thread, NULL);
        n += t[i].n;
    }
    ck_assert_int_eq(n, MANY);
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT count(*) || ' ' || max(attempts) FROM jobs WHERE status = 'done'"),
        "120 1");
    sg_queue_close(q[0]);
    sg_queue_close(q[1]);
}
END_TEST

START_TEST(the_database_may_go_away_and_come_back)
{
    struct sg_job j;
    empty_table();
    struct sg_queue *q = open_queue(1);
    ck_assert_int_eq(sg_queue_take(q, &j, 500, &e), SG_ENOENT);
    test_pg_crash(pg);
    int rc = sg_queue_take(q, &j, 100, &e);
    ck_assert(rc == SG_EUNAVAIL || rc == SG_ENOENT);
    test_pg_up(pg);
    PQreset(db);
    enqueue("after", 0);
    do {
        rc = sg_queue_take(q, &j, LONG_MS, &e);
    } while (rc == SG_EUNAVAIL);
    ck_assert_int_eq(rc, 0);
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    ck_assert_str_eq(state("after"), "done 1 true");
    sg_queue_close(q);
}
END_TEST

START_TEST(an_upload_follows_its_job_into_the_dead_letters_and_back)
{
    empty_table();
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) VALUES (1, 'A')");
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) VALUES (1, 'a@b.c', 'A')");
    test_pg_sql(db, "INSERT INTO uploads (upload_id, artist_id, user_id, bytes) "
                    "VALUES ('upload_1', 1, 1, 0)");
    enqueue("upload_1", 0);
    test_pg_sql(db, "UPDATE jobs SET status = 'failed'");
    ck_assert_str_eq(test_pg_sql(db, "SELECT status || reason FROM uploads"),
                     "failedprocessing-failed");
    test_pg_sql(db, "UPDATE jobs SET status = 'queued'");
    ck_assert_str_eq(test_pg_sql(db, "SELECT status || coalesce(error, '-') FROM uploads"),
                     "received-");
    test_pg_sql(db, "LISTEN segue_uploads");
    empty_table();
    ck_assert_str_eq(test_pg_sql(db, "SELECT status FROM uploads"), "failed");
    PGnotify *n = PQnotifies(db);
    ck_assert_ptr_nonnull(n);
    ck_assert_str_eq(n->extra, "upload_1");
    PQfreemem(n);
    test_pg_sql(db, "UNLISTEN *");
}
END_TEST

/* `segue-worker jobs` with these words: its exit code; what it said is in said. */
static char said[4000];
static int jobs(const char *words)
{
    char command[400];
    snprintf(command, sizeof command, "SEGUE_PG_DSN='%s' %s jobs %s 2>&1", pg->dsn,
             test_program("segue-worker"), words);
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): paths of our own */
    said[fread(said, 1, sizeof said - 1, f)] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *job_of(const char *verb, const char *id)
{
    static char words[64];
    snprintf(words, sizeof words, "%s %s", verb,
             test_pg_sql(db, "SELECT job_id FROM jobs WHERE payload->>'upload_id' = '%s'", id));
    return words;
}

START_TEST(an_administrator_sees_jobs_and_drops_those_that_nobody_works_at)
{
    struct sg_job j;
    empty_table();
    test_pg_sql(db, "UPDATE uploads SET status = 'received'");
    enqueue("held", 1);
    struct sg_queue *q = open_queue(1);
    take(q, &j, "held");
    enqueue("upload_1", 0);
    ck_assert_int_eq(jobs("list"), 0);
    ck_assert_str_eq(said, "no dead letters\n");
    ck_assert_int_eq(jobs("list --all"), 0);
    ck_assert(strstr(said, "upload_1") && strstr(said, "running"));
    ck_assert_int_eq(jobs(job_of("show", "upload_1")), 0);
    ck_assert(strstr(said, "\"upload_id\": \"upload_1\"") && strstr(said, "\"max_attempts\": 3") &&
              strstr(said, "\"status\": \"queued\""));
    ck_assert_int_eq(jobs("show 999999"), 1);
    ck_assert_ptr_nonnull(strstr(said, "there is no job 999999"));
    ck_assert_int_eq(jobs(job_of("drop", "held")), 1);
    ck_assert_ptr_nonnull(strstr(said, "it is being worked at"));
    ck_assert_str_eq(state("held"), "running 1 false");
    ck_assert_int_eq(jobs(job_of("drop", "upload_1")), 0);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM jobs"), "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT status || reason FROM uploads"),
                     "failedprocessing-failed");
    ck_assert_int_eq(jobs("drop upload_1"), 2);
    ck_assert_int_eq(jobs("show"), 2);
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    sg_queue_close(q);
}
END_TEST

/* --- what only a broker can do --- */
START_TEST(the_broker_may_die_and_come_back)
{
    struct sg_job j;
    empty_table();
    struct sg_queue *q = open_queue(1);
    enqueue("before", 0);
    take(q, &j, "before");
    test_rabbit_kill(rabbit);
    enqueue("meanwhile", 0);
    ck_assert_int_eq(sg_worker_transact(pool, hold_it, &j, &e), 0);
    sg_job_end(q, &j, SG_JOB_DONE, NULL); /* its ticket comes back, and finds no row */
    ck_assert_int_eq(sg_queue_take(q, &j, 100, &e), SG_ENOENT);
    test_rabbit_begin(rabbit);
    take(q, &j, "meanwhile");
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    ck_assert_int_eq(sg_queue_take(q, &j, 1500, &e), SG_ENOENT);
    ck_assert_str_eq(state("before"), "done 1 true");
    sg_queue_close(q);
}
END_TEST

START_TEST(a_broker_that_forgot_everything_is_told_again)
{
    struct sg_job j;
    empty_table();
    struct sg_queue *q = open_queue(1);
    enqueue("a", 1);
    enqueue("b", 0);
    take(q, &j, "a");
    for (int i = 0; i < WAITS && strcmp(test_pg_sql(db, "SELECT confirmed FROM jobs WHERE status = "
                                                        "'queued'"),
                                        "t");
         i++)
        sg_sleep_us(10000);
    test_rabbit_lose(rabbit);
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    test_rabbit_begin(rabbit);
    take(q, &j, "b");
    sg_job_end(q, &j, SG_JOB_DONE, NULL);
    sg_queue_close(q);
}
END_TEST

static void setup(void)
{
    pg = test_pg_start_migrated(NULL);
    sg_config_defaults(&config);
    snprintf(config.pg.dsn, sizeof config.pg.dsn, "%s", pg->dsn);
    config.worker.lease_s = 3600;
    config.worker.retry_s = RETRY_S;
    ck_assert_int_eq(sg_pg_pool_open(&pool, pg->dsn, 12, &e), 0);
    db = test_pg_connect(pg);
}

static void setup_rabbit(void)
{
    rabbit = test_rabbit_start();
    config.worker.queue = 1;
    snprintf(config.worker.amqp, sizeof config.worker.amqp, "%s", rabbit->url);
}

static void teardown(void)
{
    PQfinish(db);
    sg_pg_pool_close(pool);
}

static void add_both(TCase *t)
{
    tcase_add_test(t, the_most_urgent_is_taken_first_and_done_once);
    tcase_add_test(t, what_is_rolled_back_is_never_done_and_a_commit_wakes);
    tcase_add_test(t, a_failure_is_tried_again_later_and_the_last_one_is_a_dead_letter);
    tcase_add_test(t, a_worker_that_stops_gives_back_what_it_has_not_done);
    tcase_add_test(t, a_lease_is_renewed_and_one_that_was_lost_publishes_nothing);
    tcase_add_test(t, a_job_that_kills_its_workers_is_a_dead_letter_in_the_end);
    tcase_add_test(t, each_of_many_is_done_once_by_several_workers);
    tcase_add_test(t, the_database_may_go_away_and_come_back);
}

int main(void)
{
    Suite *s = suite_create("queue");
    TCase *t = tcase_create("PostgreSQL"), *r = tcase_create("RabbitMQ");
    tcase_add_unchecked_fixture(t, setup, NULL);
    add_both(t);
    tcase_add_test(t, an_upload_follows_its_job_into_the_dead_letters_and_back);
    tcase_add_test(t, an_administrator_sees_jobs_and_drops_those_that_nobody_works_at);
    suite_add_tcase(s, t);
    tcase_add_unchecked_fixture(r, setup_rabbit, teardown);
    add_both(r);
    tcase_add_test(r, the_broker_may_die_and_come_back);
    tcase_add_test(r, a_broker_that_forgot_everything_is_told_again);
    suite_add_tcase(s, r);
    SRunner *runner = srunner_create(s);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
