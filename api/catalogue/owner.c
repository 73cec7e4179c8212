/* owner.c - who manages an artist: given by an admin, who sees who asked for it. */
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/claim_rows.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/hits.h"
#include "api/catalogue/listing.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/title.h"
#include "schemas/edits.h"
#include "schemas/pages.h"

enum { MESSAGE_MAX = 1000 };

struct give {
    struct sg_http_request *q;
    uint64_t artist_id, user_id; /* 0: nobody */
    struct sg_artist_edit artist;
    uint64_t version;
};

static int give(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct give *g = ctx;
    struct sg_arena *a = g->q->arena;
    struct sg_edit_head head;
    uint64_t n;
    int rc = sg_edit_lock(tx, a, &sg_artist_kind, g->artist_id, &head, e);
    if (!rc)
        rc = sg_etag_check(g->q, head.version, e);
    if (!rc && g->user_id) {
        rc = sg_artist_count(tx, a, g->user_id, &n, e);
        if (rc == SG_ENOENT)
            rc = sg_fail_field(e, "user_id", "user_id: there is no such user");
    }
    if (!rc)
        rc = sg_artist_give(tx, a, g->artist_id, g->user_id, e);
    return rc ? rc : sg_edit_read(tx, a, &sg_artist_kind, g->artist_id, &g->artist, &g->version, e);
}

static void answer(struct sg_api *api, struct give *g, struct sg_http_response *r)
{
    sg_artist_kind.forget(api, g->artist_id);
    sg_api_answer(r, &sg_artist_edit_record, &g->artist);
    sg_etag_put(g->q, r, g->version);
}

void sg_api_artist_own(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_artist_owner body;
    struct give g = {.q = q, .artist_id = sg_route_id(q, 0)};
    int rc = sg_record_from_json(&sg_artist_owner_record, q->body, q->arena, &body, &e);
    g.user_id = rc ? 0 : body.user_id;
    if (!rc)
        rc = sg_db_transact(api->db, q, give, &g, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        answer(api, &g, r);
}

void sg_api_artist_disown(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct give g = {.q = q, .artist_id = sg_route_id(q, 0)};
    if (sg_db_transact(api->db, q, give, &g, &e))
        sg_problem(q, r, &e);
    else
        answer(api, &g, r);
}

void sg_api_claim(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_claim claim = {0};
    int rc =
        q->body.n ? sg_record_from_json(&sg_new_claim_record, q->body, q->arena, &claim, &e) : 0;
    claim.artist_id = sg_route_id(q, 0);
    claim.user_id = q->caller.user_id;
    if (!rc)
        rc = sg_prose(q->arena, "message", claim.message.p ? claim.message : SG_STR(""),
                      MESSAGE_MAX, &claim.message, &e);
    if (!rc)
        rc = sg_claim_put(api->db, q, &claim, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_claim_record, &claim);
}

static void withdraw(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                     uint64_t user_id)
{
    struct sg_error e = SG_ERROR_INIT;
    if (sg_claim_delete(api->db, q, sg_route_id(q, 0), user_id, &e))
        sg_problem(q, r, &e);
    else
        r->status = 204;
}

void sg_api_claim_withdraw(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    withdraw(api, q, r, q->caller.user_id);
}

void sg_api_claim_refuse(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    withdraw(api, q, r, sg_route_id(q, 1));
}

void sg_api_claims(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    struct sg_claim_list page = {0};
    char sort;
    int rc = sg_listing_begin(q, SG_ARTIST, sg_artist_list_params, &sg_artist_list_params_record,
                              'n', &l, &sort, &e);
    if (!rc)
        rc = sg_claims_read(api->db, q, &l, &page, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_claim_list_record, &page);
}

void sg_api_my_artists(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement own = {"artists_own",
                                               "SELECT " SG_SQL_ARTIST_HIT
                                               " FROM artists a WHERE a.user_id = $1::bigint "
                                               "ORDER BY a.artist_id DESC LIMIT 100",
                                               1};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_hit_page page = {0};
    PGresult *rows = NULL;
    const char *params[] = {sg_sql_u64(q->arena, q->caller.user_id)};
    int rc = sg_db_read(api->db, q, &own, params, &rows, &e);
    if (!rc)
        rc = sg_artist_hits(rows, (size_t)PQntuples(rows), q->arena, &page.results, &e);
    PQclear(rows);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_hit_page_record, &page);
}
