/* test_playback_sessions.c - how many streams an account has, over two APIs; what its devices hear
 * of each other; silence, death of the database. */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/events.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEARTBEAT_S = 5, SILENT_S = 3 * HEARTBEAT_S };

/* Two APIs that share keys, objects and the database. */
static struct test_listeners one, two;
static struct sg_config config;
static char var[200];

static void start_beside(struct test_listeners *l)
{
    char text[1200], keys[300];
    l->pg = one.pg;
    l->port = test_free_port();
    l->db = test_pg_connect(l->pg);
    snprintf(text, sizeof text,
             "api.port = %d\napi.limits = off\n" TEST_PATIENT
             "playback.heartbeat_s = %d\nobjects.url = %s\nobjects.keys = %s\n",
             l->port, HEARTBEAT_S, config.objects.url, config.objects.keys);
    test_indexer_init(&l->x, l->pg, NULL, text);
    mkdir(test_path(l->x.dir, "var"), 0700);
    snprintf(keys, sizeof keys, "%s/keys", var);
    ck_assert_int_eq(symlink(keys, test_path(l->x.dir, "var/keys")), 0);
    test_listeners_spawn(l);
}

static void setup(void)
{
    struct test_stored asset;
    char text[60];
    snprintf(text, sizeof text, "playback.heartbeat_s = %d\n", HEARTBEAT_S);
    test_listeners_start(&one, 9, text);
    snprintf(var, sizeof var, "%s/var", one.x.dir);
    test_indexer_config(&one.x, &config);
    test_stored_make(&asset, &config, one.db, 1, false);
    test_pg_sql(one.db, "INSERT INTO song_audio SELECT i, '%s' FROM generate_series(2, 9) i",
                asset.id);
    start_beside(&two);
}
static void teardown(void)
{
    test_listeners_stop(&two);
    test_listeners_stop(&one);
}

/* One login each: every token of test_authorization is of another one. */
static const char *login(int user, enum sg_subscription s)
{
    static char of[10][SG_PREMIUM + 1][1200];
    char *at = of[user][s];
    if (!*at)
        snprintf(at, sizeof of[user][s], "%s",
                 test_authorization(var, (uint64_t)user, SG_ROLE_USER, s));
    return at;
}

static int ask(struct test_listeners *l, int user, enum sg_subscription s, const char *method,
               const char *path, const char *body)
{
    return test_http(l->port, method, path, login(user, s), body, l->said, sizeof l->said);
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
    for (int i = 0; i < 1200 && status == 200; i++) {
        status = test_http(one.port, "GET", media, NULL, NULL, one.said, sizeof one.said);
        sg_sleep_us(50000);
    }
    ck_assert_int_eq(status, 403);
    ck_assert(test_listener_said(&one, "\"code\":\"playback-ended\""));
    ck_assert_int_eq(tell(&one, 1, first, "{\"position_ms\":1,\"state\":\"playing\"}"), 409);
    ck_assert(test_listener_said(&one, "\"code\":\"playback-over\""));
}
END_TEST

/* 200, 409, or another status, as the end of a process. */
static pid_t stream_beside(int port, const char *headers, int device)
{
    static char said[1 << 16];
    char path[120];
    pid_t pid = fork();
    if (pid)
        return pid;
    snprintf(path, sizeof path, "/api/v1/songs/1/stream?device_id=beside-%d", device);
    int status = test_http(port, "GET", path, headers, NULL, said, sizeof said);
    _exit(status == 200 ? 0 : status == 409 ? 1 : 2);
}

START_TEST(many_at_one_time_never_get_more_than_the_account_has)
{
    pid_t pids[20];
    int ends[3] = {0}, how;
    const char *headers = login(3, SG_PREMIUM);
    for (int i = 0; i < 20; i++)
        pids[i] = stream_beside(i % 2 ? one.port : two.port, headers, i);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(waitpid(pids[i], &how, 0), pids[i]);
        ck_assert(WIFEXITED(how) && WEXITSTATUS(how) <= 2);
        ends[WEXITSTATUS(how)]++;
    }
    ck_assert_msg(ends[0] == 3 && ends[1] == 17, "%d streams, %d told to wait", ends[0], ends[1]);
}
END_TEST

/* As if it were so much later, and nothing had been heard of the user's streams. */
static void pass(int user, int seconds)
{
    test_pg_sql(one.db,
                "UPDATE playback_sessions SET heard_at = heard_at - make_interval(secs => %d) "
                "WHERE user_id = %d AND ended_at IS NULL",
                seconds, user);
}

static bool was_just_heard(int user)
{
    return *test_pg_sql(one.db,
                        "SELECT max(heard_at) > now() - make_interval(secs => %d) FROM "
                        "playback_sessions WHERE user_id = %d AND ended_at IS NULL",
                        HEARTBEAT_S, user) == 't';
}

START_TEST(silence_ends_a_session_and_media_keep_it)
{
    ck_assert_int_eq(stream(&one, 4, SG_FREE, "phone", ""), 200);
    char media[600];
    snprintf(media, sizeof media, "%s", test_listener_value(&one, "waveform_url"));
    pass(4, SILENT_S - 2);
    ck_assert(!was_just_heard(4));
    ck_assert_int_eq(test_http(two.port, "GET", media, NULL, NULL, two.said, sizeof two.said), 200);
    for (int i = 0; i < 1200 && !was_just_heard(4); i++) /* by the other API */
        sg_sleep_us(50000);
    ck_assert_int_eq(stream(&two, 4, SG_FREE, "desk", ""), 409);
    pass(4, SILENT_S + 1);
    ck_assert_int_eq(stream(&two, 4, SG_FREE, "desk", ""), 200);
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
    for (int i = 0; i < 1200 && !seen; i++) {
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
        ck_assert_msg(test_events_next(x, 60000), "no %s", event);
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
    ck_assert(test_events_next(&stranger, 60000) && strcmp(stranger.event, "here") == 0);
    ck_assert(!test_events_next(&stranger, 100)); /* nothing of it was hers */
    test_events_close(&x);
    test_events_close(&stranger);
}
END_TEST

static unsigned long long begin_on_phone(int user)
{
    ck_assert_int_eq(ask(&one, user, SG_PREMIUM, "POST", "/api/v1/playback/sessions",
                         "{\"song_id\":2,\"device_id\":\"phone\",\"device\":\"Phone\"}"),
                     201);
    return number(&one, "session_id");
}

static void hand_over(struct test_listeners *l, int user, unsigned long long id)
{
    char path[120];
    snprintf(path, sizeof path, "/api/v1/playback/sessions/%llu/transfer", id);
    ck_assert_int_eq(ask(l, user, SG_PREMIUM, "POST", path, "{\"device_id\":\"desk\"}"), 204);
}

static int written(unsigned long long id)
{
    return atoi(test_pg_sql(one.db,
                            "SELECT position_ms FROM playback_sessions WHERE playback_id "
                            "= %llu",
                            id));
}

static void expect_written(unsigned long long id, int position_ms)
{
    int at = written(id);
    for (int i = 0; i < 1200 && at != position_ms; i++) {
        sg_sleep_us(50000);
        at = written(id);
    }
    ck_assert_int_eq(at, position_ms);
}

START_TEST(who_takes_over_begins_at_the_last_word_though_it_is_not_written_yet)
{
    struct test_events x = {0};
    unsigned long long id = begin_on_phone(4);
    test_events_open(&x, two.port, "/api/v1/playback/events",
                     test_authorization(var, 4, SG_ROLE_USER, SG_PREMIUM));
    expect(&x, "here", "{}");
    ck_assert_int_eq(
        tell(&one, 4, id, "{\"position_ms\":25000,\"state\":\"paused\",\"song_id\":3}"), 204);
    hand_over(&one, 4, id);
    expect(&x, "transfer", "\"position_ms\": 25000");
    ck_assert(memmem(x.data.p, x.data.n, "\"song_id\": 3", 12) &&
              memmem(x.data.p, x.data.n, "paused", 6));
    ck_assert_int_eq(written(id), 25000);
    test_events_close(&x);
}
END_TEST

START_TEST(what_plays_is_handed_over_where_it_is_by_now)
{
    struct test_events x = {0};
    unsigned long long id = begin_on_phone(6);
    test_events_open(&x, one.port, "/api/v1/playback/events",
                     test_authorization(var, 6, SG_ROLE_USER, SG_PREMIUM));
    expect(&x, "here", "{}");
    int64_t from_us = sg_now_us();
    ck_assert_int_eq(tell(&one, 6, id, "{\"position_ms\":25000,\"state\":\"playing\"}"), 204);
    expect_written(id, 25000);
    sg_sleep_us(600000);
    hand_over(&two, 6, id); /* the API that heard nothing of it */
    expect(&x, "transfer", "\"desk\"");
    const char *at = memmem(x.data.p, x.data.n, "\"position_ms\": ", 15);
    ck_assert_ptr_nonnull(at);
    unsigned long long position = strtoull(at + 15, NULL, 10);
    unsigned long long most = 25000 + (unsigned long long)(sg_now_us() - from_us) / 1000 + 10;
    ck_assert_msg(position >= 25600 && position <= most, "%llu, at most %llu", position, most);
    ck_assert_uint_le(position, 25000 + 1000 * HEARTBEAT_S);
    test_events_close(&x);
}
END_TEST

START_TEST(the_device_that_was_left_says_no_more_about_the_session)
{
    static const char late[] = "{\"position_ms\":1,\"state\":\"paused\",\"device_id\":\"phone\"}";
    unsigned long long id = begin_on_phone(8);
    hand_over(&two, 8, id);
    ck_assert_int_eq(tell(&two, 8, id, late), 409);
    ck_assert(test_listener_said(&two, "\"code\":\"playback-over\""));
    int status = 204; /* where it was begun it is known as the phone's until NOTIFY comes */
    for (int i = 0; i < 3000 && status != 409; i++) {
        sg_sleep_us(20000);
        status = tell(&one, 8, id, late);
    }
    ck_assert_int_eq(status, 409);
    ck_assert_int_eq(tell(&one, 8, id,
                          "{\"position_ms\":70000,\"state\":\"playing\",\"device_id\":"
                          "\"desk\"}"),
                     204);
    expect_written(id, 70000);
}
END_TEST

START_TEST(an_older_word_is_never_written_over_a_newer_one)
{
    ck_assert_int_eq(stream(&one, 2, SG_PREMIUM, "phone", ""), 200);
    unsigned long long id = number(&one, "session_id");
    char media[600];
    snprintf(media, sizeof media, "%s", test_listener_value(&one, "waveform_url"));
    ck_assert_int_eq(tell(&one, 2, id, "{\"position_ms\":10000,\"state\":\"playing\"}"), 204);
    expect_written(id, 10000);
    ck_assert_int_eq(tell(&two, 2, id, "{\"position_ms\":50000,\"state\":\"playing\"}"), 204);
    expect_written(id, 50000);
    const char *heard = "SELECT heard_at > told_at + interval '1 second' FROM playback_sessions "
                        "WHERE playback_id = %llu";
    for (int i = 0; i < 600 && *test_pg_sql(one.db, heard, id) != 't'; i++) {
        ck_assert_int_eq(test_http(one.port, "GET", media, NULL, NULL, one.said, sizeof one.said),
                         200);
        sg_sleep_us(100000);
    }
    ck_assert(*test_pg_sql(one.db, heard, id) == 't');
    ck_assert_int_eq(written(id), 50000);
}
END_TEST

START_TEST(a_stream_that_was_silent_is_over_when_another_one_took_its_place)
{
    ck_assert_int_eq(stream(&one, 5, SG_FREE, "phone", ""), 200);
    char media[600];
    snprintf(media, sizeof media, "%s", test_listener_value(&one, "waveform_url"));
    pass(5, SILENT_S + 1);
    int status = stream(&two, 5, SG_FREE, "desk", "");
    ck_assert_int_eq(status, 200);
    for (int i = 0; i < 1200 && status == 200; i++) {
        status = test_http(one.port, "GET", media, NULL, NULL, one.said, sizeof one.said);
        sg_sleep_us(50000);
    }
    ck_assert_int_eq(status, 403);
}
END_TEST

static int fetch(struct test_listeners *l, const char *url)
{
    return test_http(l->port, "GET", url, "Range: bytes=0-9\r\n", NULL, l->said, sizeof l->said);
}

static void expect_refused(struct test_listeners *l, const char *url)
{
    int status = fetch(l, url);
    for (int i = 0; i < 200 && status != 403; i++) {
        sg_sleep_us(50000);
        status = fetch(l, url);
    }
    ck_assert_int_eq(status, 403);
    ck_assert(strstr(l->said, "device-removed"));
}

START_TEST(of_a_removed_device_every_api_hears_also_one_that_begins_later)
{
    static struct test_listeners three;
    char device[40], body[200], path[200], url[200];
    ck_assert_int_eq(ask(&one, 8, SG_PREMIUM, "POST", "/api/v1/me/devices",
                         "{\"name\":\"Phone\",\"kind\":\"phone\"}"),
                     201);
    snprintf(device, sizeof device, "%s", test_listener_value(&one, "device_id"));
    ck_assert_int_eq(stream(&one, 8, SG_PREMIUM, device, ""), 200);
    unsigned long long playing = number(&one, "session_id");
    snprintf(body, sizeof body, "{\"device_id\":\"%s\",\"song_ids\":[1]}", device);
    ck_assert_int_eq(ask(&one, 8, SG_PREMIUM, "POST", "/api/v1/offline/downloads", body), 200);
    snprintf(url, sizeof url, "%s", test_listener_value(&one, "url"));
    ck_assert_int_eq(fetch(&one, url), 206);
    ck_assert_int_eq(fetch(&two, url), 206);
    snprintf(path, sizeof path, "/api/v1/me/devices/%s", device);
    ck_assert_int_eq(ask(&one, 8, SG_PREMIUM, "DELETE", path, NULL), 204);
    ck_assert_int_eq(fetch(&one, url), 403); /* at once */
    expect_refused(&two, url);
    /* The stream that was begun by its name has ended. */
    ck_assert_str_eq(test_pg_sql(one.db,
                                 "SELECT ended_at IS NOT NULL FROM playback_sessions WHERE "
                                 "playback_id = %llu",
                                 playing),
                     "t");
    start_beside(&three);
    expect_refused(&three, url);
    test_listeners_stop(&three);
}
END_TEST

START_TEST(the_name_of_a_device_is_no_way_round_the_limit)
{
    ck_assert_int_eq(stream(&one, 2, SG_FREE, "shared", "&take_over=true"), 200);
    unsigned long long first = number(&one, "session_id");
    char media[600];
    snprintf(media, sizeof media, "%s", test_listener_value(&one, "waveform_url"));
    ck_assert_int_eq(test_http(one.port, "GET", "/api/v1/songs/1/stream?device_id=shared",
                               test_authorization(var, 2, SG_ROLE_USER, SG_FREE), NULL, one.said,
                               sizeof one.said),
                     200);
    ck_assert_uint_ne(number(&one, "session_id"), first);
    ck_assert_int_eq(test_http(one.port, "GET", media, NULL, NULL, one.said, sizeof one.said), 403);
}
END_TEST

static void *begin_beside(void *ok)
{
    PGconn *c = test_pg_connect(one.pg);
    PGresult *r = PQexec(c, "SELECT segue_playback_begin(70, 70, 1, 'low', '', 1, NULL, 1, 15, "
                            "true)");
    *(bool *)ok = PQresultStatus(r) == PGRES_TUPLES_OK;
    PQclear(r);
    PQfinish(c);
    return NULL;
}

/* Else the database would end one of them: a stream that it cannot count is let through. */
START_TEST(a_beginning_takes_the_streams_in_order_as_all_who_change_several)
{
    pthread_t other;
    bool ok = false;
    PGconn *c = test_pg_connect(one.pg);
    test_pg_sql(one.db, "INSERT INTO users (user_id, email, display_name) VALUES (70, 'o', 'O')");
    test_pg_sql(one.db, "INSERT INTO playback_sessions (playback_id, user_id, login_id, device_id, "
                        "device, song_id) VALUES (701, 70, 1, 'low', '', 1), "
                        "(702, 70, 2, 'high', '', 1)");
    test_pg_sql(c, "BEGIN");
    test_pg_sql(c, "UPDATE playback_sessions SET position_ms = 1 WHERE playback_id = 701");
    ck_assert_int_eq(pthread_create(&other, NULL, begin_beside, &ok), 0);
    while (*test_pg_sql(one.db, "SELECT count(*) FROM pg_locks WHERE NOT granted") == '0')
        sg_sleep_us(1000);
    test_pg_sql(c, "UPDATE playback_sessions SET position_ms = 2 WHERE playback_id = 702");
    test_pg_sql(c, "COMMIT");
    pthread_join(other, NULL);
    ck_assert(ok);
    ck_assert_str_eq(test_pg_sql(one.db,
                                 "SELECT string_agg(playback_id::text, ' ') FROM "
                                 "playback_sessions WHERE user_id = 70 AND ended_at IS NULL"),
                     "701");
    PQfinish(c);
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
    for (int i = 0; i < 600 && status != 409; i++) {
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
    tcase_add_test(c, who_takes_over_begins_at_the_last_word_though_it_is_not_written_yet);
    tcase_add_test(c, what_plays_is_handed_over_where_it_is_by_now);
    tcase_add_test(c, the_device_that_was_left_says_no_more_about_the_session);
    tcase_add_test(c, an_older_word_is_never_written_over_a_newer_one);
    tcase_add_test(c, a_stream_that_was_silent_is_over_when_another_one_took_its_place);
    tcase_add_test(c, of_a_removed_device_every_api_hears_also_one_that_begins_later);
    tcase_add_test(c, the_name_of_a_device_is_no_way_round_the_limit);
    tcase_add_test(c, a_beginning_takes_the_streams_in_order_as_all_who_change_several);
    tcase_add_test(c, while_the_database_is_dead_everybody_plays_and_it_is_counted_again_after);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
