/* visible.c - see visible.h. */
#include "api/social/visible.h"
#include "api/library/answers.h"

static int ask(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
               uint64_t user_id, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), sg_id_text(q, user_id)};
    PGresult *rows = NULL;
    int rc = sg_db_read(api->db, q, s, params, &rows, e);
    if (!rc && (PQntuples(rows) != 1 || *PQgetvalue(rows, 0, 0) != 't'))
        rc = sg_fail(e, SG_ENOENT, "there is no such user");
    PQclear(rows);
    return rc;
}

int sg_visible_user(struct sg_api *api, struct sg_http_request *q, uint64_t user_id,
                    struct sg_error *e)
{
    static const struct sg_pg_statement s = {"visible_user",
                                             "SELECT segue_sees_user($1::bigint, $2::bigint)", 2};
    return ask(api, q, &s, user_id, e);
}

int sg_visible_acts(struct sg_api *api, struct sg_http_request *q, uint64_t user_id,
                    struct sg_error *e)
{
    static const struct sg_pg_statement s = {"visible_acts",
                                             "SELECT segue_sees_acts($1::bigint, $2::bigint)", 2};
    return ask(api, q, &s, user_id, e);
}
