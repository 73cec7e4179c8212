/* person.h - a row of users, as the accounts' code wants it; private to api/accounts. */
#pragma once
#include "api/accounts/parts.h"

struct account {
    uint64_t user_id;
    struct sg_str email, display_name, password_hash, country, preferences, created_at,
        subscription_until; /* RFC 3339; country, hash and until: absent */
    struct sg_changed_claims claims;
    bool verified, private_profile;
};
/* A statement gives these of `users u`, from column 0 on, for account_of_row. When what tokens say
 * changed is later than the change before, whatever the clock says: see migration 0037. */
#define ACCOUNT_COLUMNS                                                                            \
    "u.user_id, array_to_string(u.roles, ','), u.subscription_type, "                              \
    "coalesce(ceil(extract(epoch FROM u.subscription_expires_at))::bigint, 0), "                   \
    "u.private_session, u.search_log, (extract(epoch FROM greatest(clock_timestamp(), (SELECT "    \
    "l.changed_at + interval '1 microsecond' FROM claim_changes l WHERE l.user_id = u.user_id))) " \
    "* 1000000)::bigint, "                                                                         \
    "u.email, u.display_name, u.password_hash, u.country, u.preferences, "                         \
    "to_char(u.created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "                                    \
    "to_char(u.subscription_expires_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "                       \
    "u.email_verified_at IS NOT NULL, u.private_profile"
enum { ACCOUNT_N_COLUMNS = 16 };
/* Strings are copied into a. */
int account_of_row(PGresult *r, int row, struct sg_arena *a, struct account *out,
                   struct sg_error *e);
/* SG_ENOENT. */
int account_by_id(struct sg_accounts *x, struct sg_http_request *q, uint64_t user_id,
                  struct sg_arena *a, struct account *out, struct sg_error *e);
/* email: normalised. SG_ENOENT. */
int account_by_email(struct sg_accounts *x, struct sg_http_request *q, const char *email,
                     struct sg_arena *a, struct account *out, struct sg_error *e);
/* What it is now: an elapsed premium has expired. */
enum sg_subscription account_subscription(const struct account *x);
/* Its claims have just been written: this process's tokens follow at once. */
void account_claims_changed(struct sg_accounts *x, const struct account *who);
