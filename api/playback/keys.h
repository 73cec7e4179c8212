/* keys.h - the keys that addresses of media are signed with, in a file of mode 0600.
 *
 *   <var_dir>/keys/media.keys     a line a key, the newest last: "0a1b2c3d 1764425000 <64 hex
 * digits>"
 *
 * The newest signs. One goes on to verify until the last address it can have signed has expired,
 * and is dropped by a later rotation. Every instance makes its own first key; APIs that share the
 * folder share the keys, and one that meets an unknown key reads the file again, at most once a
 * second. Thread-safe.
 */
#pragma once
#include "core/config.h"

#define SG_MEDIA_KEY      32 /* bytes */
#define SG_MEDIA_KEYS_MAX 16

struct sg_media_key {
    uint32_t id; /* 0: none */
    int64_t made_s;
    unsigned char bytes[SG_MEDIA_KEY];
};
struct sg_media_keys;
/* SG_EINVAL: others may read the file; SG_ECORRUPT. */
int sg_media_keys_open(struct sg_media_keys **out, const struct sg_config *c, struct sg_error *e);
void sg_media_keys_close(struct sg_media_keys *k); /* wipes them */
/* The one that signs. Looks every two seconds whether the file has changed. */
void sg_media_keys_newest(struct sg_media_keys *k, struct sg_media_key *out);
bool sg_media_keys_find(struct sg_media_keys *k, uint32_t id, struct sg_media_key *out);
/* A new key, which signs from now on; those that can have signed nothing that is still good go. */
int sg_media_keys_rotate(struct sg_media_keys *k, struct sg_error *e);
/* Copies of all, oldest first: how many. */
size_t sg_media_keys_list(struct sg_media_keys *k, struct sg_media_key out[SG_MEDIA_KEYS_MAX]);
