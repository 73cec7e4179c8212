/* pg.h - a private PostgreSQL for tests.
 *
 * Lives in its own folder below /tmp, on a unix socket only. A watcher process
 * stops the server at once and removes the folder when the test program ends,
 * however it ends; at a normal end the program waits for that. Any failure to
 * start prints why and ends the program (77, skipped, when there is no
 * PostgreSQL to run).
 */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>

struct test_pg {
    char dir[64];  /* data/, socket/, log/ */
    char dsn[128]; /* host=... dbname=segue */
};

/* Starts one, with an empty database. settings: lines for postgresql.conf, may
 * be NULL. Owned by the support library, which ends it with the program. */
struct test_pg *test_pg_start(const char *settings);
/* As above, with schemas/sql applied: a copy of a cluster that is made once a build. */
struct test_pg *test_pg_start_migrated(const char *settings);
/* A streaming replica of it, caught up. Superuser's functions pause its replay. */
struct test_pg *test_pg_start_replica(const struct test_pg *primary);
void test_pg_migrate(const struct test_pg *pg);

void test_pg_stop(const struct test_pg *pg);    /* clean */
void test_pg_crash(const struct test_pg *pg);   /* kill -9 of the postmaster; all of it is gone */
void test_pg_up(const struct test_pg *pg);      /* again, after either */
void test_pg_restart(const struct test_pg *pg); /* stop and up */

/* Every process of it stops where it is (SIGSTOP), and goes on. */
void test_pg_freeze(const struct test_pg *pg);
void test_pg_thaw(const struct test_pg *pg);
/* A new connection, for PQfinish. */
PGconn *test_pg_connect(const struct test_pg *pg);
/* Runs sql, which must succeed; text of the first value or "" (static buffer). */
const char *test_pg_sql(PGconn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* By the connection c: a commit of others ends only once a replica of this name has it; "": at
 * once, as usual. c itself waits for none. */
void test_pg_commits_wait_for(const struct test_pg *pg, PGconn *c, const char *replica);
/* Until the commit that the connection `of` has sent so waits; those of others may, too. */
void test_pg_await_waiting_commit(PGconn *c, const PGconn *of);

/* Folder of the sources, from SEGUE_SOURCE or where this was compiled. */
const char *test_source_dir(void);
