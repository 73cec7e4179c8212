/* test_offline.c - songs kept on devices over HTTP: what is told and licensed, how playlists are
 * followed, places, renewal, and everything that ends it. The real API over a real database. */
#include "api/accounts/keyring.h"
#include "core/clock.h"
#include "core/uuid.h"
#include "tests/support/account.h"
#include "tests/support/asset.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"
#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_listeners l;
static struct sg_config config;
static struct test_stored stored;
static char var[300], device[40], asset[61][TEST_ASSET_CHARS + 1];

#define SAID(text) test_listener_said(&l, text)

static int ask_as(int user, enum sg_subscription subscription, const char *method, const char *path,
                  const char *body)
{
    return test_http(l.port, method, path,
                     test_authorization(var, (uint64_t)user, SG_ROLE_USER, subscription), body,
                     l.said, sizeof l.said);
}

static void registered(int user, char id[40])
{
    ck_assert_int_eq(test_listener_ask(&l, user, "POST", "/api/v1/me/devices",
                                       "{\"name\":\"Laptop\",\"kind\":\"browser\"}"),
                     201);
    snprintf(id, 40, "%s", test_listener_value(&l, "device_id"));
}

/* POST, with this member beside the device. */
static int keep(int user, const char *on, const char *what)
{
    char body[300];
    snprintf(body, sizeof body, "{\"device_id\":\"%s\",%s}", on, what);
    return test_listener_ask(&l, user, "POST", "/api/v1/offline/downloads", body);
}

static int renew_as(int user, enum sg_subscription subscription, const char *on)
{
    char body[100];
    snprintf(body, sizeof body, "{\"device_id\":\"%s\"}", on);
    return ask_as(user, subscription, "POST", "/api/v1/offline/renew", body);
}
#define RENEW(user, on) renew_as(user, SG_PREMIUM, on)

static int list_as(int user, enum sg_subscription subscription, const char *on, const char *more)
{
    char path[200];
    snprintf(path, sizeof path, "/api/v1/offline/downloads?device_id=%s%s", on, more);
    return ask_as(user, subscription, "GET", path, NULL);
}
#define LIST(user, on) list_as(user, SG_PREMIUM, on, "")

static int forget(int user, const char *on, const char *more)
{
    char path[200];
    snprintf(path, sizeof path, "/api/v1/offline/downloads?device_id=%s%s", on, more);
    return test_listener_ask(&l, user, "DELETE", path, NULL);
}

/* The states of all songs of the last answer: "3:kept 4:added". */
static const char *states(void)
{
    static char out[4000];
    const char *at = strstr(l.said, "\r\n\r\n");
    json_t *o = at ? json_loads(at + 4, 0, NULL) : NULL, *song;
    size_t i;
    *out = '\0';
    json_array_foreach(json_object_get(o, "songs"), i, song)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%lld:%s", i ? " " : "",
                 (long long)json_integer_value(json_object_get(song, "song_id")),
                 json_string_value(json_object_get(song, "state")));
    json_decref(o);
    return out;
}

static void start(void)
{
    test_listeners_start(&l, 9, NULL);
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    test_indexer_config(&l.x, &config);
    for (uint64_t i = 1; i <= 20; i++)
        test_asset_put(l.db, &config, i, asset[i], NULL);
    test_asset_put_clear(l.db, 21, asset[21]);
    test_stored_make(&stored, &config, l.db, 22, true);
    test_pg_sql(l.db,
                "INSERT INTO lyrics (song_id, lines, kind) VALUES (3, '[{\"text\": \"La\"}]', "
                "'plain')");
    test_pg_sql(l.db, "INSERT INTO playlists (user_id, playlist_id, name) VALUES (2, 1, 'Mine'), "
                      "(1, 2, 'Hers')");
    test_pg_sql(l.db, "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id) VALUES "
                      "(1, 2, 'a', 3), (1, 2, 'b', 4), (1, 2, 'c', 40)");
}

static void stop(void)
{
    test_listeners_stop(&l);
}

static void setup(void)
{
    test_pg_sql(l.db, "TRUNCATE devices, licences CASCADE");
    registered(1, device);
}

/* A token of ours that says all of this. */
static void check_token(const char *token, const char *licence, const char *of_device)
{
    struct sg_keyring *keys;
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str payload;
    ck_assert_int_eq(sg_keyring_open(&keys, var, SG_JWS_EDDSA, 900, &e), 0);
    ck_assert_msg(sg_keyring_verify(keys, sg_str(token), &a, &payload, &e) == 0, "%s", e.text);
    json_t *o = json_loadb(payload.p, payload.n, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(o, "aud")), "segue-offline");
    ck_assert_str_eq(json_string_value(json_object_get(o, "sub")), "1");
    ck_assert_str_eq(json_string_value(json_object_get(o, "device_id")), of_device);
    ck_assert_str_eq(json_string_value(json_object_get(o, "licence_id")), licence);
    ck_assert_uint_eq(json_array_size(json_object_get(o, "assets")), 2);
    int64_t now = sg_wall_us() / 1000000;
    int64_t end = json_integer_value(json_object_get(o, "exp"));
    ck_assert(end > now + 29 * 86400 && end <= now + 30 * 86400);
    ck_assert(json_integer_value(json_object_get(o, "iat")) <= now);
    json_decref(o);
    sg_keyring_close(keys);
    sg_arena_free(&a);
}

START_TEST(the_loudness_is_that_of_the_rendition_that_is_kept)
{
    test_pg_sql(l.db, "UPDATE assets SET loudness_stereo = -22.25, true_peak_stereo = -9 WHERE "
                      "asset_id = (SELECT asset_id FROM song_audio WHERE song_id = 3)");
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3]"), 200);
    ck_assert(SAID("\"loudness\":-22.25") && SAID("\"true_peak\":-9"));
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3],\"quality\":\"lossless\""), 200);
    ck_assert(SAID("\"rendition\":\"flac\"") && SAID("\"loudness\":-14.5"));
    test_pg_sql(l.db, "UPDATE assets SET loudness_stereo = NULL, true_peak_stereo = NULL");
}
END_TEST

START_TEST(songs_are_kept_with_all_that_is_needed_to_play_them)
{
    char licence[60], token[4000];
    ck_assert_msg(keep(1, device, "\"song_ids\":[3,4,40,99999,3]") == 200, "%s", l.said);
    ck_assert_str_eq(states(), "3:kept 4:kept");
    ck_assert(SAID("\"unavailable\":[40,99999]"));
    ck_assert(SAID("\"rendition\":\"aac320\"") && SAID("\"bytes\":8000000"));
    ck_assert(SAID("\"protected\":true") && SAID("\"loudness\":-14.5") && SAID("\"true_peak\":-1"));
    ck_assert(SAID("\"lyrics_url\":\"/api/v1/songs/3/lyrics\"") && !SAID("/songs/4/lyrics"));
    ck_assert(SAID("p/aac320.mp4\"") == 2 && SAID("/f/waveform.json\"") == 2 &&
              SAID("/manifest.mpd\"") == 2);
    ck_assert(SAID("Cache-Control: no-store"));
    snprintf(licence, sizeof licence, "%s", test_listener_value(&l, "licence_id"));
    const char *at = strstr(l.said, "\"token\":\"");
    ck_assert_ptr_nonnull(at);
    snprintf(token, sizeof token, "%.*s", (int)strcspn(at + 9, "\""), at + 9);
    check_token(token, licence, device);
    /* It is nobody's access token. */
    ck_assert_int_eq(
        test_http(l.port, "GET", "/api/v1/me", test_bearer(token), NULL, l.said, sizeof l.said),
        401);
    /* The list says the same, to her alone. */
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 4:kept");
    ck_assert(SAID(token));
    ck_assert_int_eq(LIST(2, device), 404);
    ck_assert_int_eq(keep(2, device, "\"song_ids\":[3]"), 404);
    ck_assert_int_eq(RENEW(2, device), 404);
    ck_assert_int_eq(forget(2, device, ""), 404);
}
END_TEST

/* As a player fetches it: by the address alone. */
static int fetch(const char *url)
{
    return test_http(l.port, "GET", url, "Range: bytes=0-9\r\n", NULL, l.said, sizeof l.said);
}

START_TEST(what_is_told_can_be_fetched_by_its_address_alone)
{
    char url[200], manifest[200];
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[22]"), 200);
    snprintf(url, sizeof url, "%s", test_listener_value(&l, "url"));
    snprintf(manifest, sizeof manifest, "%s", test_listener_value(&l, "manifest_url"));
    ck_assert_msg(fetch(url) == 206, "%s: %s", url, l.said);
    const char *body = strstr(l.said, "\r\n\r\n") + 4;
    for (size_t i = 0; i < 10; i++)
        ck_assert_uint_eq((unsigned char)body[i], test_stored_byte("p/aac320.mp4", i));
    ck_assert_int_eq(fetch(manifest), 206);
    url[20] = url[20] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(fetch(url), 403);
}
END_TEST

START_TEST(what_a_removed_device_was_told_is_fetched_no_more)
{
    char url[2][200], other[40], path[100];
    const char *on[] = {device, other};
    registered(1, other);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(keep(1, on[i], "\"song_ids\":[22]"), 200);
        snprintf(url[i], sizeof url[i], "%s", test_listener_value(&l, "url"));
        ck_assert_msg(fetch(url[i]) == 206, "%s: %s", url[i], l.said);
    }
    snprintf(path, sizeof path, "/api/v1/me/devices/%s", device);
    ck_assert_int_eq(test_listener_ask(&l, 2, "DELETE", path, NULL), 404);
    ck_assert_int_eq(fetch(url[0]), 206);
    ck_assert_int_eq(test_listener_ask(&l, 1, "DELETE", path, NULL), 204);
    ck_assert_int_eq(fetch(url[0]), 403);
    ck_assert(SAID("device-removed"));
    ck_assert_int_eq(fetch(url[1]), 206); /* the login's other device */
    /* What was fetched counts as nobody's stream. */
    ck_assert_str_eq(
        test_pg_sql(l.db, "SELECT count(*) FROM playback_sessions WHERE ended_at IS NULL"), "0");
}
END_TEST

START_TEST(quality_is_the_best_that_there_is_up_to_what_was_asked)
{
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[5],\"quality\":\"lossless\""), 200);
    ck_assert(SAID("\"rendition\":\"flac\""));
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[5],\"quality\":\"low\""), 200);
    ck_assert(SAID("\"rendition\":\"aac64\"") && SAID("\"protected\":false") && !SAID("\"kid\""));
    test_pg_sql(l.db, "DELETE FROM asset_files WHERE asset_id = '%s' AND path LIKE 'p/%%'",
                asset[5]);
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[5],\"quality\":\"lossless\""), 200);
    ck_assert(SAID("\"rendition\":\"aac128\""));
}
END_TEST

START_TEST(a_playlist_is_followed)
{
    ck_assert_int_eq(keep(1, device, "\"playlist_id\":2"), 200);
    ck_assert_str_eq(states(), "3:kept 4:kept"); /* of 40 there is no recording */
    test_pg_sql(l.db,
                "UPDATE playlist_songs SET song_id = 7 WHERE playlist_id = 2 AND song_id = 4");
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 4:removed 7:added");
    ck_assert(SAID("\"kept\":[{\"type\":\"playlist\",\"id\":2,\"name\":\"Hers\""));
    ck_assert_int_eq(RENEW(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 7:kept");
    test_pg_sql(l.db,
                "UPDATE playlist_songs SET song_id = 4 WHERE playlist_id = 2 AND song_id = 7");
    /* Another's private one is none. */
    ck_assert_int_eq(keep(1, device, "\"playlist_id\":1"), 404);
    ck_assert_int_eq(keep(1, device, "\"playlist_id\":12345"), 404);
    ck_assert_int_eq(forget(1, device, "&playlist_id=2"), 204);
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "");
}
END_TEST

START_TEST(an_album_is_kept_and_a_withdrawn_song_of_it_is_to_be_deleted)
{
    ck_assert_int_eq(keep(1, device, "\"album_id\":1"), 200);
    ck_assert_str_eq(states(), "3:kept 6:kept 9:kept 12:kept 15:kept 18:kept 21:kept");
    test_pg_sql(l.db, "UPDATE songs SET release_date = CURRENT_DATE + 2 WHERE song_id = 9");
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 6:kept 9:removed 12:kept 15:kept 18:kept 21:kept");
    ck_assert_int_eq(RENEW(1, device), 200);
    test_pg_sql(l.db, "UPDATE songs SET release_date = NULL WHERE song_id = 9");
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 6:kept 9:added 12:kept 15:kept 18:kept 21:kept");
    /* A song that sounds anew is fetched anew. */
    test_asset_put(l.db, &config, 6, asset[6], NULL);
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert(strstr(states(), "6:added"));
}
END_TEST

START_TEST(pages_are_walked_by_cursor)
{
    char more[60];
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[1,2,3,4,5,6,7]"), 200);
    ck_assert(SAID("\"total\":7"));
    ck_assert_int_eq(list_as(1, SG_PREMIUM, device, "&limit=3"), 200);
    ck_assert_str_eq(states(), "1:kept 2:kept 3:kept");
    snprintf(more, sizeof more, "&limit=3&cursor=%s", test_listener_value(&l, "next_cursor"));
    ck_assert_int_eq(list_as(1, SG_PREMIUM, device, more), 200);
    ck_assert_str_eq(states(), "4:kept 5:kept 6:kept");
    snprintf(more, sizeof more, "&limit=3&cursor=%s", test_listener_value(&l, "next_cursor"));
    ck_assert_int_eq(list_as(1, SG_PREMIUM, device, more), 200);
    ck_assert_str_eq(states(), "7:kept");
    ck_assert(!SAID("next_cursor"));
    ck_assert_int_eq(list_as(1, SG_PREMIUM, device, "&cursor=x"), 400);
    ck_assert_int_eq(list_as(1, SG_PREMIUM, device, "&limit=0"), 400);
}
END_TEST

START_TEST(an_account_has_so_many_places_and_changes_them_so_often)
{
    char id[12][40], path[100];
    for (int i = 0; i < 12; i++)
        registered(1, id[i]);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(keep(1, id[i], "\"song_ids\":[3]"), 200);
    ck_assert_int_eq(keep(1, id[5], "\"song_ids\":[3]"), 409);
    ck_assert(SAID("device-limit"));
    ck_assert_int_eq(keep(1, id[0], "\"song_ids\":[4]"), 200); /* has one */
    snprintf(path, sizeof path, "/api/v1/me/devices/%s", id[0]);
    ck_assert_int_eq(test_listener_ask(&l, 1, "DELETE", path, NULL), 204);
    ck_assert_int_eq(keep(1, id[5], "\"song_ids\":[3]"), 200);
    ck_assert_int_eq(LIST(1, id[0]), 404);
    ck_assert(SAID("device-unknown"));
    ck_assert_int_eq(RENEW(1, id[0]), 404);
    ck_assert(SAID("device-unknown"));
    for (int i = 6; i < 10; i++) { /* a device that keeps nothing any more frees its place, too */
        ck_assert_int_eq(forget(1, id[i - 1], ""), 204);
        ck_assert_int_eq(keep(1, id[i], "\"song_ids\":[3]"), 200);
    }
    ck_assert_int_eq(forget(1, id[9], ""), 204);
    ck_assert_int_eq(keep(1, id[10], "\"song_ids\":[3]"), 409);
    ck_assert(SAID("device-limit"));
    test_pg_sql(l.db, "UPDATE devices SET offline_since = now() - interval '31 days'");
    ck_assert_int_eq(keep(1, id[10], "\"song_ids\":[3]"), 200);
}
END_TEST

static char at_once[8][40];
static void *keep_at_once(void *id)
{
    static _Thread_local char body[200], said[1 << 14];
    snprintf(body, sizeof body, "{\"device_id\":\"%s\",\"song_ids\":[3]}", (const char *)id);
    int status =
        test_http(l.port, "POST", "/api/v1/offline/downloads",
                  test_authorization(var, 1, SG_ROLE_USER, SG_PREMIUM), body, said, sizeof said);
    return (void *)(intptr_t)status;
}

START_TEST(of_devices_that_come_at_once_no_more_get_a_place_than_there_are)
{
    pthread_t threads[8];
    int got = 0, refused = 0;
    for (int i = 0; i < 8; i++)
        registered(1, at_once[i]);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, keep_at_once, at_once[i]), 0);
    for (int i = 0; i < 8; i++) {
        void *status;
        pthread_join(threads[i], &status);
        got += (intptr_t)status == 200;
        refused += (intptr_t)status == 409;
    }
    ck_assert_int_eq(got, 5);
    ck_assert_int_eq(refused, 3);
}
END_TEST

START_TEST(licences_are_renewed_in_one_request)
{
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[1,2,3]"), 200);
    test_pg_sql(l.db, "UPDATE offline_songs SET given_at = now() - interval '2 days', expires_at = "
                      "now() + interval '1 day'");
    test_pg_sql(l.db,
                "UPDATE offline_songs SET expires_at = now() - interval '1 s' WHERE song_id = 2");
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "1:kept 2:expired 3:kept");
    ck_assert_int_eq(RENEW(1, device), 200);
    ck_assert_str_eq(states(), "1:kept 2:kept 3:kept");
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM offline_songs WHERE expires_at > "
                                       "now() + interval '29 days'"),
                     "3");
    /* What was given today is not given again. */
    const char *n = "SELECT count(*) FROM licences";
    ck_assert_str_eq(test_pg_sql(l.db, "%s", n), "6");
    ck_assert_int_eq(RENEW(1, device), 200);
    ck_assert_str_eq(test_pg_sql(l.db, "%s", n), "6");
}
END_TEST

static int offline_key(const char *wanted)
{
    char path[200], body[200];
    unsigned char id[16];
    struct sg_buf b = {0};
    ck_assert(sg_uuid_parse(sg_str(wanted), id));
    sg_base64url_put(&b, id, 16);
    snprintf(path, sizeof path, "/api/v1/licences/clearkey?device_id=%s", device);
    snprintf(body, sizeof body, "{\"kids\":[\"%.*s\"],\"type\":\"persistent-license\"}",
             SG_FMT(sg_buf_str(&b)));
    sg_buf_free(&b);
    return test_listener_ask(&l, 1, "POST", path, body);
}

START_TEST(keys_to_keep_are_for_what_is_kept)
{
    ck_assert_int_eq(offline_key(asset[3]), 404);
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3]"), 200);
    ck_assert_int_eq(offline_key(asset[3]), 200);
    ck_assert(SAID("\"type\":\"persistent-license\""));
    ck_assert_str_eq(test_pg_sql(l.db,
                                 "SELECT count(*) FROM licences k JOIN offline_songs o USING "
                                 "(asset_id, expires_at) WHERE k.kind = 'persistent-license'"),
                     "1");
    ck_assert_int_eq(offline_key(asset[4]), 404);
    test_pg_sql(l.db, "UPDATE offline_songs SET expires_at = now()");
    ck_assert_int_eq(offline_key(asset[3]), 404);
}
END_TEST

START_TEST(a_subscription_that_falls_ends_it)
{
    ck_assert_int_eq(ask_as(1, SG_FREE, "POST", "/api/v1/offline/downloads", "{}"), 403);
    ck_assert(SAID("premium-needed"));
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3,4]"), 200);
    ck_assert_int_eq(list_as(1, SG_FREE, device, ""), 200);
    ck_assert_str_eq(states(), "3:revoked 4:revoked");
    ck_assert(!SAID("/media/") && !SAID("\"token\""));
    ck_assert_int_eq(list_as(1, SG_EXPIRED, device, ""), 200);
    ck_assert_str_eq(states(), "3:revoked 4:revoked");
    /* Until the device has been told so, paying again mends it. */
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 4:kept");
    ck_assert_int_eq(renew_as(1, SG_EXPIRED, device), 403);
    ck_assert(SAID("premium-needed"));
    ck_assert_int_eq(RENEW(1, device), 403);
    ck_assert(SAID("downloads-revoked"));
    ck_assert_int_eq(offline_key(asset[3]), 404);
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:revoked 4:revoked");
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM licences WHERE revoked_at IS NULL"),
                     "0");
    /* Asked for anew it is there again. */
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3]"), 200);
    ck_assert_int_eq(RENEW(1, device), 200);
    ck_assert_str_eq(states(), "3:kept 4:revoked");
}
END_TEST

START_TEST(the_end_of_its_session_ends_it)
{
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3]"), 200);
    const char *session = "(SELECT session_id FROM devices)";
    test_pg_sql(
        l.db,
        "INSERT INTO sessions (session_id, user_id, family_key, current_hash, "
        "expires_at, tokens_until) SELECT id, 1, sha256('a'), sha256('b'), now() + interval "
        "'1 day', now() FROM (VALUES (7), (%s)) s (id)",
        session);
    test_pg_sql(l.db, "DELETE FROM sessions WHERE session_id = 7"); /* another's */
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:kept");
    test_pg_sql(l.db, "INSERT INTO sessions (session_id, user_id, family_key, current_hash, "
                      "expires_at, tokens_until) SELECT session_id, 1, sha256('a'), sha256('b'), "
                      "now() + interval '1 day', now() FROM devices ON CONFLICT DO NOTHING");
    test_pg_sql(l.db, "DELETE FROM sessions");
    ck_assert_int_eq(LIST(1, device), 200);
    ck_assert_str_eq(states(), "3:revoked");
    ck_assert_int_eq(RENEW(1, device), 403);
}
END_TEST

START_TEST(hostile_and_senseless_requests_are_refused)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "{\"device_id\":\"x\",\"song_ids\":[1]}",
        "{\"device_id\":7}",
        "{\"device_id\":\"5fae3d6e-1111-4111-8111-11111111111\\u0000\",\"song_ids\":[1]}"};
    static const char *const more[] = {"\"song_ids\":[]",
                                       "\"song_ids\":[0]",
                                       "\"song_ids\":[-1]",
                                       "\"song_ids\":[1.5]",
                                       "\"song_ids\":[18446744073709551615]",
                                       "\"song_ids\":[1],\"album_id\":1",
                                       "\"album_id\":0",
                                       "\"album_id\":9223372036854775808",
                                       "\"song_ids\":[1],\"quality\":\"best\"",
                                       "\"song_ids\":[1],\"quality\":\"\""};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ck_assert_int_eq(test_listener_ask(&l, 1, "POST", "/api/v1/offline/downloads", bodies[i]),
                         400);
        ck_assert_int_eq(test_listener_ask(&l, 1, "POST", "/api/v1/offline/renew",
                                           i < 3 ? bodies[i] : bodies[4]),
                         400);
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        ck_assert_msg(keep(1, device, more[i]) == 400, "%s: %s", more[i], l.said);
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[40]"), 404);
    ck_assert_int_eq(forget(1, device, "&song_id=1&album_id=1"), 400);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM offline_kept"), "0");
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT bool_or(offline) FROM devices"), "f");
}
END_TEST

START_TEST(a_device_keeps_ten_thousand_songs_at_most)
{
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3]"), 200);
    test_pg_sql(l.db,
                "INSERT INTO offline_kept (user_id, device_id, kind, target_id, quality) SELECT "
                "1, '%s', 'song', 1000000 + i, 3 FROM generate_series(1, 9999) i",
                device);
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[4]"), 409);
    ck_assert(SAID("offline-limit"));
    ck_assert_int_eq(keep(1, device, "\"song_ids\":[3]"), 200);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("offline");
    TCase *t = tcase_create("offline");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, songs_are_kept_with_all_that_is_needed_to_play_them);
    tcase_add_test(t, the_loudness_is_that_of_the_rendition_that_is_kept);
    tcase_add_test(t, what_is_told_can_be_fetched_by_its_address_alone);
    tcase_add_test(t, what_a_removed_device_was_told_is_fetched_no_more);
    tcase_add_test(t, quality_is_the_best_that_there_is_up_to_what_was_asked);
    tcase_add_test(t, a_playlist_is_followed);
    tcase_add_test(t, an_album_is_kept_and_a_withdrawn_song_of_it_is_to_be_deleted);
    tcase_add_test(t, pages_are_walked_by_cursor);
    tcase_add_test(t, an_account_has_so_many_places_and_changes_them_so_often);
    tcase_add_test(t, of_devices_that_come_at_once_no_more_get_a_place_than_there_are);
    tcase_add_test(t, licences_are_renewed_in_one_request);
    tcase_add_test(t, keys_to_keep_are_for_what_is_kept);
    tcase_add_test(t, a_subscription_that_falls_ends_it);
    tcase_add_test(t, the_end_of_its_session_ends_it);
    tcase_add_test(t, hostile_and_senseless_requests_are_refused);
    tcase_add_test(t, a_device_keeps_ten_thousand_songs_at_most);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
