/* claim_rows.c - see claim_rows.h. */
#include "api/catalogue/claim_rows.h"
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/rows.h"
#include "api/http/http.h"

enum { CLAIMS_MAX = 10 }; /* of one user */

#define COLUMNS                                                                                    \
    "c.artist_id, c.user_id, a.name, u.display_name, c.message, " SG_SQL_TIME("c.claimed_at")

static struct sg_claim read_row(const PGresult *r, int row, struct sg_arena *a)
{
    return (struct sg_claim){.artist_id = sg_row_u64(r, row, 0),
                             .user_id = sg_row_u64(r, row, 1),
                             .artist_name = sg_row_str(a, r, row, 2),
                             .display_name = sg_row_str(a, r, row, 3),
                             .message = sg_row_str(a, r, row, 4),
                             .claimed_at = sg_row_str(a, r, row, 5)};
}

struct put {
    struct sg_arena *a;
    struct sg_claim *claim;
};

static int check(struct sg_db_tx *tx, const struct put *p, struct sg_error *e)
{
    static const struct sg_pg_statement others = {
        "claims_other",
        "SELECT count(*) FROM artist_claims WHERE user_id = $1::bigint AND artist_id <> $2::bigint",
        2};
    const char *params[] = {sg_sql_u64(p->a, p->claim->user_id),
                            sg_sql_u64(p->a, p->claim->artist_id)};
    struct sg_edit_head head;
    PGresult *r = NULL;
    uint64_t managed;
    int rc = sg_artist_count(tx, p->a, p->claim->user_id, &managed, e); /* one at a time */
    if (!rc)
        rc = sg_edit_lock(tx, p->a, &sg_artist_kind, p->claim->artist_id, &head, e);
    if (!rc && head.owner)
        rc = sg_fail(e, SG_ECONFLICT, "artist %llu is managed already",
                     (unsigned long long)p->claim->artist_id);
    if (!rc)
        rc = sg_tx_run(tx, &others, params, &r, e);
    if (!rc && sg_row_u64(r, 0, 0) >= CLAIMS_MAX)
        rc = sg_fail(e, SG_ECONFLICT, "at most %d claims of one user wait", CLAIMS_MAX);
    PQclear(r);
    return rc;
}

static int put_claim(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "claim_put",
        "WITH c AS (INSERT INTO artist_claims (artist_id, user_id, message) "
        "VALUES ($1::bigint, $2::bigint, $3) ON CONFLICT (artist_id, user_id) "
        "DO UPDATE SET message = excluded.message RETURNING *) "
        "SELECT " COLUMNS " FROM c JOIN artists a USING (artist_id) "
        "JOIN users u ON u.user_id = c.user_id",
        3};
    const struct put *p = ctx;
    const char *params[] = {sg_sql_u64(p->a, p->claim->artist_id),
                            sg_sql_u64(p->a, p->claim->user_id),
                            sg_sql_str(p->a, p->claim->message)};
    PGresult *r = NULL;
    int rc = check(tx, p, e);
    if (!rc)
        rc = sg_tx_run(tx, &put, params, &r, e);
    if (!rc && PQntuples(r))
        *p->claim = read_row(r, 0, p->a);
    PQclear(r);
    return rc;
}

int sg_claim_put(struct sg_db *db, struct sg_http_request *q, struct sg_claim *claim,
                 struct sg_error *e)
{
    struct put p = {q->arena, claim};
    return sg_db_transact(db, q, put_claim, &p, e);
}

int sg_claim_delete(struct sg_db *db, struct sg_http_request *q, uint64_t artist_id,
                    uint64_t user_id, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {"claim_delete",
                                                "DELETE FROM artist_claims WHERE artist_id = "
                                                "$1::bigint AND user_id = $2::bigint RETURNING 1",
                                                2};
    const char *params[] = {sg_sql_u64(q->arena, artist_id), sg_sql_u64(q->arena, user_id)};
    PGresult *r = NULL;
    int rc = sg_db_write(db, q, &drop, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "there is no such claim");
    PQclear(r);
    return rc;
}

/* Rows of the page, and the cursor after them when there are more: time, artist, and the user as
 * text. */
static int read_page(const PGresult *r, const struct sg_listing *l, struct sg_arena *a,
                     struct sg_claim_list *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(r), most = (size_t)l->in.limit, shown = n < most ? n : most;
    struct sg_claim *v = sg_arena_array(a, shown + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "claims");
    for (size_t i = 0; i < shown; i++)
        v[i] = read_row(r, (int)i, a);
    out->claims = (struct sg_list){v, shown};
    int last = (int)shown - 1;
    if (n > shown && last >= 0)
        out->next_cursor = sg_listing_next(a, l, 'n', (int64_t)sg_row_u64(r, last, 6),
                                           sg_row_u64(r, last, 0), sg_row_str(a, r, last, 1));
    return 0;
}

int sg_claims_read(struct sg_db *db, struct sg_http_request *q, const struct sg_listing *l,
                   struct sg_claim_list *out, struct sg_error *e)
{
    static const struct sg_pg_statement in_order = {
        "claims_in_order",
        "SELECT " COLUMNS ", (extract(epoch FROM c.claimed_at) * 1000000)::bigint "
        "FROM artist_claims c JOIN artists a USING (artist_id) "
        "JOIN users u ON u.user_id = c.user_id "
        "WHERE (c.claimed_at, c.artist_id, c.user_id) > "
        "('epoch'::timestamptz + $1::bigint * interval '1 us', $2::bigint, $3::bigint) "
        "ORDER BY c.claimed_at, c.artist_id, c.user_id LIMIT $4::bigint",
        4};
    struct sg_arena *a = q->arena;
    const char *p[] = {sg_arena_printf(a, "%lld", (long long)l->place.number).p,
                       sg_sql_u64(a, l->place.id), l->place.id ? sg_sql_str(a, l->place.text) : "0",
                       sg_sql_u64(a, (uint64_t)l->in.limit + 1)};
    PGresult *r = NULL;
    uint64_t user;
    if (l->place.id && (!sg_str_to_u64(l->place.text, &user) || user > INT64_MAX))
        return sg_fail_field(e, "cursor", "cursor: expected next_cursor of the page before");
    int rc = sg_db_read(db, q, &in_order, p, &r, e);
    if (!rc)
        rc = read_page(r, l, a, out, e);
    PQclear(r);
    return rc;
}
