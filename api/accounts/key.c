/* key.c - making, reading and writing keys: see jws.h. */
#include "api/accounts/key.h"
#include "core/digest.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define RSA_BITS 3072 /* 128 bits of security (NIST SP 800-57) */

static int new_key(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                   struct sg_error *e)
{
    struct sg_jws_key *k = calloc(1, sizeof *k);
    if (!k)
        return sg_fail(e, SG_ENOMEM, "key");
    k->alg = alg;
    snprintf(k->kid, sizeof k->kid, "%s", kid);
    *out = k;
    return 0;
}

int sg_jws_key_make(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                    struct sg_error *e)
{
    struct sg_jws_key *k;
    int rc = new_key(&k, alg, kid, e);
    if (rc)
        return rc;
    bool made = alg == SG_JWS_HS256 ? RAND_bytes(k->secret, sizeof k->secret) == 1
                : alg == SG_JWS_RS256
                    ? (k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)) != NULL
                    : (k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")) != NULL;
    if (!made) {
        sg_jws_key_free(k);
        return sg_fail(e, SG_EINTERNAL, "a key could not be made");
    }
    *out = k;
    return 0;
}

void sg_jws_key_free(struct sg_jws_key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    OPENSSL_cleanse(k->secret, sizeof k->secret);
    free(k);
}

const char *sg_jws_key_id(const struct sg_jws_key *k)
{
    return k->kid;
}

enum sg_jws_alg sg_jws_key_alg(const struct sg_jws_key *k)
{
    return k->alg;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_secret(struct sg_jws_key *k, struct sg_str text)
{
    bool ok = text.n >= 2 * sizeof k->secret;
    for (size_t i = 0; ok && i < sizeof k->secret; i++) {
        int high = nibble(text.p[2 * i]), low = nibble(text.p[2 * i + 1]);
        ok = high >= 0 && low >= 0;
        k->secret[i] = (unsigned char)(high << 4 | low);
    }
    return ok;
}

static bool read_private(struct sg_jws_key *k, struct sg_str text)
{
    int want = k->alg == SG_JWS_RS256 ? EVP_PKEY_RSA : EVP_PKEY_ED25519;
    BIO *b = BIO_new_mem_buf(text.p, (int)text.n);
    k->pkey = b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
    BIO_free(b);
    return k->pkey && EVP_PKEY_get_base_id(k->pkey) == want &&
           (want != EVP_PKEY_RSA ||
            (EVP_PKEY_get_bits(k->pkey) >= 2048 && /* RFC 7518 section 3.3 */
             EVP_PKEY_get_size(k->pkey) <= SG_JWS_SIGNATURE_MAX));
}

int sg_jws_key_read(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                    struct sg_str text, struct sg_error *e)
{
    struct sg_jws_key *k;
    int rc = new_key(&k, alg, kid, e);
    if (rc)
        return rc;
    if (alg == SG_JWS_HS256 ? !read_secret(k, text) : !read_private(k, text)) {
        sg_jws_key_free(k);
        return sg_fail(e, SG_ECORRUPT, "not a key of %s", sg_jws_alg_name(alg));
    }
    *out = k;
    return 0;
}

int sg_jws_key_write(const struct sg_jws_key *k, struct sg_buf *out, struct sg_error *e)
{
    char hex[2 * sizeof k->secret + 1];
    char *text;
    if (k->alg == SG_JWS_HS256) {
        sg_hex(k->secret, sizeof k->secret, hex);
        sg_buf_puts(out, hex);
        sg_buf_putc(out, '\n');
        OPENSSL_cleanse(hex, sizeof hex);
        return 0;
    }
    BIO *b = BIO_new(BIO_s_mem());
    bool ok = b && PEM_write_bio_PKCS8PrivateKey(b, k->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    long n = ok ? BIO_get_mem_data(b, &text) : 0;
    if (n > 0)
        sg_buf_put(out, text, (size_t)n);
    BIO_free(b);
    return n > 0 && !sg_buf_failed(out) ? 0
                                        : sg_fail(e, SG_EINTERNAL, "a key could not be written");
}

static void put_number(const struct sg_jws_key *k, const char *param, struct sg_buf *out)
{
    BIGNUM *v = NULL;
    unsigned char bytes[SG_JWS_SIGNATURE_MAX];
    if (EVP_PKEY_get_bn_param(k->pkey, param, &v) == 1 && BN_num_bytes(v) <= (int)sizeof bytes)
        sg_base64url_put(out, bytes, (size_t)BN_bn2bin(v, bytes));
    BN_free(v);
}

bool sg_jws_key_public(const struct sg_jws_key *k, struct sg_buf *out)
{
    if (k->alg == SG_JWS_HS256)
        return false;
    sg_buf_printf(out, "{\"use\":\"sig\",\"alg\":\"%s\",\"kid\":\"%s\",", sg_jws_alg_name(k->alg),
                  k->kid);
    if (k->alg == SG_JWS_EDDSA) { /* RFC 8037 */
        unsigned char x[32];
        size_t n = sizeof x;
        EVP_PKEY_get_raw_public_key(k->pkey, x, &n);
        sg_buf_puts(out, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        sg_base64url_put(out, x, n);
    } else {
        sg_buf_puts(out, "\"kty\":\"RSA\",\"n\":\"");
        put_number(k, OSSL_PKEY_PARAM_RSA_N, out);
        sg_buf_puts(out, "\",\"e\":\"");
        put_number(k, OSSL_PKEY_PARAM_RSA_E, out);
    }
    sg_buf_puts(out, "\"}");
    return true;
}
