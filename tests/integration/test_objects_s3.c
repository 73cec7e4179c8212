/* test_objects_s3.c - a bucket of a real server that checks signatures: Swift's s3api
 * (SEGUE_TEST_S3=all: and versitygw). */
#include "core/buf.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/objects/objects.h"
#include "tests/support/s3.h"
#include "tests/support/s3_proxy.h"
#include <check.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PART = 8 << 20, LARGE = PART + 12345 }; /* two parts */

static struct test_s3 *server;
static struct sg_config config;
static struct sg_objects *o;
static struct sg_error e;
static struct test_s3_proxy proxy;
static char *large;
static const unsigned char content_key[32] = "a key of thirty-two bytes, truly";

/* Each test has a prefix of its own in the one bucket. */
static void configure(void)
{
    static int n;
    char prefix[64];
    sg_config_defaults(&config);
    snprintf(prefix, sizeof prefix, "p/%d-%d", (int)getpid(), n++);
    test_s3_configure(server, "segue-test", prefix, &config);
}

static void setup(void)
{
    configure();
    ck_assert_msg(!sg_objects_open(&o, &config, &e), "%s", e.text);
    large = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7 + (i >> 8) * 13 + (i >> 16) * 5);
}

static void teardown(void)
{
    sg_objects_close(o);
    free(large);
}

static void setup_proxy(void)
{
    setup();
    sg_objects_close(o);
    test_s3_proxy_start(&proxy, server);
    test_s3_proxy_configure(&proxy, &config);
    config.objects.timeout_ms = 30000; /* the server may be slow, but not lost */
    config.objects.retries = 3;
    ck_assert_msg(!sg_objects_open(&o, &config, &e), "%s", e.text);
}

static void teardown_proxy(void)
{
    teardown();
    test_s3_proxy_stop(&proxy);
}

static int try_put(const char *key, const unsigned char *seal, struct sg_str bytes)
{
    struct sg_object_put *p;
    struct sg_object_info info;
    unsigned char sha[32];
    int rc = sg_objects_put(o, key, "audio/mp4", seal, 0, &p, &e);
    ck_assert_msg(!rc, "%s", e.text);
    for (size_t at = 0; !rc && at < bytes.n; at += 1 << 20) {
        size_t n = bytes.n - at < 1 << 20 ? bytes.n - at : 1 << 20;
        rc = sg_object_write(p, (struct sg_str){bytes.p + at, n}, &e);
    }
    if (rc) {
        sg_object_abort(p);
        return rc;
    }
    rc = sg_object_commit(p, &info, &e);
    if (!rc) {
        sg_sha256(bytes, sha);
        ck_assert_int_eq(info.bytes, (int64_t)bytes.n);
        ck_assert_mem_eq(info.sha256, sha, 32);
    }
    return rc;
}

static void put(const char *key, const unsigned char *seal, struct sg_str bytes)
{
    int rc = try_put(key, seal, bytes);
    ck_assert_msg(!rc, "%s", e.text);
}

static int gather(void *ctx, struct sg_str bytes, struct sg_error *err)
{
    (void)err;
    ck_assert(bytes.n > 0 && bytes.n <= SG_OBJECT_CHUNK);
    sg_buf_put(ctx, bytes.p, bytes.n);
    return 0;
}

static void expect(const char *key, const unsigned char *seal, int64_t from, int64_t n,
                   struct sg_str bytes)
{
    struct sg_buf got = {0};
    ck_assert_msg(!sg_objects_get(o, key, seal, from, n, gather, &got, &e), "%s", e.text);
    ck_assert_uint_eq(got.n, bytes.n);
    ck_assert(bytes.n == 0 || memcmp(got.p, bytes.p, bytes.n) == 0);
    sg_buf_free(&got);
}

static void expect_none(const char *key)
{
    struct sg_object_info info;
    struct sg_buf got = {0};
    ck_assert_int_eq(sg_objects_stat(o, key, &info, &e), SG_ENOENT);
    ck_assert_int_eq(sg_objects_get(o, key, NULL, 0, 0, gather, &got, &e), SG_ENOENT);
    ck_assert_uint_eq(got.n, 0);
}

/* It gives a server a second and one try: this machine may have much else to do. */
static int is_there(struct sg_objects *which)
{
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 60 && rc == SG_EUNAVAIL; i++)
        rc = sg_objects_is_there(which, &e);
    return rc;
}

START_TEST(a_small_object_is_one_put_and_read_from_any_byte)
{
    struct sg_object_info info;
    put("a/b", NULL, SG_STR("0123456789"));
    ck_assert(!sg_objects_stat(o, "a/b", &info, &e));
    ck_assert_int_eq(info.bytes, 10);
    ck_assert(llabs(info.modified_us - sg_wall_us()) < 60000000);
    expect("a/b", NULL, 0, 0, SG_STR("0123456789"));
    expect("a/b", NULL, 3, 4, SG_STR("3456"));
    expect("a/b", NULL, 7, 0, SG_STR("789"));
    expect("a/b", NULL, 7, 100, SG_STR("789"));
    expect("a/b", NULL, 10, 0, SG_STR(""));
    ck_assert_int_eq(sg_objects_get(o, "a/b", NULL, 11, 0, gather, NULL, &e), SG_EINVAL);
    put("empty", content_key, SG_STR(""));
    expect("empty", content_key, 0, 0, SG_STR(""));
    expect_none("a");
    ck_assert(!is_there(o));
    ck_assert(!sg_objects_is_folder(o));
}
END_TEST

START_TEST(a_large_object_goes_in_parts_and_is_visible_only_when_whole)
{
    struct sg_object_put *p;
    struct sg_str all = {large, LARGE};
    ck_assert(!sg_objects_put(o, "big", "audio/flac", content_key, 0, &p, &e));
    ck_assert_msg(!sg_object_write(p, all, &e), "%s", e.text);
    expect_none("big");
    ck_assert_msg(!sg_object_commit(p, NULL, &e), "%s", e.text);
    expect("big", content_key, 0, 0, all);
    expect("big", content_key, PART - 5, 10, (struct sg_str){large + PART - 5, 10});
    ck_assert(!sg_objects_put(o, "big2", "audio/flac", NULL, 0, &p, &e));
    ck_assert(!sg_object_write(p, all, &e));
    sg_object_abort(p);
    expect_none("big2");
    int64_t n;
    ck_assert_msg(!sg_objects_sweep(o, -60, &n, &e), "%s", e.text);
    ck_assert_int_eq(n, 0); /* neither left parts behind */
}
END_TEST

START_TEST(parts_that_a_dead_writer_left_are_swept)
{
    struct sg_object_put *p;
    int64_t n;
    ck_assert(!sg_objects_put(o, "left", "audio/flac", NULL, 0, &p, &e));
    ck_assert_msg(!sg_object_write(p, (struct sg_str){large, LARGE}, &e), "%s", e.text);
    ck_assert_msg(!sg_objects_sweep(o, 3600, &n, &e), "%s", e.text);
    ck_assert_int_eq(n, 0);
    ck_assert_msg(!sg_objects_sweep(o, -60, &n, &e), "%s", e.text);
    ck_assert_int_eq(n, 1);
    ck_assert_int_ne(sg_object_commit(p, NULL, &e), 0);
    expect_none("left");
}
END_TEST

START_TEST(a_reader_reads_any_byte_by_windows)
{
    struct sg_object_reader *r;
    char buf[5000];
    put("big", content_key, (struct sg_str){large, 1 << 20});
    ck_assert(!sg_object_reader_open(o, "big", content_key, &r, &e));
    ck_assert_int_eq(sg_object_reader_bytes(r), 1 << 20);
    for (int64_t at = 0, n; at < 1 << 20; at += n) { /* in a row */
        n = sg_object_read(r, at, buf, sizeof buf, &e);
        ck_assert(n > 0 && !memcmp(buf, large + at, (size_t)n));
    }
    for (int64_t at = (1 << 20) - 7; at > 0; at -= 99991) { /* and here and there */
        int64_t n = sg_object_read(r, at, buf, 7, &e);
        ck_assert(n > 0 && !memcmp(buf, large + at, (size_t)n));
    }
    ck_assert_int_eq(sg_object_read(r, 1 << 20, buf, 1, &e), 0);
    sg_object_reader_close(r);
    ck_assert_int_eq(sg_object_reader_open(o, "none", NULL, &r, &e), SG_ENOENT);
}
END_TEST

static int note(void *ctx, const char *key, const struct sg_object_info *info, struct sg_error *err)
{
    (void)err;
    ck_assert(info->modified_us > 0);
    sg_buf_printf(ctx, "%s:%d ", key, (int)info->bytes);
    return 0;
}

static void expect_list(const char *prefix, const char *after, const char *keys)
{
    struct sg_buf seen = {0};
    ck_assert_msg(!sg_objects_list(o, prefix, after, note, &seen, &e), "%s", e.text);
    sg_buf_putc(&seen, '\0');
    ck_assert_str_eq(seen.p, keys);
    sg_buf_free(&seen);
}

START_TEST(lists_are_in_the_order_of_bytes_as_a_folders)
{
    static const char *const keys[] = {"a/b/c", "a-b", "a0", "a/b.x", "b", "a/b/d/e", "aa/z"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(keys[i], NULL, (struct sg_str){"xxxxxxx", i});
    expect_list("", NULL, "a-b:1 a/b.x:3 a/b/c:0 a/b/d/e:5 a0:2 aa/z:6 b:4 ");
    expect_list("a/", NULL, "a/b.x:3 a/b/c:0 a/b/d/e:5 ");
    expect_list("a", "a/b/c", "a/b/d/e:5 a0:2 aa/z:6 ");
    expect_list("none", NULL, "");
    ck_assert(!sg_objects_delete(o, "a/b/c", &e));
    ck_assert(!sg_objects_delete(o, "a/b/c", &e));
    expect_list("a/", NULL, "a/b.x:3 a/b/d/e:5 ");
}
END_TEST

static int count(void *ctx, const char *key, const struct sg_object_info *info,
                 struct sg_error *err)
{
    char expected[16];
    (void)info, (void)err;
    snprintf(expected, sizeof expected, "n/%04d", (*(int *)ctx)++);
    ck_assert_str_eq(key, expected);
    return 0;
}

struct share {
    int from, to;
    bool failed;
};

static void *put_share(void *arg)
{
    struct share *s = arg;
    struct sg_error mine = SG_ERROR_INIT;
    for (int i = s->from; i < s->to; i++) {
        struct sg_object_put *p;
        char key[16];
        snprintf(key, sizeof key, "n/%04d", i);
        if (sg_objects_put(o, key, "", NULL, 0, &p, &mine) || sg_object_commit(p, NULL, &mine))
            s->failed = true;
    }
    return NULL;
}

START_TEST(lists_longer_than_a_page_go_on_and_threads_share_the_store)
{
    enum { THREADS = 5 };
    const int all = !strcmp(server->kind, "swift") ? 250 : 1010; /* pages of 100, or of 1,000 */
    struct share shares[THREADS];
    pthread_t threads[THREADS];
    int n = 0;
    for (int i = 0; i < THREADS; i++) {
        shares[i] = (struct share){i * all / THREADS, (i + 1) * all / THREADS, false};
        ck_assert(!pthread_create(&threads[i], NULL, put_share, &shares[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(!shares[i].failed);
    }
    ck_assert_msg(!sg_objects_list(o, "n/", NULL, count, &n, &e), "%s", e.text);
    ck_assert_int_eq(n, all);
}
END_TEST

START_TEST(a_wrong_secret_is_refused_and_told)
{
    struct sg_objects *other = NULL;
    struct sg_object_put *p;
    struct sg_object_info info;
    put("k", NULL, SG_STR("x"));
    setenv("SEGUE_TEST_S3_SECRET", TEST_S3_SECRET "x", 1);
    ck_assert(!sg_objects_open(&other, &config, &e));
    ck_assert_int_eq(is_there(other), SG_EPERM);
    ck_assert_int_eq(sg_objects_stat(other, "k", &info, &e), SG_EPERM);
    ck_assert_int_eq(sg_objects_get(other, "k", NULL, 0, 0, gather, NULL, &e), SG_EPERM);
    ck_assert_ptr_nonnull(strstr(e.text, "SignatureDoesNotMatch"));
    ck_assert_ptr_null(strstr(e.text, TEST_S3_SECRET));
    ck_assert(!sg_objects_put(other, "new", "", NULL, 0, &p, &e));
    ck_assert_int_eq(sg_object_commit(p, NULL, &e), SG_EPERM);
    ck_assert_int_eq(sg_objects_delete(other, "k", &e), SG_EPERM);
    sg_objects_close(other);
    expect("k", NULL, 0, 0, SG_STR("x"));
    expect_none("new");
}
END_TEST

START_TEST(a_bucket_that_is_not_there_is_told)
{
    struct sg_objects *other = NULL;
    struct sg_object_put *p;
    snprintf(config.objects.url, sizeof config.objects.url, "s3://no-such-bucket");
    config.objects.retries = 0;
    ck_assert(!sg_objects_open(&other, &config, &e));
    ck_assert_int_eq(sg_objects_is_there(other, &e), SG_EUNAVAIL);
    ck_assert(!sg_objects_put(other, "new", "", NULL, 0, &p, &e));
    ck_assert_int_eq(sg_object_commit(p, NULL, &e), SG_EUNAVAIL);
    sg_objects_close(other);
}
END_TEST

START_TEST(the_server_is_told_how_to_encrypt)
{
    static const char *const ways[] = {"AES256", "aws:kms", "aws:kms key-1"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        snprintf(config.objects.s3_encryption, sizeof config.objects.s3_encryption, "%s", ways[i]);
        sg_objects_close(o);
        ck_assert(!sg_objects_open(&o, &config, &e));
        if (!strcmp(server->kind, "swift")) { /* understands, and has no such encryption */
            ck_assert_int_eq(try_put("k", NULL, SG_STR("x")), SG_EIO);
            ck_assert_msg(strstr(e.text, "NotImplemented") != NULL, "%s", e.text);
            continue;
        }
        put("k", NULL, SG_STR("x"));
        put("big", NULL, (struct sg_str){large, PART + 1});
        expect("big", NULL, PART, 0, (struct sg_str){large + PART, 1});
    }
}
END_TEST

START_TEST(the_bucket_may_be_told_in_the_host)
{
    struct sg_objects *other = NULL;
    struct sg_buf got = {0};
    if (strcmp(server->kind, "swift") != 0)
        return; /* the other would have to be started with a name of its own */
    put("k", NULL, SG_STR("x"));
    snprintf(config.objects.s3_endpoint, sizeof config.objects.s3_endpoint, "http://localhost:%d",
             server->port);
    config.objects.s3_path_style = 0;
    ck_assert(!sg_objects_open(&other, &config, &e));
    ck_assert_msg(!sg_objects_get(other, "k", NULL, 0, 0, gather, &got, &e), "%s", e.text);
    ck_assert(sg_str_eq(sg_buf_str(&got), SG_STR("x")));
    ck_assert_msg(!is_there(other), "%s", e.text);
    sg_objects_close(other);
    sg_buf_free(&got);
}
END_TEST

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    sg_buf_put(ctx, p, size * n);
    return size * n;
}

/* As anybody would who was told the address. */
static long fetch(const char *url, struct sg_buf *body)
{
    long status = 0;
    CURL *h = curl_easy_init();
    sg_buf_reset(body);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, body);
    ck_assert_int_eq(curl_easy_perform(h), CURLE_OK);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(h);
    return status;
}

START_TEST(a_signed_address_is_good_for_its_object_and_its_time_alone)
{
    struct sg_buf url = {0}, body = {0};
    put("pre/signed", NULL, SG_STR("for anybody"));
    put("pre/signee", NULL, SG_STR("for nobody"));
    ck_assert(!sg_objects_presign(o, "pre/signed", 60, &url, &e));
    sg_buf_putc(&url, '\0');
    ck_assert_int_eq(fetch(url.p, &body), 200);
    ck_assert(sg_str_eq(sg_buf_str(&body), SG_STR("for anybody")));
    char *last = url.p + url.n - 2, was = *last;
    *last = was == '0' ? '1' : '0';
    ck_assert_int_eq(fetch(url.p, &body), 403);
    *last = was;
    char *key = strstr(url.p, "signed?");
    key[5] = 'e';
    ck_assert_int_eq(fetch(url.p, &body), 403);
    key[5] = 'd';
    char *life = strstr(url.p, "Expires=60");
    life[8] = '9';
    ck_assert_int_eq(fetch(url.p, &body), 403);
    sg_buf_reset(&url);
    ck_assert(!sg_objects_presign(o, "pre/signed", 1, &url, &e));
    sg_buf_putc(&url, '\0');
    sg_sleep_us(2200000);
    ck_assert_int_eq(fetch(url.p, &body), 403);
    sg_buf_free(&url);
    sg_buf_free(&body);
}
END_TEST

START_TEST(a_server_that_is_busy_is_asked_again)
{
    test_s3_proxy_set(&proxy, TEST_S3_BUSY, 0, 2);
    put("k", NULL, SG_STR("x"));
    ck_assert_int_eq(atomic_load(&proxy.faults), 2);
    test_s3_proxy_set(&proxy, TEST_S3_BUSY, 1, 3); /* one of the parts, thrice */
    put("big", content_key, (struct sg_str){large, LARGE});
    ck_assert_int_eq(atomic_load(&proxy.faults), 3);
    expect("big", content_key, 0, 0, (struct sg_str){large, LARGE});
    test_s3_proxy_set(&proxy, TEST_S3_BUSY, 0, -1);
    ck_assert_int_eq(try_put("never", NULL, SG_STR("x")), SG_EUNAVAIL);
    ck_assert_int_eq(atomic_load(&proxy.faults), 4);
    ck_assert_int_eq(sg_objects_is_there(o, &e), SG_EUNAVAIL);
    test_s3_proxy_set(&proxy, TEST_S3_PASS, 0, 0);
    expect_none("never");
}
END_TEST

static void reopen(int timeout_ms, int retries)
{
    sg_objects_close(o);
    config.objects.timeout_ms = timeout_ms;
    config.objects.retries = retries;
    ck_assert(!sg_objects_open(&o, &config, &e));
}

START_TEST(a_silent_server_is_given_up_and_asked_again)
{
    reopen(1000, 20);
    test_s3_proxy_set(&proxy, TEST_S3_STALL, 0, 1);
    put("k", NULL, SG_STR("x"));
    test_s3_proxy_set(&proxy, TEST_S3_STALL, 0, 1);
    expect("k", NULL, 0, 0, SG_STR("x"));
    ck_assert_int_eq(atomic_load(&proxy.faults), 1);
    reopen(500, 0);
    test_s3_proxy_set(&proxy, TEST_S3_STALL, 0, -1);
    ck_assert_int_eq(try_put("never", NULL, SG_STR("x")), SG_EUNAVAIL);
    ck_assert_ptr_nonnull(strstr(e.text, "silent"));
    test_s3_proxy_set(&proxy, TEST_S3_PASS, 0, 0);
    reopen(30000, 3);
    expect_none("never");
}
END_TEST

START_TEST(a_put_that_is_cut_ends_right_or_leaves_nothing)
{
    int64_t n;
    struct sg_str all = {large, LARGE};
    test_s3_proxy_set(&proxy, TEST_S3_CUT_REQUEST, 1, 2);
    put("big", content_key, all);
    ck_assert_int_eq(atomic_load(&proxy.faults), 2);
    expect("big", content_key, 0, 0, all);
    test_s3_proxy_set(&proxy, TEST_S3_CUT_REQUEST, 2, -1);
    ck_assert_int_eq(try_put("never", NULL, all), SG_EUNAVAIL);
    test_s3_proxy_set(&proxy, TEST_S3_PASS, 0, 0);
    expect_none("never");
    ck_assert(!sg_objects_sweep(o, -60, &n, &e)); /* its abort was cut too */
    ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(a_commit_whose_answer_is_lost_is_known_to_have_gone_well)
{
    struct sg_str all = {large, LARGE};
    test_s3_proxy_set(&proxy, TEST_S3_LOSE_ANSWER, 0, 1);
    put("k", NULL, SG_STR("x"));
    expect("k", NULL, 0, 0, SG_STR("x"));
    /* begin, two parts, end */
    test_s3_proxy_set(&proxy, TEST_S3_LOSE_ANSWER, 3, 1);
    put("big", NULL, all);
    ck_assert_int_eq(atomic_load(&proxy.faults), 1);
    expect("big", NULL, 0, 0, all);
    for (int i = 0; i < 3; i += 2) { /* and another: of the beginning, of the last part */
        char key[16];
        snprintf(key, sizeof key, "big%d", i);
        test_s3_proxy_set(&proxy, TEST_S3_LOSE_ANSWER, i, 1);
        put(key, NULL, all);
        ck_assert_int_eq(atomic_load(&proxy.faults), 1);
    }
}
END_TEST

START_TEST(a_read_that_is_cut_goes_on_where_it_was)
{
    struct sg_str all = {large, LARGE};
    put("big", content_key, all);
    reopen(30000, 9); /* a cut within the headers brings it no further */
    test_s3_proxy_set(&proxy, TEST_S3_CUT_ANSWER, 0, 5);
    expect("big", content_key, 0, 0, all);
    ck_assert_int_eq(atomic_load(&proxy.faults), 5);
    test_s3_proxy_set(&proxy, TEST_S3_CUT_ANSWER, 0, 3);
    expect("big", content_key, 1000000, 2000000, (struct sg_str){large + 1000000, 2000000});
    reopen(500, 0);
    test_s3_proxy_set(&proxy, TEST_S3_STALL, 0, -1);
    ck_assert_int_eq(sg_objects_get(o, "big", NULL, 0, 0, gather, NULL, &e), SG_EUNAVAIL);
}
END_TEST

/* Bytes come all the time, so that it is never silent; they would all have come in 10 s. */
START_TEST(a_server_that_trickles_is_given_up)
{
    struct sg_str all = {large, LARGE};
    put("k", NULL, SG_STR("x"));
    reopen(500, 0);
    test_s3_proxy_set(&proxy, TEST_S3_TRICKLE, 0, -1);
    struct sg_buf got = {0};
    ck_assert_int_eq(sg_objects_get(o, "k", NULL, 0, 0, gather, &got, &e), SG_EUNAVAIL);
    sg_buf_free(&got);
    ck_assert_int_eq(try_put("never", NULL, SG_STR("x")), SG_EUNAVAIL);
    ck_assert_int_eq(try_put("never", NULL, all), SG_EUNAVAIL); /* when it begins */
    ck_assert_int_eq(atomic_load(&proxy.requests), 3);          /* nothing is worth another try */
    reopen(5000, 0);
    test_s3_proxy_set(&proxy, TEST_S3_PASS, 0, 0);
    expect_none("never");
}
END_TEST

/* Eight million bytes, ten a try: each try moves, and none gets anywhere. */
START_TEST(a_read_that_is_cut_again_and_again_ends)
{
    struct sg_str all = {large, LARGE};
    put("big", content_key, all);
    reopen(1000, 1);
    test_s3_proxy_set(&proxy, TEST_S3_SIP, 0, -1);
    struct sg_buf got = {0};
    ck_assert_int_eq(sg_objects_get(o, "big", content_key, 0, 0, gather, &got, &e), SG_EUNAVAIL);
    ck_assert_uint_lt(got.n, LARGE);
    sg_buf_free(&got);
    test_s3_proxy_set(&proxy, TEST_S3_PASS, 0, 0);
    reopen(5000, 3);
    expect("big", content_key, 0, 0, all);
}
END_TEST

START_TEST(a_server_that_is_away_is_told_and_used_again_when_it_is_back)
{
    put("k", NULL, SG_STR("x"));
    struct sg_objects *away = NULL;
    config.objects.retries = 0;
    snprintf(config.objects.s3_endpoint, sizeof config.objects.s3_endpoint, "http://127.0.0.1:1");
    ck_assert(!sg_objects_open(&away, &config, &e));
    ck_assert_int_eq(sg_objects_is_there(away, &e), SG_EUNAVAIL);
    ck_assert_int_eq(sg_objects_get(away, "k", NULL, 0, 0, gather, NULL, &e), SG_EUNAVAIL);
    sg_objects_close(away);
    expect("k", NULL, 0, 0, SG_STR("x"));
}
END_TEST

static int refuse_all(void *ctx, struct sg_str bytes, struct sg_error *err)
{
    (void)bytes;
    ++*(int *)ctx;
    return sg_fail(err, SG_ECANCELED, "enough");
}

START_TEST(a_sink_that_has_enough_ends_the_reading)
{
    int calls = 0;
    put("k", content_key, (struct sg_str){large, 1 << 20});
    ck_assert_int_eq(sg_objects_get(o, "k", content_key, 0, 0, refuse_all, &calls, &e),
                     SG_ECANCELED);
    ck_assert_str_eq(e.text, "enough");
    ck_assert_int_eq(calls, 1);
}
END_TEST

static Suite *make_suite(const char *kind)
{
    Suite *s = suite_create(kind);
    TCase *t = tcase_create("bucket"), *f = tcase_create("faults");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_small_object_is_one_put_and_read_from_any_byte);
    tcase_add_test(t, a_large_object_goes_in_parts_and_is_visible_only_when_whole);
    tcase_add_test(t, parts_that_a_dead_writer_left_are_swept);
    tcase_add_test(t, a_reader_reads_any_byte_by_windows);
    tcase_add_test(t, lists_are_in_the_order_of_bytes_as_a_folders);
    tcase_add_test(t, lists_longer_than_a_page_go_on_and_threads_share_the_store);
    tcase_add_test(t, a_wrong_secret_is_refused_and_told);
    tcase_add_test(t, a_bucket_that_is_not_there_is_told);
    tcase_add_test(t, the_server_is_told_how_to_encrypt);
    tcase_add_test(t, the_bucket_may_be_told_in_the_host);
    tcase_add_test(t, a_signed_address_is_good_for_its_object_and_its_time_alone);
    tcase_add_test(t, a_sink_that_has_enough_ends_the_reading);
    suite_add_tcase(s, t);
    tcase_add_checked_fixture(f, setup_proxy, teardown_proxy);
    tcase_add_test(f, a_server_that_is_busy_is_asked_again);
    tcase_add_test(f, a_silent_server_is_given_up_and_asked_again);
    tcase_add_test(f, a_put_that_is_cut_ends_right_or_leaves_nothing);
    tcase_add_test(f, a_commit_whose_answer_is_lost_is_known_to_have_gone_well);
    tcase_add_test(f, a_read_that_is_cut_goes_on_where_it_was);
    tcase_add_test(f, a_server_that_trickles_is_given_up);
    tcase_add_test(f, a_read_that_is_cut_again_and_again_ends);
    tcase_add_test(f, a_server_that_is_away_is_told_and_used_again_when_it_is_back);
    suite_add_tcase(s, f);
    return s;
}

int main(void)
{
    const char *kinds[2] = {NULL, NULL};
    size_t n = test_s3_kinds(kinds);
    int failed = 0;
    for (size_t i = 0; i < (n ? n : 1); i++) { /* without any: says so, and is skipped */
        server = test_s3_start(kinds[i]);
        test_s3_make_bucket(server, "segue-test");
        SRunner *r = srunner_create(make_suite(server->kind));
        srunner_run_all(r, CK_NORMAL);
        failed += srunner_ntests_failed(r);
        srunner_free(r);
        test_s3_kill(server);
    }
    return failed != 0;
}
