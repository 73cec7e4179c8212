/* http.c - see http.h. */
#include "tests/support/http.h"
#include "core/buf.h"
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/load.h"
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 1200; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        test_other_address(fd);
        if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
            return fd;
        close(fd);
        sg_sleep_us(100000);
    }
    ck_abort_msg("nobody listens on port %d", port);
    return -1;
}

/* What the peer takes: one that refuses early or is killed may close before it has all, and what it
 * has said by then is its answer. */
static void put(int fd, struct sg_str text)
{
    ssize_t n;
    while (text.n && (n = send(fd, text.p, text.n, MSG_NOSIGNAL)) > 0)
        text = (struct sg_str){text.p + n, text.n - (size_t)n};
}

int test_http(int port, const char *method, const char *path, const char *headers, const char *body,
              char *said, size_t cap)
{
    struct sg_buf text = {0};
    size_t n = 0;
    ssize_t got;
    int fd = dial(port);
    sg_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s", method, path,
                  headers ? headers : "");
    if (body)
        sg_buf_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    sg_buf_printf(&text, "\r\n%s", body ? body : "");
    put(fd, sg_buf_str(&text));
    sg_buf_free(&text);
    while (n + 1 < cap && (got = recv(fd, said + n, cap - n - 1, 0)) > 0)
        n += (size_t)got;
    close(fd);
    said[n] = '\0';
    return n > 12 ? atoi(said + 9) : 0;
}

static void await_api_as(int port, const char *who)
{
    static char said[65536];
    int status = 0;
    for (int i = 0; i < 1200 && status != 200; i++) {
        status = test_http(port, "GET", "/api/v1/genres", who, NULL, said, sizeof said);
        if (status != 200)
            sg_sleep_us(100000);
    }
    ck_assert_msg(status == 200, "the API is not ready: %d %.500s", status, said);
}

/* It has keys for tokens once it answers. */
void test_await_api(int port, const char *var_dir)
{
    await_api_as(port, NULL);
    if (var_dir)
        await_api_as(port, test_authorization(var_dir, 999999999, SG_ROLE_USER, SG_FREE));
}
