/* sweep.c - what nobody will come back to: uploads that were given up are forgotten, and those that
 * were complete when their API died are finished. By any API; each is taken by one. */
#include "api/catalogue/rows.h"
#include "api/upload/parts.h"
#include "core/log.h"

static const struct sg_pg_statement given_up = {
    "uploads_given_up",
    "SELECT upload_id FROM uploads WHERE status = 'receiving' AND "
    "updated_at < now() - $1::bigint * interval '1 hour' ORDER BY updated_at LIMIT 100",
    1};
static const struct sg_pg_statement forget = {
    "upload_forget", "DELETE FROM uploads WHERE upload_id = $1 AND status = 'cancelled'", 1};
/* Touched, so that the next looks again only after as long. */
static const struct sg_pg_statement left_complete = {
    "uploads_left_complete",
    "UPDATE uploads SET stage = stage WHERE upload_id IN (SELECT upload_id FROM uploads WHERE "
    "status = 'receiving' AND bytes = declared AND updated_at < now() - interval '2 minutes' "
    "ORDER BY updated_at LIMIT 8 FOR UPDATE SKIP LOCKED) RETURNING upload_id",
    0};

static void forget_all(struct sg_uploads *s, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        struct sg_error e = SG_ERROR_INIT;
        const char *id = PQgetvalue(r, i, 0);
        int rc = upload_end(s, id, "cancelled", "expired", "it was not completed in time", &e);
        if (!rc)
            rc = sg_db_write(s->api->db, NULL, &forget, &id, NULL, &e);
        if (rc)
            sg_log(SG_LOG_WARN, "an upload that was given up is not forgotten", "why=%s", e.text);
    }
}

static void finish_all(struct sg_uploads *s, const PGresult *r)
{
    struct sg_error e = SG_ERROR_INIT;
    for (int i = 0; i < PQntuples(r); i++)
        if (tus_finish(s, NULL, NULL, PQgetvalue(r, i, 0), &e))
            return; /* another time */
}

void upload_sweep(struct sg_uploads *s)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_arena a = {0};
    PGresult *r = NULL;
    const char *hours = sg_sql_u64(&a, (uint64_t)s->api->config->upload.unfinished_h);
    if (sg_db_write(s->api->db, NULL, &given_up, &hours, &r, &e) == 0)
        forget_all(s, r);
    PQclear(r);
    r = NULL;
    if (sg_db_write(s->api->db, NULL, &left_complete, NULL, &r, &e) == 0)
        finish_all(s, r);
    PQclear(r);
    sg_arena_free(&a);
}
