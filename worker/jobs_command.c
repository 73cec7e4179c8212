/* jobs_command.c - see jobs_command.h. */
#include "worker/jobs_command.h"
#include "core/pg.h"
#include <stdio.h>
#include <string.h>

const char sg_jobs_help[] =
    "list           dead letters, newest first; --all: every job that is not done\n"
    "show JOB       all that is known of one, as JSON\n"
    "retry JOB      queues a dead letter again, with all its attempts; retry --all: each of them\n"
    "drop JOB       deletes one that is not being worked at; its upload has failed for good";

static int misuse(void)
{
    fprintf(stderr, "segue-worker jobs: usage: jobs list [--all] | show JOB | retry JOB|--all | "
                    "drop JOB\n");
    return 2;
}

static int fail(const struct sg_error *e)
{
    fprintf(stderr, "segue-worker jobs: %s\n", e->text);
    return 1;
}

static void print_rows(const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++)
        for (int j = 0; j < PQnfields(r); j++)
            printf("%s%c", PQgetvalue(r, i, j), j + 1 < PQnfields(r) ? '\t' : '\n');
}

static int list(PGconn *pg, const char *what)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *r = NULL;
    const char *all = what && strcmp(what, "--all") == 0 ? "t" : "f";
    if (what && *all == 'f')
        return misuse();
    if (sg_pg_exec(
            pg,
            "SELECT job_id, queue, status, 'attempt ' || attempts || ' of ' || max_attempts, "
            "to_char(coalesce(ended_at, run_at), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), payload, "
            "translate(coalesce(last_error, ''), E'\\t\\n', '  ') FROM jobs "
            "WHERE status = 'failed' OR ($1::boolean AND status <> 'done') "
            "ORDER BY status = 'failed', coalesce(ended_at, run_at) DESC LIMIT 1000",
            1, &all, &r, &e))
        return fail(&e);
    print_rows(r);
    if (!PQntuples(r))
        fprintf(stderr, *all == 't' ? "no jobs\n" : "no dead letters\n");
    PQclear(r);
    return 0;
}

/* One statement about one job; sorry: what no row means. */
static int one(PGconn *pg, const char *sql, const char *job, const char *sorry)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *r = NULL;
    int64_t id;
    if (!sg_str_to_i64(sg_str(job), &id))
        return misuse();
    if (sg_pg_exec(pg, sql, 1, &job, &r, &e))
        return fail(&e);
    int n = PQntuples(r);
    print_rows(r);
    PQclear(r);
    if (!n)
        fprintf(stderr, "segue-worker jobs: %s %s\n", sorry, job);
    return n ? 0 : 1;
}

#define AGAIN                                                                                      \
    "UPDATE jobs SET status = 'queued', attempts = 0, run_at = now(), ended_at = NULL, "           \
    "told_at = NULL, confirmed = false WHERE status = 'failed' "

static int retry(PGconn *pg, const char *job)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *r = NULL;
    if (strcmp(job, "--all"))
        return one(pg, AGAIN "AND job_id = $1::bigint RETURNING job_id", job,
                   "there is no dead letter");
    if (sg_pg_exec(pg, AGAIN "RETURNING job_id", 0, NULL, &r, &e))
        return fail(&e);
    print_rows(r);
    PQclear(r);
    return 0;
}

static int run(PGconn *pg, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "list") == 0 && argc <= 3)
        return list(pg, argv[2]);
    if (argc != 3)
        return misuse();
    if (strcmp(verb, "show") == 0)
        return one(pg, "SELECT jsonb_pretty(to_jsonb(j)) FROM jobs j WHERE job_id = $1::bigint",
                   argv[2], "there is no job");
    if (strcmp(verb, "retry") == 0)
        return retry(pg, argv[2]);
    if (strcmp(verb, "drop") == 0)
        return one(pg,
                   "DELETE FROM jobs WHERE job_id = $1::bigint AND status <> 'running' "
                   "RETURNING job_id",
                   argv[2], "it is being worked at, or there is no job");
    return misuse();
}

int sg_jobs_command(const struct sg_config *c, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *pg;
    if (sg_pg_connect(&pg, c->pg.dsn, &e))
        return fail(&e);
    int code = run(pg, argc, argv);
    PQfinish(pg);
    return code;
}
