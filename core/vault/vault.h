/* vault.h - envelope encryption: content keys, wrapped by a master key.
 *
 *   master key (file, 0600) --AES-256-GCM--> content key of a song --HKDF--> keys of its uses
 *
 * Each upload and each asset has a content key of its own, 32 random bytes, which the database
 * keeps wrapped. The file of master keys (objects.keys) is made at first use by whichever process
 * comes first. It may hold several: new keys are wrapped by the current one, any other unwraps
 * what it wrapped. Rotation adds a new current key; rewrapping goes through the database; a
 * master key that wraps nothing any more may then be dropped. Content itself is never encrypted
 * anew. Without this file nothing sealed can ever be read again: it needs a backup of its own.
 *
 *   wrapped, 68 bytes:  "SGK1" | id of the master key, 4 | nonce, 12 | ciphertext, 32 | tag, 16
 *
 * NIST SP 800-38D (GCM: random nonces, far below 2^32 wraps a key); RFC 5869 (HKDF).
 */
#pragma once
#include "core/buf.h"
#include "core/config.h"

#define SG_CONTENT_KEY   32
#define SG_WRAPPED_BYTES 68

struct sg_vault; /* thread-safe */

/* SG_ECORRUPT: the file of master keys is damaged; SG_EPERM: others may read it. Follows changes
 * of the file: a key it does not know makes it look again. */
int sg_vault_open(struct sg_vault **out, const struct sg_config *c, struct sg_error *e);
void sg_vault_close(struct sg_vault *v); /* wipes what it knew */

/* A new content key and how it is kept: SG_WRAPPED_BYTES appended to wrapped. */
int sg_vault_new_key(struct sg_vault *v, unsigned char key[SG_CONTENT_KEY], struct sg_buf *wrapped,
                     struct sg_error *e);
/* key is untouched on error. SG_ECORRUPT: not a wrapped key, or changed; SG_ENOENT: its master
 * key is not in the file. */
int sg_vault_unwrap(struct sg_vault *v, struct sg_str wrapped, unsigned char key[SG_CONTENT_KEY],
                    struct sg_error *e);
/* The same key under the current master key; *changed false: it was already, nothing appended. */
int sg_vault_rewrap(struct sg_vault *v, struct sg_str wrapped, struct sg_buf *out, bool *changed,
                    struct sg_error *e);

/* n bytes (1 to 128) for one purpose: "cenc" (16), "hls" (16), "seal:<object key>" (48: key and
 * first counter block). HKDF-SHA256 without salt, info "segue 1 " and the purpose. SG_ENOMEM. */
int sg_content_key(const unsigned char key[SG_CONTENT_KEY], const char *purpose, unsigned char *out,
                   size_t n);

/* The file itself, for people. A key of all zeros in id: none. */
struct sg_vault_key {
    uint32_t id;
    int64_t created_s;
    bool current;
};
#define SG_VAULT_KEYS_MAX 64
size_t sg_vault_keys(struct sg_vault *v, struct sg_vault_key out[SG_VAULT_KEYS_MAX]);
uint32_t sg_vault_current(struct sg_vault *v);
/* The master key that wrapped it; 0: it is no wrapped key. */
uint32_t sg_vault_wrapped_by(struct sg_str wrapped);
/* Adds a master key and makes it the current one; the file changes at one moment. */
int sg_vault_rotate(struct sg_vault *v, uint32_t *id, struct sg_error *e);
/* Drops one that is not current (the caller knows that it wraps nothing). SG_ENOENT, SG_EBUSY. */
int sg_vault_drop(struct sg_vault *v, uint32_t id, struct sg_error *e);
