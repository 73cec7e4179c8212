/* digest.c - see digest.h. */
#include "core/digest.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

void sg_sha256(struct sg_str s, unsigned char out[SG_SHA256_BYTES])
{
    SHA256((const unsigned char *)s.p, s.n, out);
}

void sg_hmac_sha256(struct sg_str key, struct sg_str s, unsigned char out[SG_SHA256_BYTES])
{
    memset(out, 0, SG_SHA256_BYTES); /* it may be out of memory */
    HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)s.p, s.n, out, NULL);
}

void sg_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}
