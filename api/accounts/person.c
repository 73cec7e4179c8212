/* person.c - see person.h. */
#include "api/accounts/person.h"
#include "core/clock.h"
#include <stdio.h>

static const struct sg_pg_statement by_id = {
    "account_by_id", "SELECT " ACCOUNT_COLUMNS " FROM users u WHERE u.user_id = $1::bigint", 1};
static const struct sg_pg_statement by_email = {
    "account_by_email", "SELECT " ACCOUNT_COLUMNS " FROM users u WHERE lower(u.email) = $1", 1};

static struct sg_str cell(PGresult *r, int row, int column, struct sg_arena *a, bool *ok)
{
    if (PQgetisnull(r, row, column))
        return SG_STR_NONE;
    struct sg_str s = sg_arena_copy(a, sg_str(PQgetvalue(r, row, column)));
    *ok = *ok && s.p;
    return s;
}

int account_of_row(PGresult *r, int row, struct sg_arena *a, struct account *out,
                   struct sg_error *e)
{
    bool ok = true;
    *out = (struct account){.verified = *PQgetvalue(r, row, 14) == 't',
                            .private_profile = *PQgetvalue(r, row, 15) == 't'};
    sg_str_to_u64(sg_str(PQgetvalue(r, row, 0)), &out->user_id);
    accounts_claims_of_row(r, row, 1, &out->claims);
    out->email = cell(r, row, 7, a, &ok);
    out->display_name = cell(r, row, 8, a, &ok);
    out->password_hash = cell(r, row, 9, a, &ok);
    out->country = cell(r, row, 10, a, &ok);
    out->preferences = cell(r, row, 11, a, &ok);
    out->created_at = cell(r, row, 12, a, &ok);
    out->subscription_until = cell(r, row, 13, a, &ok);
    return ok ? 0 : sg_fail(e, SG_ENOMEM, "account");
}

static int take_row(int rc, PGresult *r, struct sg_arena *a, struct account *out,
                    struct sg_error *e)
{
    if (rc)
        return rc;
    rc = PQntuples(r) ? account_of_row(r, 0, a, out, e)
                      : sg_fail(e, SG_ENOENT, "there is no such account");
    PQclear(r);
    return rc;
}

int account_by_id(struct sg_accounts *x, struct sg_http_request *q, uint64_t user_id,
                  struct sg_arena *a, struct account *out, struct sg_error *e)
{
    char id[24];
    PGresult *r = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)user_id);
    int rc = sg_db_read(x->db, q, &by_id, (const char *const[]){id}, &r, e);
    return take_row(rc, r, a, out, e);
}

/* Of the primary: a password that has just been changed is the one that counts. */
int account_by_email(struct sg_accounts *x, struct sg_http_request *q, const char *email,
                     struct sg_arena *a, struct account *out, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_db_write(x->db, q, &by_email, &email, &r, e);
    return take_row(rc, r, a, out, e);
}

enum sg_subscription account_subscription(const struct account *x)
{
    return sg_subscription_now(x->claims.subscription, x->claims.subscription_until_s,
                               sg_wall_us() / 1000000);
}

void account_claims_changed(struct sg_accounts *x, const struct account *who)
{
    sg_revoked_put_claims(x->revoked, who->user_id, &who->claims, accounts_token_end_us(x));
}
