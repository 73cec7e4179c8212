/* token.c - see token.h. */
#include "api/accounts/token.h"
#include "api/accounts/verified.h"
#include "core/clock.h"
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#define JTI_BYTES 12
#define YEAR_9999 253402300799

struct sg_tokens {
    const struct sg_config *config;
    struct sg_keyring *keys;
    struct verified *verified;
};

static const char *const subscriptions[] = {"free", "premium", "expired"};
static const enum sg_role roles[] = {SG_ROLE_USER, SG_ROLE_ARTIST, SG_ROLE_ADMIN};
static const char *const role_names[] = {"user", "artist", "admin"};
enum { N_ROLES = sizeof roles / sizeof *roles };

const char *sg_subscription_name(enum sg_subscription s)
{
    return subscriptions[s];
}

bool sg_subscription_of(struct sg_str name, enum sg_subscription *out)
{
    for (size_t i = 0; i < sizeof subscriptions / sizeof *subscriptions; i++)
        if (sg_str_eq(name, sg_str(subscriptions[i]))) {
            *out = (enum sg_subscription)i;
            return true;
        }
    return false;
}

const char *sg_role_name(enum sg_role role)
{
    size_t i = 0;
    while (i < N_ROLES - 1 && roles[i] != role)
        i++;
    return role_names[i];
}

enum sg_role sg_role_of(struct sg_str name)
{
    for (size_t i = 0; i < N_ROLES; i++)
        if (sg_str_eq(name, sg_str(role_names[i])))
            return roles[i];
    return 0;
}

enum sg_subscription sg_subscription_now(enum sg_subscription s, int64_t until_s, int64_t now_s)
{
    return s == SG_PREMIUM && until_s && until_s <= now_s ? SG_EXPIRED : s;
}

int sg_tokens_open(struct sg_tokens **out, const struct sg_config *config, struct sg_error *e)
{
    struct sg_tokens *t = calloc(1, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "tokens");
    t->config = config;
    int rc = sodium_init() < 0 ? sg_fail(e, SG_EINTERNAL, "libsodium cannot be used") : 0;
    if (!rc && !(t->verified = verified_open()))
        rc = sg_fail(e, SG_ENOMEM, "tokens");
    if (!rc)
        rc = sg_keyring_open(&t->keys, config->var_dir, (enum sg_jws_alg)config->auth.algorithm,
                             config->auth.token_s, e);
    if (rc)
        sg_tokens_close(t);
    else
        *out = t;
    return rc;
}

void sg_tokens_close(struct sg_tokens *t)
{
    if (!t)
        return;
    sg_keyring_close(t->keys);
    verified_close(t->verified);
    free(t);
}

struct sg_keyring *sg_tokens_keyring(struct sg_tokens *t)
{
    return t->keys;
}

static void put_text(struct sg_buf *b, const char *name, const char *value)
{
    sg_buf_printf(b, "\"%s\":", name);
    sg_buf_json_str(b, sg_str(value));
    sg_buf_putc(b, ',');
}

static void put_whole(struct sg_buf *b, const char *name, int64_t value)
{
    sg_buf_printf(b, "\"%s\":%lld,", name, (long long)value);
}

static void put_roles(struct sg_buf *b, unsigned set)
{
    bool any = false;
    sg_buf_puts(b, "\"roles\":[");
    for (size_t i = 0; i < N_ROLES; i++)
        if (set & roles[i]) {
            sg_buf_printf(b, "%s\"%s\"", any ? "," : "", role_names[i]);
            any = true;
        }
    sg_buf_puts(b, "],");
}

static void put_claims(const struct sg_tokens *t, const struct sg_token *k, struct sg_buf *b)
{
    unsigned char random[JTI_BYTES];
    randombytes_buf(random, sizeof random);
    sg_buf_putc(b, '{');
    put_text(b, "iss", t->config->auth.issuer);
    put_text(b, "aud", t->config->auth.audience);
    sg_buf_printf(b, "\"sub\":\"%llu\",", (unsigned long long)k->user_id);
    put_whole(b, "user_id", (int64_t)k->user_id);
    if (*k->email)
        put_text(b, "email", k->email);
    put_text(b, "subscription", sg_subscription_name(k->subscription));
    if (k->subscription_until_s)
        put_whole(b, "subscription_until", k->subscription_until_s);
    put_roles(b, k->roles);
    if (k->private_session)
        sg_buf_puts(b, "\"private_session\":true,");
    if (k->search_log_off)
        sg_buf_puts(b, "\"search_log_off\":true,");
    put_whole(b, "sid", (int64_t)k->session_id);
    put_whole(b, "iat", k->issued_s);
    put_whole(b, "nbf", k->not_before_s);
    put_whole(b, "exp", k->expires_s);
    sg_buf_puts(b, "\"jti\":\"");
    sg_base64url_put(b, random, sizeof random);
    sg_buf_puts(b, "\"}");
}

int sg_token_issue(struct sg_tokens *t, const struct sg_token *token, struct sg_buf *out,
                   struct sg_error *e)
{
    struct sg_buf payload = {0};
    put_claims(t, token, &payload);
    int rc = sg_buf_failed(&payload) ? sg_fail(e, SG_ENOMEM, "token")
                                     : sg_keyring_sign(t->keys, sg_buf_str(&payload), out, e);
    sg_buf_free(&payload);
    return rc;
}

static int refuse(struct sg_error *e, const char *why)
{
    return sg_fail(e, SG_EAUTH, "the token %s", why);
}

static bool whole(const json_t *o, const char *name, int64_t least, int64_t *out)
{
    const json_t *v = json_object_get(o, name);
    if (!json_is_integer(v) || json_integer_value(v) < least)
        return false;
    *out = json_integer_value(v);
    return true;
}

static bool same_text(const json_t *o, const char *name, const char *want)
{
    const char *v = json_string_value(json_object_get(o, name));
    return v && strcmp(v, want) == 0;
}

static bool read_roles(const json_t *list, unsigned *out)
{
    size_t i;
    json_t *v;
    *out = 0;
    if (!json_is_array(list) || json_array_size(list) > N_ROLES)
        return false;
    json_array_foreach(list, i, v)
    {
        enum sg_role role = json_is_string(v) ? sg_role_of(sg_str(json_string_value(v))) : 0;
        if (!role)
            return false;
        *out |= role;
    }
    return true;
}

static bool read_who(const json_t *o, struct sg_token *t)
{
    char sub[24];
    int64_t user, session;
    const char *email = json_string_value(json_object_get(o, "email"));
    const char *subscription = json_string_value(json_object_get(o, "subscription"));
    if (!whole(o, "user_id", 1, &user) || !whole(o, "sid", 1, &session))
        return false;
    t->user_id = (uint64_t)user;
    t->session_id = (uint64_t)session;
    snprintf(sub, sizeof sub, "%lld", (long long)user);
    snprintf(t->email, sizeof t->email, "%s", email ? email : "");
    t->private_session = json_is_true(json_object_get(o, "private_session"));
    t->search_log_off = json_is_true(json_object_get(o, "search_log_off"));
    if (json_object_get(o, "subscription_until") &&
        !whole(o, "subscription_until", 1, &t->subscription_until_s))
        return false;
    return same_text(o, "sub", sub) && sg_subscription_of(sg_str(subscription), &t->subscription) &&
           read_roles(json_object_get(o, "roles"), &t->roles);
}

static bool read_times(const json_t *o, struct sg_token *t)
{
    return whole(o, "iat", 0, &t->issued_s) && whole(o, "nbf", 0, &t->not_before_s) &&
           whole(o, "exp", 0, &t->expires_s) && t->issued_s <= YEAR_9999 &&
           t->not_before_s <= YEAR_9999 && t->expires_s <= YEAR_9999;
}

static int check_times(const struct sg_token *t, int64_t now_s, struct sg_error *e)
{
    if (now_s > t->expires_s + SG_TOKEN_SKEW_S)
        return refuse(e, "has expired");
    if (now_s < t->not_before_s - SG_TOKEN_SKEW_S || now_s < t->issued_s - SG_TOKEN_SKEW_S)
        return refuse(e, "is not good yet");
    return 0;
}

static int read_claims(const struct sg_tokens *t, struct sg_str payload, struct sg_token *out,
                       struct sg_error *e)
{
    json_t *o = json_loadb(payload.p, payload.n, JSON_REJECT_DUPLICATES, NULL);
    int rc = 0;
    if (!json_is_object(o))
        rc = refuse(e, "says nothing that can be read");
    else if (!same_text(o, "iss", t->config->auth.issuer))
        rc = refuse(e, "is of another issuer");
    else if (!same_text(o, "aud", t->config->auth.audience))
        rc = refuse(e, "is for another audience");
    else if (!read_times(o, out) || !read_who(o, out))
        rc = refuse(e, "lacks something or has it wrong");
    json_decref(o);
    return rc;
}

int sg_token_verify(struct sg_tokens *t, struct sg_str text, int64_t now_s, struct sg_arena *a,
                    struct sg_token *out, struct sg_error *e)
{
    struct sg_token token = {0};
    struct sg_str payload;
    struct verified_id id;
    if (!sg_token_looks(text) || text.n > SG_JWS_TOKEN_MAX)
        return refuse(e, "is none");
    verified_id(t->verified, text, &id);
    bool known = verified_find(t->verified, &id, sg_now_us(), &token);
    int rc = known ? 0 : sg_keyring_verify(t->keys, text, a, &payload, e);
    if (!rc && !known)
        rc = read_claims(t, payload, &token, e);
    if (!rc)
        rc = check_times(&token, now_s, e);
    if (!rc && !known)
        verified_put(t->verified, &id, sg_now_us(), &token);
    if (!rc)
        *out = token;
    return rc;
}

bool sg_token_looks(struct sg_str text)
{
    const char *first = text.n ? memchr(text.p, '.', text.n) : NULL;
    return first && memchr(first + 1, '.', (size_t)(text.p + text.n - first - 1));
}
