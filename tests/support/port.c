/* port.c - see port.h.
 *
 * A port is chosen below those that the kernel gives to whoever asks for any, so that no connection
 * has it for its own end between two servers, and marked by a name among unix sockets: of names
 * there is one, and it goes with its process, however that ends.
 */
#include "tests/support/port.h"
#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 10000, LAST = 65000, FEWEST = 1000, MOST = 4, TRIES = 10000 };

static int first_of_the_kernel(void)
{
    int first = 0;
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    if (f && fscanf(f, "%d", &first) != 1)
        first = 0;
    if (f)
        fclose(f);
    return first >= FIRST + FEWEST ? first : LAST;
}

/* A socket that is kept open on purpose; -1: another test has the port. */
static int mark(int port)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "segue-test-port-%d", port);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&at, bytes) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool nobody_listens(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        close(fd);
    return free;
}

static bool take(int first, int n)
{
    int marks[MOST], got = 0;
    bool good = true;
    while (good && got < n) {
        marks[got] = mark(first + got);
        good = marks[got] >= 0 && nobody_listens(first + got);
        got += marks[got] >= 0;
    }
    while (!good && got > 0)
        close(marks[--got]);
    return good;
}

int test_free_ports(int n)
{
    unsigned dice = 0;
    int room = first_of_the_kernel() - FIRST - n;
    if (n < 1 || n > MOST) /* no ck_assert: programs ask before there is a test, too */
        abort();
    for (int i = 0; i < TRIES; i++) {
        if (getrandom(&dice, sizeof dice, 0) != sizeof dice)
            break;
        int first = FIRST + (int)(dice % (unsigned)room);
        if (take(first, n))
            return first;
    }
    fprintf(stderr, "no port is free for a test\n");
    exit(EXIT_FAILURE);
}

int test_free_port(void)
{
    return test_free_ports(1);
}
