/* cenc.c - see cenc.h. */
#include "audio/cenc/cenc.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

struct sg_cenc {
    EVP_CIPHER_CTX *aes;
    enum sg_protection scheme;
    uint8_t iv[16]; /* cenc: of the next sample, and zeros */
    uint32_t samples;
};

int sg_cenc_open(struct sg_cenc **out, enum sg_protection scheme, const uint8_t key[16],
                 uint8_t rendition, struct sg_error *e)
{
    struct sg_cenc *c = calloc(1, sizeof *c);
    if (!c || !(c->aes = EVP_CIPHER_CTX_new())) {
        sg_cenc_close(c);
        return sg_fail(e, SG_ENOMEM, "encryption");
    }
    c->scheme = scheme;
    const EVP_CIPHER *cipher = scheme == SG_PROTECT_CENC ? EVP_aes_128_ctr() : EVP_aes_128_cbc();
    int random = scheme == SG_PROTECT_CENC ? 4 : 16;
    if (RAND_bytes(c->iv, random) != 1 ||
        EVP_EncryptInit_ex(c->aes, cipher, NULL, key, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(c->aes, 0) != 1) {
        sg_cenc_close(c);
        return sg_fail(e, SG_EINTERNAL, "encryption cannot be set up");
    }
    if (scheme == SG_PROTECT_CENC)
        c->iv[0] = rendition;
    *out = c;
    return 0;
}

void sg_cenc_close(struct sg_cenc *c)
{
    if (!c)
        return;
    EVP_CIPHER_CTX_free(c->aes);
    free(c);
}

static int run(struct sg_cenc *c, uint8_t *p, size_t n, struct sg_error *e)
{
    int made = 0;
    if (n > INT_MAX || EVP_EncryptInit_ex(c->aes, NULL, NULL, NULL, c->iv) != 1 ||
        EVP_EncryptUpdate(c->aes, p, &made, p, (int)n) != 1 || (size_t)made != n)
        return sg_fail(e, SG_EINTERNAL, "encryption failed");
    return 0;
}

int sg_cenc_sample(struct sg_cenc *c, uint8_t *p, size_t n, uint8_t iv[SG_CENC_IV],
                   struct sg_error *e)
{
    if (c->scheme == SG_PROTECT_CBCS)
        return n < 16 ? 0 : run(c, p, n / 16 * 16, e);
    if (c->samples == UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "more samples than there are IVs");
    for (int i = 0; i < 4; i++)
        c->iv[4 + i] = (uint8_t)(c->samples >> (24 - 8 * i));
    c->samples++;
    memcpy(iv, c->iv, SG_CENC_IV);
    return n ? run(c, p, n, e) : 0;
}

enum sg_protection sg_cenc_scheme(const struct sg_cenc *c)
{
    return c->scheme;
}

const uint8_t *sg_cenc_constant_iv(const struct sg_cenc *c)
{
    return c->iv;
}

size_t sg_hls_encrypt(const uint8_t key[16], uint64_t number, const uint8_t *p, size_t n,
                      uint8_t *out)
{
    uint8_t iv[16] = {0};
    for (int i = 0; i < 8; i++)
        iv[8 + i] = (uint8_t)(number >> (56 - 8 * i));
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    int made = 0, rest = 0;
    bool ok = aes && n < INT_MAX - 16 &&
              EVP_EncryptInit_ex(aes, EVP_aes_128_cbc(), NULL, key, iv) == 1 &&
              EVP_EncryptUpdate(aes, out, &made, p, (int)n) == 1 &&
              EVP_EncryptFinal_ex(aes, out + made, &rest) == 1;
    EVP_CIPHER_CTX_free(aes);
    return ok ? (size_t)(made + rest) : 0;
}
