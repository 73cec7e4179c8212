/* password.h - Argon2id of passwords (libsodium), bounded.
 *
 * Each hash takes auth.argon_mib of memory and some 20 ms of a core. auth.hashers run at one
 * time, and a quarter of api.workers may be here in all: whoever comes beyond is told SG_EBUSY
 * at once (503), so that a storm of logins neither eats the memory nor holds the workers of
 * other routes. Thread-safe.
 */
#pragma once
#include "core/config.h"
#include "core/err.h"

#define SG_PASSWORD_HASH_MAX 128 /* bytes of a hash's text with its zero */
#define SG_PASSWORD_MIN      8   /* bytes; NIST SP 800-63B: length and no common ones, no more */
#define SG_PASSWORD_MAX      256

struct sg_passwords;
int sg_passwords_open(struct sg_passwords **out, const struct sg_config *config,
                      struct sg_error *e);
void sg_passwords_close(struct sg_passwords *p);

/* SG_EINVAL (field named): too short, too long, common, or the address itself. */
int sg_password_judge(struct sg_str password, struct sg_str email, const char *field,
                      struct sg_error *e);
int sg_password_hash(struct sg_passwords *p, struct sg_str password, char out[SG_PASSWORD_HASH_MAX],
                     struct sg_error *e);
/* *good: it is the hash's. hash NULL or "": nobody's, which takes as long. *old: good, and
 * hashed at another cost than is wanted now. */
int sg_password_check(struct sg_passwords *p, struct sg_str password, const char *hash, bool *good,
                      bool *old, struct sg_error *e);
