/* token.h - access tokens: what they say, and whether it may be believed.
 *
 *   {"iss":"segue","aud":"segue","sub":"12345","user_id":12345,"email":"...",
 *    "subscription":"premium","subscription_until":1767225600,"roles":["user"],
 *    "sid":77,"jti":"...","iat":1704470400,"nbf":1704470400,"exp":1704471300}
 *
 * JWTs (RFC 7519) checked as RFC 8725 asks: signature by a key of ours with that key's own
 * algorithm, then iss, aud, exp, nbf and iat, the last three with a skew of SG_TOKEN_SKEW_S.
 * A token that has been verified is remembered in a bounded table, under a keyed hash of all of
 * it, so that the next request with it costs no signature. Whether its session has been revoked
 * is not a token's to say: see revoked.h. Thread-safe.
 */
#pragma once
#include "api/accounts/keyring.h"
#include "api/caller.h"
#include "core/config.h"

#define SG_TOKEN_SKEW_S 30

struct sg_token {
    uint64_t user_id, session_id;
    unsigned roles; /* bit set of enum sg_role */
    enum sg_subscription subscription;
    int64_t subscription_until_s; /* premium ends then; 0: it does not end */
    bool private_session, search_log_off;
    int64_t issued_s, not_before_s, expires_s; /* since 1970 */
    char email[256];                           /* "": not told */
};

struct sg_tokens;
/* Opens the keyring below config->var_dir. */
int sg_tokens_open(struct sg_tokens **out, const struct sg_config *config, struct sg_error *e);
void sg_tokens_close(struct sg_tokens *t);
struct sg_keyring *sg_tokens_keyring(struct sg_tokens *t);

/* Appends the token for t, as it is: times too. */
int sg_token_issue(struct sg_tokens *t, const struct sg_token *token, struct sg_buf *out,
                   struct sg_error *e);
/* SG_EAUTH: it is not one, or not good at now_s (since 1970). a: for the while. */
int sg_token_verify(struct sg_tokens *t, struct sg_str text, int64_t now_s, struct sg_arena *a,
                    struct sg_token *out, struct sg_error *e);
/* Whether it looks like one: three parts. Nothing else is looked at. */
bool sg_token_looks(struct sg_str text);

const char *sg_subscription_name(enum sg_subscription s); /* "premium" */
bool sg_subscription_of(struct sg_str name, enum sg_subscription *out);
const char *sg_role_name(enum sg_role role); /* "artist" */
/* 0: there is no such role. */
enum sg_role sg_role_of(struct sg_str name);
/* What the subscription amounts to now: an elapsed premium is an expired one. */
enum sg_subscription sg_subscription_now(enum sg_subscription s, int64_t until_s, int64_t now_s);
