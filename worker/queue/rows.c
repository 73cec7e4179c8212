/* rows.c - the changes of a job's row (schemas/sql/0003, 0025). Each is one statement, and those of
 * a job that is held name its holder and attempt, so that who lost it changes nothing. */
#include "core/buf.h"
#include "worker/database.h"
#include "worker/queue/inside.h"
#include <stdio.h>
#include <stdlib.h>

#define LET_GO "leased_by = NULL, lease_until = NULL, told_at = NULL, confirmed = false"
#define OURS                                                                                       \
    "job_id = $1::bigint AND leased_by = $2 AND attempts = $3::integer AND status = 'running'"

static const char *number(char out[24], int64_t v)
{
    snprintf(out, 24, "%lld", (long long)v);
    return out;
}

/* SG_EINVAL: too long to be one of ours. */
static int read_job(const PGresult *r, const struct sg_queue *q, struct sg_job *job)
{
    const char *payload = PQgetvalue(r, 0, 1);
    job->id = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    job->attempts = atoi(PQgetvalue(r, 0, 2));
    job->max_attempts = atoi(PQgetvalue(r, 0, 3));
    snprintf(job->holder, sizeof job->holder, "%s", q->holder);
    snprintf(job->payload, sizeof job->payload, "%s", payload);
    return strlen(payload) > SG_JOB_PAYLOAD_MAX ? SG_EINVAL : 0;
}

int rows_claim(struct sg_queue *q, struct sg_job *job, bool told, struct sg_error *e)
{
    static const struct sg_pg_statement claim = {
        "job_claim",
        "WITH next AS (SELECT job_id FROM jobs WHERE queue = $1 AND status = 'queued' "
        "AND run_at <= now() AND (NOT $4::boolean OR told_at IS NOT NULL) "
        "ORDER BY priority DESC, run_at LIMIT 1 FOR UPDATE SKIP LOCKED) "
        "UPDATE jobs j SET status = 'running', attempts = attempts + 1, leased_by = $2, "
        "lease_until = clock_timestamp() + $3::integer * interval '1 second' "
        "FROM next WHERE j.job_id = next.job_id "
        "RETURNING j.job_id, j.payload::text, j.attempts, j.max_attempts",
        4};
    char lease[24];
    const char *params[] = {q->name, q->holder, number(lease, q->config->worker.lease_s),
                            told ? "t" : "f"};
    PGresult *r = NULL;
    int rc = sg_worker_run(q->pool, &claim, params, &r, e);
    if (!rc)
        rc = PQntuples(r) ? read_job(r, q, job) : SG_ENOENT;
    PQclear(r);
    return rc;
}

static int end_by(struct sg_queue *q, const struct sg_pg_statement *s, const struct sg_job *job,
                  const char *why, int64_t retry_s, enum sg_job_fate *had, struct sg_error *e)
{
    char id[24], attempts[24], retry[24];
    const char *params[] = {number(id, job->id), job->holder, number(attempts, job->attempts),
                            why ? why : "", number(retry, retry_s)};
    PGresult *r = NULL;
    int rc = sg_worker_run(q->pool, s, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ECHANGED, "the job is another's by now");
    else if (!rc && strcmp(PQgetvalue(r, 0, 0), "failed") == 0)
        *had = SG_JOB_DEAD;
    PQclear(r);
    return rc;
}

/* The wait of a retry is doubled each time, an hour at most, and a little longer by chance, so that
 * what failed together does not come back together. */
int rows_end(struct sg_queue *q, const struct sg_job *job, enum sg_job_fate fate, const char *why,
             enum sg_job_fate *had, struct sg_error *e)
{
    static const struct sg_pg_statement by_fate[] = {
        [SG_JOB_DONE] = {"job_done_late",
                         "UPDATE jobs SET status = 'done', ended_at = now(), " LET_GO " WHERE " OURS
                         " AND ($4::text, $5::integer) IS NOT NULL RETURNING status",
                         5},
        [SG_JOB_AGAIN] = {"job_again",
                          "UPDATE jobs SET status = CASE WHEN attempts < max_attempts "
                          "THEN 'queued' ELSE 'failed' END, last_error = $4::text, ended_at = "
                          "CASE WHEN attempts < max_attempts THEN NULL ELSE now() END, run_at = "
                          "now() + least(3600, $5::integer * 2.0 ^ least(attempts - 1, 20)) "
                          "* (1 + random() / 10) * interval '1 second', " LET_GO " WHERE " OURS
                          " RETURNING status",
                          5},
        [SG_JOB_DEAD] = {"job_dead",
                         "UPDATE jobs SET status = 'failed', last_error = $4::text, "
                         "ended_at = now(), " LET_GO " WHERE " OURS
                         " AND $5::integer IS NOT NULL RETURNING status",
                         5},
        [SG_JOB_RELEASE] = {"job_release",
                            "UPDATE jobs SET status = 'queued', attempts = attempts - 1, "
                            "run_at = now(), " LET_GO " WHERE " OURS
                            " AND ($4::text, $5::integer) IS NOT NULL RETURNING status",
                            5},
    };
    return end_by(q, &by_fate[fate], job, why, q->config->worker.retry_s, had, e);
}

static int of_job(PGconn *pg, const struct sg_pg_statement *s, const struct sg_job *job,
                  struct sg_error *e)
{
    char id[24], attempts[24];
    const char *params[] = {number(id, job->id), job->holder, number(attempts, job->attempts)};
    PGresult *r = NULL;
    int rc = sg_worker_tx_run(pg, s, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ECHANGED, "the job is another's by now");
    PQclear(r);
    return rc;
}

int sg_job_hold(PGconn *pg, const struct sg_job *job, struct sg_error *e)
{
    static const struct sg_pg_statement hold = {
        "job_hold", "SELECT job_id FROM jobs WHERE " OURS " FOR UPDATE", 3};
    return of_job(pg, &hold, job, e);
}

int sg_job_done(PGconn *pg, const struct sg_job *job, struct sg_error *e)
{
    static const struct sg_pg_statement done = {
        "job_done",
        "UPDATE jobs SET status = 'done', ended_at = now(), " LET_GO " WHERE " OURS
        " RETURNING job_id",
        3};
    return of_job(pg, &done, job, e);
}

static void mark_ours(struct lease *v, size_t n, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        int64_t id = strtoll(PQgetvalue(r, i, 0), NULL, 10);
        for (size_t j = 0; j < n; j++)
            v[j].ours |= v[j].id == id;
    }
}

int rows_renew(struct sg_queue *q, struct lease *v, size_t n, struct sg_error *e)
{
    static const struct sg_pg_statement renew = {
        "job_renew",
        "UPDATE jobs j SET lease_until = clock_timestamp() + $4::integer * interval '1 second' "
        "FROM unnest($1::bigint[], $2::integer[]) AS m (job_id, attempts) "
        "WHERE j.job_id = m.job_id AND j.attempts = m.attempts AND j.leased_by = $3 "
        "AND j.status = 'running' RETURNING j.job_id",
        4};
    struct sg_buf ids = {0}, attempts = {0};
    char lease[24];
    for (size_t i = 0; i < n; i++) {
        sg_buf_printf(&ids, "%c%lld", i ? ',' : '{', (long long)v[i].id);
        sg_buf_printf(&attempts, "%c%d", i ? ',' : '{', v[i].attempts);
    }
    sg_buf_put(&ids, "}", 2);
    sg_buf_put(&attempts, "}", 2);
    const char *params[] = {ids.p, attempts.p, q->holder, number(lease, q->config->worker.lease_s)};
    PGresult *r = NULL;
    int rc = sg_buf_failed(&ids) || sg_buf_failed(&attempts)
                 ? sg_fail(e, SG_ENOMEM, "leases")
                 : sg_worker_run(q->pool, &renew, params, &r, e);
    if (!rc)
        mark_ours(v, n, r);
    PQclear(r);
    sg_buf_free(&ids);
    sg_buf_free(&attempts);
    return rc;
}

int rows_return_lost(struct sg_queue *q, struct sg_error *e)
{
    static const struct sg_pg_statement lost = {
        "jobs_lost",
        "WITH lost AS (SELECT job_id FROM jobs WHERE queue = $1 AND status = 'running' "
        "AND lease_until < clock_timestamp() LIMIT 100 FOR UPDATE SKIP LOCKED) "
        "UPDATE jobs j SET status = CASE WHEN attempts < max_attempts THEN 'queued' ELSE 'failed' "
        "END, last_error = 'worker ' || leased_by || ' fell silent', run_at = now(), ended_at = "
        "CASE WHEN attempts < max_attempts THEN NULL ELSE now() END, " LET_GO
        " FROM lost WHERE j.job_id = lost.job_id",
        1};
    return sg_worker_run(q->pool, &lost, &q->name, NULL, e);
}

int rows_due(struct sg_queue *q, bool told, bool *due, struct sg_error *e)
{
    static const struct sg_pg_statement look = {
        "jobs_due",
        "SELECT EXISTS (SELECT FROM jobs WHERE queue = $1 AND status = 'queued' "
        "AND run_at <= now() AND (NOT $2::boolean OR told_at IS NOT NULL))",
        2};
    PGresult *r = NULL;
    int rc = sg_worker_run(q->pool, &look, (const char *const[]){q->name, told ? "t" : "f"}, &r, e);
    if (!rc)
        *due = PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    return rc;
}

int rows_count(struct sg_queue *q, struct sg_error *e)
{
    static const struct sg_pg_statement count = {
        "jobs_count",
        "SELECT (SELECT count(*) FROM jobs WHERE queue = $1 AND status = 'queued'), "
        "(SELECT count(*) FROM jobs WHERE queue = $1 AND status = 'running'), "
        "(SELECT count(*) FROM jobs WHERE queue = $1 AND status = 'failed')",
        1};
    static const char *const states[] = {"queued", "running", "dead"};
    PGresult *r = NULL;
    int rc = sg_worker_run(q->pool, &count, &q->name, &r, e);
    for (int i = 0; !rc && i < 3; i++)
        sg_metric_set(q->jobs, states[i], atof(PQgetvalue(r, 0, i)));
    PQclear(r);
    return rc;
}

int rows_forget_done(struct sg_queue *q, struct sg_error *e)
{
    static const struct sg_pg_statement forget = {
        "jobs_forget",
        "DELETE FROM jobs WHERE queue = $1 AND status = 'done' "
        "AND ended_at < now() - interval '7 days'",
        1};
    return sg_worker_run(q->pool, &forget, &q->name, NULL, e);
}
