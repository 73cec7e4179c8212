/* jws.h - compact signatures of RFC 7515, of the three algorithms Segue signs with.
 *
 *   base64url(header) "." base64url(payload) "." base64url(signature)
 *
 * A key has one algorithm for life, and a header that names another is refused before any
 * mathematics (RFC 8725 section 3.1): neither "none" nor a public key taken for a secret can
 * come up. base64url is read strictly, so that a token has one spelling. Keys are immutable.
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_JWS_TOKEN_MAX 4096 /* bytes of a token that is looked at */
#define SG_JWS_KID_MAX   64

enum sg_jws_alg { SG_JWS_EDDSA, SG_JWS_RS256, SG_JWS_HS256, SG_JWS_ALGS };
const char *sg_jws_alg_name(enum sg_jws_alg alg); /* "EdDSA" */
/* SG_JWS_ALGS when there is none of this name. */
enum sg_jws_alg sg_jws_alg_of(struct sg_str name);

struct sg_jws_key;
/* A new one; for free. */
int sg_jws_key_make(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                    struct sg_error *e);
/* From what sg_jws_key_write gave, a private JWK (RFC 7517). SG_ECORRUPT when
 * it is no key of this algorithm. */
int sg_jws_key_read(struct sg_jws_key **out, enum sg_jws_alg alg, const char *kid,
                    struct sg_str text, struct sg_error *e);
int sg_jws_key_write(const struct sg_jws_key *k, struct sg_buf *out, struct sg_error *e);
void sg_jws_key_free(struct sg_jws_key *k);
const char *sg_jws_key_id(const struct sg_jws_key *k);
enum sg_jws_alg sg_jws_key_alg(const struct sg_jws_key *k);
/* The public key as a JWK (RFC 7517); nothing for a secret: false. */
bool sg_jws_key_public(const struct sg_jws_key *k, struct sg_buf *out);

/* Appends the token. */
int sg_jws_sign(const struct sg_jws_key *k, struct sg_str payload, struct sg_buf *out,
                struct sg_error *e);

struct sg_jws_parts {
    struct sg_str token, payload; /* token: a view */
    char kid[SG_JWS_KID_MAX + 1];
    enum sg_jws_alg alg;
};
/* Takes a token apart without believing it; decoded parts are in a. SG_EAUTH: it is none, or
 * its header asks for what is not done here (crit, zip, other algorithms). */
int sg_jws_split(struct sg_str token, struct sg_arena *a, struct sg_jws_parts *out,
                 struct sg_error *e);
/* SG_EAUTH: not signed by this key, or the header named another algorithm than the key's. */
int sg_jws_verify(const struct sg_jws_key *k, const struct sg_jws_parts *parts, struct sg_error *e);

/* RFC 4648 section 5, without padding. */
void sg_base64url_put(struct sg_buf *b, const void *bytes, size_t n);
/* NONE when it is not exactly that. */
struct sg_str sg_base64url_read(struct sg_str text, struct sg_arena *a);
