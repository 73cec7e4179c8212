/* test_playback_s3.c - media that lie in a real S3 server: read through us, sealed or not, and by
 * the store's own addresses. */
#include "core/clock.h"
#include "tests/support/listener.h"
#include "tests/support/s3.h"
#include "tests/support/stored.h"
#include "tests/support/wire.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct test_s3 *s3;
static struct test_listeners l;

static void start(const char *presigned)
{
    struct sg_config c;
    struct test_stored asset;
    char settings[2000];
    sg_config_defaults(&c);
    test_s3_configure(s3, "media", "a", &c);
    snprintf(settings, sizeof settings,
             "objects.url = %s\nobjects.s3_endpoint = %s\nobjects.s3_region = %s\n"
             "objects.s3_key_env = %s\nobjects.s3_secret_env = %s\nplayback.presigned = %s\n"
             "playback.streams_premium = 1000\nobjects.timeout_ms = 60000\n",
             c.objects.url, c.objects.s3_endpoint, c.objects.s3_region, c.objects.s3_key_env,
             c.objects.s3_secret_env, presigned);
    l = (struct test_listeners){.pg = l.pg};
    test_listeners_start(&l, 9, settings);
    test_pg_sql(l.db, "DELETE FROM song_audio");
    test_indexer_config(&l.x, &c);
    test_stored_make(&asset, &c, l.db, 1, true);
    ck_assert_int_eq(test_listener_get(&l, 1, "/api/v1/songs/1/stream?quality=lossless"), 200);
}

static int fetch(const char *path, const char *headers, struct wire_answer *a)
{
    char text[1500];
    const char *url = test_listener_value(&l, "stream_url");
    snprintf(text, sizeof text, "GET %.*s%s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n",
             (int)(strstr(url, "/audio/") - url) + 7 + 37, url, path, headers);
    return wire_ask(l.port, text, a);
}

static bool is_file(const struct wire_answer *a, const char *path, size_t from, size_t n)
{
    bool same = a->body.n == n;
    for (size_t i = 0; same && i < n; i++)
        same = (unsigned char)a->body.p[i] == test_stored_byte(path, from + i);
    return same;
}

START_TEST(media_are_read_through_us)
{
    struct wire_answer a = {0};
    start("off");
    static const char *const paths[] = {"p/flac.mp4", "f/aac128.mp4", "f/waveform.json"};
    static const size_t sizes[] = {2000000, 600000, 900};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(fetch(paths[i], "", &a), 200);
        ck_assert(is_file(&a, paths[i], 0, sizes[i]));
        ck_assert_int_eq(fetch(paths[i], "Range: bytes=333-800\r\n", &a), 206);
        ck_assert(is_file(&a, paths[i], 333, 468));
    }
    ck_assert_int_eq(fetch("f/aac128.mp4", "Range: bytes=100000-499999\r\n", &a), 206);
    ck_assert(is_file(&a, "f/aac128.mp4", 100000, 400000));
    sg_buf_free(&a.body);
    test_listeners_stop(&l);
}
END_TEST

/* The store is killed and comes back. */
START_TEST(while_the_store_is_away_media_are_unavailable_and_nothing_else_waits)
{
    struct wire_answer a = {0};
    start("off");
    ck_assert_int_eq(fetch("p/flac.mp4", "Range: bytes=0-99\r\n", &a), 206);
    test_s3_freeze(s3); /* who waits for it is not answered 200 within the request's time */
    ck_assert_int_eq(test_listener_get(&l, 1, "/api/v1/songs/1/stream"), 200);
    test_s3_kill(s3);
    int status = fetch("p/flac.mp4", "Range: bytes=0-99\r\n", &a);
    ck_assert_msg(status == 503 || status == 504 || status == 0, "%d", status);
    test_s3_up(s3);
    for (int i = 0; i < 300 && status != 206; i++) {
        status = fetch("p/flac.mp4", "Range: bytes=0-99\r\n", &a);
        sg_sleep_us(100000);
    }
    ck_assert_int_eq(status, 206);
    ck_assert(is_file(&a, "p/flac.mp4", 0, 100));
    sg_buf_free(&a.body);
    test_listeners_stop(&l);
}
END_TEST

START_TEST(single_files_in_the_clear_may_be_had_from_the_store_itself)
{
    struct wire_answer a = {0};
    char text[3000];
    start("on");
    ck_assert_int_eq(fetch("p/flac.mp4", "", &a), 302);
    const char *to = wire_header(&a, "Location");
    size_t n = strlen(s3->endpoint);
    ck_assert_msg(strncmp(to, s3->endpoint, n) == 0, "%s", to);
    snprintf(
        text, sizeof text,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nRange: bytes=10-19\r\nConnection: close\r\n\r\n",
        to + n, s3->port);
    ck_assert_int_eq(wire_ask(s3->port, text, &a), 206);
    ck_assert(is_file(&a, "p/flac.mp4", 10, 10));
    ck_assert_int_eq(fetch("f/aac128.mp4", "", &a), 200); /* sealed: through us */
    ck_assert(is_file(&a, "f/aac128.mp4", 0, 600000));
    ck_assert_int_eq(fetch("manifest.mpd", "", &a),
                     200); /* or its relative addresses would break */
    sg_buf_free(&a.body);
    test_listeners_stop(&l);
}
END_TEST

int main(void)
{
    s3 = test_s3_start(NULL);
    test_s3_make_bucket(s3, "media");
    Suite *suite = suite_create("playback s3");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 200);
    tcase_add_test(c, media_are_read_through_us);
    tcase_add_test(c, while_the_store_is_away_media_are_unavailable_and_nothing_else_waits);
    tcase_add_test(c, single_files_in_the_clear_may_be_had_from_the_store_itself);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
