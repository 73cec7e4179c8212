/* outbox.c - rows that the broker is to be told of (worker.queue = rabbitmq).
 *
 *   untold --rows_tell--> told_at = now, not confirmed --publish, confirm--> confirmed
 *                             ^------------ not confirmed after 10 s ------------|
 *
 * told_at is written before the message is sent: whoever is given the ticket finds the row. */
#include "core/buf.h"
#include "worker/database.h"
#include "worker/queue/inside.h"
#include <stdio.h>
#include <stdlib.h>

int rows_tell(struct sg_queue *q, struct telling *t, struct sg_error *e)
{
    static const struct sg_pg_statement tell = {
        "jobs_tell",
        "WITH untold AS (SELECT job_id FROM jobs WHERE queue = $1 AND status = 'queued' "
        "AND NOT confirmed AND run_at <= now() "
        "AND (told_at IS NULL OR told_at < clock_timestamp() - interval '10 seconds') "
        "ORDER BY priority DESC, run_at LIMIT 200 FOR UPDATE SKIP LOCKED), "
        "at AS MATERIALIZED (SELECT clock_timestamp() AS now) "
        "UPDATE jobs j SET told_at = at.now FROM untold, at WHERE j.job_id = untold.job_id "
        "RETURNING j.job_id, j.told_at",
        1};
    PGresult *r = NULL;
    int rc = sg_worker_run(q->pool, &tell, &q->name, &r, e);
    t->n = 0;
    for (int i = 0; !rc && i < PQntuples(r) && t->n < TELL_MAX; i++) {
        t->id[t->n++] = strtoll(PQgetvalue(r, i, 0), NULL, 10);
        snprintf(t->token, sizeof t->token, "%s", PQgetvalue(r, i, 1));
    }
    PQclear(r);
    return rc;
}

int rows_told(struct sg_queue *q, const struct telling *t, const bool *confirmed,
              struct sg_error *e)
{
    static const struct sg_pg_statement told = {
        "jobs_told",
        "UPDATE jobs j SET confirmed = m.confirmed, told_at = CASE WHEN m.confirmed "
        "THEN told_at END FROM unnest($1::bigint[], $2::boolean[]) AS m (job_id, confirmed) "
        "WHERE j.job_id = m.job_id AND j.told_at = $3::timestamptz AND j.status = 'queued'",
        3};
    struct sg_buf ids = {0}, which = {0};
    for (size_t i = 0; i < t->n; i++) {
        sg_buf_printf(&ids, "%c%lld", i ? ',' : '{', (long long)t->id[i]);
        sg_buf_printf(&which, "%c%c", i ? ',' : '{', confirmed[i] ? 't' : 'f');
    }
    sg_buf_put(&ids, "}", 2);
    sg_buf_put(&which, "}", 2);
    const char *params[] = {ids.p, which.p, t->token};
    int rc = sg_buf_failed(&ids) || sg_buf_failed(&which)
                 ? sg_fail(e, SG_ENOMEM, "rows")
                 : sg_worker_run(q->pool, &told, params, NULL, e);
    sg_buf_free(&ids);
    sg_buf_free(&which);
    return rc;
}

int rows_tell_again(struct sg_queue *q, struct sg_error *e)
{
    static const struct sg_pg_statement again = {
        "jobs_tell_again",
        "UPDATE jobs SET told_at = NULL, confirmed = false WHERE queue = $1 "
        "AND status = 'queued' AND confirmed AND run_at <= now() "
        "AND told_at < clock_timestamp() - interval '5 seconds'",
        1};
    return sg_worker_run(q->pool, &again, &q->name, NULL, e);
}
