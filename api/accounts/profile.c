/* profile.c - what one is called, likes to have and keeps to oneself. */
#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "api/accounts/tell.h"
#include "api/cache/cache.h"
#include "api/search_log/search_log.h"
#include "api/social/visible.h"

/* What is not said stays; $4 tells whether $3 is said, which may be NULL. */
static const struct sg_pg_statement change = {
    "account_change",
    "UPDATE users u SET display_name = coalesce($2, u.display_name), "
    "country = CASE WHEN $4::boolean THEN $3 ELSE u.country END, "
    "private_session = coalesce($5::boolean, u.private_session), "
    "private_profile = coalesce($6::boolean, u.private_profile), "
    "search_log = coalesce($7::boolean, u.search_log), "
    "preferences = coalesce($8::jsonb, u.preferences) "
    "WHERE u.user_id = $1::bigint RETURNING " ACCOUNT_COLUMNS,
    8};

int account_view(const struct account *who, struct sg_arena *a, struct sg_me *out,
                 struct sg_error *e)
{
    static const enum sg_role all[] = {SG_ROLE_USER, SG_ROLE_ARTIST, SG_ROLE_ADMIN};
    struct sg_error none = SG_ERROR_INIT;
    struct sg_preferences *p = sg_arena_alloc(a, sizeof *p);
    struct sg_str *roles = sg_arena_array(a, 3, sizeof *roles);
    size_t n = 0;
    if (!p || !roles)
        return sg_fail(e, SG_ENOMEM, "account");
    /* Preferences that an import or a tool wrote in another form are as if there were none. */
    if (sg_record_from_json(&sg_preferences_record, who->preferences, a, p, &none))
        sg_record_init(&sg_preferences_record, p);
    for (size_t i = 0; i < 3; i++)
        if (who->claims.roles & all[i])
            roles[n++] = sg_str(sg_role_name(all[i]));
    *out = (struct sg_me){
        .user_id = who->user_id,
        .email = who->email,
        .display_name = who->display_name,
        .country = who->country,
        .subscription_type = sg_str(sg_subscription_name(account_subscription(who))),
        .subscription_expires_at = who->subscription_until,
        .roles = {roles, n},
        .preferences = p,
        .private_session = who->claims.private_session,
        .private_profile = who->private_profile,
        .search_log = !who->claims.search_log_off,
        .created_at = who->created_at,
    };
    return 0;
}

static void answer(struct sg_http_request *q, struct sg_http_response *r, int rc,
                   const struct account *who, struct sg_error *e)
{
    struct sg_me me;
    if (!rc)
        rc = account_view(who, q->arena, &me, e);
    if (rc)
        accounts_problem(q, r, e);
    else
        sg_api_answer(r, &sg_me_record, &me);
}

void sg_api_me(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct account who;
    int rc = account_by_id(api->accounts, q, q->caller.user_id, q->arena, &who, &e);
    answer(q, r, rc, &who, &e);
}

static bool is_language(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], l = (char)(c | 32);
        if (!((l >= 'a' && l <= 'z') || (i && ((c >= '0' && c <= '9') || c == '-'))))
            return false;
    }
    return true;
}

static int read_preferences(const struct sg_preferences *p, struct sg_arena *a, const char **out,
                            struct sg_error *e)
{
    struct sg_buf b = {0};
    if (p->market.p && !accounts_is_country(p->market))
        return sg_fail_field(e, "preferences", "preferences: market: expected two capitals, as SE");
    if (!is_language(p->language))
        return sg_fail_field(e, "preferences", "preferences: language: expected as pt-BR");
    sg_record_to_json(&sg_preferences_record, p, &b);
    struct sg_str copy = sg_arena_copy(a, sg_buf_str(&b));
    sg_buf_free(&b);
    *out = copy.p;
    return copy.p ? 0 : sg_fail(e, SG_ENOMEM, "preferences");
}

struct change {
    const char *name, *country, *preferences;
    uint64_t said;
    struct sg_me_change in;
};

static int read_change(struct sg_http_request *q, struct change *c, struct sg_error *e)
{
    const struct sg_me_change *in = &c->in;
    int rc = sg_record_from_json_part(&sg_me_change_record, q->body, q->arena, &c->in, &c->said, e);
    if (!rc && c->said & SG_ME_DISPLAY_NAME && !in->display_name.p)
        rc = sg_fail_field(e, "display_name", "display_name: one is needed");
    if (!rc && in->display_name.p)
        rc = accounts_name(in->display_name, q->arena, &c->name, e);
    if (!rc && in->country.p && !accounts_is_country(in->country))
        rc = sg_fail_field(e, "country", "country: expected two capitals, as SE");
    if (!rc && in->country.p)
        rc = accounts_line(in->country, "country", q->arena, &c->country, e);
    if (!rc && in->preferences)
        rc = read_preferences(in->preferences, q->arena, &c->preferences, e);
    else if (!rc && c->said & SG_ME_PREFERENCES)
        c->preferences = "{}";
    return rc;
}

static const char *flag(const struct change *c, enum sg_me_part part, bool value)
{
    return !(c->said & part) ? NULL : value ? "t" : "f";
}

static int put(struct sg_accounts *x, struct sg_http_request *q, const struct change *c,
               struct account *who, struct sg_error *e)
{
    struct sg_str id = sg_arena_printf(q->arena, "%llu", (unsigned long long)q->caller.user_id);
    const char *params[] = {id.p,
                            c->name,
                            c->country,
                            c->said & SG_ME_COUNTRY ? "t" : "f",
                            flag(c, SG_ME_PRIVATE_SESSION, c->in.private_session),
                            flag(c, SG_ME_PRIVATE_PROFILE, c->in.private_profile),
                            flag(c, SG_ME_SEARCH_LOG, c->in.search_log),
                            c->preferences};
    PGresult *r;
    int rc = sg_db_write(x->db, q, &change, params, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? account_of_row(r, 0, q->arena, who, e)
                      : sg_fail(e, SG_ENOENT, "there is no such account");
    PQclear(r);
    return rc;
}

void sg_api_me_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct change c = {0};
    struct account who;
    int rc = read_change(q, &c, &e);
    if (!rc)
        rc = put(api->accounts, q, &c, &who, &e);
    if (!rc) {
        account_claims_changed(api->accounts, &who);
        accounts_changed(api, q, who.user_id, c.said & SG_ME_PREFERENCES);
        if (c.said & SG_ME_SEARCH_LOG && who.claims.search_log_off)
            rc = sg_search_log_forget(api->log, who.user_id, &e); /* also what is there */
    }
    answer(q, r, rc, &who, &e);
}

/* What the cache keeps of a profile: one byte, whether it is private, then the answer's JSON. */
struct loading {
    struct sg_accounts *accounts;
    struct sg_http_request *q;
    uint64_t user_id;
};

static int load_profile(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    struct loading *l = ctx;
    struct account who;
    /* Of the primary (no q): what a replica says late would be kept. */
    int rc = account_by_id(l->accounts, NULL, l->user_id, l->q->arena, &who, e);
    if (rc)
        return rc;
    struct sg_public_profile view = {l->user_id, who.display_name, who.created_at};
    sg_buf_putc(out, who.private_profile ? 'p' : '-');
    sg_record_to_json(&sg_public_profile_record, &view, out);
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "profile") : 0;
}

/* One's own, and an admin's, always; of the others nobody's with whom there is a block, and a
 * private one only by whom was approved. */
static int may_see(struct sg_api *api, struct sg_http_request *q, uint64_t id, bool is_private,
                   struct sg_error *e)
{
    if (q->caller.user_id == id || sg_caller_is_admin(q))
        return 0;
    if (!q->caller.user_id)
        return is_private ? sg_fail(e, SG_ENOENT, "there is no such account") : 0;
    return is_private ? sg_visible_acts(api, q, id, e) : sg_visible_user(api, q, id, e);
}

void sg_api_user(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf kept = {0};
    uint64_t id = sg_route_id(q, 0);
    struct loading l = {api->accounts, q, id};
    struct sg_str key = sg_arena_printf(q->arena, "user:%llu:profile", (unsigned long long)id);
    int rc = sg_cache_through(api->cache, &sg_cache_user, key, q->deadline_us, load_profile, &l,
                              &kept, &e);
    if (!rc)
        rc = may_see(api, q, id, kept.p[0] == 'p', &e);
    if (rc == SG_ENOENT)
        rc = sg_fail(&e, SG_ENOENT, "there is no such account");
    if (rc)
        sg_problem(q, r, &e);
    else {
        sg_buf_put(&r->body, kept.p + 1, kept.n - 1);
        r->content_type = "application/json";
    }
    sg_buf_free(&kept);
}
