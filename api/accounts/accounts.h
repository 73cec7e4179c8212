/* accounts.h - people's accounts: who may log in, and what they are then taken for.
 *
 *   register --> a mail --> verify --> users
 *   login, refresh --> sessions (rotating refresh token, hashed) + access token (token.h)
 *   each request --> admit: token checked in memory, its session not among the revoked
 *   logout, reuse, deletion --> revoked_sessions --(twice a second)--> every API's memory
 *
 * No request asks the database who its caller is; while the database is away those who are
 * logged in stay so until their token expires. Thread-safe.
 */
#pragma once
#include "api/api.h"
#include "api/route.h"

struct sg_accounts;
/* Keys lie below var_dir/keys, mails to nobody below var_dir/outbox. Waits a moment for the
 * first reading of revoked sessions; goes on without it when the database is away. */
int sg_accounts_open(struct sg_accounts **out, const struct sg_config *config, struct sg_db *db,
                     struct sg_error *e);
void sg_accounts_close(struct sg_accounts *a);

/* Whether what was given to this login, for premium, is still its: for what lives longer than a
 * token and proves itself, as addresses of media. Never waits. SG_EUNAVAIL before the first
 * reading; SG_EPERM of the kinds "media-revoked" (the login has ended), "media-subscription" (it is
 * not what it was). */
int sg_accounts_stands(struct sg_accounts *a, uint64_t user_id, uint64_t session_id, bool premium,
                       struct sg_error *e);
/* The login (session_id) has ended, 0: nobody's: for answers that stay open longer than a request.
 * Never waits. */
bool sg_accounts_has_ended(struct sg_accounts *a, uint64_t session_id);
/* Whether what the user plays now is not to be kept; *is_private as somebody read it a while ago.
 * Never waits. */
void sg_accounts_privacy_now(struct sg_accounts *a, uint64_t user_id, bool *is_private);
/* Never waits. An access token (Authorization: Bearer) fills q->caller; any other bearer value,
 * and X-API-Key, is an API key's. With api.require_key one of the two must be there. False: r
 * says why not (401, 403 of the key, 503 before the first reading). What the route asks of the
 * caller is the router's to look at. */
bool sg_accounts_admit(struct sg_accounts *a, struct sg_api_keys *keys,
                       const struct sg_route *route, struct sg_http_request *q,
                       struct sg_http_response *r);

/* What access tokens are signed with, for others that the same keys vouch for. */
struct sg_keyring;
struct sg_keyring *sg_accounts_keys(struct sg_accounts *a);
