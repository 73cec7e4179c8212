/* reset.c - another password: by mail for who has forgotten it, by the old one for who has not. */
#include "api/accounts/answers.h"
#include "api/accounts/by_mail.h"
#include "api/accounts/email.h"
#include "api/accounts/handlers.h"
#include "api/accounts/sessions.h"

/* Of nobody too, so that it takes as long. */
static const struct sg_pg_statement put = {
    "reset_put",
    "INSERT INTO account_tokens (token_hash, purpose, user_id, email, expires_at) VALUES "
    "(decode($1, 'hex'), 'reset', (SELECT user_id FROM users WHERE lower(email) = $2), $2, "
    "now() + interval '1 hour') RETURNING user_id IS NOT NULL",
    2};
/* All that was mailed to the account ends with the first that is used. 0: it was. */
static const struct sg_pg_statement take = {
    "reset_take",
    "WITH d AS (DELETE FROM account_tokens a USING account_tokens t "
    "WHERE t.token_hash = decode($1, 'hex') AND t.purpose = 'reset' AND t.expires_at > now() "
    "AND a.user_id = t.user_id RETURNING a.token_hash, a.user_id), "
    "u AS (UPDATE users SET password_hash = $2, "
    "email_verified_at = coalesce(email_verified_at, now()) FROM d "
    "WHERE d.token_hash = decode($1, 'hex') AND users.user_id = d.user_id RETURNING "
    "users.user_id), "
    "s AS (DELETE FROM sessions USING u WHERE sessions.user_id = u.user_id RETURNING session_id) "
    "SELECT 0 FROM u UNION ALL SELECT session_id FROM s",
    2};
static const struct sg_pg_statement change = {
    "password_change",
    "WITH u AS (UPDATE users SET password_hash = $2 WHERE user_id = $1::bigint RETURNING user_id), "
    "t AS (DELETE FROM account_tokens USING u WHERE account_tokens.user_id = u.user_id), "
    "s AS (DELETE FROM sessions USING u WHERE sessions.user_id = u.user_id "
    "AND session_id <> $3::bigint RETURNING session_id) "
    "SELECT 0 FROM u UNION ALL SELECT session_id FROM s",
    3};
static const struct sg_pg_statement is_there = {
    "reset_there",
    "SELECT FROM account_tokens WHERE token_hash = decode($1, 'hex') AND purpose = 'reset' "
    "AND user_id IS NOT NULL AND expires_at > now()",
    1};

static int tell(struct sg_accounts *x, const char *email, const char *token, struct sg_error *e)
{
    struct sg_buf b = {0};
    sg_buf_puts(&b, "Hello,\n\nto choose another password, follow this link within an hour:\n\n  ");
    mail_link(x, "reset", token, &b);
    sg_buf_puts(&b, "\n\nIf you have not asked for it, do nothing: the password stays.\n");
    int rc = sg_buf_failed(&b) ? sg_fail(e, SG_ENOMEM, "mail")
                               : sg_mail(x->mailer, email, "Another password", sg_buf_str(&b), e);
    sg_buf_free(&b);
    return rc;
}

static int ask(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
               struct sg_error *e)
{
    struct sg_email_request in;
    struct mail_token token;
    char email[SG_EMAIL_MAX + 1];
    PGresult *rows;
    int rc = accounts_body(q, &sg_email_request_record, &in, e);
    if (!rc)
        rc = sg_email_normalise(in.email, email, e);
    if (!rc)
        rc = accounts_may(x, q, r, SG_THROTTLE_MAIL, accounts_key(email), SG_THROTTLE_SENDER, e);
    if (rc)
        return rc;
    mail_token_make(&token);
    rc = sg_db_write(x->db, q, &put, (const char *const[]){token.hash, email}, &rows, e);
    if (rc)
        return rc;
    bool there = *PQgetvalue(rows, 0, 0) == 't';
    PQclear(rows);
    return there ? tell(x, email, token.text, e) : 0;
}

void sg_api_reset(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_mail_sent reply = {SG_STR("If there is such an account, a mail tells how to go on.")};
    if (ask(api->accounts, q, r, &e)) {
        accounts_problem(q, r, &e);
        return;
    }
    r->status = 202;
    sg_api_answer(r, &sg_mail_sent_record, &reply);
}

static int not_good(struct sg_error *e)
{
    return sg_fail_field(e, "token", "token: it is not good, or no longer");
}

/* Looked for before a password is hashed for it. */
static int check_token(struct sg_accounts *x, struct sg_http_request *q, const char *hash,
                       struct sg_error *e)
{
    PGresult *r;
    int rc = sg_db_write(x->db, q, &is_there, &hash, &r, e);
    if (rc)
        return rc;
    bool there = PQntuples(r) > 0;
    PQclear(r);
    return there ? 0 : not_good(e);
}

/* Runs what changes a password and ends sessions: SG_ENOENT when it was nobody's. */
static int put_password(struct sg_accounts *x, struct sg_http_request *q,
                        const struct sg_pg_statement *s, const char *const *params,
                        struct sg_error *e)
{
    PGresult *r;
    int rc = sg_db_write(x->db, q, s, params, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? 0 : sg_fail(e, SG_ENOENT, "there is no such account");
    session_ended_rows(x, r);
    PQclear(r);
    return rc;
}

static int confirm(struct sg_accounts *x, struct sg_http_request *q, struct sg_error *e)
{
    struct sg_password_reset in;
    char token[65], hash[SG_PASSWORD_HASH_MAX];
    int rc = accounts_body(q, &sg_password_reset_record, &in, e);
    if (!rc)
        rc = sg_password_judge(in.password, SG_STR_NONE, "password", e);
    if (rc)
        return rc;
    mail_token_hash(in.token, token);
    rc = check_token(x, q, token, e);
    if (!rc)
        rc = sg_password_hash(x->passwords, in.password, hash, e);
    if (!rc)
        rc = put_password(x, q, &take, (const char *const[]){token, hash}, e);
    return rc == SG_ENOENT ? not_good(e) : rc;
}

static void answer_done(struct sg_http_request *q, struct sg_http_response *r, int rc,
                        const struct sg_error *e)
{
    if (rc)
        accounts_problem(q, r, e);
    else
        r->status = 204;
}

void sg_api_reset_confirm(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = confirm(api->accounts, q, &e);
    answer_done(q, r, rc, &e);
}

static int change_own(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                      struct sg_error *e)
{
    struct sg_password_change in;
    struct account who;
    char id[24], keep[24], hash[SG_PASSWORD_HASH_MAX];
    int rc = accounts_body(q, &sg_password_change_record, &in, e);
    if (!rc)
        rc = account_by_id(x, q, q->caller.user_id, q->arena, &who, e);
    if (!rc)
        rc = sg_password_judge(in.new_password, who.email, "new_password", e);
    if (!rc)
        rc = accounts_prove(x, q, r, &who, accounts_key(who.email.p), in.current_password, e);
    if (rc == SG_EAUTH) /* the caller is known: it is this field that is wrong */
        rc = sg_fail_field(e, "current_password", "current_password: it is not the account's");
    if (!rc)
        rc = sg_password_hash(x->passwords, in.new_password, hash, e);
    if (rc)
        return rc;
    snprintf(id, sizeof id, "%llu", (unsigned long long)who.user_id);
    snprintf(keep, sizeof keep, "%llu", (unsigned long long)q->caller.session_id);
    return put_password(x, q, &change, (const char *const[]){id, hash, keep}, e);
}

void sg_api_password_change(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = change_own(api->accounts, q, r, &e);
    answer_done(q, r, rc, &e);
}
