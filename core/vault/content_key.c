/* content_key.c - the keys of a content key's uses: see vault.h. */
#include "core/vault/vault.h"
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>

int sg_content_key(const unsigned char key[SG_CONTENT_KEY], const char *purpose, unsigned char *out,
                   size_t n)
{
    char info[512], digest[] = "SHA256";
    int length = snprintf(info, sizeof info, "segue 1 %s", purpose);
    if (length < 0 || (size_t)length >= sizeof info || !n || n > 128)
        return SG_EINVAL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key,
                                          SG_CONTENT_KEY),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)length),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool good = ctx && EVP_KDF_derive(ctx, out, n, params) > 0;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return good ? 0 : SG_ENOMEM;
}
