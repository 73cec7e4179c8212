/* pg_processes.c - the processes of a test's PostgreSQL, stopped where they are or killed: see
 * pg.h. */
#include "core/clock.h"
#include "tests/support/pg.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { CHILDREN_MAX = 256 };

static _Noreturn void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "test PostgreSQL: %s: %s\n", what, detail);
    exit(1);
}

static pid_t pid_of(const struct test_pg *pg)
{
    char path[128];
    int pid = 0;
    snprintf(path, sizeof path, "%s/data/postmaster.pid", pg->dir);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%d", &pid) != 1 || pid <= 1)
        give_up(path, "names no server");
    fclose(f);
    return pid;
}

/* 'R', 'S', 'T' and so on, as proc(5) has them; 0: there is no such process. */
static char state_of(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && !fgets(line, sizeof line, f))
        line[0] = '\0';
    if (f)
        fclose(f);
    const char *at = strrchr(line, ')');
    return at && at[1] ? at[2] : 0;
}

static bool is_over(pid_t pid)
{
    char state = state_of(pid);
    return !state || state == 'Z' || state == 'X';
}

static size_t children_of(pid_t pid, pid_t *out, size_t cap)
{
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        give_up(path, "cannot be read");
    for (int child; n < cap && fscanf(f, "%d", &child) == 1;)
        out[n++] = child;
    fclose(f);
    return n;
}

/* SIGSTOP is not at once: waits until each stands still or is gone, and sees whether one began
 * meanwhile. */
void test_pg_freeze(const struct test_pg *pg)
{
    pid_t server = pid_of(pg), children[CHILDREN_MAX];
    bool all = false;
    while (!all) {
        kill(server, SIGSTOP);
        all = state_of(server) == 'T';
        size_t n = children_of(server, children, CHILDREN_MAX);
        for (size_t i = 0; i < n; i++) {
            kill(children[i], SIGSTOP);
            all = all && (state_of(children[i]) == 'T' || is_over(children[i]));
        }
        if (!all)
            sg_sleep_us(1000);
    }
}

void test_pg_thaw(const struct test_pg *pg)
{
    pid_t server = pid_of(pg), children[CHILDREN_MAX];
    size_t n = children_of(server, children, CHILDREN_MAX);
    for (size_t i = 0; i < n; i++)
        kill(children[i], SIGCONT);
    kill(server, SIGCONT);
}

/* Its children notice and end: who is asked later is not to be answered by one that has not yet. */
void test_pg_crash(const struct test_pg *pg)
{
    pid_t server = pid_of(pg), children[CHILDREN_MAX];
    kill(server, SIGSTOP);
    while (state_of(server) != 'T')
        sg_sleep_us(1000);
    size_t n = children_of(server, children, CHILDREN_MAX);
    kill(server, SIGKILL);
    while (kill(server, 0) == 0)
        sg_sleep_us(1000);
    for (size_t i = 0; i < n; i++)
        for (int ms = 0; !is_over(children[i]) && ms < 120000; ms++)
            sg_sleep_us(1000);
}
