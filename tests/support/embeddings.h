/* embeddings.h - an HTTP server that speaks /v1/embeddings, right or wrong, for tests.
 *
 * A text's vector has a one for each of axes[] that it holds, in any case, and in its last
 * dimension a little.
 */
#pragma once
#include "core/config.h"
#include <stdatomic.h>

enum test_embeddings_way {
    EMBEDDINGS_RIGHT,
    EMBEDDINGS_REVERSED, /* right, the last text's first */
    EMBEDDINGS_WRONG_DIMENSION,
    EMBEDDINGS_NULL,
    EMBEDDINGS_NAN,
    EMBEDDINGS_TOO_LARGE, /* a number no float holds */
    EMBEDDINGS_ZERO,
    EMBEDDINGS_FEW,
    EMBEDDINGS_INDEX_TWICE,
    EMBEDDINGS_HUGE,
    EMBEDDINGS_NOT_JSON,
    EMBEDDINGS_HANG_UP,
    EMBEDDINGS_BUSY, /* 429, Retry-After: 1 */
    EMBEDDINGS_BROKEN,
    EMBEDDINGS_REFUSED,
    EMBEDDINGS_REDIRECT,
};

struct test_embeddings {
    struct MHD_Daemon *daemon;
    int port;
    size_t dimensions;
    const char *axes[8]; /* ends with NULL when fewer */
    /* Changed at any time. */
    atomic_int right_first;   /* requests that go right before others go wrong */
    atomic_int way, failures; /* failures: requests that go wrong before all are right; < 0: all */
    atomic_int delay_ms;
    atomic_int requests, texts; /* answered rightly: texts */
    atomic_bool authorized;     /* the last one had the key "secret" */
};
void test_embeddings_start(struct test_embeddings *x);
void test_embeddings_stop(struct test_embeddings *x);
/* Defaults, and this server. */
void test_embeddings_config(const struct test_embeddings *x, struct sg_config *c);
