/* account.c - see account.h. */
#include "tests/support/account.h"
#include "api/accounts/token.h"
#include "core/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define BUFFERS 8

static char *next_buffer(void)
{
    static _Thread_local char buffers[BUFFERS][SG_JWS_TOKEN_MAX + 64];
    static _Thread_local size_t next;
    return buffers[next++ % BUFFERS];
}

static void must(int rc, const struct sg_error *e)
{
    if (rc) {
        fprintf(stderr, "a token for tests: %s\n", e->text);
        exit(1);
    }
}

static const char *issue(const char *var_dir, struct sg_token t)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config *config = malloc(sizeof *config);
    struct sg_tokens *tokens;
    struct sg_buf b = {0};
    char *out = next_buffer();
    if (!config || getrandom(&t.session_id, sizeof t.session_id, 0) != sizeof t.session_id)
        exit(1);
    t.session_id = (t.session_id >> 12) + 1;
    sg_config_defaults(config);
    snprintf(config->var_dir, sizeof config->var_dir, "%s", var_dir);
    must(sg_tokens_open(&tokens, config, &e), &e);
    must(sg_token_issue(tokens, &t, &b, &e), &e);
    snprintf(out, SG_JWS_TOKEN_MAX, "%.*s", SG_FMT(sg_buf_str(&b)));
    sg_tokens_close(tokens);
    sg_buf_free(&b);
    free(config);
    return out;
}

static const char *issue_at(const char *var_dir, uint64_t user_id, unsigned roles,
                            enum sg_subscription subscription, int64_t at_s)
{
    return issue(var_dir, (struct sg_token){.user_id = user_id,
                                            .roles = roles,
                                            .subscription = subscription,
                                            .issued_s = at_s,
                                            .not_before_s = at_s,
                                            .expires_s = at_s + 900});
}

const char *test_token(const char *var_dir, uint64_t user_id, unsigned roles,
                       enum sg_subscription subscription)
{
    return issue_at(var_dir, user_id, roles, subscription, sg_wall_us() / 1000000);
}

const char *test_token_expired(const char *var_dir, uint64_t user_id, unsigned roles,
                               enum sg_subscription subscription)
{
    return issue_at(var_dir, user_id, roles, subscription, sg_wall_us() / 1000000 - 4500);
}

const char *test_bearer(const char *token)
{
    char *out = next_buffer();
    snprintf(out, SG_JWS_TOKEN_MAX + 64, "Authorization: Bearer %s\r\n", token);
    return out;
}

const char *test_authorization(const char *var_dir, uint64_t user_id, unsigned roles,
                               enum sg_subscription subscription)
{
    return test_bearer(test_token(var_dir, user_id, roles, subscription));
}

const char *test_token_tampered(const char *token)
{
    struct sg_arena a = {0};
    struct sg_buf b = {0}, out = {0};
    const char *first = strchr(token, '.'), *second = strchr(first + 1, '.');
    struct sg_str payload =
        sg_base64url_read((struct sg_str){first + 1, (size_t)(second - first - 1)}, &a);
    const char *roles = memmem(payload.p, payload.n, "\"roles\":[", 9);
    char *text = next_buffer();
    size_t before = (size_t)(roles - payload.p) + 9;
    const char *end = memchr(payload.p + before, ']', payload.n - before);
    sg_buf_put(&b, payload.p, before);
    sg_buf_puts(&b, "\"user\",\"admin\"");
    sg_buf_put(&b, end, (size_t)(payload.p + payload.n - end));
    sg_buf_put(&out, token, (size_t)(first - token) + 1);
    sg_base64url_put(&out, b.p, b.n);
    sg_buf_puts(&out, second);
    snprintf(text, SG_JWS_TOKEN_MAX, "%.*s", SG_FMT(sg_buf_str(&out)));
    sg_buf_free(&b);
    sg_buf_free(&out);
    sg_arena_free(&a);
    return text;
}
