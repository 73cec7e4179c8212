/* artist_rows.c - see artist_rows.h. */
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"

int sg_artist_hold(struct sg_db_tx *tx, const struct sg_http_request *q, uint64_t artist_id,
                   struct sg_error *e)
{
    static const struct sg_pg_statement hold = {
        "artist_hold",
        "SELECT coalesce(user_id, 0) FROM artists WHERE artist_id = $1::bigint FOR KEY SHARE", 1};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &hold, (const char *const[]){sg_sql_u64(q->arena, artist_id)}, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail_field(e, "artist_id", "artist_id: there is no artist %llu",
                           (unsigned long long)artist_id);
    if (!rc)
        rc = sg_catalogue_edit_check(q, sg_row_u64(r, 0, 0), false, "artist", artist_id, e);
    PQclear(r);
    return rc;
}

int sg_artist_count(struct sg_db_tx *tx, struct sg_arena *a, uint64_t user_id, uint64_t *out,
                    struct sg_error *e)
{
    static const struct sg_pg_statement hold = {
        "artist_manager", "SELECT FROM users WHERE user_id = $1::bigint FOR NO KEY UPDATE", 1};
    static const struct sg_pg_statement count = {
        "artist_count", "SELECT count(*) FROM artists WHERE user_id = $1::bigint", 1};
    const char *params[] = {sg_sql_u64(a, user_id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &hold, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "there is no user %llu", (unsigned long long)user_id);
    PQclear(r);
    r = NULL;
    if (!rc)
        rc = sg_tx_run(tx, &count, params, &r, e);
    if (!rc)
        *out = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

int sg_artist_give(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, uint64_t user_id,
                   struct sg_error *e)
{
    static const struct sg_pg_statement give = {
        "artist_give",
        "UPDATE artists SET user_id = $2::bigint WHERE artist_id = $1::bigint "
        "AND user_id IS DISTINCT FROM $2::bigint",
        2};
    static const struct sg_pg_statement role = {
        "artist_role",
        "UPDATE users SET roles = array_append(roles, 'artist') WHERE user_id = $1::bigint "
        "AND NOT 'artist' = ANY (roles)",
        1};
    static const struct sg_pg_statement settled = {
        "artist_settled", "DELETE FROM artist_claims WHERE artist_id = $1::bigint", 1};
    const char *params[] = {sg_sql_u64(a, id), sg_sql_some(a, user_id)};
    int rc = sg_tx_run(tx, &give, params, NULL, e);
    if (!rc && user_id)
        rc = sg_tx_run(tx, &role, params + 1, NULL, e);
    return rc || !user_id ? rc : sg_tx_run(tx, &settled, params, NULL, e);
}
