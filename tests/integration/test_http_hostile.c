/* test_http_hostile.c - what clients say who mean harm, byte for byte: heads that two readers
 * could read differently, bodies that lie about their length, paths that climb, and people
 * who are slow on purpose. The handler tells what it was asked; what is refused never reaches it.
 */
#include "api/http/http.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "tests/support/wire.h"
#include <check.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sg_http_server *http;
static atomic_int handled;

static size_t body_max(void *ctx, struct sg_str method, struct sg_str path)
{
    (void)ctx;
    (void)method;
    return sg_str_eq(path, SG_STR("/large")) ? 16u << 20 : 1000;
}

static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    static char large[32 << 10];
    (void)ctx;
    atomic_fetch_add(&handled, 1);
    if (sg_str_eq(q->path, SG_STR("/much"))) {
        r->shared = (struct sg_str){large, sizeof large};
        return;
    }
    sg_buf_printf(&r->body, "%.*s %.*s body=%zu", SG_FMT(q->method), SG_FMT(q->path), q->body.n);
    for (size_t i = 0; i < q->n_params; i++)
        sg_buf_printf(&r->body, " %.*s=%.*s", SG_FMT(q->params[i].name),
                      SG_FMT(q->params[i].value));
    struct sg_str test = sg_http_request_header(q, "x-test");
    if (test.p)
        sg_buf_printf(&r->body, " x-test=[%.*s]", SG_FMT(test));
    if (q->body.n && q->body.n < 100)
        sg_buf_printf(&r->body, " [%.*s]", SG_FMT(q->body));
}

static void start(struct sg_http_options o)
{
    struct sg_error e = SG_ERROR_INIT;
    o.host = "127.0.0.1";
    o.loops = o.workers = 2;
    o.timeout_us = 30000000;
    o.handle = handle;
    o.body_max = body_max;
    atomic_store(&handled, 0);
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    start((struct sg_http_options){0});
}

static void teardown(void)
{
    sg_http_close(http);
}

#define H     "Host: x\r\n"
#define END   "\r\n"
#define AFTER "GET /after HTTP/1.1\r\nHost: x\r\n\r\n" /* what would be smuggled */

/* One case: bytes with their length, as they may hold NUL. */
struct told {
    const char *bytes;
    size_t n;
    int status;
    const char *why; /* in the problem */
};
#define TOLD(text, status, why)                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1, status, why                                                        \
    }

/* Refused, told why as a problem with the request's names, and hung up: nothing after it is read.
 */
static void refused(const struct told *t)
{
    struct wire_answer a = {0};
    int fd = wire_dial(sg_http_port(http));
    wire_put(fd, t->bytes, t->n);
    ck_assert_msg(wire_hear(fd, &a), "no answer to %s", t->bytes);
    ck_assert_msg(a.status == t->status, "%d to %s", a.status, t->bytes);
    ck_assert_msg(wire_holds(&a, t->why), "%.*s", SG_FMT(sg_buf_str(&a.body)));
    ck_assert_str_eq(wire_header(&a, "Content-Type"), "application/problem+json");
    ck_assert_str_ne(wire_header(&a, "X-Request-Id"), "");
    ck_assert_uint_eq(strlen(wire_header(&a, "traceparent")), 55);
    ck_assert_str_eq(wire_header(&a, "X-Content-Type-Options"), "nosniff");
    ck_assert_msg(wire_ended(fd), "goes on after %s", t->bytes);
    ck_assert_msg(atomic_load(&handled) == 0, "handled: %s", t->bytes);
    close(fd);
    sg_buf_free(&a.body);
}

START_TEST(what_frames_a_body_twice_or_oddly_is_refused)
{
    static const struct told all[] = {
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END
             "0\r\n\r\n" AFTER,
             400, "exclude each other"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" END
             "0\r\n\r\n" AFTER,
             400, "exclude each other"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 4\r\nContent-Length: 5\r\n" END "abcd" AFTER,
             400, "more than once"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 4\r\ncontent-length: 4\r\n" END "abcd" AFTER,
             400, "more than once"),
        TOLD("POST / HTTP/1.1\r\n" H
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" END "0\r\n\r\n" AFTER,
             400, "more than once"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n" AFTER,
             501, "chunked"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n" END "0\r\n\r\n" AFTER, 501,
             "chunked"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n" END
             "0\r\n\r\n" AFTER,
             501, "chunked"),
        TOLD("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n" AFTER, 400,
             "HTTP/1.0"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n" END "0\r\n\r\n" AFTER, 400,
             "name"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 4\r\n 5\r\n" END "abcd" AFTER, 400, "name"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length:\r\n 4\r\n" END "abcd" AFTER, 400, "name"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\tchunked\r\n" END "0\r\n\r\n" AFTER,
             400, "name"),
        TOLD("POST / HTTP/1.1\r\n" H "X: y\r\n Content-Length: 4\r\n" END "abcd" AFTER, 400,
             "name"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length : 4\r\n" END "abcd" AFTER, 400, "name"),
        TOLD("POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
             "chunked\r\n" END "0\r\n\r\n" AFTER,
             400, "control"),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(&all[i]);
}
END_TEST

START_TEST(a_length_that_is_no_number_is_refused)
{
    static const struct told all[] = {
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: +4\r\n" END "abcd" AFTER, 400, "well-formed"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n" END "abcd" AFTER, 400, "well-formed"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 4, 4\r\n" END "abcd" AFTER, 400,
             "well-formed"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 0x4\r\n" END "abcd" AFTER, 400,
             "well-formed"),
        TOLD("POST / HTTP/1.1\r\n" H "Content-Length: 4 4\r\n" END "abcd" AFTER, 400,
             "well-formed"),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(&all[i]);
    static const struct told huge = TOLD(
        "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999999\r\n" END, 413, "larger");
    refused(&huge);
}
END_TEST

START_TEST(a_head_that_is_no_head_is_refused)
{
    static const struct told all[] = {
        TOLD("GET / HTTP/1.1\r\n" END AFTER, 400, "one Host"),
        TOLD("GET / HTTP/1.1\r\n Host: x\r\n" END AFTER, 400, "name"),
        TOLD("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n" END AFTER, 400, "one Host"),
        TOLD("GET / HTTP/1.1\r\nHost: a b\r\n" END AFTER, 400, "one Host"),
        TOLD("GET / HTTP/1.1\r\nHost: a/b@c\r\n" END AFTER, 400, "one Host"),
        TOLD("GET / HTTP/1.1\r\n" H "X(y): z\r\n" END AFTER, 400, "name"),
        TOLD("GET / HTTP/1.1\r\n" H "X-Test: a\x01z\r\n" END AFTER, 400, "control"),
        TOLD("GET / HTTP/1.1\r\n" H "X-Test: a\x7fz\r\n" END AFTER, 400, "control"),
        TOLD("GET / HTTP/1.1\r\n" H "Expect: the-unexpected\r\n" END AFTER, 417, "100-continue"),
        TOLD("BREW / HTTP/1.1\r\n" H END AFTER, 501, "method"),
        TOLD("get / HTTP/1.1\r\n" H END AFTER, 501, "method"),
        TOLD("CONNECT x:80 HTTP/1.1\r\n" H END AFTER, 501, "method"),
        TOLD("GET http://x/ HTTP/1.1\r\n" H END AFTER, 400, "no path"),
        TOLD("GET http://evil/ HTTP/1.1\r\n" H END AFTER, 400, "no path"),
        TOLD("GET x HTTP/1.1\r\n" H END AFTER, 400, "no path"),
        TOLD("GET * HTTP/1.1\r\n" H END AFTER, 400, "no path"),
        TOLD("GET / HTTP/1.2\r\n" H END AFTER, 505, "HTTP/1.1"),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(&all[i]);
}
END_TEST

START_TEST(a_path_that_climbs_or_hides_is_refused)
{
    static const struct told all[] = {
        TOLD("GET /a/../b HTTP/1.1\r\n" H END AFTER, 400, "\\\"..\\\""),
        TOLD("GET /.. HTTP/1.1\r\n" H END AFTER, 400, "\\\"..\\\""),
        TOLD("GET /a/. HTTP/1.1\r\n" H END AFTER, 400, "\\\"..\\\""),
        TOLD("GET /a/%2e%2E/b HTTP/1.1\r\n" H END AFTER, 400, "\\\"..\\\""),
        TOLD("GET /a/.%2e/b HTTP/1.1\r\n" H END AFTER, 400, "\\\"..\\\""),
        TOLD("GET /a%2fb HTTP/1.1\r\n" H END AFTER, 400, "escape"),
        TOLD("GET /a%2F..%2Fb HTTP/1.1\r\n" H END AFTER, 400, "escape"),
        TOLD("GET /a%5cb HTTP/1.1\r\n" H END AFTER, 400, "escape"),
        TOLD("GET /a\\b HTTP/1.1\r\n" H END AFTER, 400, "may not"),
        TOLD("GET /a%00b HTTP/1.1\r\n" H END AFTER, 400, "escape"),
        TOLD("GET /a%zz HTTP/1.1\r\n" H END AFTER, 400, "escape"),
        TOLD("GET /a% HTTP/1.1\r\n" H END AFTER, 400, "escape"),
        TOLD("GET /a%c0%afb HTTP/1.1\r\n" H END AFTER, 400, "UTF-8"),
        TOLD("GET /a%e0%80%afb HTTP/1.1\r\n" H END AFTER, 400, "UTF-8"),
        TOLD("GET /a%ff HTTP/1.1\r\n" H END AFTER, 400, "UTF-8"),
        TOLD("GET /a\xc3\xa9 HTTP/1.1\r\n" H END AFTER, 400, "escaped"),
        TOLD("GET /a#b HTTP/1.1\r\n" H END AFTER, 400, "may not"),
        TOLD("GET /a?x=%00 HTTP/1.1\r\n" H END AFTER, 400, "NUL"),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(&all[i]);
}
END_TEST

START_TEST(chunks_that_are_not_well_formed_are_never_a_request)
{
    static const char *const all[] = {
        "xyz\r\nabc\r\n0\r\n\r\n" AFTER, "ffffffffffffffffff\r\nabc\r\n0\r\n\r\n" AFTER,
        "-1\r\nabc\r\n0\r\n\r\n" AFTER,  "3\r\nabcdef\r\n0\r\n\r\n" AFTER,
        "0x3\r\nabc\r\n0\r\n\r\n" AFTER,
    };
    struct wire_answer a = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int fd = wire_dial(sg_http_port(http));
        wire_say(fd, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END);
        wire_say(fd, all[i]);
        if (wire_hear(fd, &a))
            ck_assert_msg(a.status == 400 || a.status == 413, "%d to %s", a.status, all[i]);
        ck_assert_msg(wire_ended(fd), "goes on after %s", all[i]);
        ck_assert_msg(atomic_load(&handled) == 0, "handled: %s", all[i]);
        close(fd);
    }
    sg_buf_free(&a.body);
}
END_TEST

/* Read in one way only, and told here which. */
static void read_as(const char *bytes, size_t n, const char *first, const char *second)
{
    struct wire_answer a = {0};
    int fd = wire_dial(sg_http_port(http));
    wire_put(fd, bytes, n);
    ck_assert_msg(wire_hear(fd, &a) && a.status == 200 && a.body.n == strlen(first) &&
                      wire_holds(&a, first),
                  "%d '%.*s', not '%s'", a.status, SG_FMT(sg_buf_str(&a.body)), first);
    if (second)
        ck_assert_msg(wire_hear(fd, &a) && wire_holds(&a, second), "'%.*s', not '%s'",
                      SG_FMT(sg_buf_str(&a.body)), second);
    close(fd);
    sg_buf_free(&a.body);
}
#define READ_AS(text, first, second) read_as(text, sizeof(text) - 1, first, second)

START_TEST(what_is_unusual_has_one_reading)
{
    /* RFC 9112 2.2: a bare LF ends a line. */
    READ_AS("GET /lf HTTP/1.1\nHost: x\nX-Test: 1\n\n" AFTER, "GET /lf body=0 x-test=[1]",
            "GET /after");
    READ_AS("POST /chunks HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END
            "3;ext=\"x\"\r\nabc\r\n0\r\nTrailer: x\r\n\r\n" AFTER,
            "POST /chunks body=3 [abc]", "GET /after");
    READ_AS("POST /chunks HTTP/1.1\r\n" H "Transfer-Encoding: CHUNKED\r\n" END
            "0000000000000003\r\nabc\r\n0\r\n\r\n" AFTER,
            "POST /chunks body=3 [abc]", "GET /after");
    READ_AS("\r\nGET /blank HTTP/1.1\r\n" H END AFTER, "GET /blank body=0", "GET /after");
    READ_AS("GET /p?a=100%&b=%41+c&d&=e HTTP/1.1\r\n" H END, "GET /p body=0 a=100% b=A c d= =e",
            NULL);
    READ_AS("DELETE /with HTTP/1.1\r\n" H "Content-Length: 3\r\n" END "abc" AFTER,
            "DELETE /with body=3 [abc]", "GET /after");
    READ_AS("GET /with HTTP/1.1\r\n" H "Content-Length: 3\r\n" END "abc" AFTER,
            "GET /with body=3 [abc]", "GET /after");
    READ_AS("GET /%e2%99%ab HTTP/1.1\r\n" H END, "GET /\xe2\x99\xab body=0", NULL);
}
END_TEST

START_TEST(a_nul_never_hides_a_header_from_us_that_a_proxy_sees)
{
    /* The library reads a line up to its NUL: what stands before it is what counts. */
    struct wire_answer a = {0};
    int fd = wire_dial(sg_http_port(http));
    static const char bytes[] =
        "POST /nul HTTP/1.1\r\n" H "X-Test: a\0b\r\nContent-Length: 3\r\n" END "abc" AFTER;
    wire_put(fd, bytes, sizeof bytes - 1);
    ck_assert(wire_hear(fd, &a));
    ck_assert_msg(a.status == 400 || (wire_holds(&a, "body=3 x-test=[a] [abc]") &&
                                      wire_hear(fd, &a) && wire_holds(&a, "GET /after")),
                  "%.*s", SG_FMT(sg_buf_str(&a.body)));
    close(fd);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(heads_have_bounds)
{
    struct wire_answer a = {0};
    struct sg_buf b = {0};
    sg_buf_puts(&b, "GET /");
    for (int i = 0; i < 9000; i++)
        sg_buf_putc(&b, 'a');
    sg_buf_puts(&b, " HTTP/1.1\r\n" H END);
    const struct told long_target = {b.p, b.n, 414, "the target is"};
    refused(&long_target);
    sg_buf_reset(&b);
    sg_buf_puts(&b, "GET / HTTP/1.1\r\n" H);
    for (int i = 0; i < 101; i++)
        sg_buf_printf(&b, "X-%d: y\r\n", i);
    sg_buf_puts(&b, END);
    const struct told many = {b.p, b.n, 431, "100 headers"};
    refused(&many);
    sg_buf_reset(&b);
    sg_buf_puts(&b, "GET / HTTP/1.1\r\n" H "X-Long: ");
    for (int i = 0; i < 40000; i++)
        sg_buf_putc(&b, 'a');
    int fd = wire_dial(sg_http_port(http));
    ck_assert_int_gt(send(fd, b.p, b.n, MSG_NOSIGNAL), 0);
    if (wire_hear(fd, &a))
        ck_assert_int_eq(a.status, 431);
    ck_assert_int_eq(atomic_load(&handled), 0);
    close(fd);
    sg_buf_reset(&b);
    sg_buf_puts(&b, "GET /?");
    for (int i = 0; i < 65; i++)
        sg_buf_printf(&b, "p%d=1&", i);
    sg_buf_puts(&b, " HTTP/1.1\r\n" H END);
    const struct told params = {b.p, b.n, 400, "64 parameters"};
    refused(&params);
    sg_buf_free(&b);
    sg_buf_free(&a.body);
}
END_TEST

static double gauge(const char *name)
{
    struct sg_buf b = {0};
    sg_metrics_expose(&b);
    sg_buf_putc(&b, '\0');
    char line[100];
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(b.p, line);
    double n = at ? strtod(at + strlen(line), NULL) : -1;
    sg_buf_free(&b);
    return n;
}

static double connections(void)
{
    return gauge("segue_http_connections");
}

/* Until so many bytes of bodies are held. */
static void until_held(double bytes)
{
    for (int i = 0; i < 6000 && gauge("segue_http_body_bytes") != bytes; i++)
        sg_sleep_us(10000);
    ck_assert(gauge("segue_http_body_bytes") == bytes);
}

START_TEST(bodies_have_bounds_by_path_and_together)
{
    struct wire_answer a = {0};
    static const struct told large =
        TOLD("PUT /small HTTP/1.1\r\n" H "Content-Length: 1001\r\n" END, 413, "larger than");
    refused(&large);
    ck_assert_int_eq(wire_ask(sg_http_port(http),
                              "PATCH / HTTP/1.1\r\n" H "Content-Length: 3\r\n" END "abc", &a),
                     200);
    ck_assert(wire_holds(&a, "PATCH / body=3 [abc]"));
    teardown();

    start((struct sg_http_options){.bodies_max = 3u << 20});
    static char mib[1 << 20];
    int fd = wire_dial(sg_http_port(http));
    wire_say(fd, "PUT /large HTTP/1.1\r\n" H "Content-Length: 2097152\r\n" END);
    wire_put(fd, mib, sizeof mib);
    wire_put(fd, mib, sizeof mib - 1); /* holds nearly 2 MiB, for as long as it may */
    until_held(sizeof mib * 2 - 1);
    int other = wire_dial(sg_http_port(http)), sent = 0;
    wire_say(other, "PUT /large HTTP/1.1\r\n" H "Content-Length: 4194304\r\n" END);
    while (sent < 4 && send(other, mib, sizeof mib, MSG_NOSIGNAL) > 0)
        sent++;
    ck_assert(wire_hear(other, &a) && a.status == 503);
    close(other);
    until_held(sizeof mib * 2 - 1);
    wire_say(fd, "x");
    ck_assert(wire_hear(fd, &a) && a.status == 200 && wire_holds(&a, "body=2097152"));
    close(fd);
    sg_buf_free(&a.body);
}
END_TEST

/* How long until it is hung up, in us; drips a byte each 50 ms when drip is not NULL. */
static int64_t until_closed(int fd, const char *drip)
{
    int64_t start = sg_now_us();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, 50) == 0 && sg_now_us() - start < 60000000)
        if (drip && send(fd, drip, strlen(drip), MSG_NOSIGNAL) < 0)
            break;
    return sg_now_us() - start;
}

START_TEST(who_drips_has_one_deadline_for_a_head_and_one_for_a_body)
{
    teardown();
    start((struct sg_http_options){
        .head_us = 500000, .body_us = 500000, .idle_us = 700000, .write_us = 500000});
    struct wire_answer a = {0};
    int head = wire_dial(sg_http_port(http));
    wire_say(head, "GET / HTTP/1.1\r\n" H);
    ck_assert_int_lt(until_closed(head, "X: y\r\n"), 60000000);
    int body = wire_dial(sg_http_port(http));
    wire_say(body, "POST / HTTP/1.1\r\n" H "Content-Length: 900\r\n" END);
    ck_assert_int_lt(until_closed(body, "x"), 60000000);
    int idle = -1; /* whose head comes in time, which takes more than once on a busy machine */
    bool heard = false;
    for (int i = 0; i < 50 && !heard; i++) {
        if (idle >= 0)
            close(idle);
        idle = wire_dial(sg_http_port(http));
        heard = send(idle, AFTER, strlen(AFTER), MSG_NOSIGNAL) > 0 && wire_hear(idle, &a);
    }
    ck_assert(heard);
    ck_assert_int_lt(until_closed(idle, NULL), 60000000);
    int silent = wire_dial(sg_http_port(http));
    ck_assert_int_lt(until_closed(silent, NULL), 60000000);
    ck_assert_int_eq(atomic_load(&handled), 1);
    close(head);
    close(body);
    close(idle);
    close(silent);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(who_does_not_read_is_hung_up)
{
    teardown();
    start((struct sg_http_options){.write_us = 300000});
    double before = connections();
    int fd = wire_dial(sg_http_port(http)), few = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
    struct sg_buf many = {0};
    for (int i = 0; i < 400; i++) /* 12 MiB: more than the kernel holds */
        sg_buf_puts(&many, "GET /much HTTP/1.1\r\n" H END);
    wire_put(fd, many.p, many.n);
    for (int i = 0; i < 6000 && !atomic_load(&handled); i++)
        sg_sleep_us(10000);
    ck_assert_int_gt(atomic_load(&handled), 0);
    for (int i = 0; i < 1500 && connections() > before; i++)
        sg_sleep_us(100000);
    ck_assert(connections() <= before);
    close(fd);
    sg_buf_free(&many);
}
END_TEST

START_TEST(one_address_may_not_take_all_connections)
{
    teardown();
    start((struct sg_http_options){.connections_per_address = 5});
    struct wire_answer a = {0};
    int fds[8], open = 0;
    for (int i = 0; i < 8; i++) {
        fds[i] = wire_dial(sg_http_port(http));
        if (send(fds[i], AFTER, strlen(AFTER), MSG_NOSIGNAL) > 0 && wire_hear(fds[i], &a))
            open++;
    }
    ck_assert_int_eq(open, 5);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    int status = 0;
    for (int i = 0; i < 3000 && status != 200; i++) { /* when they have left */
        int fd = wire_dial(sg_http_port(http));
        status =
            send(fd, AFTER, strlen(AFTER), MSG_NOSIGNAL) > 0 && wire_hear(fd, &a) ? a.status : 0;
        close(fd);
        sg_sleep_us(10000);
    }
    ck_assert_int_eq(status, 200);
    sg_buf_free(&a.body);
}
END_TEST

/* SEGUE_SLOW_CLIENTS: how many; 200 where it is not set. */
START_TEST(many_slow_clients_do_not_slow_others)
{
    const char *told = getenv("SEGUE_SLOW_CLIENTS");
    size_t n = told ? strtoul(told, NULL, 10) : 200;
    struct wire_answer a = {0};
    int *slow = calloc(n, sizeof *slow);
    for (size_t i = 0; i < n; i++) {
        slow[i] = wire_dial(sg_http_port(http));
        wire_say(slow[i], i % 2 ? "GET / HTTP/1.1\r\nX: "
                                : "POST / HTTP/1.1\r\n" H "Content-Length: 900\r\n" END "a");
    }
    int fd = wire_dial(sg_http_port(http));
    int64_t start_us = sg_now_us(), worst = 0;
    for (int i = 0; i < 500; i++) {
        int64_t asked = sg_now_us();
        wire_say(fd, AFTER);
        ck_assert(wire_hear(fd, &a) && a.status == 200);
        worst = sg_now_us() - asked > worst ? sg_now_us() - asked : worst;
        send(slow[(size_t)i % n], "b", 1, MSG_NOSIGNAL);
    }
    printf("beside %zu slow clients: 500 requests in %lld us, worst %lld us\n", n,
           (long long)(sg_now_us() - start_us), (long long)worst);
    ck_assert_int_eq(atomic_load(&handled), 500);
    for (size_t i = 0; i < n; i++)
        close(slow[i]);
    close(fd);
    free(slow);
    sg_buf_free(&a.body);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_hostile");
    TCase *t = tcase_create("http_hostile");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_frames_a_body_twice_or_oddly_is_refused);
    tcase_add_test(t, a_length_that_is_no_number_is_refused);
    tcase_add_test(t, a_head_that_is_no_head_is_refused);
    tcase_add_test(t, a_path_that_climbs_or_hides_is_refused);
    tcase_add_test(t, chunks_that_are_not_well_formed_are_never_a_request);
    tcase_add_test(t, what_is_unusual_has_one_reading);
    tcase_add_test(t, a_nul_never_hides_a_header_from_us_that_a_proxy_sees);
    tcase_add_test(t, heads_have_bounds);
    tcase_add_test(t, bodies_have_bounds_by_path_and_together);
    tcase_add_test(t, who_drips_has_one_deadline_for_a_head_and_one_for_a_body);
    tcase_add_test(t, who_does_not_read_is_hung_up);
    tcase_add_test(t, one_address_may_not_take_all_connections);
    tcase_add_test(t, many_slow_clients_do_not_slow_others);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
