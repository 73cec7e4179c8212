/* parts.h - the inside of api/keys; private to it. */
#pragma once
#include "api/keys/keys.h"
#include "core/digest.h"
#include "core/metrics.h"
#include "core/pause.h"
#include <pthread.h>

struct api_key {
    unsigned char hash[SG_SHA256_BYTES];
    uint64_t id;
    int64_t expires_us;    /* sg_wall_us's clock */
    struct sg_str markets; /* two letters each; empty: all */
    unsigned kinds;        /* bit set of 1 << kind; 0: all */
    bool clean;
};

/* What was read at once, by hash. */
struct key_table {
    struct sg_arena arena;
    struct api_key *v;
    size_t n;
};

struct sg_api_keys {
    const struct sg_config *config;
    struct sg_pg_guard *guard;
    struct sg_metric *refused, *known;
    pthread_rwlock_t table_lock;
    struct key_table table;
    int64_t read_us; /* when the table was true, sg_now_us's clock; 0: never */
    pthread_t follower;
    struct sg_pause pause, tried; /* its sleep; ends when the table was first asked for */
};

/* follow.c: the thread that keeps the table. */
void *key_follow(void *keys);
