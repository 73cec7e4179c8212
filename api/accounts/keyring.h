/* keyring.h - the keys that access tokens are signed with, in files of mode 0600.
 *
 *   <var_dir>/keys/LOCK                            held while the folder is changed
 *   <var_dir>/keys/<made, 16 digits>-<random>.EdDSA.jwk     (.RS256.jwk, .HS256.jwk)
 *
 * The name without its end is the key id; the newest key signs. A key goes on to verify until
 * the last token it can have signed has expired: token_s, and a minute for processes that learn
 * of its successor late, after the successor was made. Then its file is removed. Every instance
 * makes its own first key; there is no default one (as CVE-2023-51442 had). Thread-safe, and
 * safe between processes that share the folder.
 */
#pragma once
#include "api/accounts/jws.h"

struct sg_keyring;
/* Makes dir/ and a first key when there is none of alg. */
int sg_keyring_open(struct sg_keyring **out, const char *var_dir, enum sg_jws_alg alg,
                    int64_t token_s, struct sg_error *e);
void sg_keyring_close(struct sg_keyring *k);
/* Reads the folder again; cheap when nothing changed in it. */
int sg_keyring_refresh(struct sg_keyring *k, struct sg_error *e);
/* A new key, which signs from now on. */
int sg_keyring_rotate(struct sg_keyring *k, struct sg_error *e);

/* Appends a token of this payload, by the newest key. */
int sg_keyring_sign(struct sg_keyring *k, struct sg_str payload, struct sg_buf *out,
                    struct sg_error *e);
/* Its payload, in a. SG_EAUTH: not signed by a key that is good now; a key that is not known
 * yet is looked for in the folder, at most once a second. */
int sg_keyring_verify(struct sg_keyring *k, struct sg_str token, struct sg_arena *a,
                      struct sg_str *payload, struct sg_error *e);
/* {"keys":[...]}: the public ones that verify. */
void sg_keyring_jwks(struct sg_keyring *k, struct sg_buf *out);

struct sg_key_state {
    const char *kid, *alg;
    int64_t made_us, until_us; /* until_us 0: it signs */
};
void sg_keyring_each(struct sg_keyring *k, void (*each)(void *ctx, const struct sg_key_state *s),
                     void *ctx);
