/* test_http_stream.c - answers that stay open: who holds them, who reads them slowly, who
 * vanishes, and a server that stops under them. */
#include "api/http/stream.h"
#include "core/clock.h"
#include "tests/support/wire.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 1000 };

/* As a publisher keeps its streams: put, close and gone exclude each other. */
struct listener {
    struct sg_http_stream *stream; /* NULL: it is gone */
};
static struct listener listeners[MANY + 1];
static size_t n_listeners;
static int n_gone;
static pthread_mutex_t hub = PTHREAD_MUTEX_INITIALIZER;
static struct sg_http_server *http;

static void on_gone(void *ctx)
{
    struct listener *l = ctx;
    pthread_mutex_lock(&hub);
    ck_assert_ptr_nonnull(l->stream); /* once only */
    l->stream = NULL;
    n_gone++;
    pthread_mutex_unlock(&hub);
}

static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)ctx;
    if (!sg_str_eq(q->path, SG_STR("/stream"))) {
        sg_buf_puts(&r->body, "plain");
        return;
    }
    pthread_mutex_lock(&hub);
    struct listener *l = &listeners[n_listeners];
    l->stream = sg_http_stream_open(q, r, "text/event-stream", on_gone, l);
    n_listeners += l->stream != NULL;
    if (!l->stream)
        r->status = 503;
    else
        sg_http_stream_event(l->stream, "hello", 7, SG_STR("one\ntwo"));
    pthread_mutex_unlock(&hub);
}

static void start(struct sg_http_options o)
{
    struct sg_error e = SG_ERROR_INIT;
    o.host = "127.0.0.1";
    o.loops = 2;
    o.workers = 1;
    o.timeout_us = 30000000;
    o.handle = handle;
    n_listeners = 0;
    n_gone = 0;
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
}

static int put(size_t i, struct sg_str bytes)
{
    pthread_mutex_lock(&hub);
    int rc = listeners[i].stream ? sg_http_stream_put(listeners[i].stream, bytes) : SG_ENOENT;
    pthread_mutex_unlock(&hub);
    return rc;
}

static int gone(void)
{
    pthread_mutex_lock(&hub);
    int n = n_gone;
    pthread_mutex_unlock(&hub);
    return n;
}

static void until_gone(int n)
{
    for (int i = 0; i < 6000 && gone() < n; i++)
        sg_sleep_us(10000);
    ck_assert_int_eq(gone(), n);
}

static int open_stream(void)
{
    static struct wire_answer a;
    int fd = wire_dial(sg_http_port(http));
    wire_say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(wire_hear_head(fd, &a));
    ck_assert_int_eq(a.status, 200);
    ck_assert_str_eq(wire_header(&a, "Content-Type"), "text/event-stream");
    ck_assert_str_eq(wire_header(&a, "Cache-Control"), "no-store");
    ck_assert_str_ne(wire_header(&a, "X-Request-Id"), "");
    return fd;
}

/* Reads until what came ends with text. */
static void hear(int fd, const char *text)
{
    char came[4096];
    size_t n = 0, k = strlen(text);
    while (n < k || memcmp(came + n - k, text, k) != 0) {
        ck_assert_uint_lt(n, sizeof came);
        ck_assert_msg(recv(fd, came + n, 1, 0) == 1, "ended after '%.*s'", (int)n, came);
        n++;
    }
}

static const char hello[] = "id: 7\nevent: hello\ndata: one\ndata: two\n\n\r\n";

START_TEST(events_come_as_they_are_put_and_no_worker_is_held)
{
    struct wire_answer a = {0};
    start((struct sg_http_options){0});
    int one = open_stream(), two = open_stream();
    hear(one, hello);
    hear(two, hello);
    ck_assert_int_eq(wire_ask(sg_http_port(http), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", &a), 200);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(put(0, SG_STR("data: again\n\n")), 0);
        hear(one, "data: again\n\n\r\n");
    }
    pthread_mutex_lock(&hub);
    sg_http_stream_put(listeners[1].stream, SG_STR("data: bye\n\n"));
    sg_http_stream_close(listeners[1].stream);
    pthread_mutex_unlock(&hub);
    hear(two, "data: bye\n\n\r\n0\r\n\r\n");
    until_gone(1);
    close(one);
    close(two);
    until_gone(2);
    sg_buf_free(&a.body);
    sg_http_close(http);
}
END_TEST

START_TEST(a_reader_that_is_too_slow_is_hung_up_and_others_go_on)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    start((struct sg_http_options){0});
    int slow = open_stream(), quick = open_stream();
    hear(quick, hello);
    int rc = 0, blocks = 0;
    while (rc == 0 && blocks < 10000) { /* what the kernel takes, and 64 KiB */
        rc = put(0, (struct sg_str){block, sizeof block});
        blocks += rc == 0;
        sg_sleep_us(100);
    }
    ck_assert_int_eq(rc, SG_ELIMIT);
    ck_assert_int_ge(blocks, 16);
    until_gone(1);
    ck_assert_int_eq(put(1, SG_STR("data: still\n\n")), 0);
    hear(quick, "data: still\n\n\r\n");
    close(slow);
    close(quick);
    until_gone(2);
    sg_http_close(http);
}
END_TEST

START_TEST(a_peer_that_vanishes_is_noticed_without_a_word)
{
    start((struct sg_http_options){0});
    int fds[20];
    for (int i = 0; i < 20; i++)
        fds[i] = open_stream();
    for (int i = 0; i < 20; i++)
        close(fds[i]);
    until_gone(20);
    sg_http_close(http);
}
END_TEST

START_TEST(an_idle_stream_has_heartbeats)
{
    start((struct sg_http_options){.heartbeat_us = 100000});
    int fd = open_stream();
    hear(fd, hello);
    hear(fd, "3\r\n:\n\n\r\n");
    hear(fd, "3\r\n:\n\n\r\n");
    close(fd);
    until_gone(1);
    sg_http_close(http);
}
END_TEST

START_TEST(a_server_that_stops_ends_its_streams)
{
    start((struct sg_http_options){0});
    int one = open_stream(), two = open_stream();
    hear(one, hello);
    sg_http_close(http);
    ck_assert_int_eq(gone(), 2);
    hear(one, "0\r\n\r\n");
    ck_assert(wire_ended(one));
    close(one);
    close(two);
}
END_TEST

static long memory_kb(void)
{
    char line[200];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

START_TEST(a_thousand_streams_are_told_and_one_more_is_refused)
{
    static int fds[MANY];
    struct wire_answer a = {0};
    start((struct sg_http_options){.streams_max = MANY});
    long before = memory_kb();
    for (int i = 0; i < MANY; i++)
        fds[i] = open_stream();
    printf("a stream takes %ld KiB\n", (memory_kb() - before) / MANY);
    ck_assert_int_eq(wire_ask(sg_http_port(http), "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", &a),
                     503);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_int_eq(put(i, SG_STR("data: all\n\n")), 0);
    for (int i = 0; i < MANY; i++) {
        hear(fds[i], "data: all\n\n\r\n");
        close(fds[i]);
    }
    until_gone(MANY);
    sg_buf_free(&a.body);
    sg_http_close(http);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_stream");
    TCase *t = tcase_create("http_stream");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, events_come_as_they_are_put_and_no_worker_is_held);
    tcase_add_test(t, a_reader_that_is_too_slow_is_hung_up_and_others_go_on);
    tcase_add_test(t, a_peer_that_vanishes_is_noticed_without_a_word);
    tcase_add_test(t, an_idle_stream_has_heartbeats);
    tcase_add_test(t, a_server_that_stops_ends_its_streams);
    tcase_add_test(t, a_thousand_streams_are_told_and_one_more_is_refused);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
