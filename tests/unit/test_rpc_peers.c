/* test_rpc_peers.c - peers that send rubbish, say nothing or do not read. */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/rpc/envelope.h"
#include "core/rpc/link.h"
#include "tests/support/echo.h"
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* kind 0: junk instead of the greeting, 1: junk after it, 2: a well-framed
 * request of junk, 3: a frame that promises 2 GiB, 4: one that is cut off. */
static void send_garbage(int kind, unsigned *seed)
{
    char junk[4096];
    for (size_t k = 0; k < sizeof junk; k++)
        junk[k] = (char)rand_r(seed);
    if (kind == 2)
        memcpy(junk, "\0\1\0\0", 4);
    else if (kind == 3)
        memcpy(junk, "\0\0\0\x80", 4);
    else if (kind == 4)
        memcpy(junk, "\0\0\1\0", 4);
    int fd = echo_connect();
    if (kind)
        echo_shake_hands(fd);
    ck_assert_int_gt(send(fd, junk, 1 + (size_t)rand_r(seed) % sizeof junk, MSG_NOSIGNAL), 0);
    close(fd);
}

START_TEST(garbage_on_the_socket_kills_nothing)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 2);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct echo q = {0}, r;
    unsigned seed = 7;
    echo_wait_until_answers(c);
    for (int i = 0; i < 300; i++) {
        send_garbage(i % 5, &seed);
        ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, NULL), 0);
    }
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(peers_that_say_nothing_keep_nobody_out)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    int fds[20];
    for (size_t i = 0; i < 20; i++) {
        fds[i] = echo_connect();
        if (i % 2)
            echo_shake_hands(fds[i]);
    }
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct echo q = {0}, r;
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, NULL), 0);
    for (size_t i = 0; i < 20; i++)
        close(fds[i]);
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, NULL), 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

/* The frame, again and again, until the other side takes no more for half a second, or for good. */
static bool push(int fd, const struct sg_buf *frame, size_t *sent)
{
    struct timeval patience = {.tv_usec = 500000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (*sent < 64u << 20) {
        size_t at = *sent % frame->n;
        ssize_t n = send(fd, frame->p + at, frame->n - at, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        *sent += (size_t)n;
    }
    ck_abort_msg("more was read than may be kept");
    return false;
}

static bool is_hung_up_on(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0;
}

/* Another is answered while this one is still waited for. On a busy machine it may have been hung
 * up on by then: false, to be tried again. */
static bool others_are_answered_before(int fd, const struct sg_buf *frame, struct sg_rpc_client *c)
{
    struct sg_arena a = {0};
    struct echo q = {.text = SG_STR("xxxxxxxxxx")}, r;
    size_t sent = 0;
    push(fd, frame, &sent);
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, NULL), 0);
    bool before = !is_hung_up_on(fd);
    while (push(fd, frame, &sent))
        ; /* for ever, were it not hung up on */
    sg_arena_free(&a);
    return before;
}

/* Its replies fill the socket, then wait: not in the worker, and not for ever. */
START_TEST(a_peer_that_does_not_read_holds_up_nobody_and_is_hung_up_on)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_buf body = {0}, frame = {0};
    char *text = malloc(100000);
    int tries = 0;
    memset(text, 'x', 100000);
    struct echo q = {.text = {text, 100000}};
    sg_record_pack(&echo_record, &q, &body);
    struct rpc_request request = {.v = RPC_VERSION,
                                  .id = 1,
                                  .deadline_us = 60000000,
                                  .method = SG_STR("echo"),
                                  .body = sg_buf_str(&body)};
    ck_assert_int_eq(rpc_frame(&frame, &rpc_request_record, &request, NULL), 0);
    echo_wait_until_answers(c);
    for (bool before = false; !before;) {
        ck_assert_int_lt(tries++, 10);
        int fd = echo_connect();
        echo_shake_hands(fd);
        before = others_are_answered_before(fd, &frame, c);
        while (read(fd, text, 100000) > 0)
            ; /* what was sent before; then the end */
        close(fd);
    }
    free(text);
    sg_buf_free(&body);
    sg_buf_free(&frame);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

static void send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        ck_assert_int_gt(w, 0);
        p += w;
        n -= (size_t)w;
    }
}

/* Sends bytes as one frame, gives the reply's status. */
static int64_t status_of(int fd, const void *p, size_t n, struct sg_arena *a, struct rpc_reply *r)
{
    uint32_t head = (uint32_t)n;
    send_all(fd, (const char *)&head, sizeof head);
    send_all(fd, p, n);
    ck_assert_int_eq(recv(fd, &head, sizeof head, MSG_WAITALL), sizeof head);
    char *bytes = sg_arena_alloc(a, head);
    ck_assert_int_eq(recv(fd, bytes, head, MSG_WAITALL), head);
    ck_assert_int_eq(sg_record_unpack(&rpc_reply_record, (struct sg_str){bytes, head}, a, r, NULL),
                     0);
    return r->status;
}

START_TEST(a_message_that_does_not_decode_is_answered_with_an_error)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 1);
    struct sg_arena a = {0};
    struct rpc_reply r;
    int socket = echo_connect();
    echo_shake_hands(socket);
    ck_assert_int_eq(status_of(socket, "", 0, &a, &r), SG_EINVAL);
    ck_assert_int_eq(status_of(socket, "\xc1", 1, &a, &r), SG_EINVAL);
    ck_assert_int_eq(status_of(socket, "\xdf\xff\xff\xff\xff", 5, &a, &r), SG_EINVAL);
    ck_assert_int_eq(status_of(socket, "GET / HTTP/1.1\r\n\r\n", 18, &a, &r), SG_EINVAL);

    struct rpc_request q = {
        .v = 2, .id = 5, .deadline_us = 60000000, .method = SG_STR("echo"), .body = SG_STR("\x80")};
    struct sg_buf b = {0};
    sg_record_pack(&rpc_request_record, &q, &b);
    ck_assert_int_eq(status_of(socket, b.p, b.n, &a, &r), SG_EINVAL);
    ck_assert_uint_eq(r.id, 5);
    ck_assert(sg_str_eq(r.field, SG_STR("v")));

    q.v = 1;
    sg_buf_reset(&b);
    sg_record_pack(&rpc_request_record, &q, &b);
    ck_assert_int_eq(status_of(socket, b.p, b.n, &a, &r), 0);
    for (size_t n = 0; n < b.n; n++)
        ck_assert_int_eq(status_of(socket, b.p, n, &a, &r), SG_EINVAL);

    q.deadline_us = 0;
    sg_buf_reset(&b);
    sg_record_pack(&rpc_request_record, &q, &b);
    ck_assert_int_eq(status_of(socket, b.p, b.n, &a, &r), SG_ETIMEOUT);
    ck_assert_int_eq(atomic_load(&echo_handled), 1);

    char *large = calloc(1, SG_RECORD_BYTES + 100);
    ck_assert_int_eq(status_of(socket, large, SG_RECORD_BYTES + 100, &a, &r), SG_ELIMIT);
    free(large);
    close(socket);
    sg_buf_free(&b);
    sg_arena_free(&a);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(messages_of_a_megabyte_pass_and_too_large_ones_are_refused)
{
    struct sg_rpc_server *s = echo_serve(echo_url, 2);
    struct sg_rpc_client *c = echo_client_connected(echo_url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    size_t n = SG_RECORD_BYTES + 1;
    char *big = malloc(n);
    memset(big, 'x', n);
    struct echo q = {.text = {big, 1 << 20}}, r;
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), 0);
        ck_assert(sg_str_eq(q.text, r.text));
        sg_arena_reset(&a);
    }
    q.text.n = (4 << 20) + 1; /* over the field's bound */
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "text");
    q.text.n = n; /* over the message's bound: not even sent */
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), SG_ELIMIT);
    q.text.n = 1;
    ck_assert_int_eq(echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, &e), 0);
    free(big);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc_peers");
    TCase *t = tcase_create("rpc_peers");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, echo_setup, echo_teardown);
    tcase_add_test(t, garbage_on_the_socket_kills_nothing);
    tcase_add_test(t, peers_that_say_nothing_keep_nobody_out);
    tcase_add_test(t, a_peer_that_does_not_read_holds_up_nobody_and_is_hung_up_on);
    tcase_add_test(t, a_message_that_does_not_decode_is_answered_with_an_error);
    tcase_add_test(t, messages_of_a_megabyte_pass_and_too_large_ones_are_refused);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
