/* revoked.h - what tokens cannot know: sessions that have ended since, and people whose roles,
 * subscription or privacy have changed since. In memory; follow.c reads the database into it.
 *
 * Both are small: a session is of interest until its last token has expired, a change until
 * all tokens from before it have. What was put stays until then, so that a reading that began
 * before a change of this process does not undo it. Thread-safe.
 */
#pragma once
#include "api/accounts/token.h"

struct sg_revoked;
struct sg_revoked *sg_revoked_open(void);
void sg_revoked_close(struct sg_revoked *r);

/* until_us: sg_wall_us's clock. False: out of memory. */
bool sg_revoked_put_session(struct sg_revoked *r, uint64_t session_id, int64_t until_us);
bool sg_revoked_has_session(struct sg_revoked *r, uint64_t session_id);

struct sg_changed_claims {
    unsigned roles;
    enum sg_subscription subscription;
    int64_t subscription_until_s;
    bool private_session, search_log_off;
    int64_t changed_us; /* the database's clock: a later one stands */
};
bool sg_revoked_put_claims(struct sg_revoked *r, uint64_t user_id,
                           const struct sg_changed_claims *c, int64_t until_us);
bool sg_revoked_find_claims(struct sg_revoked *r, uint64_t user_id, struct sg_changed_claims *out);
/* Calls session, or person, with each of them. Neither may use r. */
void sg_revoked_each(struct sg_revoked *r,
                     void (*session)(void *ctx, uint64_t session_id, int64_t until_us),
                     void (*person)(void *ctx, uint64_t user_id, int64_t until_us,
                                    const struct sg_changed_claims *c),
                     void *ctx);
/* Forgets what is over at now_us; how many sessions are left. */
size_t sg_revoked_forget(struct sg_revoked *r, int64_t now_us);
