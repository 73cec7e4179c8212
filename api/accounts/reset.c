/* reset.c - another password: by mail for who has forgotten it, by the old one for who has not. */
#include "api/accounts/answers.h"
#include "api/accounts/by_mail.h"
#include "api/accounts/email.h"
#include "api/accounts/handlers.h"
#include "api/accounts/new_password.h"
#include "api/accounts/sessions.h"

/* Of nobody too, so that it takes as long. */
static const struct sg_pg_statement put = {
    "reset_put",
    "INSERT INTO account_tokens (token_hash, purpose, user_id, email, expires_at) VALUES "
    "(decode($1, 'hex'), 'reset', (SELECT user_id FROM users WHERE lower(email) = $2), $2, "
    "now() + interval '1 hour') RETURNING user_id IS NOT NULL",
    2};
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

/* Another password, and the sessions that end by it: this process refuses them at once. */
static int put_password(struct sg_accounts *x, struct sg_http_request *q,
                        const struct new_password *n, struct sg_str password, struct sg_error *e)
{
    char hash[SG_PASSWORD_HASH_MAX];
    PGresult *ended;
    int rc = sg_password_hash(x->passwords, password, hash, e);
    if (!rc)
        rc = account_put_password(x->db, q, n, hash, &ended, e);
    if (rc)
        return rc;
    session_ended_rows(x, ended);
    PQclear(ended);
    return 0;
}

static int confirm(struct sg_accounts *x, struct sg_http_request *q, struct sg_error *e)
{
    struct sg_password_reset in;
    char token[65];
    int rc = accounts_body(q, &sg_password_reset_record, &in, e);
    if (!rc)
        rc = sg_password_judge(in.password, SG_STR_NONE, "password", e);
    if (rc)
        return rc;
    mail_token_hash(in.token, token);
    rc = check_token(x, q, token, e);
    if (!rc)
        rc = put_password(x, q, &(struct new_password){.token = token}, in.password, e);
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
    int rc = accounts_body(q, &sg_password_change_record, &in, e);
    if (!rc)
        rc = account_by_id(x, q, q->caller.user_id, q->arena, &who, e);
    if (!rc)
        rc = sg_password_judge(in.new_password, who.email, "new_password", e);
    if (!rc)
        rc = accounts_prove_own(x, q, r, &who, in.current_password, "current_password", e);
    if (rc)
        return rc;
    rc = put_password(x, q,
                      &(struct new_password){.user_id = who.user_id,
                                             .proven = who.password_hash.p,
                                             .keep = q->caller.session_id},
                      in.new_password, e);
    return rc == SG_ENOENT ? accounts_not_own("current_password", e) : rc;
}

void sg_api_password_change(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = change_own(api->accounts, q, r, &e);
    answer_done(q, r, rc, &e);
}
