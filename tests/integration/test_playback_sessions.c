/* test_playback_sessions.c - how many streams an account has, over two APIs; what its devices hear
 * of each other; silence, death of the database. */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/events.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two APIs that share keys, objects and the database. */
static struct test_listeners one, two;
static struct sg_config config;
static char var[200];

static void start_second(void)
{
    char text[900], keys[300];
    two.pg = one.pg;
    two.port = test_free_port();
    two.db = test_pg_connect(two.pg);
    snprintf(text, sizeof text,
             "api.port = %d\napi.limits = off\nplayback.heartbeat_s = 1\nobjects.url = %s\n"
             "objects.keys = %s\n",
             two.port, config.objects.url, config.objects.keys);
    test_indexer_init(&two.x, two.pg, NULL, text);
    mkdir(test_path(two.x.dir, "var"), 0700);
    snprintf(keys, sizeof keys, "%s/keys", var);
    ck_assert_int_eq(symlink(keys, test_path(two.x.dir, "var/keys")), 0);
    test_listeners_spawn(&two);
}

static void setup(void)
{
    struct test_stored asset;
    test_listeners_start(&one, 9, "playback.heartbeat_s = 1\n");
    snprintf(var, sizeof var, "%s/var", one.x.dir);
    test_indexer_config(&one.x, &config);
    test_stored_make(&asset, &config, one.db, 1, false);
    test_pg_sql(one.db, "INSERT INTO song_audio SELECT i, '%s' FROM generate_series(2, 9) i",
                asset.id);
    start_second();
}
static void teardown(void)
{
    test_listeners_stop(&two);
    test_listeners_stop(&one);
}

static int ask(struct test_listeners *l, int user, enum sg_subscription s, const char *method,
               const char *path, const char *body)
{
    return test_http(l->port, method, path,
                     test_authorization(var, (uint64_t)user, SG_ROLE_USER, s), body, l->said,
                     sizeof l->said);
}

static unsigned long long number(const struct test_listeners *l, const char *member)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", member);
    const char *at = strstr(l->said, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static int stream(struct test_listeners *l, int user, enum sg_subscription s, const char *device,
                  const char *more)
{
    char path[200];
    snprintf(path, sizeof path, "/api/v1/songs/1/stream?device_id=%s&device=The+%s%s", device,
             device, more);
    return ask(l, user, s, "GET", path, NULL);
}

static int tell(struct test_listeners *l, int user, unsigned long long id, const char *body)
{
    char path[100];
    snprintf(path, sizeof path, "/api/v1/playback/sessions/%llu", id);
    return ask(l, user, SG_PREMIUM, "PUT", path, body);
}

START_TEST(a_free_account_has_one_stream_over_all_apis)
{
    ck_assert_int_eq(stream(&one, 1, SG_FREE, "phone", ""), 200);
    unsigned long long first = number(&one, "session_id");
    char media[600];
    snprintf(media, sizeof media, "%s", test_listener_value(&one, "waveform_url"));
    ck_assert_int_eq(stream(&one, 1, SG_FREE, "phone", ""), 200); /* the next song there */
    ck_assert_uint_eq(number(&one, "session_id"), first);
    ck_assert_int_eq(stream(&two, 1, SG_FREE, "desk", ""), 409);
    ck_assert(test_listener_said(&two, "\"code\":\"too-many-streams\"") &&
              test_listener_said(&two, "The phone"));
    ck_assert_int_eq(stream(&two, 2, SG_FREE, "desk", ""), 200); /* another's */
    ck_assert_int_eq(test_http(one.port, "GET", media, NULL, NULL, one.said, sizeof one.said), 200);
    /* Taken over on the other API: the first one refuses the address that it gave. */
    ck_assert_int_eq(stream(&two, 1, SG_FREE, "desk", "&take_over=true"), 200);
    int status = 200;
    for (int i = 0; i < 100 && status == 200; i++) {
        status = test_http(one.port, "GET", media, NULL, NULL, one.said, sizeof one.said);
        sg_sleep_us(50000);
    }
    ck_assert_int_eq(status, 403);
    ck_assert(test_listener_said(&one, "\"code\":\"playback-ended\""));
    ck_assert_int_eq(tell(&one, 1, first, "{\"position_ms\":1,\"state\":\"playing\"}"), 409);
    ck_assert(test_listener_said(&one, "\"code\":\"playback-over\""));
}
END_TEST

START_TEST(many_at_one_time_never_get_more_than_the_account_has)
{
    static const char *const devices[] = {"a", "b", "c", "d", "e", "f"};
    int good = 0, busy = 0;
    for (int i = 0; i < 6; i++) {
        int status = stream(i % 2 ? &one : &two, 3, SG_PREMIUM, devices[i], "");
        good += status == 200;
        busy += status == 409;
    }
    ck_assert_int_eq(good, 3);
    ck_assert_int_eq(busy, 3);
}
END_TEST

START_TEST(silence_ends_a_session_and_media_keep_it)
{
    ck_assert_int_eq(stream(&one, 4, SG_FREE, "phone", ""), 200);
    char media[600];
    snprintf(media, sizeof media, "%s", test_listener_value(&one, "waveform_url"));
    for (int i = 0; i < 10; i++) { /* longer than the silence allowed; at the other API */
        ck_assert_int_eq(test_http(two.port, "GET", media, NULL, NULL, two.said, sizeof two.said),
                         200);
        ck_assert_int_eq(stream(&two, 4, SG_FREE, "desk", ""), 409);
        sg_sleep_us(500000);
    }
    int status = 409;
    for (int i = 0; i < 40 && status == 409; i++) {
        sg_sleep_us(250000);
        status = stream(&two, 4, SG_FREE, "desk", "");
    }
    ck_assert_int_eq(status, 200);
}
END_TEST

START_TEST(heartbeats_are_seen_by_every_api)
{
    ck_assert_int_eq(ask(&one, 5, SG_PREMIUM, "POST", "/api/v1/playback/sessions",
                         "{\"song_id\":2,\"device_id\":\"k\",\"device\":\"Kitchen\","
                         "\"queue\":[3,4]}"),
                     201);
    unsigned long long id = number(&one, "session_id");
    ck_assert_int_eq(tell(&one, 5, id, "{\"position_ms\":4321,\"state\":\"paused\",\"song_id\":3}"),
                     204);
    ck_assert_int_eq(ask(&one, 5, SG_PREMIUM, "GET", "/api/v1/playback/sessions", NULL), 200);
    ck_assert_uint_eq(number(&one, "position_ms"), 4321);
    bool seen = false;
    for (int i = 0; i < 60 && !seen; i++) {
        sg_sleep_us(50000);
        ck_assert_int_eq(ask(&two, 5, SG_PREMIUM, "GET", "/api/v1/playback/sessions", NULL), 200);
        seen = number(&two, "position_ms") == 4321;
    }
    ck_assert(seen && number(&two, "song_id") == 3);
    ck_assert(test_listener_said(&two, "\"state\":\"paused\"") &&
              test_listener_said(&two, "\"queue\":[3,4]"));
    ck_assert_int_eq(tell(&two, 5, id, "{\"position_ms\":5000,\"state\":\"playing\"}"), 204);
    ck_assert_int_eq(tell(&two, 6, id, "{\"position_ms\":5000,\"state\":\"playing\"}"), 404);
    ck_assert_int_eq(tell(&two, 5, id, "{\"position_ms\":-1,\"state\":\"playing\"}"), 400);
    ck_assert_int_eq(tell(&two, 5, id, "{\"position_ms\":0,\"state\":\"dancing\"}"), 400);
    ck_assert_int_eq(ask(&one, 5, SG_PREMIUM, "POST", "/api/v1/playback/sessions",
                         "{\"song_id\":2,\"device_id\":\"\\u0000\"}"),
                     400);
    char path[100];
    snprintf(path, sizeof path, "/api/v1/playback/sessions/%llu", id);
    ck_assert_int_eq(ask(&two, 6, SG_PREMIUM, "DELETE", path, NULL), 404);
    ck_assert_int_eq(ask(&two, 5, SG_PREMIUM, "DELETE", path, NULL), 204);
    ck_assert_int_eq(ask(&two, 5, SG_PREMIUM, "DELETE", path, NULL), 404);
    ck_assert_int_eq(ask(&one, 5, SG_PREMIUM, "GET", "/api/v1/playback/sessions", NULL), 200);
    ck_assert(test_listener_said(&one, "\"sessions\":[]"));
}
END_TEST

static void expect(struct test_events *x, const char *event, const char *data)
{
    do
        ck_assert_msg(test_events_next(x, 10000), "no %s", event);
    while (strcmp(x->event, event) != 0);
    ck_assert_msg(memmem(x->data.p, x->data.n, data, strlen(data)), "%s: %.*s", event,
                  SG_FMT(sg_buf_str(&x->data)));
}

START_TEST(devices_hear_of_each_other)
{
    struct test_events x = {0}, stranger = {0};
    char path[120], data[80];
    test_events_open(&x, two.port, "/api/v1/playback/events",
                     test_authorization(var, 7, SG_ROLE_USER, SG_PREMIUM));
    test_events_open(&stranger, two.port, "/api/v1/playback/events",
                     test_authorization(var, 8, SG_ROLE_USER, SG_PREMIUM));
    ck_assert_int_eq(x.status, 200);
    expect(&x, "here", "{}");
    ck_assert_int_eq(stream(&one, 7, SG_PREMIUM, "phone", ""), 200);
    unsigned long long id = number(&one, "session_id");
    snprintf(data, sizeof data, "%llu", id);
    expect(&x, "now", data);
    ck_assert_int_eq(tell(&one, 7, id, "{\"position_ms\":9,\"state\":\"paused\"}"), 204);
    expect(&x, "now", "paused");
    snprintf(path, sizeof path, "/api/v1/playback/sessions/%llu/command", id);
    ck_assert_int_eq(
        ask(&one, 7, SG_PREMIUM, "POST", path, "{\"command\":\"seek\",\"position_ms\":77000}"),
        204);
    expect(&x, "command", "77000");
    ck_assert_int_eq(ask(&one, 8, SG_PREMIUM, "POST", path, "{\"command\":\"play\"}"), 404);
    snprintf(path, sizeof path, "/api/v1/playback/sessions/%llu/transfer", id);
    ck_assert_int_eq(
        ask(&one, 7, SG_PREMIUM, "POST", path, "{\"device_id\":\"desk\",\"device\":\"The desk\"}"),
        204);
    expect(&x, "transfer", "\"desk\"");
    /* The desk goes on with the same session. */
    ck_assert_int_eq(stream(&two, 7, SG_PREMIUM, "desk", ""), 200);
    ck_assert_uint_eq(number(&two, "session_id"), id);
    snprintf(path, sizeof path, "/api/v1/playback/sessions/%llu", id);
    ck_assert_int_eq(ask(&one, 7, SG_PREMIUM, "DELETE", path, NULL), 204);
    expect(&x, "ended", data);
    ck_assert(test_events_next(&stranger, 100) && strcmp(stranger.event, "here") == 0);
    ck_assert(!test_events_next(&stranger, 100)); /* nothing of it was hers */
    test_events_close(&x);
    test_events_close(&stranger);
}
END_TEST

START_TEST(while_the_database_is_dead_everybody_plays_and_it_is_counted_again_after)
{
    ck_assert_int_eq(stream(&one, 9, SG_FREE, "phone", ""), 200);
    unsigned long long id = number(&one, "session_id");
    test_pg_crash(one.pg);
    ck_assert_int_eq(tell(&one, 9, id, "{\"position_ms\":1000,\"state\":\"playing\"}"), 204);
    ck_assert_int_eq(tell(&one, 9, 12345, "{\"position_ms\":1000,\"state\":\"playing\"}"), 204);
    ck_assert_int_eq(stream(&one, 9, SG_FREE, "desk", ""), 200);
    test_pg_up(one.pg);
    /* The crash emptied the table; what plays is written again by its heartbeats. */
    int status = 0;
    for (int i = 0; i < 100 && status != 409; i++) {
        tell(&one, 9, id, "{\"position_ms\":2000,\"state\":\"playing\"}");
        sg_sleep_us(100000);
        status = stream(&two, 9, SG_FREE, "car", "");
    }
    ck_assert_int_eq(status, 409);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playback sessions");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 200);
    tcase_add_unchecked_fixture(c, setup, teardown);
    tcase_add_test(c, a_free_account_has_one_stream_over_all_apis);
    tcase_add_test(c, many_at_one_time_never_get_more_than_the_account_has);
    tcase_add_test(c, silence_ends_a_session_and_media_keep_it);
    tcase_add_test(c, heartbeats_are_seen_by_every_api);
    tcase_add_test(c, devices_hear_of_each_other);
    tcase_add_test(c, while_the_database_is_dead_everybody_plays_and_it_is_counted_again_after);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
