/* events.c - see events.h: chunks (RFC 9112 section 7.1), then lines. */
#include "tests/support/events.h"
#include "tests/support/wire.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* False: nothing came in time, or the peer hung up. */
static bool receive(struct test_events *x, int timeout_ms)
{
    struct pollfd p = {.fd = x->fd, .events = POLLIN};
    char bytes[16384];
    if (x->ended || poll(&p, 1, timeout_ms) <= 0)
        return false;
    ssize_t n = recv(x->fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        x->ended = true;
    else
        sg_buf_put(&x->raw, bytes, (size_t)n);
    return n > 0;
}

void test_events_open(struct test_events *x, int port, const char *path, const char *headers)
{
    struct sg_buf ask = {0};
    const char *end = NULL;
    *x = (struct test_events){.fd = wire_dial(port)};
    sg_buf_printf(&ask, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers ? headers : "");
    wire_put(x->fd, ask.p, ask.n);
    sg_buf_free(&ask);
    while (!end && receive(x, 60000))
        end = memmem(x->raw.p, x->raw.n, "\r\n\r\n", 4);
    if (end) {
        x->status = atoi(x->raw.p + 9);
        x->at = (size_t)(end - x->raw.p) + 4;
    }
}

/* What of raw has come goes to text, without the chunks' lines. */
static void decode(struct test_events *x)
{
    for (size_t left; (left = x->raw.n - x->at) > 0;) {
        const char *line = memmem(x->raw.p + x->at, left, "\r\n", 2);
        if (x->chunk) {
            size_t n = left < x->chunk ? left : x->chunk;
            sg_buf_put(&x->text, x->raw.p + x->at, n);
            x->at += n;
            x->chunk -= n;
            x->line_end = !x->chunk;
        } else if (x->line_end && left >= 2) {
            x->at += 2;
            x->line_end = false;
        } else if (!x->line_end && line) {
            x->chunk = strtoul(x->raw.p + x->at, NULL, 16);
            x->ended = x->ended || !x->chunk;
            x->at = (size_t)(line - x->raw.p) + 2;
            if (!x->chunk)
                return;
        } else {
            return;
        }
    }
}

static void read_line(struct test_events *x, struct sg_str line)
{
    char number[24];
    if (sg_str_starts(line, SG_STR("event: ")))
        snprintf(x->event, sizeof x->event, "%.*s", (int)line.n - 7, line.p + 7);
    else if (sg_str_starts(line, SG_STR("id: "))) {
        snprintf(number, sizeof number, "%.*s", (int)line.n - 4, line.p + 4);
        x->id = strtoull(number, NULL, 10);
    } else if (sg_str_starts(line, SG_STR("data: "))) {
        sg_buf_put(&x->data, line.p + 6, line.n - 6);
    }
}

/* Takes a whole event off text: one with data, for others are heartbeats. */
static bool take(struct test_events *x)
{
    for (const char *end; (end = memmem(x->text.p ? x->text.p : "", x->text.n, "\n\n", 2));) {
        size_t n = (size_t)(end - x->text.p) + 2, from = 0;
        x->event[0] = '\0';
        x->id = 0;
        sg_buf_reset(&x->data);
        for (size_t i = 0; i < n; i++)
            if (x->text.p[i] == '\n') {
                read_line(x, (struct sg_str){x->text.p + from, i - from});
                from = i + 1;
            }
        memmove(x->text.p, x->text.p + n, x->text.n - n);
        x->text.n -= n;
        if (x->data.n) {
            sg_buf_put(&x->data, "", 1);
            x->data.n--;
            return true;
        }
    }
    return false;
}

bool test_events_next(struct test_events *x, int timeout_ms)
{
    for (;;) {
        decode(x);
        if (take(x))
            return true;
        if (!receive(x, timeout_ms))
            return false;
    }
}

void test_events_close(struct test_events *x)
{
    close(x->fd);
    sg_buf_free(&x->raw);
    sg_buf_free(&x->text);
    sg_buf_free(&x->data);
}
