/* standing.c - subscription and roles: an admin's to give. */
#include "api/accounts/standing.h"
#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "api/accounts/tell.h"
#include "core/instant.h"

static const struct sg_pg_statement put_subscription = {
    "account_subscription",
    "UPDATE users u SET subscription_type = $2, subscription_expires_at = $3::timestamptz "
    "WHERE u.user_id = $1::bigint RETURNING " ACCOUNT_COLUMNS,
    3};
static const struct sg_pg_statement put_roles = {
    "account_roles",
    "UPDATE users u SET roles = $2::text[] WHERE u.user_id = $1::bigint RETURNING " ACCOUNT_COLUMNS,
    2};

static void view(const struct account *who, struct sg_subscription_view *out)
{
    *out = (struct sg_subscription_view){sg_str(sg_subscription_name(account_subscription(who))),
                                         who->subscription_until};
}

void sg_api_my_subscription(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct account who;
    struct sg_subscription_view out;
    if (account_by_id(api->accounts, q, q->caller.user_id, q->arena, &who, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    view(&who, &out);
    sg_api_answer(r, &sg_subscription_record, &out);
}

static int put(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
               const char *second, const char *third, struct account *who, struct sg_error *e)
{
    struct sg_str id = sg_arena_printf(q->arena, "%llu", (unsigned long long)sg_route_id(q, 0));
    PGresult *r;
    int rc = sg_db_write(api->db, q, s, (const char *const[]){id.p, second, third}, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? account_of_row(r, 0, q->arena, who, e)
                      : sg_fail(e, SG_ENOENT, "there is no such account");
    PQclear(r);
    if (rc)
        return rc;
    account_claims_changed(api->accounts, who);
    accounts_changed(api, q, who->user_id, false);
    return 0;
}

static int read_subscription(struct sg_http_request *q, struct sg_subscription_view *in,
                             struct sg_str *until, struct sg_error *e)
{
    int64_t us;
    int rc = accounts_body(q, &sg_subscription_record, in, e);
    *until = SG_STR_NONE;
    if (rc || !in->expires_at.p)
        return rc;
    if (!sg_instant_parse(in->expires_at, &us))
        return sg_fail_field(e, "expires_at", "expires_at: expected as 2027-01-31T00:00:00Z");
    *until = sg_instant_str(q->arena, us);
    return until->p ? 0 : sg_fail(e, SG_ENOMEM, "subscription");
}

void sg_api_subscription_put(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_subscription_view in, out;
    struct sg_str until, type;
    struct account who;
    int rc = read_subscription(q, &in, &until, &e);
    if (!rc && !(type = sg_arena_copy(q->arena, in.subscription_type)).p)
        rc = sg_fail(&e, SG_ENOMEM, "subscription");
    if (!rc)
        rc = put(api, q, &put_subscription, type.p, until.p, &who, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    view(&who, &out);
    sg_api_answer(r, &sg_subscription_record, &out);
}

int roles_read(const struct sg_str *v, size_t n, char out[SG_ROLES_TEXT], struct sg_error *e)
{
    unsigned set = SG_ROLE_USER;
    for (size_t i = 0; i < n; i++) {
        enum sg_role role = sg_role_of(v[i]);
        if (!role)
            return sg_fail_field(e, "roles", "roles: expected user, artist, admin");
        set |= role;
    }
    snprintf(out, SG_ROLES_TEXT, "{user%s%s}", set & SG_ROLE_ARTIST ? ",artist" : "",
             set & SG_ROLE_ADMIN ? ",admin" : "");
    return 0;
}

void sg_api_roles_put(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_role_list in;
    struct account who;
    char roles[SG_ROLES_TEXT];
    int rc = accounts_body(q, &sg_role_list_record, &in, &e);
    if (!rc)
        rc = roles_read(in.roles.v, in.roles.n, roles, &e);
    if (!rc)
        rc = put(api, q, &put_roles, roles, NULL, &who, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        r->status = 204;
}
