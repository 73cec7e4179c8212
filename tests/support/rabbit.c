/* rabbit.c - see rabbit.h. */
#include "tests/support/rabbit.h"
#include "core/clock.h"
#include "tests/support/pg.h"
#include "tests/support/port.h"
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, START_S = 120 };

static struct test_rabbit one;
static pid_t watcher, owner;
static int leash = -1;

static _Noreturn void give_up(int code, const char *what)
{
    fprintf(stderr, "test RabbitMQ: %s\n", what);
    exit(code);
}

static void run_script(const char *verb)
{
    char script[600], port[16];
    int status = 0;
    snprintf(script, sizeof script, "%s/tests/support/rabbit.sh", test_source_dir());
    snprintf(port, sizeof port, "%d", one.port);
    pid_t pid = fork();
    if (pid == 0) {
        execl(script, script, verb, one.dir, port, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        give_up(1, verb);
}

/* Sleeps on the leash until the last process of the test is gone. */
static void start_watcher(void)
{
    int ends[2];
    char c;
    if (pipe2(ends, O_CLOEXEC))
        give_up(1, "pipe");
    watcher = fork();
    if (watcher == 0) {
        close(ends[1]);
        setsid();
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        while (read(ends[0], &c, 1) > 0)
            ;
        run_script("clean");
        _exit(0);
    }
    close(ends[0]);
    leash = ends[1];
}

static void end_it(void)
{
    if (getpid() != owner)
        return;
    close(leash);
    waitpid(watcher, NULL, 0);
}

static bool answers(void)
{
    struct timeval limit = {5, 0};
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *s = amqp_tcp_socket_new(c);
    amqp_set_handshake_timeout(c, &limit);
    bool ok =
        s && !amqp_socket_open_noblock(s, "127.0.0.1", one.port, &limit) &&
        amqp_login(c, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type ==
            AMQP_RESPONSE_NORMAL;
    amqp_destroy_connection(c);
    return ok;
}

void test_rabbit_await(const struct test_rabbit *r)
{
    (void)r;
    for (int64_t until = sg_now_us() + START_S * INT64_C(1000000); sg_now_us() < until;) {
        if (answers())
            return;
        sg_sleep_us(200000);
    }
    give_up(1, "it does not answer");
}

struct test_rabbit *test_rabbit_start(void)
{
    if (access("/usr/lib/rabbitmq/bin/rabbitmq-server", X_OK))
        give_up(SKIPPED, "SKIPPED: it is not installed");
    snprintf(one.dir, sizeof one.dir, "/tmp/segue-rabbit-XXXXXX");
    if (!mkdtemp(one.dir))
        give_up(1, one.dir);
    one.port = test_free_ports(3);
    snprintf(one.url, sizeof one.url, "amqp://guest:guest@127.0.0.1:%d/%%2f", one.port);
    owner = getpid();
    start_watcher();
    atexit(end_it);
    run_script("start");
    test_rabbit_await(&one);
    return &one;
}

void test_rabbit_kill(const struct test_rabbit *r)
{
    (void)r;
    run_script("kill");
}

void test_rabbit_begin(const struct test_rabbit *r)
{
    (void)r;
    run_script("start");
}

void test_rabbit_lose(const struct test_rabbit *r)
{
    char command[120];
    run_script("kill");
    snprintf(command, sizeof command, "rm -rf -- %s/mnesia", r->dir);
    if (system(command)) /* NOLINT(cert-env33-c): paths of our own */
        give_up(1, "its data cannot be removed");
}
