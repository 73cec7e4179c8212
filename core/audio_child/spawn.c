/* spawn.c - see spawn.h. Between fork and exec there are system calls only, for other threads may
 * hold any lock. */
#include "core/audio_child/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GIVEN = 4, ASIDE = 16 }; /* descriptors 0 to 3; where they wait for their numbers */

struct ends {
    int fd[GIVEN]; /* input, answer, progress, job or -1 */
};

/* Beside this program. */
static int find_program(char *out, size_t cap, struct sg_error *e)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return sg_fail_errno(e, "/proc/self/exe");
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    snprintf(out, cap, "%.*s/segue-audio", slash ? (int)(slash - self) : 0, self);
    return access(out, X_OK) ? sg_fail_errno(e, "%s", out) : 0;
}

/* The same file once more: read-only, with an offset of its own. */
static int open_again(int fd, int *out, struct sg_error *e)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    *out = open(path, O_RDONLY | O_CLOEXEC);
    return *out < 0 ? sg_fail_errno(e, "the file to be read") : 0;
}

static int put_in_memory(struct sg_str bytes, int *out, struct sg_error *e)
{
    *out = memfd_create("job", MFD_CLOEXEC);
    if (*out < 0)
        return sg_fail_errno(e, "memfd_create");
    if (write(*out, bytes.p, bytes.n) != (ssize_t)bytes.n)
        return sg_fail_errno(e, "a job in memory");
    lseek(*out, 0, SEEK_SET);
    return 0;
}

/* The child's from here on. Descriptors are moved out of each other's way first. */
static void take_places(const struct ends *ends)
{
    int aside[GIVEN];
    for (int i = 0; i < GIVEN; i++)
        aside[i] = ends->fd[i] < 0 ? -1 : fcntl(ends->fd[i], F_DUPFD, ASIDE);
    for (int i = 0; i < GIVEN; i++)
        if (aside[i] >= 0)
            dup2(aside[i], i);
    unsigned first = ends->fd[GIVEN - 1] < 0 ? GIVEN - 1 : GIVEN;
    if (syscall(SYS_close_range, first, ~0u, 0))
        for (int i = (int)first; i < 65536; i++) /* before Linux 5.9 */
            close(i);
}

static void bound(int cpu_s)
{
    struct rlimit none = {0, 0};
    struct rlimit cpu = {(rlim_t)cpu_s, (rlim_t)cpu_s + 1};
    setrlimit(RLIMIT_CORE, &none);
    if (cpu_s > 0)
        setrlimit(RLIMIT_CPU, &cpu);
}

/* What it is started as: written before the fork. */
struct words {
    char program[600], seconds[24];
    char *v[6];
};

static int write_words(struct words *w, const struct sg_audio_child *o, struct sg_error *e)
{
    size_t n = 0;
    int rc = o->program ? 0 : find_program(w->program, sizeof w->program, e);
    w->v[n++] = o->program ? (char *)(uintptr_t)o->program : w->program;
    w->v[n++] = (char *)(uintptr_t)o->command;
    if (o->max_seconds > 0) {
        snprintf(w->seconds, sizeof w->seconds, "%d", o->max_seconds);
        w->v[n++] = (char *)(uintptr_t) "--max-seconds";
        w->v[n++] = w->seconds;
    }
    w->v[n++] = (char *)(uintptr_t)o->out_dir;
    w->v[o->out_dir ? n : n - 1] = NULL;
    return rc;
}

static _Noreturn void become(struct words *w, const struct sg_audio_child *o,
                             const struct ends *ends, pid_t parent)
{
    /* The leak detector would trace the process, which its own confinement forbids. */
    char *environment[] = {(char *)(uintptr_t) "ASAN_OPTIONS=detect_leaks=0", NULL};
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    for (int i = 1; i < 32; i++)
        sigaction(i, &normal, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    bound(o->cpu_s);
    if (o->gentle)
        setpriority(PRIO_PROCESS, 0, 10);
    take_places(ends);
    if (chdir("/") == 0)
        execve(w->v[0], w->v, environment);
    _exit(127);
}

static int start(struct audio_process *p, const struct sg_audio_child *o, const struct ends *ends,
                 struct sg_error *e)
{
    struct words words;
    sigset_t all, before;
    pid_t self = getpid();
    int rc = write_words(&words, o, e);
    if (rc)
        return rc;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* no handler of ours runs in the child */
    pid_t pid = fork();
    if (pid == 0)
        become(&words, o, ends, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        return sg_fail_errno(e, "fork");
    setpgid(pid, pid); /* whoever is first */
    p->pid = pid;
    p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return p->pidfd < 0 ? sg_fail_errno(e, "pidfd_open") : 0;
}

static void close_some(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int audio_spawn(struct audio_process *p, const struct sg_audio_child *o, struct sg_error *e)
{
    struct ends ends = {{-1, -1, -1, -1}};
    int answer[2] = {-1, -1}, progress[2] = {-1, -1};
    *p = (struct audio_process){.pidfd = -1, .out = -1, .err = -1};
    int rc = open_again(o->input, &ends.fd[0], e);
    if (!rc && (pipe2(answer, O_CLOEXEC) || pipe2(progress, O_CLOEXEC)))
        rc = sg_fail_errno(e, "pipe");
    if (!rc && o->job.p)
        rc = put_in_memory(o->job, &ends.fd[3], e);
    ends.fd[1] = answer[1];
    ends.fd[2] = progress[1];
    if (!rc)
        rc = start(p, o, &ends, e);
    for (int i = 0; i < GIVEN; i++)
        close_some(&ends.fd[i]);
    p->out = answer[0];
    p->err = progress[0];
    if (rc)
        audio_end(p, true);
    return rc;
}

int audio_end(struct audio_process *p, bool kill_it)
{
    int status = -1;
    if (p->pid > 0) {
        if (kill_it) {
            kill(-p->pid, SIGKILL);
            kill(p->pid, SIGKILL);
        }
        while (waitpid(p->pid, &status, 0) < 0)
            if (errno != EINTR) {
                status = -1;
                break;
            }
    }
    p->pid = 0;
    close_some(&p->pidfd);
    close_some(&p->out);
    close_some(&p->err);
    return status;
}
