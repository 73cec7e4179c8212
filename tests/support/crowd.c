/* crowd.c - see crowd.h. */
#include "tests/support/crowd.h"
#include "core/clock.h"
#include "tests/support/wire.h"
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int crowd_dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static void tell_loss(int me, int status, int error, int64_t asked_us)
{
    fprintf(stderr, "asker %d lost one: status %d, %s, asked %lld ms before\n", me, status,
            strerror(error), (long long)(sg_now_us() - asked_us) / 1000);
}

static void *ask_on_and_on(void *ctx)
{
    struct crowd *c = ctx;
    struct wire_answer a = {0};
    int fd = -1, me = c->next++;
    while (!c->over) {
        if (fd < 0 && (fd = crowd_dial(c->port)) < 0) {
            c->refused++;
            sg_sleep_us(1000);
            continue;
        }
        int64_t asked_us = sg_now_us();
        errno = 0;
        bool good = send(fd, c->text, strlen(c->text), MSG_NOSIGNAL) > 0 && wire_hear(fd, &a) &&
                    a.status == 200;
        c->answered += good;
        c->of_each[me] += good;
        if (!good)
            tell_loss(me, a.status, errno, asked_us);
        c->lost += !good;
        if (!good || strcmp(wire_header(&a, "Connection"), "close") == 0) {
            close(fd);
            fd = -1;
            c->reconnected++;
        }
    }
    if (fd >= 0)
        close(fd);
    sg_buf_free(&a.body);
    return NULL;
}

void crowd_start(struct crowd *c, int port, const char *text, int n)
{
    ck_assert_int_le(n, CROWD_MAX);
    *c = (struct crowd){.port = port, .text = text, .n = n};
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(pthread_create(&c->threads[i], NULL, ask_on_and_on, c), 0);
}

void crowd_await(struct crowd *c, int n)
{
    int before = c->answered, of_each[CROWD_MAX];
    for (int k = 0; k < c->n; k++)
        of_each[k] = c->of_each[k];
    for (int i = 0; c->answered < before + n && i < 120000; i++)
        sg_sleep_us(1000);
    ck_assert_int_ge(c->answered, before + n);
    for (int k = 0; k < c->n; k++) {
        for (int i = 0; c->of_each[k] == of_each[k] && i < 120000; i++)
            sg_sleep_us(1000);
        ck_assert_int_gt(c->of_each[k], of_each[k]);
    }
}

void crowd_end(struct crowd *c)
{
    c->over = true;
    for (int i = 0; i < c->n; i++)
        pthread_join(c->threads[i], NULL);
}
