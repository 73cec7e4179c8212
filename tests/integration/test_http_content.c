/* test_http_content.c - answers from a file, from a reader and from one that waits: the same bytes
 * whatever range is asked for, readers that are slow or hang up, and closing meanwhile. */
#include "api/http/content.h"
#include "core/clock.h"
#include "tests/support/scratch.h"
#include "tests/support/wire.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BYTES = 3000000 };
static unsigned char bytes[BYTES];
static const char *path;
static struct sg_http_server *http;
static atomic_int open_readers, fails;

static int read_some(void *ctx, uint64_t at, void *to, size_t n, struct sg_error *e)
{
    (void)ctx;
    if (atomic_load(&fails))
        return sg_fail(e, SG_EIO, "as the test wants it");
    ck_assert(at + n <= BYTES);
    memcpy(to, bytes + at, n);
    return 0;
}
static void end_reader(void *ctx)
{
    (void)ctx;
    atomic_fetch_sub(&open_readers, 1);
}

static void answer(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_http_content c = {.bytes = BYTES,
                                .fd = -1,
                                .content_type = "audio/mp4",
                                .etag = SG_STR("\"one\""),
                                .modified_s = 784111777};
    (void)ctx;
    if (sg_str_eq(q->path, SG_STR("/file"))) {
        c.fd = open(path, O_RDONLY | O_CLOEXEC);
    } else {
        atomic_fetch_add(&open_readers, 1);
        c.read = read_some;
        c.free = end_reader;
        c.waits = sg_str_eq(q->path, SG_STR("/waits"));
    }
    sg_http_content(q, r, &c);
}

static void setup(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_options o = {.host = "127.0.0.1",
                                .loops = 2,
                                .workers = 2,
                                .timeout_us = 30000000,
                                .handle = answer,
                                .drain_us = 200000};
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    path = test_path(test_scratch(), "content");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(write(fd, bytes, BYTES), BYTES);
    close(fd);
    atomic_store(&fails, 0);
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
    sg_http_close(http);
    ck_assert_int_eq(atomic_load(&open_readers), 0);
}

static const char *const paths[] = {"/file", "/reader", "/waits"};
enum { PATHS = 3 };

static void ask(const char *method, const char *at, const char *headers, struct wire_answer *a)
{
    char text[2000];
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n", method,
             at, headers);
    int fd = wire_dial(sg_http_port(http));
    wire_say(fd, text);
    ck_assert(strcmp(method, "HEAD") == 0 ? wire_hear_head(fd, a) : wire_hear(fd, a));
    close(fd);
}

START_TEST(one_range_is_those_bytes_of_all_kinds_of_content)
{
    static const struct {
        const char *range, *said;
        size_t from, n;
    } all[] = {{"", "", 0, BYTES},
               {"Range: bytes=0-0\r\n", "bytes 0-0/3000000", 0, 1},
               {"Range: bytes=100000-1099999\r\n", "bytes 100000-1099999/3000000", 100000, 1000000},
               {"Range: bytes=-70000\r\n", "bytes 2930000-2999999/3000000", 2930000, 70000},
               {"Range: bytes=2999999-\r\n", "bytes 2999999-2999999/3000000", 2999999, 1},
               {"Range: bytes=5-1\r\n", "", 0, BYTES}};
    for (int p = 0; p < PATHS; p++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            struct wire_answer a = {0};
            ask("GET", paths[p], all[i].range, &a);
            ck_assert_int_eq(a.status, *all[i].said ? 206 : 200);
            ck_assert_str_eq(wire_header(&a, "Content-Range"), all[i].said);
            ck_assert_str_eq(wire_header(&a, "Content-Type"), "audio/mp4");
            ck_assert_str_eq(wire_header(&a, "Accept-Ranges"), "bytes");
            ck_assert_str_eq(wire_header(&a, "ETag"), "\"one\"");
            ck_assert_str_eq(wire_header(&a, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
            ck_assert_uint_eq(a.body.n, all[i].n);
            ck_assert(memcmp(a.body.p, bytes + all[i].from, all[i].n) == 0);
            sg_buf_free(&a.body);
        }
}
END_TEST

/* Takes "\r\n--MARK..\r\n\r\n" and the bytes from..last at *at. */
static void expect_part(struct sg_buf *body, size_t *at, const char *mark, size_t from, size_t last)
{
    char head[300];
    int n =
        snprintf(head, sizeof head,
                 "\r\n--%s\r\nContent-Type: audio/mp4\r\nContent-Range: bytes %zu-%zu/%d\r\n\r\n",
                 mark, from, last, BYTES);
    ck_assert(*at + (size_t)n + last - from + 1 <= body->n);
    ck_assert(memcmp(body->p + *at, head, (size_t)n) == 0);
    ck_assert(memcmp(body->p + *at + n, bytes + from, last - from + 1) == 0);
    *at += (size_t)n + last - from + 1;
}

START_TEST(several_ranges_are_parts_of_one_answer)
{
    for (int p = 0; p < PATHS; p++) {
        struct wire_answer a = {0};
        ask("GET", paths[p], "Range: bytes=500000-999999,0-9,-20000\r\n", &a);
        ck_assert_int_eq(a.status, 206);
        char type[100];
        snprintf(type, sizeof type, "%s", wire_header(&a, "Content-Type"));
        ck_assert(strncmp(type, "multipart/byteranges; boundary=", 31) == 0);
        size_t at = 0;
        expect_part(&a.body, &at, type + 31, 500000, 999999);
        expect_part(&a.body, &at, type + 31, 0, 9);
        expect_part(&a.body, &at, type + 31, BYTES - 20000, BYTES - 1);
        char end[60];
        snprintf(end, sizeof end, "\r\n--%s--\r\n", type + 31);
        ck_assert_uint_eq(a.body.n - at, strlen(end));
        ck_assert(memcmp(a.body.p + at, end, strlen(end)) == 0);
        ck_assert_str_eq(wire_header(&a, "Content-Range"), "");
        sg_buf_free(&a.body);
    }
}
END_TEST

START_TEST(what_lies_outside_or_has_changed_is_told)
{
    static const struct {
        const char *headers;
        int status;
    } all[] = {{"Range: bytes=3000000-\r\n", 416},
               {"If-None-Match: \"one\"\r\n", 304},
               {"If-None-Match: \"two\"\r\n", 200},
               {"If-Match: \"two\"\r\n", 412},
               {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304},
               {"Range: bytes=0-1\r\nIf-Range: \"one\"\r\n", 206},
               {"Range: bytes=0-1\r\nIf-Range: \"two\"\r\n", 200},
               {"Range: bytes=3000000-\r\nIf-Range: \"two\"\r\n", 200},
               {"Range: bytes=0-1\r\nIf-None-Match: \"one\"\r\n", 304}};
    for (int p = 0; p < PATHS; p++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            struct wire_answer a = {0};
            ask("GET", paths[p], all[i].headers, &a);
            ck_assert_msg(a.status == all[i].status, "%s %s: %d", paths[p], all[i].headers,
                          a.status);
            if (a.status == 416)
                ck_assert_str_eq(wire_header(&a, "Content-Range"), "bytes */3000000");
            if (a.status == 304)
                ck_assert_str_eq(wire_header(&a, "ETag"), "\"one\"");
            sg_buf_free(&a.body);
        }
}
END_TEST

START_TEST(head_tells_the_whole_and_sends_nothing)
{
    for (int p = 0; p < PATHS; p++) {
        struct wire_answer a = {0};
        ask("HEAD", paths[p], "Range: bytes=0-1\r\n", &a);
        ck_assert_int_eq(a.status, 200);
        ck_assert_str_eq(wire_header(&a, "Content-Length"), "3000000");
        ck_assert_str_eq(wire_header(&a, "ETag"), "\"one\"");
        sg_buf_free(&a.body);
    }
}
END_TEST

static int open_files(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Asks for all of it, reads its head, and hangs up. */
static void begin_and_leave(const char *at)
{
    char text[100];
    struct wire_answer a = {0};
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", at);
    int fd = wire_dial(sg_http_port(http));
    wire_say(fd, text);
    ck_assert(wire_hear_head(fd, &a));
    close(fd);
    sg_buf_free(&a.body);
}

START_TEST(who_hangs_up_leaves_nothing_behind)
{
    int before = open_files();
    for (int i = 0; i < 30; i++)
        begin_and_leave(paths[i % PATHS]);
    for (int i = 0; i < 6000 && (open_files() > before || atomic_load(&open_readers)); i++)
        sg_sleep_us(10000);
    ck_assert_int_le(open_files(), before);
    ck_assert_int_eq(atomic_load(&open_readers), 0);
}
END_TEST

START_TEST(a_reader_that_fails_ends_the_connection)
{
    atomic_store(&fails, 1);
    for (int p = 1; p < PATHS; p++) {
        struct wire_answer a = {0};
        char text[100];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[p]);
        int fd = wire_dial(sg_http_port(http));
        wire_say(fd, text);
        ck_assert(!wire_hear(fd, &a));
        close(fd);
        sg_buf_free(&a.body);
    }
}
END_TEST

START_TEST(a_connection_is_kept_from_answer_to_answer)
{
    int fd = wire_dial(sg_http_port(http));
    struct wire_answer a = {0};
    for (int i = 0; i < 9; i++) {
        char text[200];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\nRange: bytes=%d-%d\r\n\r\n",
                 paths[i % PATHS], i * 1000, i * 1000 + 65535);
        wire_say(fd, text);
        ck_assert(wire_hear(fd, &a));
        ck_assert_int_eq(a.status, 206);
        ck_assert(a.body.n == 65536 && memcmp(a.body.p, bytes + i * 1000, 65536) == 0);
    }
    close(fd);
    sg_buf_free(&a.body);
}
END_TEST

/* teardown closes the server while these are being answered. */
START_TEST(closing_does_not_wait_for_who_does_not_read)
{
    for (int i = 0; i < 12; i++) {
        char text[100];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i % PATHS]);
        wire_say(wire_dial(sg_http_port(http)), text);
    }
    sg_sleep_us(50000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http content");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, one_range_is_those_bytes_of_all_kinds_of_content);
    tcase_add_test(c, several_ranges_are_parts_of_one_answer);
    tcase_add_test(c, what_lies_outside_or_has_changed_is_told);
    tcase_add_test(c, head_tells_the_whole_and_sends_nothing);
    tcase_add_test(c, who_hangs_up_leaves_nothing_behind);
    tcase_add_test(c, a_reader_that_fails_ends_the_connection);
    tcase_add_test(c, a_connection_is_kept_from_answer_to_answer);
    tcase_add_test(c, closing_does_not_wait_for_who_does_not_read);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
