/* new_password.c - see new_password.h. */
#include "api/accounts/new_password.h"
#include <stdio.h>

/* Both hold the account: sessions that begin wait, or are there when the last statement looks. */
static const struct sg_pg_statement by_token = {
    "password_by_token",
    "SELECT u.user_id FROM account_tokens t JOIN users u ON u.user_id = t.user_id "
    "AND lower(u.email) = t.email WHERE t.token_hash = decode($1, 'hex') AND t.purpose = 'reset' "
    "AND t.expires_at > now() FOR NO KEY UPDATE OF u",
    1};
static const struct sg_pg_statement by_id = {
    "password_by_id",
    "SELECT user_id FROM users WHERE user_id = $1::bigint "
    "AND ($2::text IS NULL OR password_hash = $2) FOR NO KEY UPDATE",
    2};
/* Its own token among them, unless another request has used one. */
static const struct sg_pg_statement drop_tokens = {
    "password_tokens",
    "WITH d AS (DELETE FROM account_tokens WHERE user_id = $1::bigint RETURNING token_hash) "
    "SELECT coalesce(bool_or(token_hash = decode($2, 'hex')), false) FROM d",
    2};
static const struct sg_pg_statement put = {
    "password_put",
    "UPDATE users SET password_hash = $2, email_verified_at = coalesce(email_verified_at, now()) "
    "WHERE user_id = $1::bigint",
    2};
static const struct sg_pg_statement end = {
    "password_sessions",
    "DELETE FROM sessions WHERE user_id = $1::bigint AND session_id <> $2::bigint "
    "RETURNING session_id",
    2};

struct putting {
    const struct new_password *n;
    const char *hash;
    char id[24];
    PGresult *ended;
};

static int not_there(struct sg_error *e)
{
    return sg_fail(e, SG_ENOENT, "there is no such account, token or password");
}

static int hold(struct sg_db_tx *tx, struct putting *p, struct sg_error *e)
{
    char id[24];
    PGresult *r;
    snprintf(id, sizeof id, "%llu", (unsigned long long)p->n->user_id);
    int rc = p->n->token ? sg_tx_run(tx, &by_token, &p->n->token, &r, e)
                         : sg_tx_run(tx, &by_id, (const char *const[]){id, p->n->proven}, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r))
        snprintf(p->id, sizeof p->id, "%s", PQgetvalue(r, 0, 0));
    else
        rc = not_there(e);
    PQclear(r);
    return rc;
}

static int use_token(struct sg_db_tx *tx, struct putting *p, struct sg_error *e)
{
    const char *token = p->n->token;
    PGresult *r;
    int rc = sg_tx_run(tx, &drop_tokens, (const char *const[]){p->id, token ? token : ""}, &r, e);
    if (rc)
        return rc;
    if (token && *PQgetvalue(r, 0, 0) != 't')
        rc = not_there(e);
    PQclear(r);
    return rc;
}

static int put_it(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct putting *p = ctx;
    char keep[24];
    PQclear(p->ended);
    p->ended = NULL;
    snprintf(keep, sizeof keep, "%llu", (unsigned long long)p->n->keep);
    int rc = hold(tx, p, e);
    if (!rc)
        rc = use_token(tx, p, e);
    if (!rc)
        rc = sg_tx_run(tx, &put, (const char *const[]){p->id, p->hash}, NULL, e);
    return rc ? rc : sg_tx_run(tx, &end, (const char *const[]){p->id, keep}, &p->ended, e);
}

int account_put_password(struct sg_db *db, struct sg_http_request *q, const struct new_password *n,
                         const char *hash, PGresult **ended, struct sg_error *e)
{
    struct putting p = {.n = n, .hash = hash};
    int rc = sg_db_transact(db, q, put_it, &p, e);
    if (!rc && ended)
        *ended = p.ended;
    else
        PQclear(p.ended);
    return rc;
}
