/* answers.c - see answers.h. */
#include "api/accounts/answers.h"
#include "core/clock.h"
#include "core/title.h"
#include <xxhash.h>

int accounts_body(const struct sg_http_request *q, const struct sg_record *record, void *out,
                  struct sg_error *e)
{
    return sg_record_from_json(record, q->body, q->arena, out, e);
}

void accounts_problem(struct sg_http_request *q, struct sg_http_response *r,
                      const struct sg_error *e)
{
    accounts_no_store(r);
    sg_problem(q, r, e);
}

uint64_t accounts_key(const char *email)
{
    return XXH3_64bits(email, strlen(email));
}

int accounts_may(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                 enum sg_throttle_kind person, uint64_t who, enum sg_throttle_kind address,
                 struct sg_error *e)
{
    int64_t now = sg_now_us();
    int64_t wait = sg_throttle_try(x->throttle, address, q->client, now);
    if (!wait)
        wait = sg_throttle_try(x->throttle, person, who, now);
    if (!wait)
        return 0;
    sg_metric_add(x->refused, "throttled", 1);
    sg_http_header(r, "Retry-After", sg_arena_printf(q->arena, "%lld", (long long)wait));
    return sg_fail(e, SG_ERATE, "too many attempts; come again in %lld s", (long long)wait);
}

void accounts_no_store(struct sg_http_response *r)
{
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
}

bool accounts_is_country(struct sg_str s)
{
    return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z';
}

int accounts_line(struct sg_str s, const char *field, struct sg_arena *a, const char **out,
                  struct sg_error *e)
{
    bool seen = false;
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return sg_fail_field(e, field, "%s: control characters are not allowed", field);
        seen = seen || s.p[i] != ' ';
    }
    if (s.n && !seen)
        return sg_fail_field(e, field, "%s: expected more than spaces", field);
    struct sg_str copy = sg_arena_copy(a, s);
    *out = copy.p;
    return copy.p ? 0 : sg_fail(e, SG_ENOMEM, "%s", field);
}

int accounts_name(struct sg_str s, struct sg_arena *a, const char **out, struct sg_error *e)
{
    int rc = sg_title(a, "display_name", s, 200, &s, e);
    if (!rc)
        *out = s.p;
    return rc;
}

/* Hashed again at today's cost, unless there is another password since; that it could not be is no
 * reason to refuse a login. */
static void keep_hash(struct sg_accounts *x, struct sg_http_request *q, struct account *who,
                      struct sg_str password)
{
    static const struct sg_pg_statement put = {
        "account_rehash",
        "UPDATE users SET password_hash = $2 WHERE user_id = $1::bigint AND password_hash = $3 "
        "RETURNING 1",
        3};
    struct sg_error e = SG_ERROR_INIT;
    char id[24], hash[SG_PASSWORD_HASH_MAX];
    PGresult *r;
    snprintf(id, sizeof id, "%llu", (unsigned long long)who->user_id);
    const char *const params[] = {id, hash, who->password_hash.p};
    if (sg_password_hash(x->passwords, password, hash, &e) ||
        sg_db_write(x->db, q, &put, params, &r, &e))
        return;
    struct sg_str kept = sg_arena_copy(q->arena, sg_str(hash));
    if (PQntuples(r) && kept.p)
        who->password_hash = kept;
    PQclear(r);
}

int accounts_prove(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                   struct account *who, uint64_t key, struct sg_str password, struct sg_error *e)
{
    bool good, old;
    int rc = accounts_may(x, q, r, SG_THROTTLE_ACCOUNT, key, SG_THROTTLE_ADDRESS, e);
    if (!rc)
        rc = sg_password_check(x->passwords, password, who ? who->password_hash.p : NULL, &good,
                               &old, e);
    if (rc)
        return rc;
    if (!good || !who->verified)
        return sg_fail_kind(e, SG_EAUTH, "wrong-credentials",
                            "the e-mail address or the password is wrong, or the address has not "
                            "been verified yet");
    sg_throttle_good(x->throttle, SG_THROTTLE_ACCOUNT, key, sg_now_us());
    sg_throttle_good(x->throttle, SG_THROTTLE_ADDRESS, q->client, sg_now_us());
    if (old)
        keep_hash(x, q, who, password);
    return 0;
}

int accounts_not_own(const char *field, struct sg_error *e)
{
    return sg_fail_field(e, field, "%s: it is not the account's", field);
}

int accounts_prove_own(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                       struct account *who, struct sg_str password, const char *field,
                       struct sg_error *e)
{
    int rc = accounts_prove(x, q, r, who, accounts_key(who->email.p), password, e);
    return rc == SG_EAUTH ? accounts_not_own(field, e) : rc;
}
