/* by_mail.c - see by_mail.h. */
#include "api/accounts/by_mail.h"
#include "core/digest.h"
#include <sodium.h>

void mail_token_make(struct mail_token *t)
{
    unsigned char random[32];
    struct sg_buf b = {0};
    randombytes_buf(random, sizeof random);
    sg_base64url_put(&b, random, sizeof random);
    snprintf(t->text, sizeof t->text, "%.*s", SG_FMT(sg_buf_str(&b)));
    sg_buf_free(&b);
    mail_token_hash(sg_str(t->text), t->hash);
}

void mail_token_hash(struct sg_str told, char hash[65])
{
    unsigned char digest[SG_SHA256_BYTES];
    sg_sha256(told, digest);
    sg_hex(digest, sizeof digest, hash);
}

void mail_link(const struct sg_accounts *x, const char *what, const char *token, struct sg_buf *out)
{
    const char *base = x->config->auth.public_url;
    size_t n = strlen(base);
    if (n)
        sg_buf_put(out, base, base[n - 1] == '/' ? n - 1 : n);
    else
        sg_buf_printf(out, "http://%s:%lld", x->config->api.host, (long long)x->config->api.port);
    sg_buf_printf(out, "/#%s=%s", what, token);
}
