/* indexer.h - the real segue-indexer over a private PostgreSQL, for tests.
 *
 * Its configuration and index lie in a scratch folder. Programs are taken from
 * $SEGUE_BIN, else from bin/ beside the test's own folder.
 */
#pragma once
#include "core/config.h"
#include "tests/support/pg.h"
#include <sys/types.h>

/* Lines of segue.conf for an API that is tested on a machine that has much else to do: a database
 * that takes seconds is neither away nor too slow. */
#define TEST_PATIENT                                                                               \
    "api.timeout_ms = 20000\npg.lock_timeout_ms = 20000\npg.statement_timeout_ms = 20000\n"        \
    "pg.away_ms = 20000\n"

struct test_indexer {
    const struct test_pg *pg;
    char dir[64]; /* var/, segue.conf, log */
    char conf[96];
    char index[96]; /* index.dir */
    pid_t pid;      /* of `run`; 0: not running */
};

/* settings: further lines of segue.conf, may be NULL. index_dir NULL: in the scratch
 * folder. pg NULL: settings must name a JSONL source. */
void test_indexer_init(struct test_indexer *x, const struct test_pg *pg, const char *index_dir,
                       const char *settings);
/* The configuration as the programs see it. */
void test_indexer_config(const struct test_indexer *x, struct sg_config *c);
/* Path of a program of this build, "segue-indexer". */
const char *test_program(const char *name);
/* Runs a command to its end, output to dir/log: its exit code, or 128 + signal.
 * args ends with NULL. */
int test_indexer_command(struct test_indexer *x, const char *const *args);
/* Starts a program, output to log; it gets death_signal when the test dies. */
pid_t test_spawn(const char *const *argv, const char *log, int death_signal);
/* Starts a command of one of ours without waiting, output to dir/PROGRAM. */
pid_t test_program_spawn(const struct test_indexer *x, const char *program,
                         const char *const *args);
/* The same of the indexer, output to dir/log. */
pid_t test_indexer_spawn(struct test_indexer *x, const char *const *args);
/* Waits for it: as test_indexer_command. */
int test_wait(pid_t pid);
/* Asks a service to stop, once it has come so far that it listens to that, and waits for it. */
int test_stop(pid_t pid);
void test_indexer_run(struct test_indexer *x); /* starts `run` */
/* And waits: its exit code. SIGTERM as test_stop. */
int test_indexer_kill(struct test_indexer *x, int signal);
/* verify; prints the log's end when it finds a difference. */
int test_indexer_verify(struct test_indexer *x);
/* True when the log holds the text: a file below dir, the indexer's. */
bool test_logged(const struct test_indexer *x, const char *name, const char *text);
bool test_indexer_logged(const struct test_indexer *x, const char *text);
/* Prints the end of a file below dir. */
void test_show(const struct test_indexer *x, const char *name);
void test_indexer_show_log(const struct test_indexer *x);
