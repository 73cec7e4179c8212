/* key.c - making, reading and writing keys: see jws.h. */
#include "api/accounts/key.h"
#include <sodium.h>
#include <stdlib.h>

#define RSA_BITS     3072 /* 128 bits of security (NIST SP 800-57) */
#define RSA_BITS_MIN 2048 /* RFC 7518 section 3.3 */
#define SECRET_BYTES 32   /* as long as its digest (RFC 7518 section 3.2) */

static int new_key(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                   struct sg_error *e)
{
    struct sg_jws_key *k = calloc(1, sizeof *k);
    if (!k || r_jwk_init(&k->signer) != RHN_OK || r_jwk_init(&k->verifier) != RHN_OK) {
        sg_jws_key_free(k);
        return sg_fail(e, SG_ENOMEM, "key");
    }
    k->alg = alg;
    snprintf(k->kid, sizeof k->kid, "%s", kid);
    *out = k;
    return 0;
}

void sg_jws_key_free(struct sg_jws_key *k)
{
    if (!k)
        return;
    r_jwk_free(k->signer);
    r_jwk_free(k->verifier);
    free(k);
}

static bool put_secret(struct sg_jws_key *k)
{
    unsigned char secret[SECRET_BYTES];
    randombytes_buf(secret, sizeof secret);
    bool ok = r_jwk_import_from_symmetric_key(k->signer, secret, sizeof secret) == RHN_OK &&
              r_jwk_import_from_symmetric_key(k->verifier, secret, sizeof secret) == RHN_OK;
    sodium_memzero(secret, sizeof secret);
    return ok;
}

static bool name_both(struct sg_jws_key *k)
{
    jwk_t *both[] = {k->signer, k->verifier};
    bool ok = true;
    for (int i = 0; i < 2 && ok; i++)
        ok = r_jwk_set_property_str(both[i], "kid", k->kid) == RHN_OK &&
             r_jwk_set_property_str(both[i], "use", "sig") == RHN_OK &&
             r_jwk_set_property_str(both[i], "alg", sg_jws_alg_name(k->alg)) == RHN_OK;
    return ok;
}

static bool make(struct sg_jws_key *k)
{
    switch (k->alg) {
    case SG_JWS_EDDSA:
        return r_jwk_generate_key_pair(k->signer, k->verifier, R_KEY_TYPE_EDDSA, 256, k->kid) ==
               RHN_OK;
    case SG_JWS_RS256:
        return r_jwk_generate_key_pair(k->signer, k->verifier, R_KEY_TYPE_RSA, RSA_BITS, k->kid) ==
               RHN_OK;
    default:
        return put_secret(k);
    }
}

int sg_jws_key_make(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                    struct sg_error *e)
{
    struct sg_jws_key *k;
    int rc = new_key(&k, alg, kid, e);
    if (rc)
        return rc;
    if (!make(k) || !name_both(k)) {
        sg_jws_key_free(k);
        return sg_fail(e, SG_EINTERNAL, "a key could not be made");
    }
    *out = k;
    return 0;
}

const char *sg_jws_key_id(const struct sg_jws_key *k)
{
    return k->kid;
}

enum sg_jws_alg sg_jws_key_alg(const struct sg_jws_key *k)
{
    return k->alg;
}

/* Whether it is what the algorithm needs, and long enough. */
static bool fits(struct sg_jws_key *k)
{
    unsigned bits = 0;
    int type = r_jwk_key_type(k->signer, &bits, SG_JWS_FLAGS);
    switch (k->alg) {
    case SG_JWS_EDDSA:
        return type & R_KEY_TYPE_EDDSA && type & R_KEY_TYPE_PRIVATE && bits == 256;
    case SG_JWS_RS256:
        return type & R_KEY_TYPE_RSA && type & R_KEY_TYPE_PRIVATE && bits >= RSA_BITS_MIN;
    default:
        return type & R_KEY_TYPE_SYMMETRIC && bits >= 8 * SECRET_BYTES;
    }
}

static bool read_both(struct sg_jws_key *k, const char *text)
{
    if (r_jwk_import_from_json_str(k->signer, text) != RHN_OK || !fits(k))
        return false;
    return k->alg == SG_JWS_HS256
               ? r_jwk_import_from_json_str(k->verifier, text) == RHN_OK
               : r_jwk_extract_pubkey(k->signer, k->verifier, SG_JWS_FLAGS) == RHN_OK;
}

int sg_jws_key_read(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                    struct sg_str text, struct sg_error *e)
{
    struct sg_jws_key *k;
    struct sg_buf z = {0};
    int rc = new_key(&k, alg, kid, e);
    if (rc)
        return rc;
    sg_buf_put(&z, text.p, text.n);
    sg_buf_putc(&z, '\0');
    if (sg_buf_failed(&z) || memchr(text.p, 0, text.n) || !read_both(k, z.p) || !name_both(k)) {
        sg_jws_key_free(k);
        rc = sg_fail(e, SG_ECORRUPT, "not a key of %s", sg_jws_alg_name(alg));
    } else {
        *out = k;
    }
    if (z.p)
        sodium_memzero(z.p, z.n);
    sg_buf_free(&z);
    return rc;
}

int sg_jws_key_write(const struct sg_jws_key *k, struct sg_buf *out, struct sg_error *e)
{
    char *text = r_jwk_export_to_json_str(k->signer, 0);
    if (!text)
        return sg_fail(e, SG_EINTERNAL, "a key could not be written");
    sg_buf_puts(out, text);
    sg_buf_putc(out, '\n');
    sodium_memzero(text, strlen(text));
    r_free(text);
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "key") : 0;
}

bool sg_jws_key_public(const struct sg_jws_key *k, struct sg_buf *out)
{
    char *text = k->alg == SG_JWS_HS256 ? NULL : r_jwk_export_to_json_str(k->verifier, 0);
    if (text)
        sg_buf_puts(out, text);
    r_free(text);
    return text != NULL;
}
