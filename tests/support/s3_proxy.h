/* s3_proxy.h - stands in front of a test's S3 server, on real sockets, and lets requests go wrong:
 * what fails fails for the client as it would with a server or network of that kind. The Host
 * header passes unchanged, so signatures hold.
 */
#pragma once
#include "core/config.h"
#include "tests/support/s3.h"
#include <pthread.h>
#include <stdatomic.h>

enum test_s3_fault {
    TEST_S3_PASS,
    TEST_S3_BUSY,        /* 503 SlowDown; the server sees nothing of it */
    TEST_S3_STALL,       /* the request is read, and no answer comes; the connection stays */
    TEST_S3_CUT_REQUEST, /* after its first 64 KiB the connection is reset */
    TEST_S3_CUT_ANSWER,  /* after its first 64 KiB, or half of what came when that is less */
    TEST_S3_LOSE_ANSWER, /* the server has done it, and the client never learns */
    TEST_S3_TRICKLE,     /* 200 and a body, a byte in 10 ms, for 10 s; the server sees nothing */
    TEST_S3_SIP,         /* a few bytes of the body of each answer, then it is cut */
};

struct test_s3_proxy {
    int port, listener, server_port;
    atomic_int fault, skip,
        left;            /* after `skip` requests the fault befalls `left` of them; -1: all */
    atomic_int permille; /* of requests chosen by chance; 0: every one */
    atomic_int requests, faults; /* so far */
    atomic_bool ends;
    pthread_t thread;
    atomic_int connections;
};

/* In front of s, on a free port. Starts threads: not before a fork that is to use it. */
void test_s3_proxy_start(struct test_s3_proxy *p, const struct test_s3 *s);
void test_s3_proxy_stop(struct test_s3_proxy *p);
/* fault from now on: of `left` requests after `skip` others. */
void test_s3_proxy_set(struct test_s3_proxy *p, enum test_s3_fault fault, int skip, int left);
void test_s3_proxy_configure(const struct test_s3_proxy *p, struct sg_config *config);
