/* indexer.c - see indexer.h. */
#include "tests/support/indexer.h"
#include "core/clock.h"
#include "tests/support/scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char *test_program(const char *name)
{
    static char path[PATH_MAX + 64];
    const char *bin = getenv("SEGUE_BIN");
    if (bin) {
        snprintf(path, sizeof path, "%s/%s", bin, name);
        return path;
    }
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
    }
    snprintf(path, sizeof path, "%s/bin/%s", self, name);
    return path;
}

/* What a test does not ask about is not to depend on how busy the machine is. */
static void put_patience(FILE *f, const char *settings)
{
    for (const char *line = TEST_PATIENT; *line; line = strchr(line, '\n') + 1) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(line, " "), line);
        if (!settings || !strstr(settings, key))
            fprintf(f, "%.*s\n", (int)strcspn(line, "\n"), line);
    }
}

void test_indexer_init(struct test_indexer *x, const struct test_pg *pg, const char *index_dir,
                       const char *settings)
{
    memset(x, 0, sizeof *x);
    x->pg = pg;
    snprintf(x->dir, sizeof x->dir, "%s", test_scratch());
    snprintf(x->conf, sizeof x->conf, "%s/segue.conf", x->dir);
    if (index_dir)
        snprintf(x->index, sizeof x->index, "%s", index_dir);
    else
        snprintf(x->index, sizeof x->index, "%s/var/index", x->dir);
    FILE *f = fopen(x->conf, "w");
    if (!f) {
        perror(x->conf);
        exit(1);
    }
    fprintf(f, "var_dir = %s/var\nindex.dir = %s\n", x->dir, x->index);
    if (pg)
        fprintf(f, "pg.dsn = %s\n", pg->dsn);
    put_patience(f, settings);
    fprintf(f, "%s", settings ? settings : "");
    fclose(f);
}

void test_indexer_config(const struct test_indexer *x, struct sg_config *c)
{
    struct sg_error e = SG_ERROR_INIT;
    if (sg_config_load(c, x->conf, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

static void become(const char *const *argv, const char *log, int death_signal)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, death_signal);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* The test framework's handlers must not run in the child: one of them passes a
 * SIGTERM on to the test itself. What is returned is the program, no more its fork,
 * which seems to catch what the framework does. */
pid_t test_spawn(const char *const *argv, const char *log, int death_signal)
{
    sigset_t all, before;
    int running[2];
    char none;
    if (pipe2(running, O_CLOEXEC)) {
        perror("pipe");
        exit(1);
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        become(argv, log, death_signal);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(running[1]);
    while (read(running[0], &none, 1) < 0 && errno == EINTR)
        ; /* ends when the program has begun, or could not */
    close(running[0]);
    return pid;
}

pid_t test_program_spawn(const struct test_indexer *x, const char *program, const char *const *args)
{
    const char *argv[16] = {test_program(program), "--config", x->conf};
    char log[128];
    size_t n = 3;
    for (; *args && n < 15; args++)
        argv[n++] = *args;
    bool indexer = !strcmp(program, "segue-indexer");
    snprintf(log, sizeof log, "%s/%s", x->dir, indexer ? "log" : program);
    return test_spawn(argv, log, SIGKILL);
}

pid_t test_indexer_spawn(struct test_indexer *x, const char *const *args)
{
    return test_program_spawn(x, "segue-indexer", args);
}

enum { LONG_MS = 240000 };

/* A test that its time limit ends could not say what it waited for. */
static void tell_when_long(pid_t pid)
{
    struct pollfd ended = {.fd = pid > 0 ? pidfd_open(pid, 0) : -1, .events = POLLIN};
    if (ended.fd < 0)
        return;
    if (poll(&ended, 1, LONG_MS) == 0) {
        fprintf(stderr, "process %d does not end:\n", (int)pid);
        if (system("ps -N --ppid 2 -p 2 -L -o ppid,pid,lwp,stat,wchan:24,comm >&2"))
            fprintf(stderr, "no ps\n");
    }
    close(ended.fd);
}

int test_wait(pid_t pid)
{
    int status;
    tell_when_long(pid);
    if (pid <= 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Or is over. */
static bool catches_sigterm(pid_t pid)
{
    char path[64], line[256];
    unsigned long long caught = 0;
    bool over = false;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        sscanf(line, "SigCgt: %llx", &caught);
        over |= strncmp(line, "State:\tZ", 8) == 0;
    }
    if (f)
        fclose(f);
    return over || caught >> (SIGTERM - 1) & 1;
}

int test_stop(pid_t pid)
{
    for (int i = 0; i < 6000 && !catches_sigterm(pid); i++)
        sg_sleep_us(20000);
    kill(pid, SIGTERM);
    return test_wait(pid);
}

int test_indexer_command(struct test_indexer *x, const char *const *args)
{
    return test_wait(test_indexer_spawn(x, args));
}

void test_indexer_run(struct test_indexer *x)
{
    x->pid = test_indexer_spawn(x, (const char *const[]){"run", NULL});
}

int test_indexer_kill(struct test_indexer *x, int signal)
{
    int code = 0;
    if (x->pid > 0 && signal == SIGTERM) {
        code = test_stop(x->pid);
    } else if (x->pid > 0) {
        kill(x->pid, signal);
        code = test_wait(x->pid);
    }
    x->pid = 0;
    return code;
}

int test_indexer_verify(struct test_indexer *x)
{
    int code =
        test_indexer_command(x, (const char *const[]){"verify", "--search", "--wait", "120", NULL});
    if (code)
        test_indexer_show_log(x);
    return code;
}

static char *read_log(const struct test_indexer *x, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", x->dir, name);
    FILE *f = fopen(path, "r");
    char *text = calloc(1, (4 << 20) + 1);
    if (f && text) {
        size_t n = fread(text, 1, 4 << 20, f);
        text[n] = '\0';
    }
    if (f)
        fclose(f);
    return text;
}

bool test_logged(const struct test_indexer *x, const char *name, const char *text)
{
    char *log = read_log(x, name);
    bool found = log && strstr(log, text);
    free(log);
    return found;
}

bool test_indexer_logged(const struct test_indexer *x, const char *text)
{
    return test_logged(x, "log", text);
}

void test_show(const struct test_indexer *x, const char *name)
{
    char *log = read_log(x, name);
    size_t n = log ? strlen(log) : 0, from = n > 6000 ? n - 6000 : 0;
    fprintf(stderr, "---- end of %s/%s\n%s\n----\n", x->dir, name, log ? log + from : "");
    free(log);
}

void test_indexer_show_log(const struct test_indexer *x)
{
    test_show(x, "log");
}
