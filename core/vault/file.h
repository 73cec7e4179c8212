/* file.h - the file of master keys. Private to this folder.
 *
 *   {"format": "segue master keys 1", "current": 7,
 *    "keys": [{"id": 7, "created": 1796000000, "key": "64 hex digits"}, ...]}
 *
 * Read as hostile: at most SG_VAULT_FILE_MAX bytes and SG_VAULT_KEYS_MAX keys, each id once and
 * not 0, the current one among them. Replaced at one moment, never written in place.
 */
#pragma once
#include "core/vault/vault.h"
#include <sys/stat.h>

#define SG_VAULT_FILE_MAX 65536

struct master_key {
    uint32_t id;
    int64_t created_s;
    unsigned char secret[32];
};
struct master_keys {
    struct master_key v[SG_VAULT_KEYS_MAX];
    size_t n;
    uint32_t current;
};

/* out is untouched on error. SG_ECORRUPT with what is wrong. */
int master_keys_parse(struct master_keys *out, struct sg_str text, struct sg_error *e);
int master_keys_print(const struct master_keys *k, struct sg_buf *out, struct sg_error *e);
/* A new random key becomes the current one. SG_ELIMIT: there are enough. */
int master_keys_add(struct master_keys *k, struct sg_error *e);
const struct master_key *master_keys_find(const struct master_keys *k, uint32_t id);

/* seen: of the file that was read, to know it again. SG_ENOENT: there is none. */
int master_file_read(struct master_keys *out, const char *path, struct stat *seen,
                     struct sg_error *e);
/* Makes it with its folder; 0 also when another was faster. */
int master_file_create(const char *path, struct sg_error *e);
/* Reads, lets change make another of it, and replaces it; one at a time on this machine. */
int master_file_change(const char *path,
                       int (*change)(void *ctx, struct master_keys *k, struct sg_error *e),
                       void *ctx, struct sg_error *e);
