/* token.c - a licence as a token that can be checked without asking. */
#include "api/accounts/accounts.h"
#include "api/accounts/keyring.h"
#include "api/offline/parts.h"
#include "core/instant.h"

#define AUDIENCE "segue-offline" /* no access token: those are for auth.audience */

static void put_time(struct sg_buf *b, const char *name, struct sg_str text)
{
    int64_t us = 0;
    sg_instant_parse(text, &us);
    sg_buf_printf(b, ",\"%s\":%lld", name, (long long)(us / 1000000));
}

static void put_claims(struct sg_buf *b, const struct sg_api *api, const struct sg_http_request *q,
                       const char *device, const struct sg_offline_licence *l)
{
    const struct sg_str *assets = l->assets.v;
    sg_buf_puts(b, "{\"iss\":");
    sg_buf_json_str(b, sg_str(api->config->auth.issuer));
    sg_buf_printf(b, ",\"aud\":\"" AUDIENCE "\",\"sub\":\"%llu\",\"device_id\":\"%s\"",
                  (unsigned long long)q->caller.user_id, device);
    sg_buf_printf(b, ",\"licence_id\":\"%.*s\",\"assets\":[", SG_FMT(l->licence_id));
    for (size_t i = 0; i < l->assets.n; i++)
        sg_buf_printf(b, "%s\"%.*s\"", i ? "," : "", SG_FMT(assets[i]));
    sg_buf_putc(b, ']');
    put_time(b, "iat", l->given_at);
    put_time(b, "exp", l->expires_at);
    sg_buf_putc(b, '}');
}

int offline_token(struct sg_api *api, struct sg_http_request *q, const char *device,
                  struct sg_offline_licence *l, struct sg_error *e)
{
    struct sg_buf claims = {0}, token = {0};
    put_claims(&claims, api, q, device, l);
    int rc = sg_buf_failed(&claims) ? sg_fail(e, SG_ENOMEM, "a licence") : 0;
    if (!rc)
        rc = sg_keyring_sign(sg_accounts_keys(api->accounts), sg_buf_str(&claims), &token, e);
    l->token = rc ? SG_STR_NONE : sg_arena_copy(q->arena, sg_buf_str(&token));
    if (!rc && !l->token.p)
        rc = sg_fail(e, SG_ENOMEM, "a licence");
    sg_buf_free(&claims);
    sg_buf_free(&token);
    return rc;
}
