/* test_rpc_started.c - calls that nobody waits for. */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/rpc/link.h"
#include "core/rpc/listen.h"
#include "tests/support/echo.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_US (ECHO_PATIENCE_MS * INT64_C(1000))

struct ending {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n, failed, late, rc; /* late: of those that failed, by their deadline */
};

static void on_done(void *ctx, int rc, const struct sg_error *e)
{
    struct ending *w = ctx;
    ck_assert(!rc || *e->text);
    pthread_mutex_lock(&w->lock);
    w->n++;
    w->failed += rc != 0;
    w->late += rc == SG_ETIMEOUT;
    w->rc = rc;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void wait_for_endings(struct ending *w, int n)
{
    pthread_mutex_lock(&w->lock);
    while (w->n < n)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

enum { STARTED = 500 };
static struct sg_buf jsons[STARTED];
static struct sg_arena arenas[STARTED];

static void start_echoes(struct sg_rpc_client *c, int n, int64_t sleep_ms, int64_t ms,
                         struct ending *w)
{
    struct echo q = {.text = SG_STR("hello"), .sleep_ms = sleep_ms};
    for (int i = 0; i < n; i++)
        sg_rpc_start_json(c, "echo", &echo_record, &q, &echo_record, &jsons[i], &arenas[i],
                          sg_now_us() + ms * 1000, SG_STR_NONE, on_done, w);
}

static void free_echoes(void)
{
    for (size_t i = 0; i < STARTED; i++) {
        sg_buf_free(&jsons[i]);
        sg_arena_free(&arenas[i]);
    }
}

START_TEST(calls_are_started_by_the_hundred_and_each_ends_once)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0};
    struct sg_rpc_server *s = echo_serve(echo_url, 2);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_buf wanted = {0};
    struct echo q = {.text = SG_STR("hello")};
    sg_record_to_json(&echo_record, &q, &wanted);
    for (int round = 1; round <= 5; round++) {
        start_echoes(c, STARTED, 0, ECHO_PATIENCE_MS, &w);
        wait_for_endings(&w, round * STARTED);
        for (size_t i = 0; i < STARTED; i++) {
            ck_assert(sg_str_eq(sg_buf_str(&jsons[i]), sg_buf_str(&wanted)));
            sg_buf_reset(&jsons[i]);
            sg_arena_reset(&arenas[i]);
        }
    }
    ck_assert_int_eq(w.failed, 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    ck_assert_int_eq(w.n, 5 * STARTED);
    sg_buf_free(&wanted);
    free_echoes();
}
END_TEST

START_TEST(a_started_call_ends_at_its_deadline_and_without_a_server)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0};
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct echo_caller after = {c, 0, ECHO_PATIENCE_MS, 1};
    atomic_store(&echo_held, true);
    start_echoes(c, 1, 0, 100, &w);
    wait_for_endings(&w, 1);
    ck_assert_int_eq(w.rc, SG_ETIMEOUT);
    start_echoes(c, 1, 0, -1, &w);
    ck_assert_int_eq(w.rc, SG_ETIMEOUT);
    atomic_store(&echo_held, false);
    echo_call_in_thread(&after); /* behind the late reply, which finds nobody */
    ck_assert_int_eq(after.rc, 0);
    ck_assert_int_eq(w.n, 2);
    sg_rpc_server_close(s, 1000);
    start_echoes(c, 1, 0, ECHO_PATIENCE_MS, &w);
    wait_for_endings(&w, 3);
    ck_assert_int_eq(w.rc, SG_EUNAVAIL); /* which is not the deadline's end */
    sg_rpc_client_close(c);
    free_echoes();
}
END_TEST

START_TEST(started_calls_end_when_the_server_dies)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0};
    struct sg_rpc_server *s = echo_serve(echo_second_url, 2);
    char both[300];
    snprintf(both, sizeof both, "%s,%s", echo_url, echo_second_url);
    struct sg_rpc_client *c = echo_client_connected(both);
    start_echoes(c, 100, 0, ECHO_PATIENCE_MS, &w); /* half of them first ask where nobody is */
    wait_for_endings(&w, 100);
    ck_assert_int_eq(w.failed, 0);
    start_echoes(c, 100, 1000, ECHO_PATIENCE_MS, &w);
    sg_sleep_us(50000);
    sg_rpc_server_close(s, 0);
    wait_for_endings(&w, 200);
    ck_assert_int_gt(w.failed, 0);
    ck_assert_int_eq(w.late, 0);
    sg_rpc_client_close(c);
    free_echoes();
}
END_TEST

/* Somebody who listens at echo_url, greets, and reads nothing. */
static int listen_only(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(rpc_listen_ready(echo_url, &e), 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", echo_url + 6);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

static int accept_and_greet(int listener)
{
    int fd = accept(listener, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, RPC_GREETING, RPC_GREETING_BYTES), RPC_GREETING_BYTES);
    return fd;
}

/* True: all calls were started while the server had not been given up, which is after some
 * seconds. It has been by the end. */
static bool start_before_it_is_given_up(void)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0};
    int listener = listen_only();
    struct sg_rpc_client *c = echo_client(echo_url);
    int fd = accept_and_greet(listener);
    char *text = malloc(100000), bytes[4096];
    memset(text, 'x', 100000);
    struct echo q = {.text = {text, 100000}};
    sg_sleep_us(100000);
    for (int i = 0; i < STARTED; i++)
        sg_rpc_start_json(c, "echo", &echo_record, &q, &echo_record, &jsons[i], &arenas[i],
                          sg_now_us() + PATIENCE_US, SG_STR_NONE, on_done, &w);
    pthread_mutex_lock(&w.lock);
    bool before = w.n < STARTED;
    ck_assert_int_gt(w.failed, 100); /* what is over the bound is refused at once, */
    ck_assert(w.rc == SG_EBUSY || w.rc == SG_EUNAVAIL);
    pthread_mutex_unlock(&w.lock);
    wait_for_endings(&w, STARTED); /* the rest when the server is given up, */
    ck_assert_int_eq(w.failed, STARTED);
    ck_assert_int_eq(w.late, 0); /* which is not at the deadline */
    while (read(fd, bytes, sizeof bytes) > 0)
        ; /* hung up on: this ends */
    sg_rpc_client_close(c);
    close(fd);
    close(listener);
    free(text);
    free_echoes();
    return before;
}

/* 500 calls of 100 kB are more than is queued. A busy machine may take longer to start them than
 * the server is waited for: then it is tried again. */
START_TEST(starting_calls_never_waits_for_a_server_that_does_not_read)
{
    for (int tries = 0; !start_before_it_is_given_up(); tries++)
        ck_assert_int_lt(tries, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc_started");
    TCase *t = tcase_create("rpc_started");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, echo_setup, echo_teardown);
    tcase_add_test(t, calls_are_started_by_the_hundred_and_each_ends_once);
    tcase_add_test(t, a_started_call_ends_at_its_deadline_and_without_a_server);
    tcase_add_test(t, started_calls_end_when_the_server_dies);
    tcase_add_test(t, starting_calls_never_waits_for_a_server_that_does_not_read);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
