/* admit.c - a request and who sent it: see accounts.h. */
#include "api/accounts/parts.h"
#include "api/keys/keys.h"
#include "api/problem.h"
#include "core/clock.h"
#include <stdlib.h>
#include <strings.h>

#define FIRST_READ_MS 1000

static int start(struct sg_accounts *a, struct sg_error *e)
{
    int rc = sg_tokens_open(&a->tokens, a->config, e);
    if (!rc && !(a->revoked = sg_revoked_open()))
        rc = sg_fail(e, SG_ENOMEM, "accounts");
    if (!rc && !(a->throttle = sg_throttle_open()))
        rc = sg_fail(e, SG_ENOMEM, "accounts");
    if (!rc)
        rc = sg_passwords_open(&a->passwords, a->config, e);
    if (!rc)
        rc = sg_mailer_open(&a->mailer, a->config, e);
    if (!rc && pthread_create(&a->follower, NULL, accounts_follow, a))
        rc = sg_fail(e, SG_EIO, "accounts: no thread");
    a->has_follower = !rc;
    return rc;
}

int sg_accounts_open(struct sg_accounts **out, const struct sg_config *config, struct sg_db *db,
                     struct sg_error *e)
{
    struct sg_accounts *a = calloc(1, sizeof *a);
    if (!a)
        return sg_fail(e, SG_ENOMEM, "accounts");
    a->config = config;
    a->db = db;
    a->refused = sg_metric_new(SG_COUNTER, "segue_token_refused_total",
                               "Requests refused for their access token", "reason");
    a->n_revoked = sg_metric_new(SG_GAUGE, "segue_revoked_sessions",
                                 "Ended sessions whose tokens have not expired yet", NULL);
    sg_pause_init(&a->pause);
    sg_pause_init(&a->tried);
    int rc = start(a, e);
    if (rc) {
        sg_accounts_close(a);
        return rc;
    }
    sg_pause_for(&a->tried, FIRST_READ_MS, false);
    *out = a;
    return 0;
}

struct sg_keyring *sg_accounts_keys(struct sg_accounts *a)
{
    return sg_tokens_keyring(a->tokens);
}

void sg_accounts_close(struct sg_accounts *a)
{
    if (!a)
        return;
    if (a->has_follower) {
        sg_pause_end(&a->pause);
        pthread_join(a->follower, NULL);
    }
    sg_mailer_close(a->mailer);
    sg_passwords_close(a->passwords);
    sg_throttle_close(a->throttle);
    sg_tokens_close(a->tokens);
    sg_revoked_close(a->revoked);
    sg_pause_destroy(&a->pause);
    sg_pause_destroy(&a->tried);
    free(a);
}

static bool refuse(struct sg_accounts *a, struct sg_http_request *q, struct sg_http_response *r,
                   const char *reason, const char *why)
{
    sg_metric_add(a->refused, reason, 1);
    sg_http_header(r, "WWW-Authenticate", /* RFC 6750 section 3 */
                   SG_STR("Bearer realm=\"segue\", error=\"invalid_token\""));
    sg_problem_status(q, r, 401, why);
    return false;
}

static void take(struct sg_accounts *a, const struct sg_token *t, struct sg_caller *who)
{
    struct sg_changed_claims now = {.roles = t->roles,
                                    .subscription = t->subscription,
                                    .subscription_until_s = t->subscription_until_s,
                                    .private_session = t->private_session,
                                    .search_log_off = t->search_log_off};
    sg_revoked_find_claims(a->revoked, t->user_id, &now);
    *who = (struct sg_caller){
        .user_id = t->user_id,
        .roles = now.roles,
        .subscription =
            sg_subscription_now(now.subscription, now.subscription_until_s, sg_wall_us() / 1000000),
        .subscription_until_s = now.subscription == SG_PREMIUM ? now.subscription_until_s : 0,
        .session_id = t->session_id,
        .private_session = now.private_session,
        .search_log_off = now.search_log_off,
    };
}

void sg_accounts_privacy_now(struct sg_accounts *a, uint64_t user_id, bool *is_private)
{
    struct sg_changed_claims now;
    if (sg_revoked_find_claims(a->revoked, user_id, &now))
        *is_private = now.private_session;
}

static bool admit_token(struct sg_accounts *a, struct sg_str text, struct sg_http_request *q,
                        struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_token t;
    int rc = sg_token_verify(a->tokens, text, sg_wall_us() / 1000000, q->arena, &t, &e);
    if (rc == SG_EAUTH)
        return refuse(a, q, r, "invalid", e.text);
    if (!rc && !atomic_load(&a->read) && !atomic_load(&a->remembered))
        rc = sg_fail(&e, SG_EUNAVAIL, "which sessions have ended cannot be read right now");
    if (rc) {
        sg_problem(q, r, &e);
        return false;
    }
    if (sg_revoked_has_session(a->revoked, t.session_id))
        return refuse(a, q, r, "revoked", "the token's session has ended; log in again");
    take(a, &t, &q->caller);
    return true;
}

bool sg_accounts_has_ended(struct sg_accounts *a, uint64_t session_id)
{
    return session_id && sg_revoked_has_session(a->revoked, session_id);
}

int sg_accounts_stands(struct sg_accounts *a, uint64_t user_id, uint64_t session_id, bool premium,
                       struct sg_error *e)
{
    struct sg_changed_claims now;
    if (!atomic_load(&a->read))
        return sg_fail(e, SG_EUNAVAIL, "which sessions have ended cannot be read right now");
    if (sg_revoked_has_session(a->revoked, session_id))
        return sg_fail_kind(e, SG_EPERM, "media-revoked", "its login has ended");
    if (!sg_revoked_find_claims(a->revoked, user_id, &now))
        return 0;
    enum sg_subscription is =
        sg_subscription_now(now.subscription, now.subscription_until_s, sg_wall_us() / 1000000);
    return is == SG_EXPIRED || (premium && is != SG_PREMIUM)
               ? sg_fail_kind(e, SG_EPERM, "media-subscription", "the subscription has changed")
               : 0;
}

/* What follows "Bearer "; NONE: nothing does. */
static struct sg_str bearer(struct sg_str a)
{
    while (a.n && *a.p == ' ')
        a = (struct sg_str){a.p + 1, a.n - 1};
    if (a.n < 7 || strncasecmp(a.p, "Bearer ", 7) != 0)
        return SG_STR_NONE;
    a = (struct sg_str){a.p + 7, a.n - 7};
    while (a.n && *a.p == ' ')
        a = (struct sg_str){a.p + 1, a.n - 1};
    while (a.n && a.p[a.n - 1] == ' ')
        a.n--;
    return a;
}

bool sg_accounts_admit(struct sg_accounts *a, struct sg_api_keys *keys,
                       const struct sg_route *route, struct sg_http_request *q,
                       struct sg_http_response *r)
{
    struct sg_str token = bearer(q->authorization);
    (void)route;
    if (!a || !sg_token_looks(token))
        return sg_api_keys_admit(keys, q, r, false);
    if (!admit_token(a, token, q, r))
        return false;
    sg_http_header(r, "Cache-Control", SG_STR("private"));
    return sg_api_keys_admit(keys, q, r, true);
}
