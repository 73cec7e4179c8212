/* pg.c - see pg.h. */
#include "tests/support/pg.h"
#include "core/clock.h"
#include "core/pg.h"
#include "tests/support/indexer.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEMPLATE_SCRIPT "tests/support/pg_template.sh"
#define PATIENCE_US     120000000

enum { CLUSTERS_MAX = 8, CONNECT_TRIES = 12, SKIPPED = 77 };

static struct cluster {
    struct test_pg pg;
    pid_t watcher;
    int leash; /* closed by our end: the watcher then cleans up */
} clusters[CLUSTERS_MAX];
static size_t n_clusters;
static pid_t owner;

const char *test_source_dir(void)
{
    static char dir[512];
    const char *from = getenv("SEGUE_SOURCE");
    if (from)
        return from;
    snprintf(dir, sizeof dir, "%s", __FILE__);
    char *tail = strstr(dir, "/tests/support/pg.c");
    if (!tail)
        return ".";
    *tail = '\0';
    return dir;
}

static _Noreturn void give_up(int code, const char *what, const char *detail)
{
    fprintf(stderr, "test PostgreSQL: %s: %s\n", what, detail);
    exit(code);
}

/* A script of ours with up to three words, the last may be NULL: its exit code, -1 for none. */
static int run(const char *name, const char *verb, const char *a, const char *b)
{
    char script[600];
    snprintf(script, sizeof script, "%s/%s", test_source_dir(), name);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("SEGUE_PG_SHARED_BUFFERS", "64MB", 0);
        execl(script, script, verb, a, b, (char *)NULL);
        _exit(127);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_script(const char *verb, const char *dir)
{
    return run("deploy/postgres", verb, dir, NULL);
}

static void remove_folder(const char *dir)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

/* Sleeps on the leash until the last process of the test is gone. */
static _Noreturn void watch(const char *dir, int leash)
{
    char c;
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    while (read(leash, &c, 1) > 0)
        ;
    if (!freopen("/dev/null", "w", stderr))
        _exit(1);
    run_script("stop-now", dir);
    remove_folder(dir);
    _exit(0);
}

static void start_watcher(struct cluster *k)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up(1, "pipe", "refused");
    k->watcher = fork();
    if (k->watcher < 0)
        give_up(1, "fork", "refused");
    if (k->watcher == 0) {
        for (size_t i = 0; i < n_clusters; i++)
            close(clusters[i].leash);
        close(ends[1]);
        watch(k->pg.dir, ends[0]);
    }
    close(ends[0]);
    k->leash = ends[1];
}

static void end_all(void)
{
    if (getpid() != owner) /* a test's forked child ends: not the program */
        return;
    for (size_t i = 0; i < n_clusters; i++) {
        close(clusters[i].leash);
        waitpid(clusters[i].watcher, NULL, 0);
    }
}

static void add_settings(const char *dir, const char *settings)
{
    char path[128];
    snprintf(path, sizeof path, "%s/data/postgresql.conf", dir);
    FILE *f = fopen(path, "a");
    if (!f)
        give_up(1, path, "cannot be opened");
    /* A test kills processes, not the machine: nothing to sync for. */
    fprintf(f, "fsync = off\n%s\n", settings ? settings : "");
    fclose(f);
}

static void create_database(struct test_pg *pg)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *c;
    char dsn[128];
    snprintf(dsn, sizeof dsn, "host=%s/socket dbname=postgres", pg->dir);
    if (sg_pg_connect(&c, dsn, &e) || sg_pg_exec(c, "CREATE DATABASE segue", 0, NULL, NULL, &e))
        give_up(1, "create database", e.text);
    PQfinish(c);
}

/* A folder with its watcher, nothing in it. */
static struct cluster *add_cluster(void)
{
    if (n_clusters == CLUSTERS_MAX)
        give_up(1, "start", "too many clusters in one program");
    if (access("/usr/lib/postgresql", R_OK) != 0 && !getenv("SEGUE_PG_BIN"))
        give_up(SKIPPED, "SKIPPED", "no PostgreSQL below /usr/lib/postgresql");
    struct cluster *k = &clusters[n_clusters];
    char dir[] = "/tmp/segue-pg-XXXXXX";
    if (!mkdtemp(dir))
        give_up(1, dir, "cannot be made");
    memcpy(k->pg.dir, dir, sizeof dir);
    snprintf(k->pg.dsn, sizeof k->pg.dsn, "host=%s/socket dbname=segue", dir);
    if (!owner) {
        owner = getpid();
        atexit(end_all);
    }
    start_watcher(k);
    n_clusters++;
    return k;
}

static void init_and_start(struct test_pg *pg, const char *settings)
{
    if (run_script("init", pg->dir))
        give_up(1, "init", pg->dir);
    add_settings(pg->dir, settings);
    test_pg_up(pg);
    create_database(pg);
}

struct test_pg *test_pg_start(const char *settings)
{
    struct cluster *k = add_cluster();
    init_and_start(&k->pg, settings);
    return &k->pg;
}

/* Databases that no test asks: half of the files that each copy would have. */
static void drop_others(const struct test_pg *pg)
{
    static const char *const others[] = {"postgres", "template0", "template1"};
    PGconn *c = test_pg_connect(pg);
    test_pg_sql(c, "UPDATE pg_database SET datistemplate = false");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        test_pg_sql(c, "DROP DATABASE %s", others[i]);
    PQfinish(c);
}

/* The first program of a build that needs a migrated cluster keeps a copy of its own beside the
 * build's programs; the others begin with that, a second of work less for each. */
static void copy_migrated(struct test_pg *pg)
{
    char template[PATH_MAX], path[PATH_MAX + 8];
    snprintf(template, sizeof template, "%.4000s", test_program("../postgres-for-tests"));
    snprintf(path, sizeof path, "%s.lock", template);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX))
        give_up(1, path, strerror(errno));
    if (run(TEMPLATE_SCRIPT, "take", template, pg->dir)) {
        init_and_start(pg, NULL);
        test_pg_migrate(pg);
        drop_others(pg);
        test_pg_stop(pg);
        if (run(TEMPLATE_SCRIPT, "keep", template, pg->dir))
            give_up(1, template, "cannot be written");
    }
    close(lock);
}

struct test_pg *test_pg_start_migrated(const char *settings)
{
    struct cluster *k = add_cluster();
    copy_migrated(&k->pg);
    add_settings(k->pg.dir, settings);
    test_pg_up(&k->pg);
    return &k->pg;
}

struct test_pg *test_pg_start_replica(const struct test_pg *primary)
{
    char command[1024];
    struct cluster *k = add_cluster();
    snprintf(
        command, sizeof command,
        "set -e; cd %s; mkdir socket log; bin=${SEGUE_PG_BIN:-$(ls -d "
        "/usr/lib/postgresql/*/bin | sort -V | tail -1)}; "
        "\"$bin\"/pg_basebackup -h %s/socket -D data -R -X stream -c fast >log/basebackup 2>&1; "
        "chmod 700 data; chmod 750 socket; "
        "[ $(id -u) -ne 0 ] || chown -R postgres:postgres .",
        k->pg.dir, primary->dir);
    if (system(command)) /* NOLINT(cert-env33-c): paths of our own */
        give_up(1, "pg_basebackup", k->pg.dir);
    test_pg_up(&k->pg);
    return &k->pg;
}

void test_pg_migrate(const struct test_pg *pg)
{
    struct sg_error e = SG_ERROR_INIT;
    char dir[600];
    snprintf(dir, sizeof dir, "%s/schemas/sql", test_source_dir());
    PGconn *c = test_pg_connect(pg);
    if (sg_pg_migrate(c, dir, NULL, &e))
        give_up(1, "migrate", e.text);
    PQfinish(c);
}

void test_pg_stop(const struct test_pg *pg)
{
    if (run_script("stop", pg->dir))
        give_up(1, "stop", pg->dir);
}

/* The children of a killed postmaster notice and end; until then its shared
 * memory is held and a new one refuses to start. */
void test_pg_up(const struct test_pg *pg)
{
    for (int tries = 0; tries < 200; tries++) {
        if (run_script("start", pg->dir) == 0)
            return;
        sg_sleep_us(250000);
    }
    give_up(1, "start", pg->dir);
}

void test_pg_restart(const struct test_pg *pg)
{
    test_pg_stop(pg);
    test_pg_up(pg);
}

PGconn *test_pg_connect(const struct test_pg *pg)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *c;
    int rc = SG_EUNAVAIL;
    for (int i = 0; rc && i < CONNECT_TRIES; i++)
        rc = sg_pg_connect(&c, pg->dsn, &e);
    if (!rc) /* a server looks for one that blocks it after a second */
        rc = sg_pg_exec(c, "SET deadlock_timeout = '20ms'", 0, NULL, NULL, &e);
    if (rc)
        give_up(1, "connect", e.text);
    return c;
}

/* A statement of many rows takes them in an order of its own, and so do the servers under test:
 * two can wait for each other. The test's gives way, as it looks for that first, and comes again;
 * one within a transaction cannot. */
static int yielding(PGconn *c, const char *sql, PGresult **r, struct sg_error *e)
{
    bool alone = PQtransactionStatus(c) == PQTRANS_IDLE;
    int turns = 200, rc;
    while ((rc = sg_pg_exec(c, sql, 0, NULL, r, e)) == SG_EBUSY && alone && --turns > 0)
        sg_sleep_us(50000);
    return rc;
}

/* TRUNCATE wants its tables for itself one after the other, while the servers under test read them
 * in an order of their own. It gives up its turn before the database looks whether two wait for
 * each other, so that nobody waits behind it for long, and tries again. */
static int execute(PGconn *c, const char *sql, PGresult **r, struct sg_error *e)
{
    int turns = 200; /* of 250 ms at most */
    if (strncmp(sql, "TRUNCATE ", 9) != 0)
        return yielding(c, sql, r, e);
    int rc = sg_pg_exec(c, "SET lock_timeout = '200ms'", 0, NULL, NULL, e);
    if (rc)
        return rc;
    while ((rc = sg_pg_exec(c, sql, 0, NULL, r, e)) == SG_EBUSY && --turns > 0)
        sg_sleep_us(50000);
    return rc ? rc : sg_pg_exec(c, "RESET lock_timeout", 0, NULL, NULL, e);
}

const char *test_pg_sql(PGconn *c, const char *fmt, ...)
{
    static char value[1024];
    static char sql[64 << 10];
    struct sg_error e = SG_ERROR_INIT;
    PGresult *r = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(sql, sizeof sql, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof sql)
        give_up(1, "sql", "too long");
    if (execute(c, sql, &r, &e))
        give_up(1, e.text, sql);
    snprintf(value, sizeof value, "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return value;
}

static bool is_waiting(PGconn *c, const PGconn *other)
{
    return *test_pg_sql(c,
                        "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND "
                        "wait_event = 'SyncRep'",
                        PQbackendPID(other)) == '1';
}

/* Whether a commit waits: the setting holds once the server's checkpointer has taken it, which
 * nothing else tells. */
static bool waits(PGconn *c, PGconn *probe)
{
    bool so = false;
    if (!PQsendQuery(probe, "SELECT pg_logical_emit_message(true, 'probe', '')"))
        give_up(1, "probe", PQerrorMessage(probe));
    while (!so && PQconsumeInput(probe) && PQisBusy(probe)) {
        so = is_waiting(c, probe);
        sg_sleep_us(1000);
    }
    if (so)
        test_pg_sql(c, "SELECT pg_cancel_backend(%d)", PQbackendPID(probe));
    for (PGresult *r; (r = PQgetResult(probe));)
        PQclear(r);
    return so;
}

static void await_effect(const struct test_pg *pg, PGconn *c)
{
    PGconn *probe = test_pg_connect(pg);
    int64_t end = sg_now_us() + PATIENCE_US;
    test_pg_sql(probe, "SET client_min_messages = error");
    while (!waits(c, probe))
        if (sg_now_us() > end)
            give_up(1, "synchronous_standby_names", "no commit waits");
    PQfinish(probe);
}

void test_pg_commits_wait_for(const struct test_pg *pg, PGconn *c, const char *replica)
{
    test_pg_sql(c, "SET synchronous_commit = local");
    test_pg_sql(c, "ALTER SYSTEM SET synchronous_standby_names = '%s'", replica);
    test_pg_sql(c, "SELECT pg_reload_conf()");
    if (*replica)
        await_effect(pg, c);
    else
        test_pg_sql(c, "RESET synchronous_commit");
}

void test_pg_await_waiting_commit(PGconn *c, const PGconn *of)
{
    int64_t end = sg_now_us() + PATIENCE_US;
    while (!is_waiting(c, of)) {
        if (sg_now_us() > end)
            give_up(1, "synchronous_standby_names", "the commit does not wait");
        sg_sleep_us(10000);
    }
}
