/* jws.c - see jws.h. All cryptography is OpenSSL's. */
#include "api/accounts/jws.h"
#include "api/accounts/key.h"
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>

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

static int sign_secret(const struct sg_jws_key *k, struct sg_str s, unsigned char *out, size_t *n)
{
    unsigned len = 0;
    if (!HMAC(EVP_sha256(), k->secret, sizeof k->secret, (const unsigned char *)s.p, s.n, out,
              &len))
        return -1;
    *n = len;
    return 0;
}

/* Ed25519 hashes by itself: no digest is named. */
static const EVP_MD *digest_of(enum sg_jws_alg alg)
{
    return alg == SG_JWS_RS256 ? EVP_sha256() : NULL;
}

static int sign_private(const struct sg_jws_key *k, struct sg_str s, unsigned char *out, size_t *n)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    int ok = c && EVP_DigestSignInit(c, NULL, digest_of(k->alg), NULL, k->pkey) == 1 &&
             EVP_DigestSign(c, out, n, (const unsigned char *)s.p, s.n) == 1;
    EVP_MD_CTX_free(c);
    return ok ? 0 : -1;
}

int sg_jws_sign(const struct sg_jws_key *k, struct sg_str payload, struct sg_buf *out,
                struct sg_error *e)
{
    unsigned char signature[SG_JWS_SIGNATURE_MAX];
    size_t start = out->n, n = sizeof signature;
    char header[160];
    int len = snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
                       names[k->alg], k->kid);
    sg_base64url_put(out, header, (size_t)len);
    sg_buf_putc(out, '.');
    sg_base64url_put(out, payload.p, payload.n);
    if (sg_buf_failed(out))
        return sg_fail(e, SG_ENOMEM, "token");
    struct sg_str s = {out->p + start, out->n - start};
    if (k->alg == SG_JWS_HS256 ? sign_secret(k, s, signature, &n)
                               : sign_private(k, s, signature, &n))
        return sg_fail(e, SG_EINTERNAL, "the token could not be signed");
    sg_buf_putc(out, '.');
    sg_base64url_put(out, signature, n);
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
    struct sg_jws_parts p = {.signed_part = {token.p, n_signed}};
    struct sg_str header = sg_base64url_read((struct sg_str){token.p, head}, a);
    p.payload = sg_base64url_read((struct sg_str){first + 1, body}, a);
    p.signature = sg_base64url_read((struct sg_str){second + 1, token.n - n_signed - 1}, a);
    if (!header.p || !p.payload.p || !p.signature.p)
        return refuse(e, "is not base64url in three parts");
    int rc = read_header(header, &p, e);
    if (!rc)
        *out = p;
    return rc;
}

static bool verify_public(const struct sg_jws_key *k, const struct sg_jws_parts *p)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestVerifyInit(c, NULL, digest_of(k->alg), NULL, k->pkey) == 1 &&
              EVP_DigestVerify(c, (const unsigned char *)p->signature.p, p->signature.n,
                               (const unsigned char *)p->signed_part.p, p->signed_part.n) == 1;
    EVP_MD_CTX_free(c);
    return ok;
}

static bool verify_secret(const struct sg_jws_key *k, const struct sg_jws_parts *p)
{
    unsigned char right[EVP_MAX_MD_SIZE];
    size_t n = 0;
    return !sign_secret(k, p->signed_part, right, &n) && n == p->signature.n &&
           CRYPTO_memcmp(right, p->signature.p, n) == 0;
}

int sg_jws_verify(const struct sg_jws_key *k, const struct sg_jws_parts *p, struct sg_error *e)
{
    if (p->alg != k->alg || strcmp(p->kid, k->kid) != 0)
        return refuse(e, "names another algorithm than its key's");
    bool ok = k->alg == SG_JWS_HS256 ? verify_secret(k, p) : verify_public(k, p);
    return ok ? 0 : refuse(e, "is not signed by its key");
}
