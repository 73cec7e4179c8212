/* test_http_body.c - bodies that go to a sink: whole and in order, refused before and between,
 * left unfinished, too slow, into a sink that is slow itself; each ends exactly once.
 */
#include "api/http/http.h"
#include "api/problem.h"
#include "core/clock.h"
#include "core/digest.h"
#include "tests/support/wire.h"
#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX = 32 << 20 };
static struct sg_http_server *http;
static atomic_int begun, pieces, ended, gone_n, refused_n;
static atomic_size_t taken, largest;
static atomic_ullong sum; /* of the bytes by their places */
static sem_t gate;

/* Places count, so that order does. */
static unsigned long long weigh(struct sg_str s, size_t at)
{
    unsigned long long w = 0;
    for (size_t i = 0; i < s.n; i++)
        w += (unsigned long long)(unsigned char)s.p[i] * (at + i + 1);
    return w;
}

static bool on_write(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                     struct sg_str bytes)
{
    atomic_fetch_add(&pieces, 1);
    if (bytes.n > atomic_load(&largest))
        atomic_store(&largest, bytes.n);
    if (sg_str_eq(q->path, SG_STR("/gate")))
        sem_wait(&gate);
    if (sg_str_eq(q->path, SG_STR("/picky"))) {
        sg_problem_status(q, r, 422, "not this");
        return false;
    }
    atomic_fetch_add(&sum, weigh(bytes, atomic_load(&taken)));
    atomic_fetch_add(&taken, bytes.n);
    (void)ctx;
    return true;
}

static void *finish_later(void *ctx)
{
    sg_sleep_us(20000);
    sg_http_finish(ctx);
    return NULL;
}

static void on_end(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    pthread_t t;
    (void)ctx;
    atomic_fetch_add(&ended, 1);
    sg_buf_printf(&r->body, "took %zu", atomic_load(&taken));
    if (sg_str_eq(q->path, SG_STR("/later")) && pthread_create(&t, NULL, finish_later, q) == 0)
        pthread_detach(t);
    else
        sg_http_finish(q);
}

static void on_gone(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&gone_n, 1);
}

static bool streams(void *ctx, struct sg_str method, struct sg_str path)
{
    (void)ctx;
    (void)path;
    return !sg_str_eq(method, SG_STR("GET"));
}

static bool begin(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_http_sink *out)
{
    (void)ctx;
    atomic_fetch_add(&begun, 1);
    if (sg_str_eq(q->path, SG_STR("/closed"))) {
        sg_problem_status(q, r, 403, "not you");
        return false;
    }
    *out = (struct sg_http_sink){.write = on_write,
                                 .end = on_end,
                                 .gone = on_gone,
                                 .keeps = sg_str_eq(q->path, SG_STR("/kept"))};
    return true;
}

static void on_refused(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)ctx;
    (void)q;
    (void)r;
    atomic_fetch_add(&refused_n, 1);
}

static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)ctx;
    (void)q;
    sg_buf_puts(&r->body, "hello");
}

static size_t body_max(void *ctx, struct sg_str method, struct sg_str path)
{
    (void)ctx;
    (void)method;
    (void)path;
    return MAX;
}

static void start(struct sg_http_options o)
{
    struct sg_error e = SG_ERROR_INIT;
    o.host = "127.0.0.1";
    o.loops = 1;
    o.workers = 2;
    o.timeout_us = 30000000;
    o.handle = handle;
    o.body_max = body_max;
    o.streams = streams;
    o.begin = begin;
    o.refused = on_refused;
    begun = pieces = ended = gone_n = refused_n = 0;
    taken = largest = 0;
    sum = 0;
    sem_init(&gate, 0, 0);
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    start((struct sg_http_options){.drain_us = 200000});
}

static void teardown(void)
{
    if (http)
        sg_http_close(http);
    http = NULL;
    sem_destroy(&gate);
}

static bool comes(const atomic_int *n, int wanted)
{
    for (int i = 0; i < 2000 && atomic_load(n) < wanted; i++)
        sg_sleep_us(10000);
    return atomic_load(n) == wanted;
}

static char *noise(size_t n)
{
    char *p = malloc(n);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(i * 2654435761u >> 13);
    return p;
}

/* Whatever the peer takes of it. */
static void put_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        p += sent;
        n -= (size_t)sent;
    }
}

static int post(const char *path, size_t length, const char *more)
{
    char head[300];
    int fd = wire_dial(sg_http_port(http));
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
             path, length, more);
    wire_say(fd, head);
    return fd;
}

static void hears(int fd, int status, const char *holds)
{
    struct wire_answer a = {0};
    ck_assert_msg(wire_hear(fd, &a), "no answer");
    ck_assert_int_eq(a.status, status);
    ck_assert_msg(wire_holds(&a, holds), "%.*s", SG_FMT(sg_buf_str(&a.body)));
    sg_buf_free(&a.body);
}

START_TEST(a_large_body_comes_whole_and_in_order_and_in_small_pieces)
{
    enum { N = 20000001 };
    char *body = noise(N);
    int fd = post("/", N, "");
    put_all(fd, body, N);
    hears(fd, 200, "took 20000001");
    ck_assert_uint_eq(atomic_load(&sum), weigh((struct sg_str){body, N}, 0));
    ck_assert_uint_le(atomic_load(&largest), 128 << 10);
    ck_assert_int_eq(atomic_load(&gone_n), 0);
    wire_say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    hears(fd, 200, "hello"); /* the connection is kept */
    close(fd);
    free(body);
}
END_TEST

START_TEST(chunks_of_any_size_and_no_body_at_all_are_bodies_too)
{
    int fd = wire_dial(sg_http_port(http));
    wire_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "1\r\na\r\n10\r\n0123456789abcdef\r\n2\r\nzz\r\n0\r\n\r\n");
    hears(fd, 200, "took 19");
    wire_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    hears(fd, 200, "took 19");
    wire_say(fd, "PATCH /later HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    hears(fd, 200, "took 22");
    ck_assert_int_eq(atomic_load(&ended), 3);
    ck_assert_int_eq(atomic_load(&gone_n), 0);
    close(fd);
}
END_TEST

START_TEST(who_asks_first_is_told_to_go_on)
{
    char said[64] = "";
    int fd = post("/", 5, "Expect: 100-continue\r\n");
    size_t n = 0;
    while (n < 25 && recv(fd, said + n, 1, 0) == 1)
        n++;
    ck_assert_str_eq(said, "HTTP/1.1 100 Continue\r\n\r\n");
    wire_say(fd, "hello");
    hears(fd, 200, "took 5");
    close(fd);
}
END_TEST

START_TEST(who_may_not_is_told_before_anything_is_read)
{
    int fd = post("/closed", 1 << 20, "Expect: 100-continue\r\n");
    hears(fd, 403, "not you");
    close(fd);
    ck_assert_int_eq(atomic_load(&pieces), 0);
    ck_assert_int_eq(atomic_load(&refused_n), 1);
}
END_TEST

START_TEST(who_sends_much_all_the_same_still_hears_why_not)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH"};
    char *body = noise(MAX), head[200];
    for (int i = 0; i < 3; i++) {
        int fd = wire_dial(sg_http_port(http));
        snprintf(head, sizeof head, "%s /closed HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
                 methods[i], MAX);
        wire_say(fd, head);
        put_all(fd, body, MAX);
        hears(fd, 403, "not you");
        close(fd);
    }
    ck_assert_int_eq(atomic_load(&pieces), 0);
    ck_assert_int_eq(atomic_load(&gone_n), 0);
    free(body);
}
END_TEST

START_TEST(a_small_body_that_is_refused_does_not_cost_the_connection)
{
    int fd = post("/closed", 4, "");
    wire_say(fd, "abcd");
    hears(fd, 403, "not you");
    wire_say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    hears(fd, 200, "hello");
    close(fd);
}
END_TEST

START_TEST(a_sink_may_refuse_in_the_middle)
{
    char *body = noise(MAX);
    int fd = post("/picky", MAX, "");
    put_all(fd, body, MAX);
    hears(fd, 422, "not this");
    close(fd);
    ck_assert(comes(&gone_n, 1));
    ck_assert_int_eq(atomic_load(&pieces), 1);
    ck_assert_int_eq(atomic_load(&ended), 0);
    fd = post("/picky", 10, "");
    wire_say(fd, "0123456789");
    hears(fd, 422, "not this");
    close(fd);
    ck_assert(comes(&gone_n, 2));
    free(body);
}
END_TEST

START_TEST(too_much_is_refused_by_its_length_or_as_soon_as_it_is_too_much)
{
    char *body = noise(MAX);
    int fd = post("/", MAX + 1, "");
    hears(fd, 413, "larger");
    close(fd);
    ck_assert_int_eq(atomic_load(&begun), 0);
    fd = wire_dial(sg_http_port(http));
    wire_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2000000\r\n");
    put_all(fd, body, MAX);
    wire_say(fd, "\r\n10\r\n0123456789abcdef\r\n");
    hears(fd, 413, "larger");
    close(fd);
    ck_assert(comes(&gone_n, 1));
    free(body);
}
END_TEST

START_TEST(who_leaves_is_gone_once_and_what_came_is_kept_to_the_byte_where_it_is_kept)
{
    char *body = noise(300000);
    int fd = post("/kept", 1 << 20, "");
    put_all(fd, body, 300000);
    shutdown(fd, SHUT_WR);
    ck_assert(comes(&gone_n, 1));
    ck_assert_uint_eq(atomic_load(&taken), 300000);
    ck_assert_uint_eq(atomic_load(&sum), weigh((struct sg_str){body, 300000}, 0));
    close(fd);
    fd = post("/", 1 << 20, "");
    put_all(fd, body, 1000);
    close(fd);
    ck_assert(comes(&gone_n, 2));
    ck_assert_int_eq(atomic_load(&ended), 0);
    free(body);
}
END_TEST

START_TEST(what_comes_with_the_head_is_kept_when_the_client_has_left_by_then)
{
    for (int i = 1; i <= 20; i++) {
        int fd = wire_dial(sg_http_port(http));
        wire_say(fd, "POST /kept HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabcdefg");
        close(fd);
        ck_assert(comes(&gone_n, i));
        ck_assert_uint_eq(atomic_load(&taken), (size_t)i * 7);
    }
}
END_TEST

START_TEST(a_hang_up_right_after_a_piece_is_noticed_at_once)
{
    char *body = noise(131072);
    for (int i = 1; i <= 6; i++) {
        int fd = post("/kept", 1 << 20, "");
        put_all(fd, body, 131072);
        close(fd);
        ck_assert(comes(&gone_n, i)); /* in 20 s; silence alone is cut off after 30 */
    }
    free(body);
}
END_TEST

START_TEST(who_sends_nothing_for_long_or_trickles_is_cut_off)
{
    teardown();
    start((struct sg_http_options){.body_us = 300000, .stream_rate = 1 << 20});
    int silent = post("/", 100, "");
    wire_say(silent, "x");
    int trickling = post("/", 100000, "");
    for (int i = 0; i < 2000 && atomic_load(&gone_n) < 2; i++) {
        if (send(trickling, "x", 1, MSG_NOSIGNAL) < 0 && atomic_load(&gone_n) == 2)
            break;
        sg_sleep_us(10000);
    }
    ck_assert(comes(&gone_n, 2));
    ck_assert_int_eq(atomic_load(&ended), 0);
    close(silent);
    close(trickling);
}
END_TEST

START_TEST(a_slow_sink_holds_neither_the_loop_nor_the_clients_time)
{
    teardown();
    start((struct sg_http_options){.body_us = 300000, .stream_rate = 1 << 20});
    int slow = wire_dial(sg_http_port(http)); /* at once: it is not the client that is slow */
    wire_say(slow, "POST /gate HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    ck_assert(comes(&pieces, 1));
    for (int i = 0; i < 20; i++) { /* one loop, for everybody */
        struct wire_answer a = {0};
        ck_assert_int_eq(wire_ask(sg_http_port(http), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", &a),
                         200);
        sg_buf_free(&a.body);
        sg_sleep_us(30000);
    }
    sem_post(&gate);
    hears(slow, 200, "took 3");
    close(slow);
}
END_TEST

START_TEST(a_server_that_stops_ends_every_sink)
{
    int fds[12];
    for (int i = 0; i < 12; i++) {
        fds[i] = post(i % 2 ? "/" : "/kept", 1 << 20, "");
        wire_say(fds[i], "abc");
    }
    ck_assert(comes(&begun, 12));
    sg_http_close(http);
    http = NULL;
    ck_assert_int_eq(atomic_load(&gone_n), 12);
    ck_assert_int_eq(atomic_load(&ended), 0);
    for (int i = 0; i < 12; i++)
        close(fds[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("http body");
    TCase *c = tcase_create("body");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_large_body_comes_whole_and_in_order_and_in_small_pieces);
    tcase_add_test(c, chunks_of_any_size_and_no_body_at_all_are_bodies_too);
    tcase_add_test(c, who_asks_first_is_told_to_go_on);
    tcase_add_test(c, who_may_not_is_told_before_anything_is_read);
    tcase_add_test(c, who_sends_much_all_the_same_still_hears_why_not);
    tcase_add_test(c, a_small_body_that_is_refused_does_not_cost_the_connection);
    tcase_add_test(c, a_sink_may_refuse_in_the_middle);
    tcase_add_test(c, too_much_is_refused_by_its_length_or_as_soon_as_it_is_too_much);
    tcase_add_test(c, who_leaves_is_gone_once_and_what_came_is_kept_to_the_byte_where_it_is_kept);
    tcase_add_test(c, what_comes_with_the_head_is_kept_when_the_client_has_left_by_then);
    tcase_add_test(c, a_hang_up_right_after_a_piece_is_noticed_at_once);
    tcase_add_test(c, who_sends_nothing_for_long_or_trickles_is_cut_off);
    tcase_add_test(c, a_slow_sink_holds_neither_the_loop_nor_the_clients_time);
    tcase_add_test(c, a_server_that_stops_ends_every_sink);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_ENV);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? 1 : 0;
}
