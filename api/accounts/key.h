/* key.h - the inside of a key; private to jws.c and key.c. */
#pragma once
#include "api/accounts/jws.h"
#include <rhonabwy.h>

/* Nothing that a key or token names is ever fetched. */
#define SG_JWS_FLAGS R_FLAG_IGNORE_REMOTE

struct sg_jws_key {
    char kid[SG_JWS_KID_MAX + 1];
    enum sg_jws_alg alg;
    jwk_t *signer, *verifier; /* private and public part; of HS256 the same secret in both */
};
