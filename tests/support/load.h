/* load.h - requests at a rate, over many kept-alive connections, by one thread.
 *
 * Open loop: a request is due at its time whatever became of those before, and its latency
 * counts from then, so that a server that stands still is seen to. Each connection has one
 * request under way; one that breaks is made again. Each kind of requests has its own, so that
 * none waits for those of another.
 */
#pragma once
#include "core/buf.h"

#define TEST_LATENCY_BUCKETS 1024
struct test_latency { /* log-linear: each bucket within 1/32 of its value */
    uint64_t n, v[TEST_LATENCY_BUCKETS];
};
void test_latency_add(struct test_latency *l, int64_t us);
/* The value below which that share of them lies, in microseconds. */
int64_t test_latency_at(const struct test_latency *l, double share);

struct test_load_kind {
    const char *name;
    double per_second;
    int connections;
    void *ctx;
    /* The whole text of the n-th request (from 0) is put into *out, empty before. */
    void (*make)(void *ctx, uint64_t n, struct sg_buf *out);
    /* It was answered, or its connection broke (0); true: send it again. May be NULL. */
    bool (*answered)(void *ctx, uint64_t n, int status);
    /* Counted by test_load_run: */
    uint64_t due, sent, good, refused, broken; /* good: 2xx and 3xx */
    struct test_latency latency;               /* of the good ones */
};

#define TEST_LOAD_KINDS 8
struct test_load {
    int port;
    double seconds;
    struct test_load_kind *kinds;
    size_t n_kinds;
    double patience_s; /* how long the last answers are waited for */
    /* Called about every second; may be NULL. */
    void (*every_second)(void *ctx, double elapsed_s);
    void *ctx;
};
/* Returns when all was sent and answered, or patience is over. */
void test_load_run(struct test_load *l);
/* One line a kind: rates and latencies. */
void test_load_print(const struct test_load *l, double seconds);

/* Has fd speak from 127.0.0.2: who asks again and again for a port that nobody listens on may
 * otherwise be connected to himself, and keep the port from its server. */
void test_other_address(int fd);
