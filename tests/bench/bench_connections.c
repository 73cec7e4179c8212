/* bench_connections.c - holds idle keep-alive connections to an API: connections.sh uses it.
 *
 *   bench_connections PORT N    opens N, asks once on each, prints "held N", waits for the end
 *                               of its input, asks again on each, prints how many answered
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char question[] = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";

static int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool ask(int fd)
{
    char answer[4096];
    return fd >= 0 && send(fd, question, sizeof question - 1, MSG_NOSIGNAL) > 0 &&
           recv(fd, answer, sizeof answer, 0) > 12 && memcmp(answer, "HTTP/1.1 404", 12) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int port = atoi(argv[1]), n = atoi(argv[2]), held = 0, again = 0;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int *fds = calloc((size_t)n, sizeof *fds);
    if (!fds)
        return 1;
    for (int i = 0; i < n; i++)
        held += ask(fds[i] = dial(port));
    printf("held %d\n", held);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    for (int i = 0; i < n; i++)
        again += ask(fds[i]);
    printf("idle connections answered again %d of %d\n", again, held);
    free(fds);
    return again == held ? 0 : 1;
}
