/* register.c - how an account begins: see by_mail.h. A registration waits in account_tokens until
 * its address is proven, so that nobody can take an address, or change an account, by naming it. */
#include "api/accounts/address.h"
#include "api/accounts/answers.h"
#include "api/accounts/by_mail.h"
#include "api/accounts/email.h"
#include "api/accounts/handlers.h"

static const struct sg_pg_statement put = {
    "register_put",
    "INSERT INTO account_tokens (token_hash, purpose, user_id, email, password_hash, display_name, "
    "country, expires_at) VALUES (decode($1, 'hex'), 'register', (SELECT user_id FROM users "
    "WHERE lower(email) = $2 AND email_verified_at IS NOT NULL), $2, $3, $4, $5, "
    "now() + interval '1 day') RETURNING user_id IS NOT NULL",
    5};
static const struct sg_pg_statement take = {
    "register_take",
    "WITH t AS (DELETE FROM account_tokens WHERE token_hash = decode($1, 'hex') "
    "AND purpose = 'register' AND user_id IS NULL AND expires_at > now() "
    "RETURNING email, password_hash, display_name, country) "
    "INSERT INTO users AS u (email, password_hash, display_name, country, email_verified_at) "
    "SELECT email, password_hash, display_name, country, now() FROM t "
    "ON CONFLICT (lower(email)) DO UPDATE SET password_hash = excluded.password_hash, "
    "display_name = excluded.display_name, country = coalesce(excluded.country, u.country), "
    "email_verified_at = now() WHERE u.email_verified_at IS NULL AND $2::boolean RETURNING "
    "u.user_id",
    2};

/* *began: there is an account now that was not there. One that an import brought is taken over by
 * who has proven its address, by mail. */
static int begin(struct sg_accounts *x, struct sg_http_request *q, const char *hash, bool *began,
                 struct sg_error *e)
{
    PGresult *r;
    const char *proven = x->config->auth.verify_email ? "t" : "f";
    int rc = sg_db_write(x->db, q, &take, (const char *const[]){hash, proven}, &r, e);
    if (rc)
        return rc;
    *began = PQntuples(r) > 0;
    PQclear(r);
    return 0;
}

/* Nothing that the registration says is in the mail: it goes to whomever a stranger names. */
static int tell(struct sg_accounts *x, const char *email, const char *token, bool there,
                struct sg_error *e)
{
    struct sg_buf b = {0};
    sg_buf_puts(&b, "Hello,\n\n");
    if (there)
        sg_buf_puts(&b, "somebody, perhaps you, has registered with this address, which has an "
                        "account already.\nNothing has changed. If you have forgotten the "
                        "password, ask for another one.\n");
    else {
        sg_buf_puts(&b, "to begin, follow this link within a day:\n\n  ");
        mail_link(x, "verify", token, &b);
        sg_buf_puts(&b, "\n\nIf you have not registered, do nothing: there will be no account.\n");
    }
    int rc = sg_buf_failed(&b) ? sg_fail(e, SG_ENOMEM, "mail")
                               : sg_mail(x->mailer, email, "Your account", sg_buf_str(&b), e);
    sg_buf_free(&b);
    return rc;
}

static int keep(struct sg_accounts *x, struct sg_http_request *q, const struct sg_register *in,
                const char *email, const char *name, struct sg_error *e)
{
    struct mail_token token;
    char hash[SG_PASSWORD_HASH_MAX];
    PGresult *r;
    int rc = sg_password_hash(x->passwords, in->password, hash, e);
    if (rc)
        return rc;
    mail_token_make(&token);
    struct sg_str country = in->country.p ? sg_arena_copy(q->arena, in->country) : SG_STR_NONE;
    rc = sg_db_write(x->db, q, &put,
                     (const char *const[]){token.hash, email, hash, name, country.p}, &r, e);
    if (rc)
        return rc;
    bool there = *PQgetvalue(r, 0, 0) == 't', began;
    PQclear(r);
    if (x->config->auth.verify_email)
        return tell(x, email, token.text, there, e);
    return begin(x, q, token.hash, &began, e);
}

static int enter(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                 struct sg_error *e)
{
    struct sg_register in;
    char email[SG_EMAIL_MAX + 1];
    const char *name;
    int rc = accounts_body(q, &sg_register_record, &in, e);
    if (!rc)
        rc = sg_email_normalise(in.email, email, e);
    if (!rc)
        rc = sg_password_judge(in.password, sg_str(email), "password", e);
    if (!rc)
        rc = accounts_name(in.display_name, q->arena, &name, e);
    if (!rc && in.country.p && !accounts_is_country(in.country))
        rc = sg_fail_field(e, "country", "country: expected two capitals, as SE");
    if (!rc)
        rc = accounts_may(x, q, r, SG_THROTTLE_MAIL, accounts_key(email), SG_THROTTLE_SENDER, e);
    return rc ? rc : keep(x, q, &in, email, name, e);
}

void sg_api_register(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    bool mails = api->config->auth.verify_email;
    struct sg_mail_sent reply = {mails ? SG_STR("A mail tells how to go on.") : SG_STR("Log in.")};
    if (enter(api->accounts, q, r, &e)) {
        accounts_problem(q, r, &e);
        return;
    }
    r->status = 202;
    sg_api_answer(r, &sg_mail_sent_record, &reply);
}

void sg_api_verify(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_mail_token in;
    char hash[65];
    bool began = false;
    int rc = accounts_body(q, &sg_mail_token_record, &in, &e);
    if (!rc) {
        mail_token_hash(in.token, hash);
        rc = begin(api->accounts, q, hash, &began, &e);
    }
    if (!rc && !began)
        rc = address_take(api->accounts, q, hash, &began, &e);
    if (!rc && !began)
        rc = sg_fail_field(&e, "token", "token: it is not good, or no longer");
    if (rc)
        accounts_problem(q, r, &e);
    else
        r->status = 204;
}
