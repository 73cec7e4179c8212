/* keyring_parts.h - the inside of the keyring; private to keyring.c and keyring_files.c. */
#pragma once
#include "api/accounts/keyring.h"
#include "core/config.h"
#include <pthread.h>
#include <stdatomic.h>

#define KEYRING_MAX 64

struct ring_key {
    struct sg_jws_key *key;
    int64_t made_us;
};

struct sg_keyring {
    char dir[SG_CONFIG_TEXT + 8];
    enum sg_jws_alg alg;
    int64_t token_us;
    _Atomic int64_t looked_us;
    pthread_rwlock_t lock;          /* guards the rest */
    struct ring_key v[KEYRING_MAX]; /* oldest first */
    size_t n;
    int64_t changed_ns; /* the folder's time when it was read */
};

/* When the key ends to verify; 0: it is the newest. */
int64_t keyring_until(const struct sg_keyring *k, const struct ring_key *v, size_t n, size_t i);
void keyring_free_keys(struct ring_key *v, size_t n);
/* keyring_files.c: the folder as it is, into memory. */
int keyring_read(struct sg_keyring *k, struct sg_error *e);
/* Under the folder's lock: makes a key when there is none of the algorithm, or anyway; removes
 * what verifies no longer; reads. */
int keyring_change(struct sg_keyring *k, bool anyway, struct sg_error *e);
