/* test_rpc.c - calls of servers over real ipc sockets: answers, errors, deadlines, replicas. */
#include "core/clock.h"
#include "core/rpc.h"
#include "tests/support/echo.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_US (ECHO_PATIENCE_MS * INT64_C(1000))

START_TEST(a_call_comes_back_with_its_record)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 2);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    uint64_t numbers[] = {1, 2, INT64_MAX};
    struct echo q = {.text = SG_STR("Zażółć"), .numbers = {numbers, 3}}, r;
    int rc = echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    ck_assert(sg_str_eq(r.text, q.text));
    ck_assert_uint_eq(r.numbers.n, 3);
    ck_assert(((uint64_t *)r.numbers.v)[2] == INT64_MAX);
    ck_assert(atomic_load(&echo_seen_left) > 1000000 &&
              atomic_load(&echo_seen_left) <= PATIENCE_US);
    rc = sg_rpc_call(c, "where", NULL, NULL, &echo_record, &r, &a, sg_now_us() + PATIENCE_US,
                     SG_STR("00-abc"), &e);
    ck_assert_int_eq(rc, 0);
    ck_assert(sg_str_eq(r.text, SG_STR("00-abc")));
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    ck_assert_int_eq(atomic_load(&echo_opened), 2);
    ck_assert_int_eq(atomic_load(&echo_closed), 2);
    ck_assert_int_eq(atomic_load(&echo_released), 3);
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_reply_is_had_as_json_and_its_error_as_an_error)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct sg_buf json = {0}, wanted = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {.text = SG_STR("\"Sigur R\u00f3s\"")};
    int rc = sg_rpc_call_json(c, "echo", &echo_record, &q, &echo_record, &json, &a,
                              sg_now_us() + PATIENCE_US, SG_STR_NONE, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    sg_record_to_json(&echo_record, &q, &wanted);
    ck_assert(sg_str_eq(sg_buf_str(&json), sg_buf_str(&wanted)));
    sg_buf_reset(&json);
    q.fail = SG_ELIMIT;
    rc = sg_rpc_call_json(c, "echo", &echo_record, &q, &echo_record, &json, &a,
                          sg_now_us() + PATIENCE_US, SG_STR_NONE, &e);
    ck_assert_int_eq(rc, SG_ELIMIT);
    ck_assert_uint_eq(json.n, 0);
    sg_buf_free(&json);
    sg_buf_free(&wanted);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(an_error_comes_back_as_it_was_set)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {.fail = SG_ELIMIT}, r;
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_ELIMIT);
    ck_assert_int_eq(e.code, SG_ELIMIT);
    ck_assert_str_eq(e.field, "text");
    ck_assert_str_eq(e.text, "asked to fail ?");
    q = (struct echo){.sleep_ms = 99999};
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "sleep_ms");
    ck_assert_int_eq(sg_rpc_call(c, "nothing", NULL, NULL, NULL, NULL, &a,
                                 sg_now_us() + PATIENCE_US, SG_STR_NONE, &e),
                     SG_ENOENT);
    ck_assert_str_eq(e.text, "no method 'nothing'");
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(metrics_are_answered_without_an_entry)
{
    struct m {
        struct sg_str text;
    } r;
    static const struct sg_field fields[] = {SG_FIELD_STR(struct m, text, 0, 1 << 20, SG_REQUIRED)};
    static const struct sg_record record = SG_RECORD("M", struct m, fields);
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, back;
    ck_assert_int_eq(echo_call(c, &q, &back, &a, ECHO_PATIENCE_MS, &e), 0);
    int rc = sg_rpc_call(c, "metrics", NULL, NULL, &record, &r, &a, sg_now_us() + PATIENCE_US,
                         SG_STR_NONE, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    ck_assert(memmem(r.text.p, r.text.n, "segue_rpc_requests_total{method=\"echo\"} ", 40));
    ck_assert(memmem(r.text.p, r.text.n, "process_open_fds", 16));
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_passed_deadline_is_answered_without_running)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, r;
    ck_assert_int_eq(echo_call(c, &q, &r, &a, -1, &e), SG_ETIMEOUT);
    ck_assert_int_eq(atomic_load(&echo_handled), 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

/* The one worker is held until the late one has its answer. */
START_TEST(a_request_that_waited_past_its_deadline_is_not_run)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct echo_caller slow = {c, 0, ECHO_PATIENCE_MS, 1}, late = {c, 0, 100, 1};
    pthread_t a;
    atomic_store(&echo_held, true);
    pthread_create(&a, NULL, echo_call_in_thread, &slow);
    echo_wait_until_handled(1);
    echo_call_in_thread(&late);
    ck_assert_int_eq(late.rc, SG_ETIMEOUT);
    atomic_store(&echo_held, false);
    pthread_join(a, NULL);
    ck_assert_int_eq(slow.rc, 0);
    late.deadline_ms = ECHO_PATIENCE_MS;
    echo_call_in_thread(&late); /* behind that one */
    ck_assert_int_eq(late.rc, 0);
    ck_assert_int_eq(atomic_load(&echo_handled), 2);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(many_threads_share_one_client)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 4);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    pthread_t t[16];
    struct echo_caller callers[16];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 16; i++) {
            callers[i] = (struct echo_caller){c, i % 3, ECHO_PATIENCE_MS, 1};
            pthread_create(&t[i], NULL, echo_call_in_thread, &callers[i]);
        }
        for (int i = 0; i < 16; i++) {
            pthread_join(t[i], NULL);
            ck_assert_int_eq(callers[i].rc, 0);
        }
    }
    ck_assert_int_eq(atomic_load(&echo_handled), 320);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(a_server_closes_after_answering_what_it_holds)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 2);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct echo_caller slow = {c, 300, ECHO_PATIENCE_MS, 1};
    pthread_t t;
    pthread_create(&t, NULL, echo_call_in_thread, &slow);
    echo_wait_until_handled(1);
    sg_rpc_server_close(s, ECHO_PATIENCE_MS);
    pthread_join(t, NULL);
    ck_assert_int_eq(slow.rc, 0);
    sg_rpc_client_close(c);
}
END_TEST

START_TEST(no_server_is_unavailable_soon_and_then_at_once)
{
    struct sg_rpc_client *c = echo_client(echo_url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, r;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_EUNAVAIL);
        ck_assert_msg(strstr(e.text, "nothing answers there") != NULL, "%s", e.text);
    }
    bool asked = true; /* each now and then, to find out whether somebody is there again */
    for (int i = 0; i < 1000 && asked; i++) {
        ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_EUNAVAIL);
        asked = !strstr(e.text, "does not answer");
    }
    ck_assert_msg(!asked, "%s", e.text);
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 600 && rc; i++) {
        rc = echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e);
        sg_sleep_us(100000);
    }
    ck_assert_int_eq(rc, 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 100);
    sg_arena_free(&a);
}
END_TEST

static pid_t serve_in_child(const char *at)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    echo_serve(at, 2);
    for (;;)
        pause();
}

START_TEST(a_server_killed_in_mid_call_does_not_hang_its_client)
{
    pid_t pid = serve_in_child(echo_url);
    sg_sleep_us(200000);
    struct sg_rpc_client *c = echo_client(echo_url);
    echo_wait_until_answers(c);
    struct echo_caller slow = {c, 10000, ECHO_PATIENCE_MS, 1};
    pthread_t t;
    pthread_create(&t, NULL, echo_call_in_thread, &slow);
    sg_sleep_us(200000);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    pthread_join(t, NULL);
    ck_assert_int_eq(slow.rc, SG_EUNAVAIL); /* neither an answer nor the deadline's end */
    struct sg_rpc_server *s = echo_serve(echo_url, 2); /* the dead one's socket file is stale */
    echo_wait_until_answers(c);
    ck_assert_int_gt(atomic_load(&echo_handled), 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(a_second_replica_answers_for_a_dead_one)
{
    char both[300];
    snprintf(both, sizeof both, "%s , %s", echo_url, echo_second_url);
    struct sg_rpc_server *s = echo_serve(echo_second_url, 2);
    struct sg_rpc_client *c = echo_client_connected(both);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, r;
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), 0);
    ck_assert_int_eq(atomic_load(&echo_handled), 30);
    q.fail = SG_EINVAL; /* an answer is an answer: not asked twice */
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_EINVAL);
    ck_assert_int_eq(atomic_load(&echo_handled), 31);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(two_servers_on_one_address_are_refused)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1), *t = NULL;
    struct sg_rpc_options o = {.url = echo_url, .methods = echo_methods, .workers = 1};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_serve(&t, &o, &e), SG_EBUSY);
    ck_assert(t == NULL);
    struct sg_rpc_client *c = echo_client(echo_url);
    echo_wait_until_answers(c);
    ck_assert_int_gt(atomic_load(&echo_handled), 0); /* the attempt did not hurt the first */
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 100);
    char path[160];
    snprintf(path, sizeof path, "%s", echo_url + strlen("ipc://"));
    FILE *f = fopen(path, "w");
    fclose(f);
    ck_assert_int_eq(sg_rpc_serve(&t, &o, &e), SG_EEXIST);
    unlink(path);
    memset(path, 'x', 150);
    memcpy(path, "ipc:///tmp/", 11);
    path[150] = '\0';
    o.url = path;
    ck_assert_int_eq(sg_rpc_serve(&t, &o, &e), SG_EINVAL);
    o.url = "carrier-pigeon://here";
    ck_assert_int_lt(sg_rpc_serve(&t, &o, &e), 0);
}
END_TEST

START_TEST(a_worker_that_cannot_open_stops_the_server)
{
    int failing = 1;
    struct sg_rpc_options o = {.url = echo_url,
                               .methods = echo_methods,
                               .workers = 3,
                               .state = &failing,
                               .thread_open = echo_thread_open,
                               .thread_close = echo_thread_close};
    struct sg_rpc_server *s = NULL;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_serve(&s, &o, &e), SG_ENOENT);
    ck_assert_str_eq(e.text, "worker 1 has no index");
    ck_assert_int_eq(atomic_load(&echo_closed), 2);
}
END_TEST

START_TEST(bad_client_addresses_are_refused)
{
    struct sg_rpc_client *c = NULL;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_lt(sg_rpc_client_open(&c, "", &e), 0);
    ck_assert_int_lt(sg_rpc_client_open(&c, "ipc:///tmp/x,,", &e), 0);
    ck_assert_int_lt(sg_rpc_client_open(&c, "carrier-pigeon://here", &e), 0);
    ck_assert(c == NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc");
    TCase *t = tcase_create("rpc");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, echo_setup, echo_teardown);
    tcase_add_test(t, a_call_comes_back_with_its_record);
    tcase_add_test(t, a_reply_is_had_as_json_and_its_error_as_an_error);
    tcase_add_test(t, an_error_comes_back_as_it_was_set);
    tcase_add_test(t, metrics_are_answered_without_an_entry);
    tcase_add_test(t, a_passed_deadline_is_answered_without_running);
    tcase_add_test(t, a_request_that_waited_past_its_deadline_is_not_run);
    tcase_add_test(t, many_threads_share_one_client);
    tcase_add_test(t, a_server_closes_after_answering_what_it_holds);
    tcase_add_test(t, no_server_is_unavailable_soon_and_then_at_once);
    tcase_add_test(t, a_server_killed_in_mid_call_does_not_hang_its_client);
    tcase_add_test(t, a_second_replica_answers_for_a_dead_one);
    tcase_add_test(t, two_servers_on_one_address_are_refused);
    tcase_add_test(t, a_worker_that_cannot_open_stops_the_server);
    tcase_add_test(t, bad_client_addresses_are_refused);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
