/* bench_delivery.c - media from the real segue-api and from nginx, the same files, the same run.
 *
 *   bench_delivery [CONNECTIONS] [SECONDS] [ONLY]   default 10000 and 20; ONLY: "slow sealed", ...;
 *                                                   SEGUE_BIN: the programs
 *
 * range reads    64 connections ask for 1 MiB of a file in the page cache, again and again
 * segments       CONNECTIONS players each take 61,440 bytes (3.84 s at 128 kb/s) in 8 pieces,
 * evenly, every 3.84 s; late: how long after its time a piece was there whole slow readers
 * CONNECTIONS ask for 2 MB and read nothing: what each costs the server
 *
 * The client drops what it receives in the kernel (MSG_TRUNC), so that the server is what is
 * measured.
 */
#include "core/clock.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RANGE = 1 << 20, SEGMENT = 61440, PIECES = 8, LANES = 64, SMALL_BUFFER = 4096 };
#define SEGMENT_US INT64_C(3840000)

static struct test_listeners l;
static char clear_path[600], sealed_path[600], small_path[600];
static int n_players = 10000, files_max; /* of a process: each slow reader has two there */
static double seconds = 20;
static const char *only;

/* Memory is told best of a process that has done nothing else. */
static bool wanted(const char *kind, const char *what)
{
    char name[100];
    snprintf(name, sizeof name, "%s %s", kind, what);
    return !only || strncmp(name, only, strlen(only)) == 0;
}

/* -1: nobody listens. */
static int try_to_dial(int port, int buffer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct linger at_once = {.l_onoff = 1}; /* or its port would be taken for a minute */
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static int dial(int port, int buffer)
{
    int fd = try_to_dial(port, buffer);
    if (fd < 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

static void await_listener(int port)
{
    int fd;
    for (int tries = 600; (fd = try_to_dial(port, 0)) < 0 && tries > 0; tries--)
        sg_sleep_us(100000);
    if (fd >= 0)
        close(fd);
}

static void ask(int fd, const char *path, size_t from, size_t n)
{
    char text[800];
    int k =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\nRange: bytes=%zu-%zu\r\n\r\n",
                 path, from, from + n - 1);
    if (send(fd, text, (size_t)k, MSG_NOSIGNAL) != k)
        exit(1);
}

/* The head of an answer, whatever of the body came with it is left. */
static bool take_head(int fd)
{
    char text[4000];
    ssize_t n = recv(fd, text, sizeof text, MSG_PEEK);
    char *end = n > 0 ? memmem(text, (size_t)n, "\r\n\r\n", 4) : NULL;
    if (!end)
        return false;
    if (memcmp(text, "HTTP/1.1 206", 12) != 0) {
        printf("%.*s\n", (int)(end - text), text);
        exit(1);
    }
    return recv(fd, text, (size_t)(end - text) + 4, 0) > 0;
}

static double cpu_of(pid_t pid)
{
    char path[60], text[1000] = "";
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && fgets(text, sizeof text, f))
        sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &kernel);
    if (f)
        fclose(f);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static long memory_of(pid_t pid)
{
    char path[60], line[200];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "VmRSS: %ld", &kib);
    if (f)
        fclose(f);
    return kib;
}

/* --- range reads --- */
struct lane {
    int fd;
    size_t left;
    bool head;
};

static size_t advance(struct lane *x, const char *path, size_t range, unsigned *random)
{
    if (x->head) {
        if (!take_head(x->fd))
            return 0;
        x->head = false;
    }
    ssize_t n = recv(x->fd, NULL, x->left, MSG_TRUNC | MSG_DONTWAIT);
    if (n <= 0)
        return 0;
    x->left -= (size_t)n;
    if (!x->left) {
        *random = *random * 1103515245u + 12345;
        ask(x->fd, path, *random % 1000, range);
        x->left = range;
        x->head = true;
    }
    return (size_t)n;
}

static void range_reads(const char *what, int port, pid_t pid, const char *path, size_t range)
{
    if (!wanted("ranges", what))
        return;
    struct lane lanes[LANES];
    struct epoll_event events[LANES];
    unsigned random = 1;
    int epoll = epoll_create1(0);
    double bytes = 0;
    for (int i = 0; i < LANES; i++) {
        lanes[i] = (struct lane){dial(port, 0), range, true};
        ask(lanes[i].fd, path, 0, range);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &lanes[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, lanes[i].fd, &e);
    }
    int64_t began = sg_now_us(), until = began + (int64_t)(seconds / 4 * 1e6);
    double cpu = cpu_of(pid);
    while (sg_now_us() < until) {
        int n = epoll_wait(epoll, events, LANES, 1000);
        for (int i = 0; i < n; i++)
            bytes += (double)advance(events[i].data.ptr, path, range, &random);
    }
    double s = (double)(sg_now_us() - began) / 1e6;
    cpu = cpu_of(pid) - cpu;
    printf("range reads, %-22s %6.2f GB/s   %5.2f GB a second of its processor time\n", what,
           bytes / s / 1e9, cpu > 0 ? bytes / cpu / 1e9 : 0);
    for (int i = 0; i < LANES; i++)
        close(lanes[i].fd);
    close(epoll);
}

/* --- segments --- */
struct player {
    int fd;
    bool head;
    size_t left;    /* of the segment */
    size_t piece;   /* bytes of the present piece still to come */
    int64_t due_us; /* when the piece was to be there */
};
struct lateness {
    uint64_t n, over_1ms, over_10ms, over_100ms, over_1s;
    int64_t worst_us;
};

static void note(struct lateness *l_, int64_t us)
{
    l_->n++;
    l_->over_1ms += us > 1000;
    l_->over_10ms += us > 10000;
    l_->over_100ms += us > 100000;
    l_->over_1s += us > 1000000;
    l_->worst_us = us > l_->worst_us ? us : l_->worst_us;
}

/* False: a piece is not there yet. */
static bool take_piece(struct player *p)
{
    if (p->head && !(take_head(p->fd) && !(p->head = false)))
        return false;
    while (p->piece) {
        ssize_t n = recv(p->fd, NULL, p->piece, MSG_TRUNC | MSG_DONTWAIT);
        if (n <= 0)
            return false;
        p->piece -= (size_t)n;
        p->left -= (size_t)n;
    }
    return true;
}

static void begin_segment(struct player *p, const char *path)
{
    ask(p->fd, path, (size_t)(p->fd % 4) * SEGMENT, SEGMENT);
    p->left = SEGMENT;
    p->head = true;
    p->due_us += SEGMENT_US / PIECES;
    p->piece = SEGMENT / PIECES;
}

static void play(struct player *p, int64_t now, const char *path, struct lateness *late)
{
    if (!p->left && p->due_us <= now)
        begin_segment(p, path);
    while (p->left && p->due_us <= now && take_piece(p)) {
        note(late, sg_now_us() - p->due_us);
        if (!p->left) { /* the next one, at once */
            begin_segment(p, path);
        } else {
            p->due_us += SEGMENT_US / PIECES;
            p->piece = SEGMENT / PIECES;
        }
    }
}

static void segments(const char *what, int port, pid_t pid, const char *path)
{
    if (!wanted("segments", what))
        return;
    struct player *v = calloc((size_t)n_players, sizeof *v);
    struct lateness late = {0};
    long before = memory_of(pid);
    for (int i = 0; v && i < n_players; i++) {
        v[i] = (struct player){
            .fd = dial(port, 0), .head = true, .left = SEGMENT, .piece = SEGMENT / PIECES};
        ask(v[i].fd, path, 0, SEGMENT);
    }
    int64_t began = sg_now_us(), until = began + (int64_t)(seconds * 1e6), now;
    double cpu = cpu_of(pid);
    for (int i = 0; v && i < n_players; i++) /* spread evenly over a segment's time */
        v[i].due_us = began + SEGMENT_US * i / n_players;
    long most = 0;
    while (v && (now = sg_now_us()) < until) {
        for (int i = 0; i < n_players; i++)
            if (v[i].due_us <= now)
                play(&v[i], now, path, &late);
        long at = memory_of(pid);
        most = at > most ? at : most;
        sg_sleep_us(500);
    }
    cpu = cpu_of(pid) - cpu;
    printf("%d players, %-22s %llu pieces   late by over 10 ms %.3f%%, 100 ms %.3f%%, 1 s %.3f%%, "
           "worst %.0f ms   %.1f KiB a connection   processor %.0f%% of one core\n",
           n_players, what, (unsigned long long)late.n,
           100.0 * (double)late.over_10ms / (double)late.n,
           100.0 * (double)late.over_100ms / (double)late.n,
           100.0 * (double)late.over_1s / (double)late.n, (double)late.worst_us / 1000,
           (double)(most - before) / n_players, 100 * cpu / seconds);
    for (int i = 0; v && i < n_players; i++)
        close(v[i].fd);
    free(v);
    sg_sleep_us(1000000);
}

/* --- slow readers --- */
static void slow_readers(const char *what, int port, pid_t pid, const char *path, size_t bytes)
{
    if (!wanted("slow", what))
        return;
    int n = files_max < 2 * n_players + 1000 ? (files_max - 1000) / 2 : n_players;
    int *fds = calloc((size_t)n, sizeof *fds);
    long before = memory_of(pid);
    for (int i = 0; fds && i < n; i++) {
        fds[i] = dial(port, SMALL_BUFFER);
        ask(fds[i], path, 0, bytes);
    }
    sg_sleep_us(2000000);
    printf("%d slow readers, %-20s %.1f KiB each\n", n, what,
           (double)(memory_of(pid) - before) / n);
    for (int i = 0; fds && i < n; i++)
        close(fds[i]);
    free(fds);
    sg_sleep_us(1000000);
}

/* --- the two servers --- */
static void start_api(struct sg_config *c)
{
    struct test_stored sealed;
    char settings[200];
    snprintf(settings, sizeof settings,
             "api.connections = %d\napi.connections_per_address = 0\nplayback.url_s = 86400\n",
             n_players + 2000);
    test_listeners_start(&l, 9, settings);
    test_indexer_config(&l.x, c);
    test_stored_make(&sealed, c, l.db, 1, true);
    if (test_listener_get(&l, 1, "/api/v1/songs/1/stream?quality=lossless") != 200)
        exit(1);
    snprintf(clear_path, sizeof clear_path, "%s", test_listener_value(&l, "stream_url"));
    if (test_listener_get(&l, 1, "/api/v1/songs/1/stream") != 200)
        exit(1);
    snprintf(sealed_path, sizeof sealed_path, "%s", test_listener_value(&l, "stream_url"));
    snprintf(small_path, sizeof small_path, "%s", clear_path);
}

/* The worker's id, as that is what serves. */
static pid_t start_nginx(const struct sg_config *c, int port, pid_t *master)
{
    const char *dir = test_scratch();
    char conf[200], command[300], line[40] = "0";
    snprintf(conf, sizeof conf, "%s/nginx.conf", dir);
    FILE *f = fopen(conf, "w");
    fprintf(
        f,
        "daemon off; master_process on; worker_processes 2; user root; pid %s/pid; error_log %s/e;"
        " worker_rlimit_nofile 60000; events { worker_connections 30000; } http { access_log off;"
        " sendfile on; tcp_nopush on; keepalive_requests 100000000; client_body_temp_path %s/b;"
        " proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;"
        " server { listen 0.0.0.0:%d backlog=4096;"
        " location ~ ^/media/[^/]+/(audio/.*)$ { alias %s/$1; } } }\n",
        dir, dir, dir, dir, dir, dir, dir, port, c->objects.url);
    fclose(f);
    const char *argv[] = {"/usr/sbin/nginx", "-c", conf, "-e", test_path(dir, "e"), NULL};
    *master = test_spawn(argv, test_path(dir, "log"), SIGTERM);
    await_listener(port);
    snprintf(command, sizeof command, "pgrep -P %d", (int)*master);
    FILE *p = popen(command, "r");
    if (p && fgets(line, sizeof line, p))
        line[sizeof line - 1] = '\0';
    if (p)
        pclose(p);
    return (pid_t)strtol(line, NULL, 10);
}

START_TEST(both)
{
    struct sg_config c;
    pid_t master = 0;
    start_api(&c);
    bool has_nginx = access("/usr/sbin/nginx", X_OK) == 0;
    int port = test_free_port();
    pid_t nginx = has_nginx ? start_nginx(&c, port, &master) : 0;

    range_reads("clear, sendfile", l.port, l.api, clear_path, RANGE);
    if (nginx)
        range_reads("nginx (both workers)", port, nginx, clear_path, RANGE);
    range_reads("clear, 61 KB", l.port, l.api, clear_path, SEGMENT);
    if (nginx)
        range_reads("nginx, 61 KB", port, nginx, clear_path, SEGMENT);
    range_reads("sealed, 500 KB", l.port, l.api, sealed_path, 500000);
    segments("clear", l.port, l.api, clear_path);
    segments("sealed", l.port, l.api, sealed_path);
    if (nginx)
        segments("nginx (one of 2 workers)", port, nginx, clear_path);
    slow_readers("clear, sendfile", l.port, l.api, clear_path, 1900000);
    slow_readers("sealed", l.port, l.api, sealed_path, 590000);
    if (nginx) {
        slow_readers("nginx (a worker)", port, nginx, clear_path, 1900000);
        kill(master, SIGTERM);
        test_wait(master);
    }
    test_listeners_stop(&l);
}
END_TEST

int main(int argc, char **argv)
{
    struct rlimit files;
    setvbuf(stdout, NULL, _IOLBF, 0);
    n_players = argc > 1 ? atoi(argv[1]) : n_players;
    seconds = argc > 2 ? atof(argv[2]) : seconds;
    only = argc > 3 ? argv[3] : NULL;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    files_max = files.rlim_max < 1000000 ? (int)files.rlim_max : 1000000;
    setrlimit(RLIMIT_NOFILE, &files);
    Suite *suite = suite_create("delivery"); /* as the support library checks what it does */
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 0);
    tcase_add_test(all, both);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
