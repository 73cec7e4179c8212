/* seal.c - see seal.h. */
#include "core/objects/seal.h"
#include "core/vault/vault.h"
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 16 };

struct seal {
    EVP_CIPHER_CTX *ctx;
    unsigned char key[32], first[BLOCK];
};

int seal_open(struct seal **out, const unsigned char content_key[32], const char *object_key,
              int64_t at, struct sg_error *e)
{
    char purpose[SG_OBJECT_KEY_MAX + 8];
    unsigned char derived[32 + BLOCK];
    snprintf(purpose, sizeof purpose, "seal:%s", object_key);
    struct seal *s = calloc(1, sizeof *s);
    if (s)
        s->ctx = EVP_CIPHER_CTX_new();
    int rc = !s || !s->ctx || sg_content_key(content_key, purpose, derived, sizeof derived)
                 ? sg_fail(e, SG_ENOMEM, "seal")
                 : 0;
    if (!rc) {
        memcpy(s->key, derived, 32);
        memcpy(s->first, derived + 32, BLOCK);
        rc = seal_seek(s, at, e);
    }
    explicit_bzero(derived, sizeof derived);
    if (rc)
        seal_close(s);
    else
        *out = s;
    return rc;
}

void seal_close(struct seal *s)
{
    if (!s)
        return;
    EVP_CIPHER_CTX_free(s->ctx);
    explicit_bzero(s, sizeof *s);
    free(s);
}

int seal_seek(struct seal *s, int64_t at, struct sg_error *e)
{
    unsigned char counter[BLOCK];
    char skipped[BLOCK] = {0};
    uint64_t add = (uint64_t)at / BLOCK;
    memcpy(counter, s->first, BLOCK);
    for (int i = BLOCK - 1; i >= 0 && add; i--) {
        add += counter[i];
        counter[i] = (unsigned char)add;
        add >>= 8;
    }
    if (EVP_EncryptInit_ex(s->ctx, EVP_aes_256_ctr(), NULL, s->key, counter) <= 0)
        return sg_fail(e, SG_ENOMEM, "seal");
    return seal_apply(s, skipped, skipped, (size_t)(at % BLOCK), e);
}

int seal_apply(struct seal *s, const char *in, char *out, size_t n, struct sg_error *e)
{
    int done;
    if (n > INT_MAX || (n && EVP_EncryptUpdate(s->ctx, (unsigned char *)out, &done,
                                               (const unsigned char *)in, (int)n) <= 0))
        return sg_fail(e, SG_EINTERNAL, "seal: the cipher refused %zu bytes", n);
    return 0;
}
