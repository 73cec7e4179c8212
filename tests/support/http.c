/* http.c - see http.h. */
#include "tests/support/http.h"
#include "core/buf.h"
#include "core/clock.h"
#include "tests/support/load.h"
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int test_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    getsockname(fd, (struct sockaddr *)&at, &n);
    close(fd);
    return ntohs(at.sin_port);
}

static int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 300; i++) {
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
    ck_assert_int_eq(send(fd, text.p, text.n, MSG_NOSIGNAL), (ssize_t)text.n);
    sg_buf_free(&text);
    while (n + 1 < cap && (got = recv(fd, said + n, cap - n - 1, 0)) > 0)
        n += (size_t)got;
    close(fd);
    said[n] = '\0';
    return n > 12 ? atoi(said + 9) : 0;
}
