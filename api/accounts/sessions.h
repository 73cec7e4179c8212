/* sessions.h - logins: begun, renewed, ended; private to api/accounts. See refresh_token.h. */
#pragma once
#include "api/accounts/person.h"
#include "schemas/accounts.h"

/* A new session and its first tokens, in q's arena. */
int session_begin(struct sg_accounts *x, struct sg_http_request *q, const struct account *who,
                  struct sg_str device, struct sg_login_reply *out, struct sg_error *e);
/* The next tokens for a refresh token; within auth.grace_s the same once more for the one before.
 * SG_EAUTH: it is none, or its session has ended, also just now because it was used twice. */
int session_renew(struct sg_accounts *x, struct sg_http_request *q, struct sg_str refresh_token,
                  struct sg_login_reply *out, struct sg_error *e);
/* The session of a genuine refresh token; 0: it is none of ours, or over. */
int session_of_token(struct sg_accounts *x, struct sg_http_request *q, struct sg_str refresh_token,
                     uint64_t *session_id, struct sg_error *e);
/* Ends one of the user's, or all but one (keep 0: all). *ended: how many. */
int session_end(struct sg_accounts *x, struct sg_http_request *q, uint64_t user_id,
                uint64_t session_id, size_t *ended, struct sg_error *e);
int session_end_all(struct sg_accounts *x, struct sg_http_request *q, uint64_t user_id,
                    uint64_t keep, size_t *ended, struct sg_error *e);
/* Rows of session ids that have ended: this process refuses their tokens from now on. */
void session_ended_rows(struct sg_accounts *x, PGresult *r);
