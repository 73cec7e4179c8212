/* new_password.h - an account is given another password; private to api/accounts.
 *
 * With it end the sessions that were begun by the old one, also such as begin meanwhile, and what
 * was mailed to the account. Who proved the old password gives its hash: of two who change it at
 * once, or one who is late, the second changes nothing.
 */
#pragma once
#include "api/accounts/parts.h"

struct new_password {
    uint64_t user_id;   /* 0: the token's */
    const char *token;  /* hash of a token for a reset, in hex; NULL: none */
    const char *proven; /* the old password's hash; NULL: it need not be known */
    uint64_t keep;      /* a session that stays, 0: none */
};
/* SG_ENOENT: no such account, or token, or another password by now. *ended (NULL: not wanted): the
 * sessions that ended, for session_ended_rows; the caller's. */
int account_put_password(struct sg_db *db, struct sg_http_request *q, const struct new_password *n,
                         const char *hash, PGresult **ended, struct sg_error *e);
