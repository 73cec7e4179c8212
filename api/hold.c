/* hold.c - see hold.h. One thread, which waits for signals; nothing but the socket is kept. */
#include "api/hold.h"
#include "api/http/http.h"
#include "core/clock.h"
#include "core/log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVED_US = 2000000, HUNG_MS = 30000, LISTENER = 3, WORDS_MAX = 64 };

struct holder {
    const struct sg_config *config;
    char **command;
    int listener;
    sigset_t before; /* the signals that were blocked */
    pid_t child;
    bool replacing, stopping;
    int64_t began_us, kill_at_us;
};

int sg_api_held_listener(void)
{
    const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
    bool ours = pid && n && strtol(pid, NULL, 10) == getpid() && strtol(n, NULL, 10) >= 1;
    if (ours)
        fcntl(LISTENER, F_SETFD, FD_CLOEXEC);
    return ours ? LISTENER : 0;
}

/* To the program that this process is about to become. */
static bool pass_on(int listener)
{
    char pid[24];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    return listener == LISTENER ? fcntl(LISTENER, F_SETFD, 0) == 0 : dup2(listener, LISTENER) >= 0;
}

/* In the child: only what is safe after a fork. */
static _Noreturn void become(const struct holder *h, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it has journals of its own: never two at once */
    if (getppid() != parent)
        _exit(1);
    if (!pass_on(h->listener))
        _exit(126);
    sigprocmask(SIG_SETMASK, &h->before, NULL);
    execvp(h->command[0], h->command);
    _exit(errno == ENOENT ? 127 : 126);
}

/* For who wants to know whether it is another one by now. */
static void write_pid(const struct holder *h)
{
    char dir[SG_CONFIG_TEXT + 8], path[sizeof dir + 16], new[sizeof path + 8];
    snprintf(dir, sizeof dir, "%s/run", h->config->var_dir);
    snprintf(path, sizeof path, "%s/api.pid", dir);
    snprintf(new, sizeof new, "%s.new", path);
    mkdir(h->config->var_dir, 0755);
    mkdir(dir, 0755);
    FILE *f = fopen(new, "we");
    bool good = f && fprintf(f, "%ld\n", (long)h->child) > 0;
    if (f && fclose(f))
        good = false;
    if (!good || rename(new, path)) /* a full disk: to answer is worth more */
        sg_log(SG_LOG_WARN, "cannot write its process id", "path=%s error=%s", path,
               strerror(errno));
}

static int begin(struct holder *h, struct sg_error *e)
{
    pid_t parent = getpid();
    h->began_us = sg_now_us();
    h->kill_at_us = INT64_MAX;
    h->replacing = false;
    h->child = fork();
    if (!h->child)
        become(h, parent);
    if (h->child < 0)
        return sg_fail_errno(e, "cannot run %s", h->command[0]);
    write_pid(h);
    return 0;
}

static void ask_to_stop(struct holder *h)
{
    kill(h->child, SIGTERM);
    h->kill_at_us =
        sg_now_us() + (h->config->api.drain_ms + h->config->api.grace_ms + HUNG_MS) * 1000;
}

/* The signal that came, or 0: it was too long until one did. */
static int wait_signal(const struct holder *h, const sigset_t *signals)
{
    int64_t left_us = h->kill_at_us - sg_now_us();
    if (h->kill_at_us == INT64_MAX)
        left_us = 3600000000;
    struct timespec most = {left_us > 0 ? left_us / 1000000 : 0,
                            left_us > 0 ? left_us % 1000000 * 1000 : 0};
    int signal = sigtimedwait(signals, NULL, &most);
    return signal > 0 ? signal : 0;
}

/* True: it has ended, *code says how. */
static bool ended(struct holder *h, int *code)
{
    int status;
    if (waitpid(h->child, &status, WNOHANG) != h->child)
        return false;
    h->child = 0;
    *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

/* It has ended. True: it is to be run again. */
static bool again(const struct holder *h, int code)
{
    int64_t lived_us = sg_now_us() - h->began_us;
    if (h->stopping || (!h->replacing && lived_us < LIVED_US))
        return false;
    if (!h->replacing)
        sg_log(SG_LOG_ERROR, "ended, and is run again", "exit=%d", code);
    return true;
}

/* Nobody will take who connects from now on: refused at once, rather than left waiting and cut off.
 */
static void let_go(struct holder *h)
{
    if (h->listener >= 0)
        close(h->listener);
    h->listener = -1;
}

static void obey(struct holder *h, int signal)
{
    if (signal == SIGHUP && !h->replacing && !h->stopping) {
        sg_log(SG_LOG_INFO, "replacing", "pid=%ld", (long)h->child);
        h->replacing = true;
        ask_to_stop(h);
    } else if (signal == SIGTERM || signal == SIGINT) {
        h->stopping = true;
        let_go(h);
        ask_to_stop(h);
    } else if (sg_now_us() >= h->kill_at_us) {
        sg_log(SG_LOG_ERROR, "does not stop: killed", "pid=%ld", (long)h->child);
        kill(h->child, SIGKILL);
        h->kill_at_us = INT64_MAX;
    }
}

/* Becomes the build of hold that is there by now, as it was called (the command line is as long as
 * a kernel's page at most, or it stays what it is). Signals stay blocked, and wait for it. Returns
 * when that is not possible. */
static void renew(const struct holder *h)
{
    char text[4096], *words[WORDS_MAX + 1];
    size_t n = 0;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0)
        close(fd);
    if (bytes <= 0 || bytes == sizeof text || text[bytes - 1])
        return;
    for (char *at = text; at < text + bytes && n < WORDS_MAX; at += strlen(at) + 1)
        words[n++] = at;
    words[n] = NULL;
    if (n < WORDS_MAX && pass_on(h->listener))
        execvp(words[0], words);
    sg_log(SG_LOG_WARN, "stays the build it was", "error=%s", strerror(errno));
}

static int look_after(struct holder *h, const sigset_t *signals, int *code, struct sg_error *e)
{
    int rc = begin(h, e);
    while (!rc) {
        obey(h, wait_signal(h, signals));
        if (!ended(h, code))
            continue;
        if (!again(h, *code))
            return 0;
        if (h->replacing)
            renew(h);
        rc = begin(h, e);
    }
    if (h->child > 0)
        kill(h->child, SIGKILL);
    return rc;
}

int sg_api_hold(const struct sg_config *config, char **command, int *code, struct sg_error *e)
{
    static const int heard[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
    struct holder h = {.config = config, .command = command, .listener = sg_api_held_listener()};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
        sigaddset(&signals, heard[i]);
    sigprocmask(SIG_BLOCK, &signals, &h.before);
    for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
        sigdelset(&h.before, heard[i]); /* blocked by the hold that this one was */
    int rc = h.listener ? 0
                        : sg_http_listen(&h.listener, config->api.host, (int)config->api.port,
                                         config->api.reuse_port, e);
    if (rc)
        return rc;
    rc = look_after(&h, &signals, code, e);
    let_go(&h);
    return rc;
}
