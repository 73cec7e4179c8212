/* address.c - see address.h. Asked for by the password, taken by a mail to the new address, told to
 * the old one. As with registration, whether an address has an account shows in no answer. */
#include "api/accounts/address.h"
#include "api/accounts/answers.h"
#include "api/accounts/by_mail.h"
#include "api/accounts/email.h"
#include "api/accounts/handlers.h"
#include "core/log.h"

/* While the password is the one that was proven (see new_password.h); the last that was asked for
 * is good. Whether the address is another account's. */
static const struct sg_pg_statement put = {
    "address_put",
    "WITH who AS (SELECT user_id FROM users WHERE user_id = $2::bigint AND password_hash = $4 "
    "FOR SHARE), old AS (DELETE FROM account_tokens WHERE user_id = $2::bigint "
    "AND purpose = 'email') "
    "INSERT INTO account_tokens (token_hash, purpose, user_id, email, expires_at) "
    "SELECT decode($1, 'hex'), 'email', user_id, $3, now() + interval '1 hour' FROM who "
    "RETURNING EXISTS (SELECT FROM users WHERE lower(email) = $3)",
    4};
/* What was mailed to the old address is good for nothing from then on. */
static const struct sg_pg_statement take = {
    "address_take",
    "WITH t AS (DELETE FROM account_tokens WHERE token_hash = decode($1, 'hex') "
    "AND purpose = 'email' AND expires_at > now() RETURNING user_id, email), "
    "mailed AS (DELETE FROM account_tokens a USING t WHERE a.user_id = t.user_id "
    "AND a.token_hash <> decode($1, 'hex')) "
    "UPDATE users u SET email = t.email FROM t JOIN users o ON o.user_id = t.user_id "
    "WHERE u.user_id = t.user_id AND NOT EXISTS (SELECT FROM users x WHERE lower(x.email) = "
    "t.email) "
    "RETURNING o.email, u.email",
    1};

static int send_mail(struct sg_accounts *x, const char *to, struct sg_buf *b, struct sg_error *e)
{
    int rc = sg_buf_failed(b)
                 ? sg_fail(e, SG_ENOMEM, "mail")
                 : sg_mail(x->mailer, to, "The address of your account", sg_buf_str(b), e);
    sg_buf_free(b);
    return rc;
}

static int tell_new(struct sg_accounts *x, const char *email, const char *token, bool taken,
                    struct sg_error *e)
{
    struct sg_buf b = {0};
    sg_buf_puts(&b, "Hello,\n\n");
    if (taken)
        sg_buf_puts(&b,
                    "somebody, perhaps you, wants this to be the address of another account. It "
                    "is the\naddress of one already. Nothing has changed.\n");
    else {
        sg_buf_puts(&b, "to make this the address of your account, follow this link within an "
                        "hour:\n\n  ");
        mail_link(x, "verify", token, &b);
        sg_buf_puts(&b, "\n\nIf you have not asked for it, do nothing.\n");
    }
    return send_mail(x, email, &b, e);
}

static void tell_old(struct sg_accounts *x, const char *old, const char *now)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf b = {0};
    sg_buf_printf(
        &b,
        "Hello,\n\nthe address of your account is from now on\n\n  %s\n\nIf it was not you "
        "who changed it, somebody knows your password: tell whoever runs this\nservice.\n",
        now);
    if (send_mail(x, old, &b, &e))
        sg_log(SG_LOG_WARN, "who had an address before was not told", "why=%s", e.text);
}

int address_take(struct sg_accounts *x, struct sg_http_request *q, const char *token_hash,
                 bool *done, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_db_write(x->db, q, &take, &token_hash, &r, e);
    *done = !rc && PQntuples(r) > 0;
    if (*done)
        tell_old(x, PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
    if (!rc)
        PQclear(r);
    return rc == SG_EEXIST ? 0 : rc; /* somebody else took it at the same moment */
}

static int keep(struct sg_accounts *x, struct sg_http_request *q, const struct account *who,
                const char *email, struct sg_error *e)
{
    struct mail_token token;
    char id[24];
    PGresult *r;
    mail_token_make(&token);
    snprintf(id, sizeof id, "%llu", (unsigned long long)who->user_id);
    int rc = sg_db_write(x->db, q, &put,
                         (const char *const[]){token.hash, id, email, who->password_hash.p}, &r, e);
    if (rc)
        return rc;
    bool there = PQntuples(r) > 0, taken = there && *PQgetvalue(r, 0, 0) == 't', done;
    PQclear(r);
    if (!there)
        return accounts_not_own("password", e);
    return x->config->auth.verify_email ? tell_new(x, email, token.text, taken, e)
                                        : address_take(x, q, token.hash, &done, e);
}

static int ask(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
               struct sg_error *e)
{
    struct sg_email_change in;
    struct account who;
    char email[SG_EMAIL_MAX + 1];
    int rc = accounts_body(q, &sg_email_change_record, &in, e);
    if (!rc)
        rc = sg_email_normalise(in.email, email, e);
    if (!rc)
        rc = account_by_id(x, q, q->caller.user_id, q->arena, &who, e);
    if (!rc)
        rc = accounts_prove_own(x, q, r, &who, in.password, "password", e);
    if (!rc && sg_str_eq(who.email, sg_str(email)))
        rc = sg_fail_field(e, "email", "email: it is the account's already");
    if (!rc)
        rc = accounts_may(x, q, r, SG_THROTTLE_MAIL, accounts_key(email), SG_THROTTLE_SENDER, e);
    return rc ? rc : keep(x, q, &who, email, e);
}

void sg_api_email_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    bool mails = api->config->auth.verify_email;
    struct sg_mail_sent reply = {mails ? SG_STR("A mail to the new address tells how to go on.")
                                       : SG_STR("Log in by the new address.")};
    if (ask(api->accounts, q, r, &e)) {
        accounts_problem(q, r, &e);
        return;
    }
    r->status = 202;
    sg_api_answer(r, &sg_mail_sent_record, &reply);
}
