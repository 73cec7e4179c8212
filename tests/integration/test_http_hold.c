/* test_http_hold.c - the real API behind a socket that `segue-api hold` keeps: replaced, killed and
 * stopped while people ask. Nobody's request is lost but those that a kill cut off. There is no
 * database: what is asked for needs none.
 */
#include "core/clock.h"
#include "tests/support/crowd.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASKERS = 8, ROUNDS = 3 };
static const char ask_text[] = "GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n";

static struct test_indexer x;
static int port;

static pid_t hold(void)
{
    return test_program_spawn(&x, "segue-api",
                              (const char *const[]){"hold", "--", test_program("segue-api"),
                                                    "--config", x.conf, "serve", NULL});
}

static long child(void)
{
    long pid = 0;
    FILE *f = fopen(test_path(x.dir, "var/run/api.pid"), "r");
    if (f && fscanf(f, "%ld", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return pid;
}

static long await_another(long old)
{
    for (int i = 0; i < 12000; i++) {
        long now = child();
        if (now && now != old)
            return now;
        sg_sleep_us(10000);
    }
    ck_abort_msg("still %ld", old);
    return 0;
}

static void setup(void)
{
    char settings[320];
    port = test_free_port();
    /* The grace outlives the rounds: no connection is closed in the moment it is used. */
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.drain_ms = 30000\napi.grace_ms = 30000\n"
             "pg.dsn = host=/nowhere dbname=segue\n",
             port);
    test_indexer_init(&x, NULL, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
}

START_TEST(an_api_behind_a_held_socket_is_replaced_killed_and_stopped)
{
    struct crowd askers;
    pid_t holder = hold();
    long now = await_another(0);
    ck_assert_int_eq(test_http(port, "GET", "/client.js", NULL, NULL, (char[1 << 18]){0}, 1 << 18),
                     200);
    crowd_start(&askers, port, ask_text, ASKERS);
    for (int i = 0; i < ROUNDS; i++) {
        crowd_await(&askers, 50);
        kill(holder, SIGHUP);
        now = await_another(now);
    }
    crowd_await(&askers, 50);
    if (askers.lost)
        test_show(&x, "segue-api");
    ck_assert_int_eq(askers.lost, 0);
    sg_sleep_us(2500000); /* so long it has to live to be worth another */
    kill((pid_t)now, SIGKILL);
    now = await_another(now);
    crowd_await(&askers, 50);
    printf("%d answered, %d cut off, %d refused\n", askers.answered, askers.lost, askers.refused);
    ck_assert_int_le(askers.lost, ASKERS);
    ck_assert_int_eq(askers.refused, 0);
    crowd_end(&askers);
    ck_assert_int_eq(test_stop(holder), 0);
    ck_assert(kill((pid_t)now, 0) && errno == ESRCH);
    ck_assert_int_lt(crowd_dial(port), 0);
}
END_TEST

static void copy_program(const char *to)
{
    char command[700];
    snprintf(command, sizeof command, "cp '%s' '%s'", test_program("segue-api"), to);
    ck_assert_int_eq(system(command), 0);
}

/* " (deleted)" behind it: another file has its name by now. */
static const char *image_of(pid_t pid)
{
    static char at[300];
    char link[32];
    snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
    ssize_t n = readlink(link, at, sizeof at - 1);
    at[n > 0 ? n : 0] = '\0';
    return at;
}

START_TEST(a_holder_becomes_the_build_that_lies_there_when_it_replaces)
{
    char path[200], next[220], gone[220];
    struct crowd askers;
    snprintf(path, sizeof path, "%s/segue-api-copy", x.dir);
    snprintf(next, sizeof next, "%s.new", path);
    snprintf(gone, sizeof gone, "%s (deleted)", path);
    copy_program(path);
    const char *const argv[] = {path, "--config", x.conf, "hold",  "--",
                                path, "--config", x.conf, "serve", NULL};
    pid_t holder = test_spawn(argv, test_path(x.dir, "segue-api"), SIGKILL);
    long now = await_another(0);
    crowd_start(&askers, port, ask_text, ASKERS);
    for (int i = 0; i < 2; i++) {
        crowd_await(&askers, 50);
        copy_program(next);
        ck_assert_int_eq(rename(next, path), 0);
        ck_assert_str_eq(image_of(holder), gone);
        kill(holder, SIGHUP);
        now = await_another(now);
        ck_assert_str_eq(image_of(holder), path);
    }
    crowd_await(&askers, 50);
    ck_assert_int_eq(askers.lost + askers.refused, 0);
    unlink(path); /* nothing lies there: it stays what it is, and so says its end */
    kill(holder, SIGHUP);
    ck_assert_int_eq(test_wait(holder), 127);
    crowd_end(&askers);
    ck_assert(test_logged(&x, "segue-api", "stays the build it was"));
}
END_TEST

/* The exit code of segue-api check; option may be NULL. */
static int check(const char *option)
{
    return test_wait(
        test_program_spawn(&x, "segue-api", (const char *const[]){"check", option, NULL}));
}

START_TEST(what_would_not_start_is_found_while_another_serves)
{
    static const char *const bad[][3] = {
        {"SEGUE_API_REDIS", "ftp://x", "api.redis"},
        {"SEGUE_OBJECTS_KEYS", "/dev/null", "/dev/null"},
        {"SEGUE_OBJECTS_URL", "s3://bucket", "s3_"},
        {"SEGUE_QUERY_LISTEN", "pigeon://x", "pigeon"},
        {"SEGUE_API_WEB_DIR", "/no/page", "/no/page"},
        {"SEGUE_API_TRUSTED_PROXIES", "everybody", "api.trusted_proxies"},
    };
    pid_t holder = hold();
    long now = await_another(0);
    ck_assert_int_eq(test_http(port, "GET", "/client.js", NULL, NULL, (char[1 << 18]){0}, 1 << 18),
                     200);
    ck_assert_int_eq(check(NULL), 0); /* though that one has the journals */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv(bad[i][0], bad[i][1], 1);
        ck_assert_msg(check(NULL) == 1, "%s", bad[i][0]);
        ck_assert_msg(test_logged(&x, "segue-api", bad[i][2]), "%s", bad[i][0]);
        unsetenv(bad[i][0]);
    }
    ck_assert_int_eq(check("--bind"), 1);
    ck_assert(test_logged(&x, "segue-api", "listen on 127.0.0.1"));
    ck_assert_int_eq(check("--wrong"), 2);
    ck_assert_int_eq(test_http(port, "GET", "/client.js", NULL, NULL, (char[1 << 18]){0}, 1 << 18),
                     200);
    ck_assert_int_eq(child(), now);
    ck_assert_int_eq(test_stop(holder), 0);
    ck_assert_int_eq(check("--bind"), 0);
}
END_TEST

START_TEST(what_dies_at_once_is_left_to_who_supervises)
{
    pid_t holder = test_program_spawn(
        &x, "segue-api", (const char *const[]){"hold", "--", "/bin/sh", "-c", "exit 7", NULL});
    ck_assert_int_eq(test_wait(holder), 7);
    holder = test_program_spawn(&x, "segue-api",
                                (const char *const[]){"hold", "/nowhere/segue-api", NULL});
    ck_assert_int_eq(test_wait(holder), 127);
    ck_assert_int_eq(
        test_wait(test_program_spawn(&x, "segue-api", (const char *const[]){"hold", NULL})), 2);
}
END_TEST

static bool ignores_sigterm(pid_t pid)
{
    char path[64], line[256];
    unsigned long long ignored = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "SigIgn: %llx", &ignored);
    if (f)
        fclose(f);
    return ignored >> (SIGTERM - 1) & 1;
}

START_TEST(who_connects_while_it_stops_is_refused_rather_than_cut_off)
{
    const char *slow = "exec 3<&-; trap '' TERM; while :; do sleep 1; done";
    pid_t holder = test_program_spawn(
        &x, "segue-api", (const char *const[]){"hold", "--", "/bin/sh", "-c", slow, NULL});
    pid_t now = (pid_t)await_another(0);
    int fd = crowd_dial(port);
    ck_assert_int_ge(fd, 0);
    close(fd);
    for (int i = 0; i < 6000 && !ignores_sigterm(now); i++) /* until the shell has set its trap */
        sg_sleep_us(10000);
    kill(holder, SIGTERM);
    for (int i = 0; i < 6000 && (fd = crowd_dial(port)) >= 0; i++) {
        close(fd);
        sg_sleep_us(10000);
    }
    ck_assert_int_lt(fd, 0);
    ck_assert_int_eq(kill(now, 0), 0);
    kill(now, SIGKILL);
    ck_assert_int_eq(test_wait(holder), 128 + SIGKILL);
}
END_TEST

START_TEST(without_room_for_its_process_id_it_answers_all_the_same)
{
    mkdir(test_path(x.dir, "var/run"), 0755);
    ck_assert_int_eq(mkdir(test_path(x.dir, "var/run/api.pid"), 0755),
                     0); /* no file can go there */
    pid_t holder = hold();
    ck_assert_int_eq(test_http(port, "GET", "/client.js", NULL, NULL, (char[1 << 18]){0}, 1 << 18),
                     200);
    ck_assert_int_eq(test_stop(holder), 0);
}
END_TEST

START_TEST(a_killed_holder_takes_its_api_with_it)
{
    pid_t holder = hold();
    long now = await_another(0);
    kill(holder, SIGKILL);
    ck_assert_int_eq(test_wait(holder), 128 + SIGKILL);
    for (int i = 0; i < 6000 && !kill((pid_t)now, 0); i++)
        sg_sleep_us(10000);
    ck_assert_msg(kill((pid_t)now, 0) && errno == ESRCH, "%ld lives on", now);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hold");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, an_api_behind_a_held_socket_is_replaced_killed_and_stopped);
    tcase_add_test(t, a_holder_becomes_the_build_that_lies_there_when_it_replaces);
    tcase_add_test(t, what_would_not_start_is_found_while_another_serves);
    tcase_add_test(t, what_dies_at_once_is_left_to_who_supervises);
    tcase_add_test(t, who_connects_while_it_stops_is_refused_rather_than_cut_off);
    tcase_add_test(t, without_room_for_its_process_id_it_answers_all_the_same);
    tcase_add_test(t, a_killed_holder_takes_its_api_with_it);
    Suite *suite = suite_create("hold");
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_VERBOSE);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
