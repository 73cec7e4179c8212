/* test_sharing.c - shares, links, blends and reports over HTTP: what a stranger tries with them.
 * The real API over a real database. */
#include "core/clock.h"
#include "tests/support/listener.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_listeners l;

#define ASK(user, method, path)        test_listener_ask(&l, user, method, path, NULL)
#define SEND(user, method, path, body) test_listener_ask(&l, user, method, path, body)
#define GET(user, ...)                 test_listener_get(&l, user, __VA_ARGS__)
#define BROWSE(path)                                                                               \
    test_http(l.port, "GET", path, "Accept: text/html,*/*;q=0.8\r\n", NULL, l.said, sizeof l.said)
#define SAID(text)    test_listener_said(&l, text)
#define VALUE(member) test_listener_value(&l, member)
#define SQL(...)      test_pg_sql(l.db, __VA_ARGS__)

static void start(void)
{
    test_listeners_start(&l, 20, NULL);
}

static void stop(void)
{
    test_listeners_stop(&l);
}

static void forget(void)
{
    SQL("TRUNCATE shares, blends, blend_songs, reports, report_decisions, follows, blocks, "
        "activities, activity_outbox, feed, playlists CASCADE");
    SQL("UPDATE users SET private_profile = false");
}

/* The number after a member's name in the last answer. */
static int number(const char *member)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", member);
    const char *at = strstr(l.said, key);
    return at ? (int)strtol(at + strlen(key), NULL, 10) : 0;
}

static int send_song(int user, int to)
{
    char body[200];
    snprintf(body, sizeof body,
             "{\"type\":\"song\",\"id\":3,\"audience\":\"user\",\"to_user_id\":%d,\"message\":"
             "\"listen\"}",
             to);
    return SEND(user, "POST", "/api/v1/shares", body);
}

#define LINK "{\"type\":\"album\",\"id\":1,\"audience\":\"link\",\"message\":\"look\"}"

START_TEST(a_share_reaches_the_inbox_and_is_read)
{
    ck_assert_int_eq(send_song(1, 2), 201);
    ck_assert(SAID("Location: /api/v1/shares/") && SAID("Song 3") && SAID("\"User 2\""));
    ck_assert_int_eq(send_song(3, 2), 201);
    int second = number("share_id");
    ck_assert_int_eq(GET(2, "/api/v1/me/inbox"), 200);
    ck_assert_int_eq(SAID("\"unread\":2"), 1);
    ck_assert(SAID("\"from\":{\"type\":\"user\",\"user_id\":1") && SAID("\"unread\":true") == 2);
    char body[64], path[64];
    snprintf(body, sizeof body, "{\"share_ids\":[%d]}", second);
    ck_assert_int_eq(SEND(4, "POST", "/api/v1/me/inbox/read", body), 204); /* not theirs */
    ck_assert_int_eq(GET(2, "/api/v1/me/inbox?limit=1"), 200);
    ck_assert(SAID("\"unread\":2") && *VALUE("next_cursor"));
    ck_assert_int_eq(GET(2, "/api/v1/me/inbox?limit=1&cursor=%s", VALUE("next_cursor")), 200);
    ck_assert(SAID("\"user_id\":1,") && !*VALUE("next_cursor"));
    ck_assert_int_eq(SEND(2, "POST", "/api/v1/me/inbox/read", body), 204);
    ck_assert_int_eq(GET(2, "/api/v1/me/inbox"), 200);
    ck_assert(SAID("\"unread\":1,") + SAID("\"unread\":1}") == 1);
    snprintf(path, sizeof path, "/api/v1/me/inbox/%d", second);
    ck_assert_int_eq(ASK(1, "DELETE", path), 404);
    ck_assert_int_eq(ASK(2, "DELETE", path), 204);
    ck_assert_int_eq(ASK(2, "DELETE", path), 404);
    ck_assert_int_eq(SEND(2, "POST", "/api/v1/me/inbox/read", "{}"), 204);
    ck_assert_int_eq(GET(2, "/api/v1/me/inbox"), 200);
    ck_assert(SAID("\"share_id\"") == 1 && !SAID("\"unread\":1"));
}
END_TEST

/* Navidrome's and others' hole: shares edited by strangers. */
START_TEST(a_share_is_its_makers_alone)
{
    char path[64];
    ck_assert_int_eq(send_song(1, 2), 201);
    snprintf(path, sizeof path, "/api/v1/shares/%d", number("share_id"));
    for (int stranger = 2; stranger <= 3; stranger++) { /* the receiver too */
        ck_assert_int_eq(ASK(stranger, "GET", path), 404);
        ck_assert_int_eq(SEND(stranger, "PATCH", path, "{\"message\":\"mine\"}"), 404);
        ck_assert_int_eq(ASK(stranger, "DELETE", path), 404);
    }
    ck_assert_int_eq(SEND(-4, "PATCH", path, "{\"message\":\"mine\"}"), 404);
    ck_assert_int_eq(ASK(0, "GET", path), 401);
    ck_assert_int_eq(SEND(1, "PATCH", path,
                          "{\"message\":\"again\",\"user_id\":3,\"to_user_id\":3,\"item\":null,"
                          "\"share_id\":9}"),
                     200);
    ck_assert(SAID("\"again\"") && SAID("\"User 2\""));
    ck_assert_str_eq(SQL("SELECT user_id || ' ' || to_user_id || ' ' || message FROM shares"),
                     "1 2 again");
    ck_assert_int_eq(GET(1, "/api/v1/me/shares"), 200);
    ck_assert_int_eq(SAID("\"share_id\""), 1);
    ck_assert_int_eq(GET(3, "/api/v1/me/shares"), 200);
    ck_assert_int_eq(SAID("\"share_id\""), 0);
    ck_assert_int_eq(ASK(1, "DELETE", path), 204);
    ck_assert_int_eq(ASK(1, "DELETE", path), 404);
    ck_assert_int_eq(GET(2, "/api/v1/me/inbox"), 200);
    ck_assert_int_eq(SAID("\"share_id\""), 0);
}
END_TEST

START_TEST(a_link_opens_until_it_expires_or_is_revoked)
{
    char url[64], path[64];
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/shares", LINK), 201);
    snprintf(url, sizeof url, "%s", VALUE("url"));
    snprintf(path, sizeof path, "/api/v1/shares/%d", number("share_id"));
    ck_assert_uint_eq(strlen(url), 3 + 22);
    ck_assert_int_eq(ASK(0, "GET", url), 200);
    ck_assert(SAID("\"shared_by\":\"User 1\"") && SAID("Album 1") && SAID("\"look\""));
    ck_assert(!SAID("user_id") && !SAID("share_id"));
    ck_assert_int_eq(BROWSE(url), 302);
    ck_assert(SAID("Location: /album/1\r\n"));
    ck_assert_int_eq(SEND(1, "PATCH", path, "{\"expires_in_s\":60}"), 200);
    ck_assert(SAID("\"expires_at\":\"20"));
    ck_assert_int_eq(ASK(0, "GET", url), 200);
    SQL("UPDATE shares SET expires_at = now() - interval '1 s'");
    ck_assert_int_eq(ASK(0, "GET", url), 404);
    ck_assert_int_eq(SEND(1, "PATCH", path, "{\"expires_in_s\":0}"), 200);
    ck_assert_int_eq(ASK(2, "GET", url), 200);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/blocks/2"), 204);
    ck_assert_int_eq(ASK(2, "GET", url), 404);
    ck_assert_int_eq(ASK(1, "DELETE", path), 204);
    ck_assert_int_eq(ASK(0, "GET", url), 404);
    ck_assert_int_eq(BROWSE(url), 404);
    ck_assert_int_eq(GET(0, "/s/AAAAAAAAAAAAAAAAAAAAAA"), 404);
    ck_assert_int_eq(GET(0, "/s/'%%20OR%%20token%%20IS%%20NOT%%20NULL--"), 404);
}
END_TEST

START_TEST(tokens_are_not_alike)
{
    char seen[20][32];
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(SEND(1, "POST", "/api/v1/shares", LINK), 201);
        snprintf(seen[i], sizeof seen[i], "%s", VALUE("url"));
        for (int k = 0; k < i; k++) /* nor by half */
            ck_assert(strncmp(seen[i], seen[k], 10) && strcmp(seen[i] + 14, seen[k] + 14));
    }
}
END_TEST

START_TEST(private_playlists_are_not_shared)
{
    static const char body[] = "{\"type\":\"playlist\",\"id\":5,\"audience\":\"link\"}";
    char url[64];
    SQL("INSERT INTO playlists (user_id, playlist_id, name, is_public) VALUES (1, 5, 'P', false)");
    ck_assert_int_eq(SEND(2, "POST", "/api/v1/shares", body), 404);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/shares", body), 404);
    SQL("UPDATE playlists SET is_public = true");
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/shares", body), 201);
    snprintf(url, sizeof url, "%s", VALUE("url"));
    ck_assert_int_eq(ASK(0, "GET", url), 200);
    ck_assert(SAID("\"playlist_id\":5") && !SAID("user_id"));
    SQL("UPDATE playlists SET is_public = false");
    ck_assert_int_eq(ASK(0, "GET", url), 404);
    ck_assert_int_eq(ASK(2, "GET", url), 404);
}
END_TEST

START_TEST(a_private_profile_hears_only_from_whom_it_follows)
{
    SQL("UPDATE users SET private_profile = true WHERE user_id = 2");
    ck_assert_int_eq(send_song(1, 2), 404);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{\"user_id\":2}"), 404);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/following/users/1"), 200);
    ck_assert_int_eq(send_song(1, 2), 201);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{\"user_id\":2}"), 201);
}
END_TEST

START_TEST(what_is_wrong_with_a_share_is_named)
{
    static const struct {
        const char *body, *field;
        int status;
    } cases[] = {
        {"{\"type\":\"song\",\"id\":3}", "audience", 400},
        {"{\"type\":\"user\",\"id\":3,\"audience\":\"link\"}", "type", 400},
        {"{\"type\":\"song\",\"id\":0,\"audience\":\"link\"}", "id", 400},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"all\"}", "audience", 400},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"user\"}", "to_user_id", 400},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"link\",\"to_user_id\":2}", "to_user_id", 400},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"user\",\"to_user_id\":2,\"expires_in_s\":9}",
         "expires_in_s", 400},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"link\",\"expires_in_s\":-9}", "expires_in_s",
         400},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"link\",\"message\":\"\\u0000\"}", NULL, 400},
        {"{\"type\":\"song\",\"id\":99,\"audience\":\"link\"}", NULL, 404},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"user\",\"to_user_id\":1}", NULL, 404},
        {"{\"type\":\"song\",\"id\":3,\"audience\":\"user\",\"to_user_id\":99}", NULL, 404},
        {"[]", NULL, 400},
        {"{\"type\":\"song\",\"type\":\"song\",\"id\":3,\"audience\":\"link\"}", NULL, 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char field[64];
        int status = SEND(1, "POST", "/api/v1/shares", cases[i].body);
        ck_assert_msg(status == cases[i].status, "%s: %d %s", cases[i].body, status, l.said);
        snprintf(field, sizeof field, "\"field\":\"%s\"", cases[i].field ? cases[i].field : "");
        ck_assert_msg(!cases[i].field || SAID(field), "%s: %s", cases[i].body, l.said);
    }
    ck_assert_str_eq(SQL("SELECT count(*) FROM shares"), "0");
}
END_TEST

START_TEST(shares_with_followers_are_in_their_feeds_until_taken_back)
{
    char path[64];
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/following/users/1"), 200);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/shares",
                          "{\"type\":\"song\",\"id\":3,\"audience\":\"followers\",\"message\":"
                          "\"all of you\"}"),
                     201);
    snprintf(path, sizeof path, "/api/v1/shares/%d", number("share_id"));
    SQL("SELECT segue_fan_out(1000, 100)");
    for (int i = 0; i < 1200; i++, sg_sleep_us(100000)) { /* or the API's own thread has it */
        ck_assert_int_eq(GET(2, "/api/v1/me/feed"), 200);
        if (SAID("\"entries\":[{"))
            break;
    }
    ck_assert(SAID("\"kind\":\"shared\"") && SAID("all of you") && SAID("Song 3"));
    ck_assert_int_eq(ASK(1, "DELETE", path), 204);
    ck_assert_int_eq(GET(2, "/api/v1/me/feed"), 200);
    ck_assert(!SAID("\"kind\":\"shared\""));
}
END_TEST

START_TEST(a_blend_is_for_the_two_who_agreed)
{
    char path[64], accept[80], token[64], body[100];
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{\"user_id\":2}"), 201);
    ck_assert(SAID("\"state\":\"invited\"") && !SAID("\"token\""));
    snprintf(path, sizeof path, "/api/v1/blends/%d", number("blend_id"));
    snprintf(accept, sizeof accept, "%s/accept", path);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{\"user_id\":2}"), 409);
    ck_assert_int_eq(SEND(2, "POST", "/api/v1/blends", "{\"user_id\":1}"), 409);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{\"user_id\":1}"), 400);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{\"user_id\":99}"), 404);
    ck_assert_int_eq(ASK(3, "GET", path), 404);
    ck_assert_int_eq(ASK(3, "POST", accept), 404);
    ck_assert_int_eq(ASK(3, "DELETE", path), 404);
    ck_assert_int_eq(ASK(1, "POST", accept), 409);
    ck_assert_int_eq(ASK(2, "POST", accept), 200);
    ck_assert(SAID("\"state\":\"active\"") && SAID("\"name\":\"User 1\""));
    ck_assert_int_eq(ASK(2, "POST", accept), 200);
    ck_assert_int_eq(GET(2, "/api/v1/me/blends"), 200);
    ck_assert_int_eq(SAID("\"blend_id\""), 1);
    ck_assert_int_eq(ASK(2, "DELETE", path), 204);
    ck_assert_int_eq(ASK(1, "GET", path), 404);

    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{}"), 201);
    snprintf(token, sizeof token, "%s", VALUE("token"));
    ck_assert_uint_eq(strlen(token), 22);
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", token);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends/join", body), 409);
    ck_assert_int_eq(SEND(3, "POST", "/api/v1/blends/join", "{\"token\":\"nonsense\"}"), 404);
    ck_assert_int_eq(SEND(3, "POST", "/api/v1/blends/join", body), 200);
    ck_assert(SAID("\"state\":\"active\"") && !SAID(token));
    ck_assert_int_eq(SEND(4, "POST", "/api/v1/blends/join", body), 404); /* once */
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/blends", "{}"), 201);
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", VALUE("token"));
    ck_assert_int_eq(SEND(3, "POST", "/api/v1/blends/join", body), 409); /* there is one */
    SQL("UPDATE blends SET created_at = now() - interval '8 days' WHERE token IS NOT NULL");
    ck_assert_int_eq(SEND(4, "POST", "/api/v1/blends/join", body), 404);
    ck_assert_int_eq(ASK(3, "PUT", "/api/v1/me/blocks/1"), 204);
    ck_assert_int_eq(GET(3, "/api/v1/me/blends"), 200);
    ck_assert_int_eq(SAID("\"blend_id\""), 0);
}
END_TEST

START_TEST(a_blend_shows_both_sides_and_keeps_its_songs_while_the_recommender_is_away)
{
    SQL("INSERT INTO blends (blend_id, user_id, other_user_id, accepted_at) VALUES (70, 1, 2, "
        "now())");
    ck_assert_int_eq(GET(1, "/api/v1/blends/70"), 503);
    SQL("UPDATE blends SET made_on = CURRENT_DATE - 1");
    SQL("INSERT INTO blend_songs VALUES (70, 1, 3, 0.9, 0.8), (70, 2, 4, 0.9, 0.1), (70, 3, 999, "
        "1, 1)");
    ck_assert_int_eq(GET(2, "/api/v1/blends/70"), 200);
    ck_assert(SAID("\"suits\":\"both\",\"you\":0.8,\"other\":0.9"));
    ck_assert(SAID("\"suits\":\"other\",\"you\":0.1,\"other\":0.9"));
    ck_assert_int_eq(GET(1, "/api/v1/blends/70"), 200);
    ck_assert(SAID("\"suits\":\"you\",\"you\":0.9,\"other\":0.1") && SAID("\"song_id\"") == 2);
    ck_assert_int_eq(GET(3, "/api/v1/blends/70"), 404);
}
END_TEST

START_TEST(reports_are_decided_by_admins_and_every_decision_is_kept)
{
    static const char body[] =
        "{\"type\":\"user\",\"id\":2,\"reason\":\"abuse\",\"text\":\"<script>&'\"}";
    char path[64];
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/reports", body), 201);
    snprintf(path, sizeof path, "/api/v1/admin/reports/%d", number("report_id"));
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/reports", body), 201);
    ck_assert_str_eq(SQL("SELECT count(*) FROM reports"), "1");
    ck_assert_int_eq(
        SEND(1, "POST", "/api/v1/reports", "{\"type\":\"user\",\"id\":99,\"reason\":\"spam\"}"),
        404);
    ck_assert_int_eq(
        SEND(1, "POST", "/api/v1/reports", "{\"type\":\"user\",\"id\":2,\"reason\":\"because\"}"),
        400);
    SQL("UPDATE songs SET release_date = CURRENT_DATE + 30 WHERE song_id = 60"); /* not there yet */
    ck_assert_int_eq(
        SEND(1, "POST", "/api/v1/reports", "{\"type\":\"song\",\"id\":60,\"reason\":\"spam\"}"),
        404);
    SQL("UPDATE songs SET release_date = NULL WHERE song_id = 60");
    ck_assert_int_eq(SEND(0, "POST", "/api/v1/reports", body), 401);
    ck_assert_int_eq(GET(1, "/api/v1/admin/reports"), 403);
    ck_assert_int_eq(ASK(1, "GET", path), 403);
    ck_assert_int_eq(SEND(1, "PUT", path, "{\"state\":\"dismissed\"}"), 403);
    ck_assert_int_eq(GET(-9, "/api/v1/admin/reports"), 200);
    ck_assert(SAID("\"report_id\"") == 1 && SAID("<script>&'") && SAID("\"name\":\"User 2\""));
    ck_assert_int_eq(SEND(-9, "PUT", path, "{\"state\":\"resolved\",\"note\":\"warned\"}"), 200);
    ck_assert_int_eq(SEND(-8, "PUT", path, "{\"state\":\"open\",\"note\":\"again\"}"), 200);
    ck_assert(SAID("\"decided_by\":9") && SAID("\"decided_by\":8") && SAID("\"warned\""));
    ck_assert_int_eq(GET(-9, "/api/v1/admin/reports?state=resolved"), 200);
    ck_assert_int_eq(SAID("\"report_id\""), 0);
    ck_assert_int_eq(GET(-9, "/api/v1/admin/reports?state=open'--"), 400);
    ck_assert_int_eq(SEND(-9, "PUT", "/api/v1/admin/reports/999999", "{\"state\":\"open\"}"), 404);
}
END_TEST

START_TEST(a_report_is_not_opened_again_beside_another_of_the_same)
{
    static const char body[] = "{\"type\":\"user\",\"id\":2,\"reason\":\"abuse\"}";
    char first[64];
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/reports", body), 201);
    snprintf(first, sizeof first, "/api/v1/admin/reports/%d", number("report_id"));
    ck_assert_int_eq(SEND(-9, "PUT", first, "{\"state\":\"dismissed\"}"), 200);
    ck_assert_int_eq(SEND(1, "POST", "/api/v1/reports", body), 201);
    ck_assert_int_eq(SEND(-9, "PUT", first, "{\"state\":\"open\"}"), 409);
    ck_assert(SAID("another report of it by the same user is open") == 1);
    ck_assert_str_eq(SQL("SELECT string_agg(state, ',') FROM report_decisions"), "dismissed");
    ck_assert_int_eq(SEND(-9, "PUT", first, "{\"state\":\"resolved\"}"), 200);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sharing");
    TCase *t = tcase_create("sharing");
    tcase_set_timeout(t, 600);
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_checked_fixture(t, forget, NULL);
    tcase_add_test(t, a_share_reaches_the_inbox_and_is_read);
    tcase_add_test(t, a_share_is_its_makers_alone);
    tcase_add_test(t, a_link_opens_until_it_expires_or_is_revoked);
    tcase_add_test(t, tokens_are_not_alike);
    tcase_add_test(t, private_playlists_are_not_shared);
    tcase_add_test(t, a_private_profile_hears_only_from_whom_it_follows);
    tcase_add_test(t, what_is_wrong_with_a_share_is_named);
    tcase_add_test(t, shares_with_followers_are_in_their_feeds_until_taken_back);
    tcase_add_test(t, a_blend_is_for_the_two_who_agreed);
    tcase_add_test(t, a_blend_shows_both_sides_and_keeps_its_songs_while_the_recommender_is_away);
    tcase_add_test(t, reports_are_decided_by_admins_and_every_decision_is_kept);
    tcase_add_test(t, a_report_is_not_opened_again_beside_another_of_the_same);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
