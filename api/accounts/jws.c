/* jws.c - see jws.h. Tokens are made, taken apart and verified by librhonabwy; what is here looks
 * at a token first, more narrowly than a library for everybody may. */
#include "api/accounts/jws.h"
#include "api/accounts/key.h"
#include <jansson.h>

static const char *const names[SG_JWS_ALGS] = {"EdDSA", "RS256", "HS256"};

const char *sg_jws_alg_name(enum sg_jws_alg alg)
{
    return names[alg];
}

enum sg_jws_alg sg_jws_alg_of(struct sg_str name)
{
    int i = 0;
    while (i < SG_JWS_ALGS && !sg_str_eq(name, sg_str(names[i])))
        i++;
    return (enum sg_jws_alg)i;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void sg_base64url_put(struct sg_buf *b, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16;
        v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
        v |= i + 2 < n ? (uint32_t)p[i + 2] : 0;
        size_t left = n - i < 3 ? n - i : 3;
        for (size_t k = 0; k <= left; k++)
            sg_buf_putc(b, digits[v >> (18 - 6 * k) & 63]);
    }
}

static int digit_of(char c)
{
    const char *at = c ? memchr(digits, c, 64) : NULL;
    return at ? (int)(at - digits) : -1;
}

struct sg_str sg_base64url_read(struct sg_str text, struct sg_arena *a)
{
    char *out = text.n % 4 == 1 ? NULL : sg_arena_alloc(a, text.n + 1);
    size_t n = 0;
    uint32_t v = 0;
    for (size_t i = 0; out && i < text.n; i++) {
        int d = digit_of(text.p[i]);
        if (d < 0)
            return SG_STR_NONE;
        v = v << 6 | (uint32_t)d;
        if (i % 4)
            out[n++] = (char)(v >> (6 - 2 * (i % 4)) & 0xff);
    }
    /* Bits beyond the last byte must be zero: else two texts are one value. */
    uint32_t rest = text.n % 4 == 2 ? v & 15 : text.n % 4 == 3 ? v & 3 : 0;
    return out && !rest ? (struct sg_str){out, n} : SG_STR_NONE;
}

static const jwa_alg algs[SG_JWS_ALGS] = {R_JWA_ALG_EDDSA, R_JWA_ALG_RS256, R_JWA_ALG_HS256};

int sg_jws_sign(const struct sg_jws_key *k, struct sg_str payload, struct sg_buf *out,
                struct sg_error *e)
{
    jws_t *jws = NULL;
    char *text = NULL;
    if (r_jws_init(&jws) == RHN_OK && r_jws_set_alg(jws, algs[k->alg]) == RHN_OK &&
        r_jws_set_header_str_value(jws, "typ", "JWT") == RHN_OK &&
        r_jws_set_header_str_value(jws, "kid", k->kid) == RHN_OK &&
        r_jws_set_payload(jws, (const unsigned char *)payload.p, payload.n) == RHN_OK)
        text = r_jws_serialize(jws, k->signer, SG_JWS_FLAGS);
    r_jws_free(jws);
    if (!text)
        return sg_fail(e, SG_EINTERNAL, "the token could not be signed");
    sg_buf_puts(out, text);
    r_free(text);
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "token") : 0;
}

static int refuse(struct sg_error *e, const char *why)
{
    return sg_fail(e, SG_EAUTH, "the token %s", why);
}

static const char *text_member(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

static bool is_kid(const char *kid)
{
    size_t n = kid ? strlen(kid) : 0;
    for (size_t i = 0; i < n; i++)
        if (digit_of(kid[i]) < 0)
            return false;
    return n >= 1 && n <= SG_JWS_KID_MAX;
}

/* Keys, or where to get them, are never taken from a token. */
static int read_header(struct sg_str text, struct sg_jws_parts *p, struct sg_error *e)
{
    json_t *o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    const char *alg = text_member(o, "alg"), *kid = text_member(o, "kid");
    const char *typ = text_member(o, "typ");
    int rc = 0;
    p->alg = sg_jws_alg_of(sg_str(alg));
    if (!json_is_object(o))
        rc = refuse(e, "has no header that can be read");
    else if (p->alg == SG_JWS_ALGS)
        rc = refuse(e, "names an algorithm that is not used here");
    else if (!is_kid(kid))
        rc = refuse(e, "names no key");
    else if (json_object_get(o, "crit") || json_object_get(o, "zip") || json_object_get(o, "b64"))
        rc = refuse(e, "asks for what is not done here");
    else if (json_object_get(o, "typ") && (!typ || strcmp(typ, "JWT") != 0))
        rc = refuse(e, "is of another type");
    if (!rc)
        snprintf(p->kid, sizeof p->kid, "%s", kid);
    json_decref(o);
    return rc;
}

int sg_jws_split(struct sg_str token, struct sg_arena *a, struct sg_jws_parts *out,
                 struct sg_error *e)
{
    if (token.n > SG_JWS_TOKEN_MAX)
        return refuse(e, "is too long");
    const char *first = token.n ? memchr(token.p, '.', token.n) : NULL;
    size_t head = first ? (size_t)(first - token.p) : 0;
    const char *second = first ? memchr(first + 1, '.', token.n - head - 1) : NULL;
    if (!second)
        return refuse(e, "is none");
    size_t body = (size_t)(second - first) - 1, n_signed = (size_t)(second - token.p);
    struct sg_jws_parts p = {.token = token};
    struct sg_str header = sg_base64url_read((struct sg_str){token.p, head}, a);
    p.payload = sg_base64url_read((struct sg_str){first + 1, body}, a);
    struct sg_str signature =
        sg_base64url_read((struct sg_str){second + 1, token.n - n_signed - 1}, a);
    if (!header.p || !p.payload.p || !signature.p)
        return refuse(e, "is not base64url in three parts");
    int rc = read_header(header, &p, e);
    if (!rc)
        *out = p;
    return rc;
}

static bool is_signed(const struct sg_jws_key *k, struct sg_str token)
{
    jws_t *jws = NULL;
    bool ok = r_jws_init(&jws) == RHN_OK &&
              r_jws_advanced_parsen(jws, token.p, token.n, R_PARSE_NONE, SG_JWS_FLAGS) == RHN_OK &&
              r_jws_get_alg(jws) == algs[k->alg] &&
              r_jws_verify_signature(jws, k->verifier, SG_JWS_FLAGS) == RHN_OK;
    r_jws_free(jws);
    return ok;
}

int sg_jws_verify(const struct sg_jws_key *k, const struct sg_jws_parts *p, struct sg_error *e)
{
    if (p->alg != k->alg || strcmp(p->kid, k->kid) != 0)
        return refuse(e, "names another algorithm than its key's");
    return is_signed(k, p->token) ? 0 : refuse(e, "is not signed by its key");
}
