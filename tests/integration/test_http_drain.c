/* test_http_drain.c - a server that stops while people ask: nobody's request is lost, whether
 * her connection is busy or idle, when another listens on the same port already; and one that has
 * as many connections as it may. */
#include "api/http/http.h"
#include "core/clock.h"
#include "tests/support/crowd.h"
#include "tests/support/wire.h"
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASKERS = 16, ROUNDS = 3, STOPS = 300 };
static const char ask_text[] = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

static atomic_bool released; /* who asked for something slow */
static atomic_int slow_asked;

static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    bool slow = sg_str_eq(q->path, SG_STR("/slow"));
    slow_asked += slow;
    while (slow && !atomic_load(&released))
        sg_sleep_us(1000);
    sg_buf_puts(&r->body, ctx);
}

static int given; /* a socket that listens; 0: none */

static int64_t drain_us = 1000000;
static int connections_max; /* 0: as usual */

static struct sg_http_server *start(int port, const char *name, int64_t grace_us)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_server *s;
    struct sg_http_options o = {.host = "127.0.0.1",
                                .port = port,
                                .listener = given ? dup(given) : 0,
                                .loops = 2,
                                .workers = 2,
                                .timeout_us = 30000000,
                                .handle = handle,
                                .ctx = (void *)(uintptr_t)name,
                                .reuse_port = true,
                                .connections_max = connections_max,
                                .drain_us = drain_us,
                                .head_us = 10 * drain_us,
                                .grace_us = grace_us};
    ck_assert_msg(sg_http_open(&s, &o, &e) == 0, "%s", e.text);
    return s;
}

START_TEST(a_successor_takes_over_and_no_request_is_lost)
{
    struct crowd askers;
    struct sg_http_server *now = start(0, "first", 60000000);
    int port = sg_http_port(now);
    crowd_start(&askers, port, ask_text, ASKERS);
    for (int i = 0; i < ROUNDS; i++) {
        crowd_await(&askers, 500);
        struct sg_http_server *next = start(port, "next", 60000000);
        sg_http_close(now);
        now = next;
    }
    crowd_end(&askers);
    sg_http_close(now);
    printf("%d answered, %d connected anew, %d lost\n", askers.answered, askers.reconnected,
           askers.lost + askers.refused);
    ck_assert_int_eq(askers.lost + askers.refused, 0);
    ck_assert_int_ge(askers.reconnected, ROUNDS * ASKERS / 2);
}
END_TEST

static void give_a_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    given = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert(bind(given, (struct sockaddr *)&at, sizeof at) == 0 && listen(given, 128) == 0);
}

static void take_it_back(void)
{
    close(given);
    given = 0;
}

START_TEST(with_a_socket_that_stays_open_a_gap_between_two_is_only_waited_for)
{
    struct crowd askers;
    give_a_socket();
    struct sg_http_server *now = start(0, "first", 60000000);
    crowd_start(&askers, sg_http_port(now), ask_text, ASKERS);
    for (int i = 0; i < ROUNDS; i++) {
        crowd_await(&askers, 500);
        sg_http_close(now);
        sg_sleep_us(200000); /* nobody is there */
        now = start(0, "next", 60000000);
    }
    crowd_end(&askers);
    sg_http_close(now);
    take_it_back();
    printf("%d answered, %d connected anew, %d lost\n", askers.answered, askers.reconnected,
           askers.lost + askers.refused);
    ck_assert_int_eq(askers.lost + askers.refused, 0);
}
END_TEST

/* Each request comes by a connection of its own, so that one is being made at any moment. */
START_TEST(a_server_may_stop_at_any_moment_while_people_connect)
{
    struct crowd askers;
    give_a_socket();
    connections_max = 100; /* else it tells each time that there are few files */
    struct sg_http_server *now = start(0, "first", 60000000);
    crowd_start(&askers, sg_http_port(now),
                "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", ASKERS);
    for (int i = 0; i < STOPS; i++) {
        sg_sleep_us(1000 + i * 7919 % 5000);
        sg_http_close(now);
        now = start(0, "next", 60000000);
    }
    crowd_await(&askers, 100);
    crowd_end(&askers);
    sg_http_close(now);
    take_it_back();
    connections_max = 0;
    ck_assert_int_eq(askers.lost + askers.refused, 0);
}
END_TEST

START_TEST(whoever_connects_beyond_the_bound_waits_until_somebody_leaves)
{
    struct wire_answer a = {0};
    int in[4];
    connections_max = 4;
    struct sg_http_server *s = start(0, "only", 0);
    for (int i = 0; i < 4; i++) {
        in[i] = wire_dial(sg_http_port(s));
        wire_say(in[i], ask_text);
        ck_assert(wire_hear(in[i], &a) && a.status == 200);
    }
    struct pollfd next = {wire_dial(sg_http_port(s)), POLLIN, 0};
    wire_say(next.fd, ask_text);
    ck_assert_int_eq(poll(&next, 1, 300), 0);
    for (int i = 0; i < 4; i++) { /* those who are in are served on */
        wire_say(in[i], ask_text);
        ck_assert(wire_hear(in[i], &a) && a.status == 200);
    }
    close(in[2]);
    ck_assert(wire_hear(next.fd, &a) && a.status == 200);
    for (int i = 0; i < 4; i++)
        if (i != 2)
            close(in[i]);
    close(next.fd);
    sg_http_close(s);
    connections_max = 0;
    sg_buf_free(&a.body);
}
END_TEST

static struct sg_http_server *stopping;
static void *stop(void *ctx)
{
    (void)ctx;
    sg_http_close(stopping);
    return NULL;
}

/* The second time on a socket that was given, whose owner has let it go. */
START_TEST(what_is_being_answered_is_finished_and_who_is_idle_may_ask_once_more)
{
    struct wire_answer a = {0};
    pthread_t stopper;
    if (_i)
        give_a_socket();
    drain_us = 60000000;
    stopping = start(0, "only", drain_us);
    if (_i)
        take_it_back();
    int port = sg_http_port(stopping);
    int slow = wire_dial(port), idle = wire_dial(port), silent = wire_dial(port);
    wire_say(idle, ask_text);
    ck_assert(wire_hear(idle, &a));
    ck_assert_str_eq(wire_header(&a, "Connection"), "");
    wire_say(slow, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 3000 && !atomic_load(&slow_asked); i++)
        sg_sleep_us(10000);
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop, NULL), 0);
    int more = crowd_dial(port);
    for (int i = 0; i < 3000 && more >= 0; i++) { /* nobody new, as soon as it stops */
        close(more);
        sg_sleep_us(10000);
        more = crowd_dial(port);
    }
    ck_assert_int_lt(more, 0);
    wire_say(idle, ask_text);
    ck_assert(wire_hear(idle, &a) && a.status == 200);
    ck_assert_str_eq(wire_header(&a, "Connection"), "close");
    ck_assert(wire_ended(idle));
    atomic_store(&released, true);
    ck_assert(wire_hear(slow, &a) && a.status == 200);
    ck_assert_str_eq(wire_header(&a, "Connection"), "close");
    close(silent); /* nobody waits for her to ask for a minute */
    pthread_join(stopper, NULL);
    close(slow);
    close(idle);
    drain_us = 1000000;
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_client_that_never_reads_does_not_keep_it)
{
    stopping = start(0, "only", 0);
    int port = sg_http_port(stopping);
    int fds[50];
    for (int i = 0; i < 50; i++) {
        fds[i] = wire_dial(port);
        wire_say(fds[i], i % 2 ? "GET /x HTT" : ask_text);
    }
    int64_t start_us = sg_now_us();
    sg_http_close(stopping); /* 1 s, as none of them ends by itself */
    ck_assert(sg_now_us() - start_us < 30000000);
    for (int i = 0; i < 50; i++)
        close(fds[i]);
}
END_TEST

/* They have no request; a drain is given a minute here, and a head ten. */
START_TEST(connections_made_in_advance_do_not_keep_it)
{
    drain_us = 60000000;
    struct sg_http_server *s = start(0, "a", 0);
    int port = sg_http_port(s);
    int silent[3];
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(silent[i] = crowd_dial(port), 0);
    int64_t from = sg_now_us();
    sg_http_close(s);
    ck_assert_int_lt(sg_now_us() - from, drain_us / 2);
    for (int i = 0; i < 3; i++)
        close(silent[i]);
    drain_us = 1000000;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_drain");
    TCase *t = tcase_create("http_drain");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_successor_takes_over_and_no_request_is_lost);
    tcase_add_test(t, with_a_socket_that_stays_open_a_gap_between_two_is_only_waited_for);
    tcase_add_test(t, a_server_may_stop_at_any_moment_while_people_connect);
    tcase_add_test(t, whoever_connects_beyond_the_bound_waits_until_somebody_leaves);
    tcase_add_loop_test(t, what_is_being_answered_is_finished_and_who_is_idle_may_ask_once_more, 0,
                        2);
    tcase_add_test(t, a_client_that_never_reads_does_not_keep_it);
    tcase_add_test(t, connections_made_in_advance_do_not_keep_it);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
