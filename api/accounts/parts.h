/* parts.h - the inside of api/accounts; private to it. */
#pragma once
#include "api/accounts/accounts.h"
#include "api/accounts/mail.h"
#include "api/accounts/password.h"
#include "api/accounts/revoked.h"
#include "api/accounts/throttle.h"
#include "api/accounts/token.h"
#include "core/metrics.h"
#include "core/pause.h"
#include <pthread.h>
#include <stdatomic.h>

struct sg_accounts {
    const struct sg_config *config;
    struct sg_db *db;
    struct sg_tokens *tokens;
    struct sg_revoked *revoked;
    struct sg_passwords *passwords;
    struct sg_throttle *throttle;
    struct sg_mailer *mailer;
    struct sg_metric *refused, *n_revoked;
    _Atomic bool read;       /* the revoked have been read once */
    _Atomic bool remembered; /* else: as an API before this one knew them */
    pthread_t follower;
    bool has_follower;
    struct sg_pause pause, tried; /* its sleep; ends when they were first asked for */
};

/* follow.c: the thread that reads what is revoked and changed. */
void *accounts_follow(void *accounts);
/* Columns from first: roles, subscription_type, its end, private_session, search_log, changed. */
void accounts_claims_of_row(PGresult *r, int row, int first, struct sg_changed_claims *out);
/* How long what is proved by a login may go on to be used, from now: a token, and the address of
 * media that it was given at its end. Revocations are remembered for as long. */
int64_t accounts_proof_s(const struct sg_accounts *a);
/* When the last token of now will have expired, sg_wall_us's clock. */
int64_t accounts_token_end_us(const struct sg_accounts *a);
