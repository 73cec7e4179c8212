/* verified.h - tokens whose signature was good, so that it is not checked again; private to
 * token.c. Bounded: a token takes the place of another. An entry holds for a minute, so that a
 * key that is no longer good ends to count soon. Thread-safe.
 */
#pragma once
#include "api/accounts/token.h"

struct verified;
struct verified_id {
    unsigned char hash[32];
};
struct verified *verified_open(void);
void verified_close(struct verified *v);
/* A keyed BLAKE2b of the whole token: nobody outside can choose two that share a place. */
void verified_id(const struct verified *v, struct sg_str token, struct verified_id *out);
/* now_us: sg_now_us's clock. */
bool verified_find(struct verified *v, const struct verified_id *id, int64_t now_us,
                   struct sg_token *out);
void verified_put(struct verified *v, const struct verified_id *id, int64_t now_us,
                  const struct sg_token *token);
