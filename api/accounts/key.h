/* key.h - the inside of a key; private to jws.c and key.c. */
#pragma once
#include "api/accounts/jws.h"
#include <openssl/evp.h>

#define SG_JWS_SIGNATURE_MAX 512 /* RSA of 4096 bits */

struct sg_jws_key {
    char kid[SG_JWS_KID_MAX + 1];
    enum sg_jws_alg alg;
    EVP_PKEY *pkey;           /* of EdDSA and RS256 */
    unsigned char secret[32]; /* of HS256: as long as its digest (RFC 7518 section 3.2) */
};
