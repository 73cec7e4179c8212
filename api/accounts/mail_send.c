/* mail_send.c - see mail_send.h. */
#include "api/accounts/mail_send.h"
#include "core/clock.h"
#include "core/digest.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX   32
#define TIME_US    30000000
#define OUTBOX_MAX 10000

extern char **environ;

/* Words between spaces: no quotes, no variables, no shell. */
static size_t split(char *command, char *argv[ARGS_MAX + 1])
{
    size_t n = 0;
    char *rest = NULL;
    for (char *w = strtok_r(command, " \t", &rest); w && n < ARGS_MAX;
         w = strtok_r(NULL, " \t", &rest))
        argv[n++] = w;
    argv[n] = NULL;
    return n;
}

static int spawn_with_input(char *const *argv, int input, pid_t *pid, struct sg_error *e)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &pipe);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    errno = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
    int rc = errno ? sg_fail_errno(e, "%s", argv[0]) : 0;
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return rc;
}

/* Gives the program the mail; false: it did not take all of it in time. */
static bool feed(int fd, struct sg_str mail, int64_t until_us)
{
    while (mail.n) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        int64_t left = until_us - sg_now_us();
        if (left <= 0 || poll(&p, 1, (int)(left / 1000) + 1) <= 0)
            return false;
        ssize_t n = send(fd, mail.p, mail.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n > 0)
            mail = (struct sg_str){mail.p + n, mail.n - (size_t)n};
    }
    return true;
}

static int wait_for(pid_t pid, bool fed, int64_t until_us, struct sg_error *e)
{
    int status = 0;
    pid_t got = 0;
    while (fed && !(got = waitpid(pid, &status, WNOHANG)) && sg_now_us() < until_us)
        sg_sleep_us(5000);
    if (got == pid)
        return WIFEXITED(status) && !WEXITSTATUS(status)
                   ? 0
                   : sg_fail(e, SG_EIO, "auth.mail_command failed with status %d", status);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return sg_fail(e, SG_ETIMEOUT, "auth.mail_command did not take the mail");
}

static int run_command(const char *text, struct sg_str mail, struct sg_error *e)
{
    char command[SG_CONFIG_TEXT], *argv[ARGS_MAX + 1];
    int ends[2];
    pid_t pid;
    int64_t until = sg_now_us() + TIME_US;
    snprintf(command, sizeof command, "%s", text);
    if (!split(command, argv))
        return sg_fail(e, SG_EINVAL, "auth.mail_command is empty");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return sg_fail_errno(e, "socketpair");
    int rc = spawn_with_input(argv, ends[1], &pid, e);
    close(ends[1]);
    bool fed = !rc && feed(ends[0], mail, until);
    close(ends[0]);
    return rc ? rc : wait_for(pid, fed, until, e);
}

static size_t count_files(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static int write_file(const char *var_dir, struct sg_str mail, struct sg_error *e)
{
    char dir[SG_CONFIG_TEXT + 8], tmp[sizeof dir + 64], path[sizeof dir + 64], hex[17];
    unsigned char random[8];
    snprintf(dir, sizeof dir, "%s/outbox", var_dir);
    if (mkdir(dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", dir);
    if (count_files(dir) > OUTBOX_MAX)
        return sg_fail(e, SG_ELIMIT, "%s: holds %d mails already", dir, OUTBOX_MAX);
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return sg_fail_errno(e, "random bytes");
    sg_hex(random, sizeof random, hex);
    snprintf(path, sizeof path, "%s/%016lld-%s.eml", dir, (long long)sg_wall_us(), hex);
    snprintf(tmp, sizeof tmp, "%s/.%s", dir, hex);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, mail.p, mail.n) == (ssize_t)mail.n && !fsync(fd);
    int rc = ok && !rename(tmp, path) ? 0 : sg_fail_errno(e, "%s", path);
    if (fd >= 0)
        close(fd);
    if (rc)
        unlink(tmp);
    return rc;
}

int sg_mail_send(const struct sg_config *config, struct sg_str mail, struct sg_error *e)
{
    return *config->auth.mail_command ? run_command(config->auth.mail_command, mail, e)
                                      : write_file(config->var_dir, mail, e);
}
