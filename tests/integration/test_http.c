/* test_http.c - the HTTP server and its routes in front of a real nng server in this
 * process that stands for segue-query: slow, dead, back again, with large answers; and
 * clients that pipeline, trickle and send too much. */
#include "api/api.h"
#include "api/route.h"
#include "core/clock.h"
#include "schemas/search.h"
#include "tests/support/scratch.h"
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

static char url[128];
static struct sg_rpc_server *back;
static struct sg_http_server *http;
static struct sg_api api;
static atomic_int asked;
static atomic_bool released; /* who is held may go */

/* "slow NNN" takes NNN ms, "held" until it is released, "wide" gives 100 hits of long titles, "bad"
 * fails. */
static int on_search(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    const struct sg_search_request *q = in;
    struct sg_search_reply *r = out;
    (void)thread;
    atomic_fetch_add(&asked, 1);
    if (sg_str_starts(q->q, SG_STR("slow ")))
        sg_sleep_us(1000 * strtol(sg_arena_copy(call->arena, q->q).p + 5, NULL, 10));
    while (sg_str_eq(q->q, SG_STR("held")) && !atomic_load(&released))
        sg_sleep_us(1000);
    if (sg_str_eq(q->q, SG_STR("bad")))
        return sg_fail_field(e, "q", "q: not this one");
    size_t n = sg_str_eq(q->q, SG_STR("wide")) ? SG_LIMIT_MAX : 1;
    struct sg_hit *hits = sg_arena_array(call->arena, n, sizeof *hits);
    char *title = sg_arena_alloc(call->arena, 1000);
    memset(title, 'a', 1000);
    for (size_t i = 0; i < n; i++) {
        sg_record_init(&sg_hit_record, &hits[i]);
        hits[i].type = SG_STR("song");
        hits[i].song_id = i + 1;
        hits[i].title = n > 1 ? (struct sg_str){title, 1000} : q->q;
    }
    r->results = (struct sg_list){hits, n};
    r->generation = SG_STR("gen-test");
    return 0;
}

static const struct sg_rpc_method methods[] = {
    {SG_METHOD_SEARCH, &sg_search_request_record, &sg_search_reply_record, on_search}, {0}};

static void start_back(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_rpc_options o = {.url = url, .methods = methods, .workers = 2};
    ck_assert_msg(sg_rpc_serve(&back, &o, &e) == 0, "%s", e.text);
}

static void stop_back(void)
{
    sg_rpc_server_close(back, 0);
    back = NULL;
}

static int64_t timeout_us, head_us;

static void start_http(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_options o = {.host = "127.0.0.1",
                                .loops = 2,
                                .workers = 2,
                                .timeout_us = timeout_us,
                                .head_us = head_us,
                                .handle = sg_route_handle,
                                .start = sg_route_start,
                                .ctx = &api};
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    struct sg_error e = SG_ERROR_INIT;
    atomic_store(&asked, 0);
    atomic_store(&released, false);
    timeout_us = head_us = 30000000;
    start_back();
    ck_assert_int_eq(sg_rpc_client_open(&api.query, url, &e), 0);
    start_http();
}

static void teardown(void)
{
    atomic_store(&released, true);
    sg_http_close(http);
    sg_rpc_client_close(api.query);
    if (back)
        stop_back();
}

static int dial(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)sg_http_port(http))};
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval t = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void ask(int fd, const char *query)
{
    char text[300];
    snprintf(text, sizeof text, "GET /api/v1/search?q=%s HTTP/1.1\r\nHost: x\r\n\r\n", query);
    say(fd, text);
}

struct answer {
    int status;
    char head[2000];
    struct sg_buf body;
};

/* One answer and no byte more; false at the connection's end. */
static bool hear(int fd, struct answer *a)
{
    size_t n = 0;
    sg_buf_reset(&a->body);
    do
        if (n + 1 >= sizeof a->head || recv(fd, a->head + n, 1, 0) != 1)
            return false;
    while (++n < 4 || memcmp(a->head + n - 4, "\r\n\r\n", 4) != 0);
    a->head[n] = '\0';
    a->status = (int)strtol(a->head + 9, NULL, 10);
    const char *length = strcasestr(a->head, "Content-Length: ");
    size_t left = length ? strtoul(length + 16, NULL, 10) : 0;
    while (left) {
        char *to = sg_buf_reserve(&a->body, left);
        ssize_t got = recv(fd, to, left, 0);
        if (got <= 0)
            return false;
        a->body.n += (size_t)got;
        left -= (size_t)got;
    }
    return true;
}

static bool holds(const struct answer *a, const char *text)
{
    return a->body.n && memmem(a->body.p, a->body.n, text, strlen(text));
}

static int status_of(const char *query)
{
    struct answer a = {0};
    int fd = dial();
    ask(fd, query);
    ck_assert(hear(fd, &a));
    if (a.status != 200)
        ck_assert(strstr(a.head, "application/problem+json") && holds(&a, "\"status\":"));
    sg_buf_free(&a.body);
    close(fd);
    return a.status;
}

START_TEST(a_kept_alive_connection_asks_again_and_again)
{
    struct answer a = {0};
    int fd = dial();
    for (int i = 0; i < 200; i++) {
        ask(fd, i % 2 ? "love" : "bad");
        ck_assert(hear(fd, &a));
        ck_assert_int_eq(a.status, i % 2 ? 200 : 400);
        ck_assert(holds(&a, i % 2 ? "\"title\":\"love\"" : "\"field\":\"q\""));
        ck_assert(strstr(a.head, "X-Request-Id: "));
    }
    ask(fd, ""); /* refused before anything is asked */
    ck_assert(hear(fd, &a) && a.status == 400 && holds(&a, "\"field\":\"q\""));
    ck_assert_int_eq(atomic_load(&asked), 200);
    close(fd);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    struct answer a = {0};
    int fd = dial();
    for (int i = 0; i < 20; i++)
        ask(fd, i % 3 == 0 ? "slow+20" : i % 3 == 1 ? "one" : "bad");
    for (int i = 0; i < 20; i++) {
        ck_assert(hear(fd, &a));
        ck_assert(holds(&a, i % 3 == 0 ? "slow 20" : i % 3 == 1 ? "\"one\"" : "not this one"));
    }
    close(fd);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_large_answer_comes_whole)
{
    struct answer a = {0};
    int fds[8];
    for (size_t i = 0; i < 8; i++) {
        fds[i] = dial();
        ask(fds[i], "wide");
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert(hear(fds[i], &a));
        ck_assert_int_eq(a.status, 200);
        ck_assert_uint_gt(a.body.n, 100000);
        ck_assert(a.body.p[0] == '{' && a.body.p[a.body.n - 1] == '}');
        close(fds[i]);
    }
    sg_buf_free(&a.body);
}
END_TEST

static void restart_http(void)
{
    sg_http_close(http);
    start_http();
}

/* The back end answers the slow one never: it is told so by its deadline. Another is answered
 * meanwhile, or, on a machine that stands still, has missed its own deadline too: once more. */
START_TEST(a_slow_answer_is_a_timeout_and_holds_nobody_up)
{
    struct answer a = {0};
    int quick = 504;
    timeout_us = 1000000;
    restart_http();
    for (int i = 0; i < 10 && quick == 504; i++) {
        atomic_store(&released, false);
        int slow = dial();
        int64_t start = sg_now_us();
        ask(slow, "held");
        quick = status_of("quick");
        bool meanwhile = poll(&(struct pollfd){.fd = slow, .events = POLLIN}, 1, 0) == 0;
        quick = meanwhile ? quick : 504;
        ck_assert(hear(slow, &a));
        ck_assert_int_eq(a.status, 504);
        ck_assert_int_ge(sg_now_us() - start, 900000);
        close(slow);
        atomic_store(&released, true);
    }
    ck_assert_int_eq(quick, 200);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_dead_back_end_is_503_and_its_return_is_noticed)
{
    ck_assert_int_eq(status_of("a"), 200);
    stop_back();
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(status_of("b"), 503);
    int64_t start, best = INT64_MAX;
    for (int i = 0; i < 20 && best >= 200000; i++) {
        start = sg_now_us();
        ck_assert_int_eq(status_of("c"), 503);
        best = sg_now_us() - start < best ? sg_now_us() - start : best;
    }
    ck_assert_int_lt(best, 200000); /* at once: the breaker is open; else 250 ms are waited */
    start_back();
    int status = 0;
    for (start = sg_now_us(); status != 200 && sg_now_us() - start < 30000000;) {
        status = status_of("d");
        sg_sleep_us(20000);
    }
    ck_assert_int_eq(status, 200);
}
END_TEST

static void *stop_back_soon(void *unused)
{
    stop_back();
    return unused;
}

/* It never answers, and their deadline is half a minute away. */
START_TEST(a_back_end_that_dies_in_mid_call_is_503_soon)
{
    struct answer a = {0};
    pthread_t stopper;
    int fds[6];
    int64_t start = sg_now_us();
    for (size_t i = 0; i < 6; i++) {
        fds[i] = dial();
        ask(fds[i], "held");
    }
    for (int i = 0; i < 2000 && atomic_load(&asked) < 2; i++)
        sg_sleep_us(10000);
    ck_assert_int_eq(atomic_load(&asked), 2); /* as many as there are workers */
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_back_soon, NULL), 0);
    for (size_t i = 0; i < 6; i++) {
        ck_assert(hear(fds[i], &a));
        ck_assert_int_eq(a.status, 503);
        close(fds[i]);
    }
    ck_assert_int_lt(sg_now_us() - start, timeout_us);
    atomic_store(&released, true);
    pthread_join(stopper, NULL);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_client_that_leaves_before_its_answer_harms_nobody)
{
    for (int i = 0; i < 20; i++) {
        int fd = dial();
        ask(fd, "slow+10");
        close(fd);
    }
    ck_assert_int_eq(status_of("stays"), 200);
}
END_TEST

START_TEST(the_server_closes_after_what_it_started)
{
    int fd = dial();
    ask(fd, "slow+300");
    sg_sleep_us(100000);
    int64_t start = sg_now_us();
    sg_http_close(http);
    ck_assert_int_lt(sg_now_us() - start, 30000000);
    close(fd);
    start_http();
}
END_TEST

START_TEST(a_body_too_large_is_refused_as_soon_as_it_is_known)
{
    struct answer a = {0};
    int fd = dial();
    say(fd, "POST /api/v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
    ck_assert(hear(fd, &a)); /* not a byte of it was sent */
    ck_assert_int_eq(a.status, 413);
    ck_assert(!hear(fd, &a));
    close(fd);

    fd = dial();
    say(fd, "POST /api/v1/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    char chunk[1009];
    memset(chunk, 'z', sizeof chunk);
    memcpy(chunk, "3e8\r\n", 5);
    memcpy(chunk + 1005, "\r\n", 3);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int chunks = 0;
    while (chunks < 1000 && poll(&p, 1, chunks < 66 ? 0 : 2000) == 0) {
        if (send(fd, chunk, 1007, MSG_NOSIGNAL) < 0)
            break;
        chunks++;
    }
    ck_assert_int_gt(chunks, 60);
    ck_assert_int_lt(chunks, 100); /* it does not wait for the end, that never comes */
    ck_assert(hear(fd, &a));
    ck_assert_int_eq(a.status, 413);
    close(fd);

    fd = dial();
    say(fd, "POST /api/v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd");
    ck_assert(hear(fd, &a) && a.status == 405);
    close(fd);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_client_that_trickles_its_headers_is_closed)
{
    struct answer a = {0};
    head_us = 2000000;
    restart_http();
    int fd = dial();
    int64_t start = sg_now_us();
    say(fd, "GET /api/v1/search?q=a HTTP/1.1\r\n");
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, 200) == 0 && sg_now_us() - start < 40000000)
        if (send(fd, "X: y\r\n", 6, MSG_NOSIGNAL) < 0)
            break;
    int64_t took = sg_now_us() - start;
    ck_assert_msg(took > 1500000 && took < 40000000, "%lld us", (long long)took);
    ck_assert(!hear(fd, &a));
    close(fd);
    head_us = 30000000;
    restart_http();
    ck_assert_int_eq(status_of("still"), 200);
}
END_TEST

int main(void)
{
    snprintf(url, sizeof url, "ipc://%s/query.ipc", test_scratch());
    Suite *suite = suite_create("http");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_kept_alive_connection_asks_again_and_again);
    tcase_add_test(t, pipelined_requests_are_answered_in_order);
    tcase_add_test(t, a_large_answer_comes_whole);
    tcase_add_test(t, a_slow_answer_is_a_timeout_and_holds_nobody_up);
    tcase_add_test(t, a_dead_back_end_is_503_and_its_return_is_noticed);
    tcase_add_test(t, a_back_end_that_dies_in_mid_call_is_503_soon);
    tcase_add_test(t, a_client_that_leaves_before_its_answer_harms_nobody);
    tcase_add_test(t, the_server_closes_after_what_it_started);
    tcase_add_test(t, a_body_too_large_is_refused_as_soon_as_it_is_known);
    tcase_add_test(t, a_client_that_trickles_its_headers_is_closed);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
