/* account.h - access tokens for tests of routes that need somebody logged in.
 *
 * They are signed by the keys below a segue-api's var_dir (made when there are none yet), of a
 * session that no database knows: nothing is read of users, but what a route writes may need
 * the user's row there.
 */
#pragma once
#include "api/caller.h"
#include <stddef.h>

/* "Authorization: Bearer TOKEN\r\n", a header line for test_http, in one of a few rotating
 * static buffers; good for 15 minutes. roles: bit set of enum sg_role. */
const char *test_authorization(const char *var_dir, uint64_t user_id, unsigned roles,
                               enum sg_subscription subscription);
/* The token alone. */
const char *test_token(const char *var_dir, uint64_t user_id, unsigned roles,
                       enum sg_subscription subscription);
/* That expired an hour ago. */
const char *test_token_expired(const char *var_dir, uint64_t user_id, unsigned roles,
                               enum sg_subscription subscription);
/* The token as an admin's, its signature as it was. */
const char *test_token_tampered(const char *token);
/* "Authorization: Bearer TOKEN\r\n" of any token. */
const char *test_bearer(const char *token);
