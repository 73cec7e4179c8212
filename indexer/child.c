/* child.c - see child.h. */
#include "indexer/child.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACK_OFF_MIN_US INT64_C(2000000)
#define BACK_OFF_MAX_US INT64_C(300000000)

static int read_command_line(struct sg_buf *out)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    char *to;
    ssize_t n = 0;
    while ((to = sg_buf_reserve(out, 4096)) && (n = read(fd, to, 4096)) > 0)
        out->n += (size_t)n;
    close(fd);
    sg_buf_putc(out, '\0');
    return n < 0 || sg_buf_failed(out) ? -1 : 0;
}

/* The FILE of --config FILE or --config=FILE that this process was started with. */
static const char *config_argument(const struct sg_buf *line)
{
    const char *end = line->p + line->n;
    for (const char *a = line->p; a < end; a += strlen(a) + 1) {
        if (!strncmp(a, "--config=", 9))
            return a + 9;
        if (!strcmp(a, "--config") && a + strlen(a) + 1 < end)
            return a + strlen(a) + 1;
    }
    return NULL;
}

static void become_rebuild(pid_t parent, const char *program, const char *config)
{
    char *with[] = {(char *)program, "--config", (char *)config, "--verbose", "rebuild", NULL};
    char *without[] = {(char *)program, "--verbose", "rebuild", NULL};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    execv("/proc/self/exe", config ? with : without);
    _exit(127);
}

static pid_t start(void)
{
    struct sg_buf line = {0};
    pid_t parent = getpid(), pid = -1;
    if (read_command_line(&line) == 0) {
        const char *config = config_argument(&line);
        pid = fork();
        if (pid == 0)
            become_rebuild(parent, line.p, config);
    }
    sg_buf_free(&line);
    return pid;
}

static void note_failure(struct sg_child *c)
{
    int64_t wait = BACK_OFF_MIN_US << (c->failures < 8 ? c->failures : 8);
    c->failures++;
    c->not_before_us = sg_now_us() + (wait < BACK_OFF_MAX_US ? wait : BACK_OFF_MAX_US);
}

bool sg_child_start(struct sg_child *c, const char *why)
{
    if (c->pid > 0)
        return true;
    if (sg_now_us() < c->not_before_us)
        return false;
    pid_t pid = start();
    if (pid < 0) {
        sg_log(SG_LOG_ERROR, "rebuild could not be started", "why=%s", strerror(errno));
        note_failure(c);
        return false;
    }
    c->pid = pid;
    sg_log(SG_LOG_WARN, "rebuild started", "pid=%d why=%s", (int)pid, why);
    return true;
}

static int ended(struct sg_child *c, int status)
{
    c->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        c->failures = 0;
        c->not_before_us = 0;
        return 1;
    }
    note_failure(c);
    sg_log(SG_LOG_ERROR, "rebuild failed",
           WIFEXITED(status) ? "exit=%d again_in_s=%lld" : "signal=%d again_in_s=%lld",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
           (long long)((c->not_before_us - sg_now_us()) / 1000000));
    return -1;
}

int sg_child_poll(struct sg_child *c)
{
    int status;
    if (c->pid <= 0)
        return 0;
    pid_t got = waitpid(c->pid, &status, WNOHANG);
    if (got == 0)
        return 0;
    return ended(c, got < 0 ? 1 << 8 : status);
}

void sg_child_stop(struct sg_child *c)
{
    if (c->pid <= 0)
        return;
    kill(c->pid, SIGTERM);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
}
