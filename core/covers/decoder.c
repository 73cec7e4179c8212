/* decoder.c - see decoder.h. The picture is handed over in memory without a name (memfd), the
 * answer comes through a pipe whose end is the process's. */
#include "core/covers/decoder.h"
#include "core/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REFUSED = 3, ANSWER_MAX = 512 };

static int put_in_memory(struct sg_str bytes, int *out, struct sg_error *e)
{
    int fd = memfd_create("picture", MFD_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "memfd_create");
    for (size_t at = 0; at < bytes.n;) {
        ssize_t n = write(fd, bytes.p + at, bytes.n - at);
        if (n < 0 && errno != EINTR) {
            sg_fail_errno(e, "a picture in memory");
            close(fd);
            return e->code;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    lseek(fd, 0, SEEK_SET);
    *out = fd;
    return 0;
}

/* Nothing of this process goes along: no environment, no open file but the three. */
static int start(const char *program, const char *command, const char *folder, int in, int out,
                 pid_t *pid, struct sg_error *e)
{
    char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)command,
                    (char *)(uintptr_t)folder, NULL};
    char *environment[] = {(char *)(uintptr_t) "ASAN_OPTIONS=detect_leaks=0",
                           (char *)(uintptr_t) "G_SLICE=always-malloc", NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&files, "/");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    int failed = posix_spawn(pid, program, &files, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed ? sg_fail_errno(e, "%s", program) : 0;
}

/* Until the pipe's end; SG_ETIMEOUT. */
static int hear(int fd, int64_t deadline_us, char text[ANSWER_MAX], struct sg_error *e)
{
    size_t n = 0;
    ssize_t got = 1;
    while (got != 0) {
        int64_t left_us = deadline_us - sg_now_us();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left_us <= 0)
            return sg_fail(e, SG_ETIMEOUT, "the picture took too long to decode");
        if (poll(&p, 1, (int)(left_us / 1000) + 1) <= 0)
            continue;
        char more[ANSWER_MAX];
        got = read(fd, more, sizeof more);
        for (ssize_t i = 0; i < got && n + 1 < ANSWER_MAX; i++)
            if (more[i] != '\n')
                text[n++] = more[i];
    }
    text[n] = '\0';
    return 0;
}

static int judge(int status, const char *text, struct sg_decoded *out, struct sg_error *e)
{
    struct sg_decoded d;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == REFUSED)
        return sg_fail(e, SG_EMEDIA, "%s", text);
    if (WIFSIGNALED(status)) /* by a bound of time or size, or led astray */
        return sg_fail(e, SG_EMEDIA, "the picture cannot be decoded");
    if (code != 0)
        return sg_fail(e, SG_EIO, "segue-images ended with %d: %s", code, text);
    if (sscanf(text, "%7s %d %d", d.type, &d.width, &d.height) != 3)
        return sg_fail(e, SG_EIO, "segue-images said '%s'", text);
    *out = d;
    return 0;
}

int sg_decode(const char *program, const char *command, struct sg_str picture, const char *folder,
              int64_t deadline_us, struct sg_decoded *out, struct sg_error *e)
{
    char text[ANSWER_MAX] = "";
    int in = -1, ends[2] = {-1, -1}, status = 0;
    pid_t pid = 0;
    int rc = put_in_memory(picture, &in, e);
    if (!rc && pipe2(ends, O_CLOEXEC))
        rc = sg_fail_errno(e, "pipe");
    if (!rc)
        rc = start(program, command, folder, in, ends[1], &pid, e);
    if (ends[1] >= 0)
        close(ends[1]);
    if (!rc) {
        rc = hear(ends[0], deadline_us, text, e);
        if (rc)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (!rc)
        rc = judge(status, text, out, e);
    if (ends[0] >= 0)
        close(ends[0]);
    if (in >= 0)
        close(in);
    return rc;
}
