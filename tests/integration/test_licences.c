/* test_licences.c - keys of protected songs over HTTP: who gets them, for which device, until
 * when; and what ends that. The real API and vault over a real database. */
#include "api/licences/asked.h"
#include "core/clock.h"
#include "core/uuid.h"
#include "tests/support/account.h"
#include "tests/support/asset.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_listeners l;

#define GET(user, ...) test_listener_get(&l, user, __VA_ARGS__)
#define SAID(text)     test_listener_said(&l, text)

static struct sg_config config;
static char var[300], asset[TEST_ASSET_CHARS + 1], device[40];
static unsigned char key[16];

/* The API as a person of this subscription. */
static int ask_as(int user, enum sg_subscription subscription, const char *method, const char *path,
                  const char *body)
{
    return test_http(l.port, method, path,
                     test_authorization(var, (uint64_t)user, SG_ROLE_USER, subscription), body,
                     l.said, sizeof l.said);
}

static const char *registered(int user)
{
    static char id[40];
    ck_assert_int_eq(test_listener_ask(&l, user, "POST", "/api/v1/me/devices",
                                       "{\"name\":\"Fräulein's phone\",\"kind\":\"phone\"}"),
                     201);
    snprintf(id, sizeof id, "%s", test_listener_value(&l, "device_id"));
    ck_assert_uint_eq(strlen(id), 36);
    return id;
}

static void start(void)
{
    test_listeners_start(&l, 9, NULL);
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    test_indexer_config(&l.x, &config);
}

static void stop(void)
{
    test_listeners_stop(&l);
}

static void setup(void)
{
    test_pg_sql(l.db, "TRUNCATE devices, licences, song_audio, assets CASCADE");
    test_asset_put(l.db, &config, 5, asset, key);
    snprintf(device, sizeof device, "%s", registered(1));
}

static const char *kid_of(const char *id)
{
    static char text[4][SG_KID_CHARS + 1];
    static int next;
    unsigned char bytes[16];
    char *out = text[next++ % 4];
    ck_assert(sg_uuid_parse(sg_str(id), bytes));
    sg_kid_text(bytes, out);
    return out;
}

/* Asks for the key of one asset as that user, with that device. */
static int ask_key(int user, enum sg_subscription subscription, const char *with,
                   const char *wanted, const char *type)
{
    char path[200], body[300];
    snprintf(path, sizeof path, "/api/v1/licences/clearkey?device_id=%s", with);
    snprintf(body, sizeof body, "{\"kids\":[\"%s\"],\"type\":\"%s\"}", kid_of(wanted), type);
    return ask_as(user, subscription, "POST", path, body);
}

#define KEY(user, with) ask_key(user, SG_PREMIUM, with, asset, "temporary")

START_TEST(a_premium_listener_gets_the_key_that_the_song_was_sealed_with)
{
    char k[SG_KID_CHARS + 1], expected[200], until[40];
    ck_assert_msg(KEY(1, device) == 200, "%s", l.said);
    sg_kid_text(key, k);
    snprintf(expected, sizeof expected,
             "\"keys\":[{\"kty\":\"oct\",\"kid\":\"%s\",\"k\":\"%s\"}],\"type\":\"temporary\"",
             kid_of(asset), k);
    ck_assert_msg(SAID(expected), "%s", l.said);
    ck_assert(SAID("Cache-Control: no-store"));
    snprintf(until, sizeof until, "%s", test_listener_value(&l, "expires_at"));
    ck_assert_str_eq(
        test_pg_sql(l.db,
                    "SELECT count(*) FROM licences WHERE user_id = 1 AND device_id = '%s' AND "
                    "asset_id = '%s' AND kind = 'temporary' AND licence_id = '%s' AND expires_at "
                    "BETWEEN now() + interval '3500 s' AND now() + interval '3600 s' AND "
                    "segue_time_text(expires_at) = '%s'",
                    device, asset, test_listener_value(&l, "licence_id"), until),
        "1");
}
END_TEST

START_TEST(a_licence_ends_with_the_subscription)
{
    bool bound = false;
    test_pg_sql(l.db, "UPDATE users SET subscription_type = 'premium', subscription_expires_at = "
                      "now() + interval '600 s' WHERE user_id = 1");
    for (int i = 0; i < 600 && !bound; i++) { /* every API reads claims twice a second */
        ck_assert_msg(KEY(1, device) == 200, "%s", l.said);
        bound = *test_pg_sql(l.db,
                             "SELECT expires_at <= now() + interval '601 s' FROM licences WHERE "
                             "licence_id = '%s'",
                             test_listener_value(&l, "licence_id")) == 't';
        if (!bound)
            sg_sleep_us(100000);
    }
    test_pg_sql(l.db, "UPDATE users SET subscription_type = 'free', subscription_expires_at = NULL "
                      "WHERE user_id = 1");
    ck_assert(bound);
}
END_TEST

START_TEST(others_get_none)
{
    ck_assert_int_eq(ask_key(1, SG_FREE, device, asset, "temporary"), 403);
    ck_assert(SAID("\"premium-needed\""));
    ck_assert_int_eq(ask_key(1, SG_EXPIRED, device, asset, "temporary"), 403);
    ck_assert_int_eq(KEY(2, device), 404); /* another's device */
    ck_assert(SAID("\"device-unknown\""));
    ck_assert_int_eq(KEY(1, "5fae3d6e-1111-4111-8111-111111111111"), 404);
    ck_assert_int_eq(KEY(1, "nonsense"), 400);
    ck_assert_int_eq(test_http(l.port, "POST", "/api/v1/licences/clearkey?device_id=x", NULL, "{}",
                               l.said, sizeof l.said),
                     401);
    ck_assert_int_eq(ask_as(1, SG_PREMIUM, "POST", "/api/v1/licences/clearkey",
                            "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAQ\"]}"),
                     400);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM licences"), "0");
}
END_TEST

/* All but what differs by chance. */
static void body_of(char out[600])
{
    const char *at = strstr(l.said, "\r\n\r\n");
    snprintf(out, 600, "%s", at ? at + 4 : "");
}

START_TEST(unknown_hidden_and_unprotected_songs_cannot_be_told_apart)
{
    char hidden[TEST_ASSET_CHARS + 1], clear[TEST_ASSET_CHARS + 1], first[600], next[600];
    test_asset_put(l.db, &config, 6, hidden, NULL);
    test_asset_put_clear(l.db, 7, clear);
    test_pg_sql(l.db, "UPDATE songs SET release_date = CURRENT_DATE + 3 WHERE song_id = 6");
    ck_assert_int_eq(
        ask_key(1, SG_PREMIUM, device, "5fae3d6e-1111-4111-8111-111111111111", "temporary"), 404);
    body_of(first);
    const char *others[] = {hidden, clear};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(ask_key(1, SG_PREMIUM, device, others[i], "temporary"), 404);
        body_of(next);
        ck_assert_str_eq(first, next);
    }
    /* Her own artist's song she hears before it is out, and so does an admin. */
    test_pg_sql(l.db, "UPDATE artists SET user_id = 1 WHERE artist_id = 1");
    ck_assert_int_eq(ask_key(1, SG_PREMIUM, device, hidden, "temporary"), 200);
    test_pg_sql(l.db, "UPDATE artists SET user_id = NULL WHERE artist_id = 1");
    ck_assert_int_eq(ask_key(1, SG_PREMIUM, device, hidden, "temporary"), 404);
    test_pg_sql(l.db, "UPDATE songs SET release_date = NULL WHERE song_id = 6");
}
END_TEST

START_TEST(what_may_be_had_of_several_is_given)
{
    char other[TEST_ASSET_CHARS + 1], body[400], path[200];
    test_asset_put(l.db, &config, 8, other, NULL);
    snprintf(path, sizeof path, "/api/v1/licences/clearkey?device_id=%s", device);
    snprintf(body, sizeof body, "{\"kids\":[\"%s\",\"AAAAAAAAAAAAAAAAAAAAAQ\",\"%s\",\"%s\"]}",
             kid_of(other), kid_of(asset), kid_of(other));
    ck_assert_int_eq(ask_as(1, SG_PREMIUM, "POST", path, body), 200);
    ck_assert_int_eq(SAID("\"kty\""), 2);
    ck_assert(strstr(l.said, kid_of(other)) < strstr(l.said, kid_of(asset)));
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) || '-' || count(DISTINCT licence_id) FROM "
                                       "licences"),
                     "2-1");
}
END_TEST

START_TEST(hostile_requests_are_refused)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "{\"kids\":[]}",
        "{\"kids\":\"x\"}",
        "{\"kids\":[1]}",
        "{\"kids\":[null]}",
        "{\"kids\":[\"\"]}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAQ==\"]}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAR\"]}", /* bits beyond the last byte */
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAA\\u0000Q\"]}",
        "{\"kids\":[\"AAAA'; --AAAAAAAAAAAAQ\"]}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAQ\"],\"type\":\"persistent-usage-record\"}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAQ\"],\"type\":7}",
        "{\"kids\":[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]}",
        "{\"kids\":[\"\xff\xfe\"]}"};
    char path[200], many[1000] = "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAQ\"";
    snprintf(path, sizeof path, "/api/v1/licences/clearkey?device_id=%s", device);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        ck_assert_msg(ask_as(1, SG_PREMIUM, "POST", path, bodies[i]) == 400, "%s: %s", bodies[i],
                      l.said);
    for (int i = 0; i < 16; i++)
        strcat(many, ",\"AAAAAAAAAAAAAAAAAAAAAQ\"");
    strcat(many, "]}");
    ck_assert_int_eq(ask_as(1, SG_PREMIUM, "POST", path, many), 400);
    /* Ids of nothing. */
    ck_assert_int_eq(ask_as(1, SG_PREMIUM, "POST", path,
                            "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAA\",\"_____________________w\"]}"),
                     404);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM licences"), "0");
}
END_TEST

START_TEST(an_hours_licences_are_bounded)
{
    test_pg_sql(l.db,
                "INSERT INTO licences (user_id, licence_id, asset_id, device_id, kind, expires_at) "
                "SELECT 1, gen_random_uuid(), '%s', '%s', 'temporary', now() FROM "
                "generate_series(1, 1000)",
                asset, device);
    ck_assert_int_eq(KEY(1, device), 429);
    ck_assert(SAID("Retry-After: "));
    test_pg_sql(l.db, "UPDATE licences SET given_at = given_at - interval '2 hours'");
    ck_assert_int_eq(KEY(1, device), 200);
}
END_TEST

/* Logs in as user 3 with a password of hers, as people do: its access token. */
static void log_in(char token[4000])
{
    char line[900];
    snprintf(line, sizeof line,
             "printf 'correct horse battery\\n' | '%s' --config '%s' user create --email "
             "three@example.org --name Three >/dev/null",
             test_program("segue-api"), l.x.conf);
    test_pg_sql(l.db, "SELECT setval(pg_get_serial_sequence('users', 'user_id'), 100)");
    ck_assert_int_eq(system(line), 0);
    test_pg_sql(l.db, "UPDATE users SET subscription_type = 'premium' WHERE email = "
                      "'three@example.org'");
    ck_assert_int_eq(test_http(l.port, "POST", "/api/v1/auth/login", NULL,
                               "{\"email\":\"three@example.org\",\"password\":\"correct horse "
                               "battery\"}",
                               l.said, sizeof l.said),
                     200);
    const char *at = strstr(l.said, "\"access_token\":\"") + 16;
    snprintf(token, 4000, "%.*s", (int)strcspn(at, "\""), at);
}

START_TEST(an_ended_session_gets_no_more_keys_and_its_replay_neither)
{
    char token[4000], path[200], body[200], header[4200];
    log_in(token);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\nIdempotency-Key: again\r\n",
             token);
    ck_assert_int_eq(test_http(l.port, "POST", "/api/v1/me/devices", test_bearer(token),
                               "{\"name\":\"x\",\"kind\":\"other\"}", l.said, sizeof l.said),
                     201);
    snprintf(path, sizeof path, "/api/v1/licences/clearkey?device_id=%s",
             test_listener_value(&l, "device_id"));
    snprintf(body, sizeof body, "{\"kids\":[\"%s\"]}", kid_of(asset));
    ck_assert_msg(test_http(l.port, "POST", path, header, body, l.said, sizeof l.said) == 200, "%s",
                  l.said);
    /* An answer with keys is kept nowhere, whatever key it was asked with. */
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM idempotency_keys WHERE body IS NOT "
                                       "NULL AND position('\"kty\"' IN body) > 0"),
                     "0");
    ck_assert_int_eq(test_http(l.port, "POST", "/api/v1/auth/logout-all", test_bearer(token), "",
                               l.said, sizeof l.said),
                     204);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM licences l JOIN devices USING "
                                       "(user_id, device_id) WHERE name = 'x' AND l.revoked_at IS "
                                       "NULL"),
                     "0");
    ck_assert_int_eq(test_http(l.port, "POST", path, header, body, l.said, sizeof l.said), 401);
    ck_assert(!SAID("kty"));
}
END_TEST

START_TEST(devices_are_registered_listed_and_removed)
{
    char path[200];
    ck_assert_int_eq(GET(1, "/api/v1/me/devices"), 200);
    ck_assert(SAID(device) && SAID("Fräulein's phone") && SAID("\"offline_places\":5") &&
              SAID("\"offline_changes_left\":10"));
    ck_assert_int_eq(GET(2, "/api/v1/me/devices"), 200);
    ck_assert(SAID("\"devices\":[]"));
    snprintf(path, sizeof path, "/api/v1/me/devices/%s", device);
    ck_assert_int_eq(test_listener_ask(&l, 2, "DELETE", path, NULL), 404);
    ck_assert_int_eq(KEY(1, device), 200);
    ck_assert_int_eq(test_listener_ask(&l, 1, "DELETE", path, NULL), 204);
    ck_assert_int_eq(test_listener_ask(&l, 1, "DELETE", path, NULL), 404);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT bool_and(revoked_at IS NOT NULL) FROM licences"),
                     "t");
    ck_assert_int_eq(KEY(1, device), 404);
    static const char *const bodies[] = {
        "{}", "{\"name\":\"\",\"kind\":\"phone\"}", "{\"name\":\"a\\u0000b\",\"kind\":\"phone\"}",
        "{\"name\":\"a\",\"kind\":\"toaster\"}", "{\"name\":\"a\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        ck_assert_int_eq(test_listener_ask(&l, 1, "POST", "/api/v1/me/devices", bodies[i]), 400);
}
END_TEST

START_TEST(of_many_devices_the_latest_are_remembered)
{
    test_pg_sql(l.db, "INSERT INTO devices (user_id, name, kind, session_id, seen_at) SELECT 1, "
                      "'d' || i, 'other', 1, now() - i * interval '1 day' FROM "
                      "generate_series(1, 49) i");
    registered(1);
    ck_assert_int_eq(GET(1, "/api/v1/me/devices"), 200);
    ck_assert_int_eq(SAID("\"device_id\""), 50);
    ck_assert(SAID("\"d48\"") && !SAID("\"d49\""));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("licences");
    TCase *t = tcase_create("licences");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_premium_listener_gets_the_key_that_the_song_was_sealed_with);
    tcase_add_test(t, others_get_none);
    tcase_add_test(t, unknown_hidden_and_unprotected_songs_cannot_be_told_apart);
    tcase_add_test(t, what_may_be_had_of_several_is_given);
    tcase_add_test(t, hostile_requests_are_refused);
    tcase_add_test(t, an_hours_licences_are_bounded);
    tcase_add_test(t, an_ended_session_gets_no_more_keys_and_its_replay_neither);
    tcase_add_test(t, devices_are_registered_listed_and_removed);
    tcase_add_test(t, of_many_devices_the_latest_are_remembered);
    tcase_add_test(t, a_licence_ends_with_the_subscription); /* last: claims are remembered */
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
