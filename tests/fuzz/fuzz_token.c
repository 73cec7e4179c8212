/* fuzz_token.c - any bytes as an access token, as the claims of one that is signed rightly, as a
 * refresh token and as an e-mail address.
 *
 *   u8 which | bytes
 */
#include "api/accounts/email.h"
#include "api/accounts/refresh_token.h"
#include "api/accounts/token.h"
#include "tests/support/scratch.h"
#include <stdio.h>
#include <stdlib.h>

#define NOW 1800000000

static struct sg_config config;
static struct sg_tokens *tokens;

static void open_tokens(void)
{
    struct sg_error e = SG_ERROR_INIT;
    if (tokens)
        return;
    sg_config_defaults(&config);
    snprintf(config.var_dir, sizeof config.var_dir, "%s", test_scratch());
    config.auth.algorithm = SG_JWS_HS256; /* quick */
    if (sg_tokens_open(&tokens, &config, &e))
        abort();
}

/* Nobody guesses a signature. */
static void as_token(struct sg_str text, struct sg_arena *a)
{
    struct sg_token t;
    struct sg_error e = SG_ERROR_INIT;
    if (sg_token_verify(tokens, text, NOW, a, &t, &e) != SG_EAUTH || e.code != SG_EAUTH)
        abort();
}

/* What is believed can be issued and is then read as the same. */
static void as_claims(struct sg_str payload, struct sg_arena *a)
{
    struct sg_token t, again;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf b = {0};
    if (payload.n > 2000 || sg_keyring_sign(sg_tokens_keyring(tokens), payload, &b, &e))
        return;
    int rc = sg_token_verify(tokens, sg_buf_str(&b), NOW, a, &t, &e);
    if (rc != 0 && rc != SG_EAUTH)
        abort();
    if (!rc) {
        if (!t.user_id || !t.session_id || t.expires_s + SG_TOKEN_SKEW_S < NOW)
            abort();
        sg_buf_reset(&b);
        if (sg_token_issue(tokens, &t, &b, &e) ||
            sg_token_verify(tokens, sg_buf_str(&b), NOW, a, &again, &e) ||
            again.user_id != t.user_id || again.roles != t.roles ||
            again.subscription != t.subscription || again.expires_s != t.expires_s)
            abort();
    }
    sg_buf_free(&b);
}

static void as_refresh(struct sg_str text)
{
    static const unsigned char key[32];
    struct sg_refresh_token t;
    struct sg_buf b = {0};
    if (!sg_refresh_token_read(text, &t))
        return;
    bool genuine = sg_refresh_token_genuine(&t, key);
    sg_refresh_token_write(&t, key, &b);
    if (b.n != text.n || (genuine && memcmp(b.p, text.p, b.n)))
        abort();
    sg_buf_free(&b);
}

static void as_email(struct sg_str text)
{
    char once[SG_EMAIL_MAX + 1], twice[SG_EMAIL_MAX + 1];
    struct sg_error e = SG_ERROR_INIT;
    if (sg_email_normalise(text, once, &e))
        return;
    if (sg_email_normalise(sg_str(once), twice, &e) || strcmp(once, twice) != 0 ||
        strpbrk(once, "\r\n \t<>,;\"\\"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_arena a = {0};
    if (!n)
        return 0;
    open_tokens();
    struct sg_str text = {(const char *)data + 1, n - 1};
    switch (data[0] % 4) {
    case 0:
        as_token(text, &a);
        break;
    case 1:
        as_claims(text, &a);
        break;
    case 2:
        as_refresh(text);
        break;
    default:
        as_email(text);
    }
    sg_arena_free(&a);
    return 0;
}
