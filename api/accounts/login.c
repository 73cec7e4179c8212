/* login.c - logging in and out, renewing, and the list of sessions. */
#include "api/accounts/answers.h"
#include "api/accounts/email.h"
#include "api/accounts/handlers.h"
#include "api/accounts/sessions.h"
#include <stdlib.h>

enum { TRIES = 3 }; /* when the password, or its hash, changes between look and session */

static void answer_tokens(struct sg_http_request *q, struct sg_http_response *r, int rc,
                          const struct sg_login_reply *reply, const struct sg_error *e)
{
    if (rc) {
        accounts_problem(q, r, e);
        return;
    }
    accounts_no_store(r);
    sg_api_answer(r, &sg_login_reply_record, reply);
}

/* The account's password is looked at and a session begun. */
static int prove_and_begin(struct sg_accounts *x, struct sg_http_request *q,
                           struct sg_http_response *r, const char *email, struct sg_str password,
                           const char *device, struct sg_login_reply *out, struct sg_error *e)
{
    struct account who;
    int found = account_by_email(x, q, email, q->arena, &who, e);
    if (found && found != SG_ENOENT)
        return found;
    int rc = accounts_prove(x, q, r, found ? NULL : &who, accounts_key(email), password, e);
    return rc ? rc : session_begin(x, q, &who, sg_str(device), out, e);
}

static int log_in(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_login_reply *out, struct sg_error *e)
{
    struct sg_login in;
    char email[SG_EMAIL_MAX + 1];
    const char *device;
    int rc = accounts_body(q, &sg_login_record, &in, e);
    if (!rc)
        rc = sg_email_normalise(in.email, email, e);
    if (!rc)
        rc = accounts_line(in.device, "device", q->arena, &device, e);
    if (rc)
        return rc;
    rc = SG_ECHANGED;
    for (int i = 0; i < TRIES && rc == SG_ECHANGED; i++)
        rc = prove_and_begin(x, q, r, email, in.password, device, out, e);
    return rc == SG_ECHANGED ? sg_fail(e, SG_EBUSY, "the account is being changed; try again") : rc;
}

void sg_api_login(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_login_reply reply = {0};
    int rc = log_in(api->accounts, q, r, &reply, &e);
    answer_tokens(q, r, rc, &reply, &e);
}

void sg_api_refresh(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_refresh_request in;
    struct sg_login_reply reply = {0};
    int rc = accounts_body(q, &sg_refresh_request_record, &in, &e);
    if (!rc)
        rc = session_renew(api->accounts, q, in.refresh_token, &reply, &e);
    answer_tokens(q, r, rc, &reply, &e);
}

static void answer_done(struct sg_http_request *q, struct sg_http_response *r, int rc,
                        const struct sg_error *e)
{
    if (rc)
        accounts_problem(q, r, e);
    else
        r->status = 204;
}

/* By the refresh token that is told, else the caller's own session; none is no error. */
static int log_out(struct sg_accounts *x, struct sg_http_request *q, struct sg_error *e)
{
    struct sg_refresh_request in = {0};
    uint64_t id = q->caller.session_id;
    size_t ended;
    int rc = q->body.n ? accounts_body(q, &sg_refresh_request_record, &in, e) : 0;
    if (!rc && in.refresh_token.p)
        rc = session_of_token(x, q, in.refresh_token, &id, e);
    return rc || !id ? rc : session_end(x, q, 0, id, &ended, e);
}

void sg_api_logout(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = log_out(api->accounts, q, &e);
    answer_done(q, r, rc, &e);
}

void sg_api_logout_all(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    size_t ended;
    int rc = session_end_all(api->accounts, q, q->caller.user_id, 0, &ended, &e);
    answer_done(q, r, rc, &e);
}

static int list(struct sg_accounts *x, struct sg_http_request *q, struct sg_session_list *out,
                struct sg_error *e)
{
    static const struct sg_pg_statement all = {
        "session_list",
        "SELECT session_id, device, to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "to_char(rotated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "to_char(expires_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM sessions "
        "WHERE user_id = $1::bigint AND expires_at > now() ORDER BY rotated_at DESC LIMIT 1000",
        1};
    struct sg_str id = sg_arena_printf(q->arena, "%llu", (unsigned long long)q->caller.user_id);
    PGresult *r;
    int rc = sg_db_read(x->db, q, &all, &id.p, &r, e);
    if (rc)
        return rc;
    size_t n = (size_t)PQntuples(r);
    struct sg_session_view *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++) {
        sg_str_to_u64(sg_str(PQgetvalue(r, (int)i, 0)), &v[i].session_id);
        v[i].device = sg_arena_copy(q->arena, sg_str(PQgetvalue(r, (int)i, 1)));
        v[i].created_at = sg_arena_copy(q->arena, sg_str(PQgetvalue(r, (int)i, 2)));
        v[i].used_at = sg_arena_copy(q->arena, sg_str(PQgetvalue(r, (int)i, 3)));
        v[i].expires_at = sg_arena_copy(q->arena, sg_str(PQgetvalue(r, (int)i, 4)));
        v[i].current = v[i].session_id == q->caller.session_id;
    }
    PQclear(r);
    out->sessions = (struct sg_list){v, n};
    return v ? 0 : sg_fail(e, SG_ENOMEM, "sessions");
}

void sg_api_sessions(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_session_list reply;
    int rc = list(api->accounts, q, &reply, &e);
    if (rc)
        accounts_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_session_list_record, &reply);
}

void sg_api_session_end(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    size_t ended;
    int rc = session_end(api->accounts, q, q->caller.user_id, sg_route_id(q, 0), &ended, &e);
    if (!rc && !ended)
        rc = sg_fail(&e, SG_ENOENT, "there is no such session");
    answer_done(q, r, rc, &e);
}

void sg_api_jwks(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)q;
    sg_keyring_jwks(sg_tokens_keyring(api->accounts->tokens), &r->body);
    r->content_type = "application/json";
    sg_http_header(r, "Cache-Control", SG_STR("public, max-age=60"));
}
