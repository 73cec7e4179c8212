/* refresh_token.h - the text of a refresh token; private to api/accounts.
 *
 *   "sgr_" base64url( session id 8 | generation 8 | secret 32 | mac 16 )     big endian
 *
 * The database keeps the secret's SHA-256 alone. mac, by the session's own key, shows of every
 * token ever given that it was given, so that one used again is told from one made up: only the
 * former ends its session, and nothing needs to be kept of old ones.
 *
 * A successor's secret is HMAC-SHA-256(secret, salt): whoever lost the answer tells the old token
 * again within auth.grace_s and gets the same successor, for salt is kept with the session; from
 * what the database holds alone no secret can be made.
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_REFRESH_SECRET 32
#define SG_REFRESH_MAC    16

struct sg_refresh_token {
    uint64_t session_id, generation;
    unsigned char secret[SG_REFRESH_SECRET], mac[SG_REFRESH_MAC];
};
/* False: it is none. Fuzzed. */
bool sg_refresh_token_read(struct sg_str text, struct sg_refresh_token *out);
/* Sets the mac, by the session's key, and appends the text. */
void sg_refresh_token_write(struct sg_refresh_token *t, const unsigned char key[32],
                            struct sg_buf *out);
bool sg_refresh_token_genuine(const struct sg_refresh_token *t, const unsigned char key[32]);
/* Of the next generation. */
void sg_refresh_token_next(const struct sg_refresh_token *t, const unsigned char salt[32],
                           struct sg_refresh_token *out);
