/* s3.h - a real server that speaks S3 and checks signatures, of the test's own: files in a
 * scratch folder, a free port of the loopback. OpenStack's Swift with its s3api (Debian's
 * python3-swift), else versitygw where that is in the PATH or in ~/go/bin; SEGUE_TEST_S3=swift or
 * versitygw takes that one, SEGUE_TEST_S3=all each. It ends with the program, also when that is
 * killed, and with the thread that started it.
 */
#pragma once
#include "core/config.h"
#include <stdbool.h>
#include <sys/types.h>

#define TEST_S3_ID     "test:tester"
#define TEST_S3_SECRET "a/Secret+of=the:test"

struct test_s3 {
    const char *kind; /* "swift", "versitygw" */
    char dir[128], endpoint[64];
    int port;
    pid_t pid; /* 0: not running */
};

/* Kinds that can be started here: how many, at most 2. */
size_t test_s3_kinds(const char *out[2]);
/* Starts one of this kind (NULL: the first there is, or the program ends with 77, skipped, and
 * says so). Call in main(), before tests fork. */
struct test_s3 *test_s3_start(const char *kind);
void test_s3_kill(struct test_s3 *s); /* SIGKILL; what it has stored stays */
void test_s3_up(struct test_s3 *s);   /* again, at the same address */
/* SIGSTOP and SIGCONT. */
void test_s3_freeze(struct test_s3 *s);
void test_s3_thaw(struct test_s3 *s);
void test_s3_make_bucket(const struct test_s3 *s, const char *bucket);
/* Fills config's objects section: s3://bucket/prefix at this server, and sets the variables of
 * the credentials for this process. */
void test_s3_configure(const struct test_s3 *s, const char *bucket, const char *prefix,
                       struct sg_config *config);
