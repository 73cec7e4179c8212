/* test_objects_s3.c - signed addresses against Amazon's own example, S3's XML, and settings. */
#include "core/buf.h"
#include "core/objects/objects.h"
#include "core/objects/s3/answer.h"
#include "core/objects/s3/presign.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_error e;

/* "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API
 * Reference: its example of 24 May 2013. */
START_TEST(an_address_is_signed_as_amazons_example_is)
{
    struct sg_buf url = {0};
    struct s3_signing x = {.id = "AKIAIOSFODNN7EXAMPLE",
                           .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                           .region = "us-east-1",
                           .base = "https://examplebucket.s3.amazonaws.com",
                           .host = "examplebucket.s3.amazonaws.com",
                           .path = "/test.txt",
                           .at_s = 1369353600,
                           .seconds = 86400};
    ck_assert(s3_presign_url(&x, &url));
    ck_assert(sg_str_eq(
        sg_buf_str(&url),
        SG_STR(
            "https://examplebucket.s3.amazonaws.com/test.txt"
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")));
    sg_buf_free(&url);
}
END_TEST

static int note(void *ctx, const struct s3_entry *entry, struct sg_error *err)
{
    (void)err;
    sg_buf_printf(ctx, "%s|%s|%lld|%lld ", entry->key, entry->upload_id, (long long)entry->bytes,
                  (long long)entry->when_us);
    return 0;
}

START_TEST(a_list_is_read_with_its_entries_and_where_it_goes_on)
{
    struct s3_answer a;
    struct sg_buf seen = {0};
    static const char xml[] =
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Name>b</Name>"
        "<IsTruncated>true</IsTruncated><NextContinuationToken>a/b+c=</NextContinuationToken>"
        "<Contents><Key>a%2Fb&amp;c</Key><LastModified>1970-01-01T00:00:01.000Z</LastModified>"
        "<ETag>&quot;x&quot;</ETag><Size>7</Size><Owner><ID>Key</ID></Owner></Contents>\n"
        "<Contents>\n<Key>z</Key>\n<Size>0</Size></Contents></ListBucketResult>";
    ck_assert_msg(!s3_answer_read(sg_str(xml), &a, note, &seen, &e), "%s", e.text);
    sg_buf_putc(&seen, '\0');
    ck_assert_str_eq(seen.p, "a/b&c||7|1000000 z||0|0 ");
    ck_assert_str_eq(a.root, "ListBucketResult");
    ck_assert_str_eq(a.token, "a/b+c=");
    ck_assert(a.truncated);
    sg_buf_free(&seen);
}
END_TEST

START_TEST(an_error_is_read_with_its_name)
{
    struct s3_answer a;
    ck_assert(!s3_answer_read(
        SG_STR("<Error><Code>SlowDown</Code><Message>Less &lt;please&gt;</Message></Error>"), &a,
        NULL, NULL, &e));
    ck_assert_str_eq(a.root, "Error");
    ck_assert_str_eq(a.code, "SlowDown");
    ck_assert_str_eq(a.message, "Less <please>");
}
END_TEST

START_TEST(answers_that_are_none_are_refused)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "<a>",
        "<a></b>",
        "<L><Contents><Size>1</Size></Contents></L>",
        "<L><Contents><Key>a</Key><Size>-1</Size></Contents></L>",
        "<L><Contents><Key>a</Key><Size>x</Size></Contents></L>",
        "<L><Contents><Key>a%00b</Key></Contents></L>",
        "<L><Contents><Key>a</Key><LastModified>today</LastModified></Contents></L>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>",
    };
    struct s3_answer a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(s3_answer_read(sg_str(wrong[i]), &a, NULL, NULL, &e) == SG_ECORRUPT, "%s",
                      wrong[i]);
    struct sg_buf longest = {0};
    sg_buf_puts(&longest, "<L><Contents><Key>");
    for (int i = 0; i < S3_TEXT_MAX; i++)
        sg_buf_putc(&longest, 'k');
    sg_buf_puts(&longest, "</Key></Contents></L>");
    ck_assert_int_eq(s3_answer_read(sg_buf_str(&longest), &a, NULL, NULL, &e), SG_ECORRUPT);
    sg_buf_free(&longest);
}
END_TEST

static void configure(struct sg_config *c, const char *url)
{
    sg_config_defaults(c);
    snprintf(c->objects.url, sizeof c->objects.url, "%s", url);
    snprintf(c->objects.s3_key_env, sizeof c->objects.s3_key_env, "TEST_ID");
    snprintf(c->objects.s3_secret_env, sizeof c->objects.s3_secret_env, "TEST_SECRET");
    setenv("TEST_ID", "id", 1);
    setenv("TEST_SECRET", "se/cret", 1);
}

static void expect_refused(const struct sg_config *c, const char *field)
{
    struct sg_objects *o = NULL;
    ck_assert_int_eq(sg_objects_open(&o, c, &e), SG_EINVAL);
    ck_assert_msg(!strcmp(e.field, field), "%s: %s", e.field, e.text);
}

START_TEST(settings_that_cannot_be_are_refused_by_name)
{
    static const char *const urls[] = {"s3://",        "s3://ab",         "s3://Bucket",
                                       "s3://-bucket", "s3://bucket/a b", "s3://bucket/../x"};
    struct sg_config c;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        configure(&c, urls[i]);
        expect_refused(&c, "objects.url");
    }
    configure(&c, "s3://bucket");
    snprintf(c.objects.s3_region, sizeof c.objects.s3_region, "a:b");
    expect_refused(&c, "objects.s3_region");
    configure(&c, "s3://bucket");
    snprintf(c.objects.s3_encryption, sizeof c.objects.s3_encryption, "ROT13");
    expect_refused(&c, "objects.s3_encryption");
    configure(&c, "s3://bucket");
    snprintf(c.objects.s3_endpoint, sizeof c.objects.s3_endpoint, "http://host/path");
    expect_refused(&c, "objects.s3_endpoint");
    configure(&c, "s3://bucket");
    setenv("TEST_SECRET", "with space", 1);
    expect_refused(&c, "objects.s3_secret_env");
    unsetenv("TEST_ID");
    expect_refused(&c, "objects.s3_key_env");
}
END_TEST

static void expect_address(const struct sg_config *c, const char *start)
{
    struct sg_objects *o = NULL;
    struct sg_buf url = {0};
    ck_assert_msg(!sg_objects_open(&o, c, &e), "%s", e.text);
    ck_assert_int_eq(sg_objects_presign(o, "k", 0, &url, &e), SG_EINVAL);
    ck_assert_int_eq(sg_objects_presign(o, "k", 604801, &url, &e), SG_EINVAL);
    ck_assert(!sg_objects_presign(o, "a/k", 604800, &url, &e));
    sg_buf_putc(&url, '\0');
    ck_assert_msg(!strncmp(url.p, start, strlen(start)), "%s", url.p);
    sg_buf_free(&url);
    sg_objects_close(o);
}

START_TEST(the_bucket_is_told_in_the_path_or_in_the_host)
{
    struct sg_config c;
    configure(&c, "s3://bucket/music/");
    expect_address(&c, "https://s3.us-east-1.amazonaws.com/bucket/music/a/k?");
    c.objects.s3_path_style = 0;
    expect_address(&c, "https://bucket.s3.us-east-1.amazonaws.com/music/a/k?");
    snprintf(c.objects.s3_endpoint, sizeof c.objects.s3_endpoint, "https://store.example:443/");
    expect_address(&c, "https://bucket.store.example/music/a/k?");
    configure(&c, "s3://bucket");
    snprintf(c.objects.s3_endpoint, sizeof c.objects.s3_endpoint, "http://127.0.0.1:9000");
    expect_address(&c, "http://127.0.0.1:9000/bucket/a/k?");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("objects_s3");
    TCase *t = tcase_create("s3");
    tcase_add_test(t, an_address_is_signed_as_amazons_example_is);
    tcase_add_test(t, a_list_is_read_with_its_entries_and_where_it_goes_on);
    tcase_add_test(t, an_error_is_read_with_its_name);
    tcase_add_test(t, answers_that_are_none_are_refused);
    tcase_add_test(t, settings_that_cannot_be_are_refused_by_name);
    tcase_add_test(t, the_bucket_is_told_in_the_path_or_in_the_host);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
