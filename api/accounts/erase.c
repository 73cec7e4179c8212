/* erase.c - see erase.h. */
#include "api/accounts/erase.h"
#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "api/accounts/holdings.h"
#include "api/accounts/sessions.h"
#include "api/accounts/tell.h"
#include "api/search_log/search_log.h"
#include "core/log.h"
#include <stdio.h>

struct erasure {
    char id[24];
    PGresult *ended;
};

static int lock_user(struct sg_db_tx *tx, const char *id, struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "erase_lock", "SELECT FROM users WHERE user_id = $1::bigint FOR UPDATE", 1};
    PGresult *r;
    int rc = sg_tx_run(tx, &lock, &id, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? 0 : sg_fail(e, SG_ENOENT, "there is no such account");
    PQclear(r);
    return rc;
}

static int erase(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement end = {
        "erase_sessions", "DELETE FROM sessions WHERE user_id = $1::bigint RETURNING session_id",
        1};
    struct erasure *x = ctx;
    const char *id = x->id;
    PQclear(x->ended);
    x->ended = NULL;
    int rc = lock_user(tx, id, e);
    if (!rc)
        rc = sg_tx_run(tx, &end, &id, &x->ended, e);
    for (const struct sg_holding *h = sg_holdings; !rc && h->table; h++)
        if (h->erase.sql && sg_tx_run(tx, &h->erase, &id, NULL, e))
            rc = sg_wrap(e, "forgetting %s", h->table);
    return rc;
}

int account_erase(struct sg_db *db, uint64_t user_id, PGresult **ended, struct sg_error *e)
{
    struct erasure x = {.ended = NULL};
    snprintf(x.id, sizeof x.id, "%llu", (unsigned long long)user_id);
    int rc = sg_db_transact(db, NULL, erase, &x, e);
    if (!rc && ended)
        *ended = x.ended;
    else
        PQclear(x.ended);
    return rc;
}

static int erase_own(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                     struct sg_error *e)
{
    struct sg_password_proof in;
    struct account who;
    PGresult *ended;
    struct sg_accounts *x = api->accounts;
    int rc = accounts_body(q, &sg_password_proof_record, &in, e);
    if (!rc)
        rc = account_by_id(x, q, q->caller.user_id, q->arena, &who, e);
    if (!rc)
        rc = accounts_prove_own(x, q, r, &who, in.password, "password", e);
    if (!rc)
        rc = account_erase(api->db, who.user_id, &ended, e);
    if (rc)
        return rc;
    session_ended_rows(x, ended);
    PQclear(ended);
    return 0;
}

void sg_api_me_erase(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    uint64_t id = q->caller.user_id;
    if (erase_own(api, q, r, &e)) {
        accounts_problem(q, r, &e);
        return;
    }
    accounts_changed(api, q, id, true);
    if (sg_search_log_forget(api->log, id, &e))
        sg_log(SG_LOG_WARN, "the search log could not be told of a deleted account", "why=%s",
               e.text);
    r->status = 204;
}
