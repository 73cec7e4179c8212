/* test_social.c - following, privacy, blocks and the feed over HTTP: who sees what whom did. The
 * real API over a real database. */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/listener.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_US 240000000 /* however busy the machine is */

static struct test_listeners l;

#define ASK(user, method, path)        test_listener_ask(&l, user, method, path, NULL)
#define SEND(user, method, path, body) test_listener_ask(&l, user, method, path, body)
#define GET(user, ...)                 test_listener_get(&l, user, __VA_ARGS__)
#define SAID(text)                     test_listener_said(&l, text)
#define SQL(...)                       test_pg_sql(l.db, __VA_ARGS__)

static void start(void)
{
    test_listeners_start(&l, 100, NULL);
}

/* What is done within an hour is one act: no test begins at an hour's end. */
static void await_the_hour(void)
{
    while (sg_wall_us() / 1000000 % 3600 >= 3570)
        sg_sleep_us(100000);
}

static void forget(void)
{
    await_the_hour();
    SQL("TRUNCATE follows, follow_counts, blocks, feedback, activities, activity_outbox, feed, "
        "playlists, playlist_songs, playlist_collaborators, listening_history CASCADE");
    SQL("UPDATE users SET private_profile = false, private_session = false, preferences = '{}'");
}

static void stop(void)
{
    test_listeners_stop(&l);
}

static void start_anew(void)
{
    start();
    forget();
}

static int follow(int user, int target)
{
    char path[80];
    snprintf(path, sizeof path, "/api/v1/me/following/users/%d", target);
    return ASK(user, "PUT", path);
}

/* Until the outbox is empty. */
static void told(void)
{
    int64_t until = sg_now_us() + PATIENCE_US;
    while (strcmp(SQL("SELECT count(*) FROM activity_outbox"), "0") != 0 && sg_now_us() < until)
        sg_sleep_us(20000);
    ck_assert_str_eq(SQL("SELECT count(*) FROM activity_outbox"), "0");
}

/* Entries of a kind in the user's feed. */
static int in_feed(int user, const char *kind)
{
    char text[64];
    told();
    ck_assert_int_eq(GET(user, "/api/v1/me/feed?limit=100"), 200);
    snprintf(text, sizeof text, "\"kind\":\"%s\"", kind);
    return SAID(text);
}

START_TEST(following_is_told_listed_and_counted)
{
    ck_assert_int_eq(follow(1, 2), 200);
    ck_assert(SAID("{\"state\":\"following\"}"));
    ck_assert_int_eq(follow(1, 2), 200);
    ck_assert_int_eq(follow(3, 2), 200);
    ck_assert_int_eq(follow(2, 1), 200);
    ck_assert_int_eq(follow(1, 1), 400);
    ck_assert_int_eq(follow(1, 9999), 404);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/following/artists/2"), 204);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/following/artists/99"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/me/following/users"), 200);
    ck_assert(SAID("\"total\":1") && SAID("\"name\":\"User 2\"") && SAID("\"following\""));
    ck_assert_int_eq(GET(1, "/api/v1/me/following/artists"), 200);
    ck_assert(SAID("\"name\":\"Artist 2\"") && SAID("\"followers\":1"));
    ck_assert_int_eq(GET(1, "/api/v1/me/following/users/contains?ids=2,3"), 200);
    ck_assert(SAID("{\"id\":2,\"saved\":true},{\"id\":3,\"saved\":false}"));
    ck_assert_int_eq(GET(1, "/api/v1/users/2/social"), 200);
    ck_assert_msg(SAID("\"followers\":2,\"following\":1,\"you_follow\":\"following\","
                       "\"follows_you\":true,\"blocked\":false"),
                  "%s", l.said);
    ck_assert_int_eq(GET(0, "/api/v1/users/2/followers"), 200);
    ck_assert(SAID("\"total\":2") && SAID("User 1") && SAID("User 3"));
    ck_assert_int_eq(GET(5, "/api/v1/users/2/following"), 200);
    ck_assert(SAID("User 1") == 1);
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/following/users/2"), 204);
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/following/users/2"), 204);
    ck_assert_int_eq(ASK(2, "DELETE", "/api/v1/me/followers/3"), 204);
    ck_assert_int_eq(GET(0, "/api/v1/users/2/social"), 200);
    ck_assert(SAID("\"followers\":0"));
}
END_TEST

static void *follow_ten(void *ctx)
{
    char said[8192], var[200];
    int first = *(int *)ctx, bad = 0;
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    for (int i = 0; i < 10; i++) {
        char header[2048];
        static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        pthread_mutex_lock(&lock); /* the headers lie in static buffers */
        snprintf(header, sizeof header, "%s",
                 test_authorization(var, (uint64_t)first + (uint64_t)i, SG_ROLE_USER, SG_FREE));
        pthread_mutex_unlock(&lock);
        bad += test_http(l.port, "PUT", "/api/v1/me/following/users/100", header, "", said,
                         sizeof said) != 200;
        if (i % 2)
            bad += test_http(l.port, "DELETE", "/api/v1/me/following/users/100", header, "", said,
                             sizeof said) != 204;
    }
    return bad ? ctx : NULL;
}

START_TEST(followers_are_counted_right_however_many_follow_at_once)
{
    pthread_t t[8];
    int first[8];
    void *bad;
    for (int i = 0; i < 8; i++) {
        first[i] = 1 + 10 * i;
        ck_assert_int_eq(pthread_create(&t[i], NULL, follow_ten, &first[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(t[i], &bad);
        ck_assert_ptr_null(bad);
    }
    ck_assert_int_eq(GET(0, "/api/v1/users/100/social"), 200);
    ck_assert_msg(SAID("\"followers\":40,"), "%s", l.said);
    ck_assert_str_eq(SQL("SELECT segue_followers('user', 100)"), "40");
    SQL("DELETE FROM follows WHERE user_id <= 20");
    ck_assert_str_eq(SQL("SELECT segue_followers('user', 100)"), "30");
    SQL("SELECT segue_recount_follows()");
    ck_assert_str_eq(SQL("SELECT segue_followers('user', 100)"), "30");
}
END_TEST

START_TEST(a_private_profile_approves_its_followers)
{
    ck_assert_int_eq(follow(3, 4), 200);
    SQL("UPDATE users SET private_profile = true WHERE user_id = 4");
    ck_assert_int_eq(follow(1, 4), 200);
    ck_assert(SAID("requested"));
    ck_assert_int_eq(GET(2, "/api/v1/users/4/followers"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/users/4/followers"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/users/4/following"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/users/4/social"), 200);
    ck_assert(SAID("\"is_private\":true") && !SAID("\"followers\"") && SAID("\"requested\""));
    ck_assert_int_eq(GET(4, "/api/v1/me/follow-requests"), 200);
    ck_assert(SAID("User 1") == 1 && SAID("User 3") == 1);
    ck_assert_int_eq(GET(4, "/api/v1/me/followers"), 200);
    ck_assert(SAID("\"total\":0") && SAID("\"items\":[]"));
    ck_assert_int_eq(ASK(4, "PUT", "/api/v1/me/followers/1"), 204);
    ck_assert_int_eq(ASK(4, "PUT", "/api/v1/me/followers/2"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/users/4/followers"), 200);
    ck_assert(SAID("\"total\":1") && SAID("User 1") == 1 && !SAID("User 3"));
    ck_assert_int_eq(ASK(4, "DELETE", "/api/v1/me/followers/3"), 204);
    ck_assert_int_eq(GET(4, "/api/v1/me/follow-requests"), 200);
    ck_assert(SAID("\"items\":[]"));
    ck_assert_int_eq(ASK(4, "DELETE", "/api/v1/me/followers/1"), 204);
    ck_assert_int_eq(GET(1, "/api/v1/users/4/followers"), 404);
}
END_TEST

START_TEST(acts_reach_followers_and_go_when_they_are_taken_back)
{
    ck_assert_int_eq(follow(1, 2), 200);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/library/songs/4"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    ck_assert(SAID("\"count\":2") && SAID("Song 3") && SAID("Song 4"));
    ck_assert(SAID("\"by\":{\"type\":\"user\",\"user_id\":2,\"name\":\"User 2\"}"));
    ck_assert_int_eq(in_feed(3, "liked"), 0);
    ck_assert_int_eq(ASK(2, "DELETE", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    ck_assert(SAID("\"count\":1") && !SAID("Song 3"));
    ck_assert_int_eq(ASK(2, "DELETE", "/api/v1/me/library/songs/4"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 0);

    ck_assert_int_eq(follow(2, 5), 200);
    ck_assert_int_eq(in_feed(1, "followed"), 1);
    ck_assert(SAID("\"name\":\"User 5\""));
    ck_assert_int_eq(ASK(2, "DELETE", "/api/v1/me/following/users/5"), 204);
    ck_assert_int_eq(in_feed(1, "followed"), 0);

    SQL("INSERT INTO playlists (user_id, playlist_id, name, is_public, created_at) VALUES (2, 1, "
        "'Mine', true, now() - interval '2 hours'), (2, 2, 'Secret', false, now())");
    ck_assert_int_eq(in_feed(1, "playlist_made"), 1);
    ck_assert(SAID("\"name\":\"Mine\"") && !SAID("Secret"));
    SQL("UPDATE playlists SET description = 'x', updated_at = now() WHERE playlist_id = 1");
    ck_assert_int_eq(in_feed(1, "playlist_updated"), 1);
    SQL("UPDATE playlists SET is_public = false WHERE playlist_id = 1");
    ck_assert_int_eq(in_feed(1, "playlist_made") + in_feed(1, "playlist_updated"), 0);
    SQL("UPDATE playlists SET is_public = true WHERE playlist_id = 1");
    ck_assert_int_eq(in_feed(1, "playlist_made"), 1);
    SQL("DELETE FROM playlists WHERE playlist_id = 1");
    ck_assert_int_eq(in_feed(1, "playlist_made"), 0);
}
END_TEST

START_TEST(plays_are_told_together_to_whom_they_may_be)
{
    follow(1, 2);
    follow(3, 2);
    follow(2, 1);
    SQL("INSERT INTO listening_history (user_id, song_id, played_at, played_s) SELECT 2, i, now(), "
        "CASE i WHEN 9 THEN 5 ELSE 100 END FROM unnest(ARRAY[3, 6, 9]) i");
    SQL("INSERT INTO listening_history (user_id, song_id, played_at, played_s) SELECT 2, i, now(), "
        "NULL FROM unnest(ARRAY[3, 12, 15, 18, 21]) i");
    ck_assert_int_eq(in_feed(1, "played"), 1);
    ck_assert(SAID("\"count\":6") && SAID("\"about\":{\"type\":\"artist\",\"artist_id\":1"));
    ck_assert_int_eq(SAID("\"type\":\"song\""), 5);
    ck_assert_int_eq(in_feed(3, "played"), 0); /* not followed back */
    SQL("UPDATE users SET preferences = '{\"share_listening\": \"followers\"}' WHERE user_id = 2");
    ck_assert_int_eq(in_feed(3, "played"), 1);
    SQL("UPDATE users SET preferences = '{\"share_listening\": \"nobody\"}' WHERE user_id = 2");
    ck_assert_int_eq(in_feed(1, "played"), 0);
    SQL("UPDATE users SET preferences = '{}', private_session = true WHERE user_id = 2");
    SQL("INSERT INTO listening_history (user_id, song_id, played_at) VALUES (2, 4, now())");
    ck_assert_int_eq(in_feed(1, "played"), 1); /* artist 1 as before, not artist 2 */
}
END_TEST

START_TEST(friends_are_heard_while_they_play_and_let_it_be_known)
{
    follow(11, 12);
    follow(12, 11);
    follow(11, 13); /* does not follow back */
    ck_assert_int_eq(ASK(12, "POST", "/api/v1/songs/3/play"), 202);
    ck_assert_int_eq(ASK(13, "POST", "/api/v1/songs/4/play"), 202);
    ck_assert_int_eq(ASK(14, "POST", "/api/v1/songs/5/play"), 202);
    ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
    ck_assert(SAID("\"since\"") == 1 && SAID("\"User 12\"") && SAID("\"Song 3\""));
    SQL("UPDATE users SET preferences = '{\"share_listening\": \"followers\"}' WHERE user_id = 13");
    ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
    ck_assert(SAID("\"since\"") == 2 && SAID("\"Song 4\""));
    SQL("UPDATE users SET private_session = true WHERE user_id = 12");
    ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
    ck_assert(SAID("\"since\"") == 1 && !SAID("\"User 12\""));
    SQL("UPDATE users SET private_profile = true WHERE user_id = 13");
    ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
    ck_assert(SAID("\"friends\":[]"));
    SQL("UPDATE users SET private_profile = false, private_session = false, preferences = '{}'");
    ck_assert_int_eq(ASK(12, "PUT", "/api/v1/me/blocks/11"), 204);
    ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
    ck_assert(SAID("\"friends\":[]"));
    ck_assert_int_eq(GET(0, "/api/v1/me/friends/listening"), 401);
}
END_TEST

/* Until the friend's song is (not) told, through the port. */
static bool comes_to(int port, const char *song, bool there)
{
    int own = l.port;
    bool so = false;
    l.port = port;
    for (int i = 0; i < PATIENCE_US / 50000 && !so; i++) {
        ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
        so = (SAID(song) > 0) == there;
        sg_sleep_us(so ? 0 : 50000);
    }
    l.port = own;
    return so;
}

START_TEST(friends_are_heard_through_whatever_process_they_play)
{
    static struct test_indexer other;
    char settings[400], command[400];
    int port = test_free_port(), own = l.port;
    follow(11, 12);
    follow(12, 11);
    ck_assert_int_eq(ASK(12, "POST", "/api/v1/songs/3/play"), 202); /* before the other is there */
    snprintf(settings, sizeof settings, "api.port = %d\napi.limits = off\n" TEST_PATIENT, port);
    test_indexer_init(&other, l.pg, NULL, settings);
    snprintf(command, sizeof command, "cp -a %s/var %s/ && rm -rf %s/var/plays", l.x.dir, other.dir,
             other.dir); /* the same keys */
    ck_assert_int_eq(system(command), 0);
    pid_t api = test_program_spawn(&other, "segue-api", (const char *const[]){"serve", NULL});
    ck_assert(comes_to(port, "\"Song 3\"", true));
    l.port = port;
    ck_assert_int_eq(ASK(13, "POST", "/api/v1/songs/6/play"), 202); /* whom nobody follows */
    ck_assert_int_eq(ASK(12, "POST", "/api/v1/songs/5/play"), 202); /* told with it or later */
    l.port = own;
    ck_assert(comes_to(own, "\"Song 5\"", true));
    ck_assert(!SAID("\"Song 3\""));
    follow(11, 13);
    follow(13, 11);
    ck_assert_int_eq(GET(11, "/api/v1/me/friends/listening"), 200);
    ck_assert(!SAID("\"Song 6\"")); /* did not travel */
    ck_assert_int_eq(SEND(12, "POST", "/api/v1/songs/5/skip",
                          "{\"event_id\":\"0195ae3c-7e1f-7abc-8def-0123456789ab\"}"),
                     202);
    ck_assert(comes_to(port, "\"Song 5\"", false));
    ck_assert_int_eq(test_stop(api), 0);
}
END_TEST

START_TEST(releases_come_on_their_day)
{
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/following/artists/2"), 204);
    SQL("INSERT INTO albums (artist_id, album_id, title, release_date) VALUES (2, 50, 'Out', "
        "CURRENT_DATE), (2, 51, 'Soon', CURRENT_DATE + 2), (2, 52, 'Old', '1999-01-01'), (3, 53, "
        "'Other', CURRENT_DATE)");
    ck_assert_int_eq(in_feed(1, "released"), 1);
    ck_assert(SAID("\"title\":\"Out\"") && SAID("\"by\":{\"type\":\"artist\",\"artist_id\":2"));
    SQL("UPDATE albums SET release_date = CURRENT_DATE WHERE album_id = 51");
    ck_assert_int_eq(in_feed(1, "released"), 2);
    SQL("UPDATE albums SET release_date = CURRENT_DATE + 9 WHERE album_id = 50");
    ck_assert_int_eq(in_feed(1, "released"), 1);
    SQL("DELETE FROM albums WHERE album_id >= 50");
    ck_assert_int_eq(in_feed(1, "released"), 0);
}
END_TEST

START_TEST(privacy_hides_what_was_told_already)
{
    follow(1, 2);
    follow(3, 2);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    SQL("UPDATE users SET private_profile = true WHERE user_id = 2");
    ck_assert_int_eq(in_feed(1, "liked"), 0);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/followers/1"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    ck_assert_int_eq(in_feed(3, "liked"), 0);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/library/songs/4"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    ck_assert(SAID("\"count\":2"));
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/following/users/2"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 0);
}
END_TEST

START_TEST(a_new_follower_begins_with_what_was_done_before)
{
    for (int i = 1; i <= 3; i++) {
        SQL("INSERT INTO activities (user_id, kind, target_kind, bucket, items, at) VALUES (2, "
            "'liked', 'song', %d, '{%d}', now() - interval '%d hours')",
            i, i, i);
    }
    follow(1, 2);
    ck_assert_int_eq(in_feed(1, "liked"), 3);
}
END_TEST

START_TEST(a_block_hides_both_and_undoes_what_bound_them)
{
    follow(1, 2);
    follow(2, 1);
    follow(3, 2);
    SQL("INSERT INTO playlists (user_id, playlist_id, name, is_public) VALUES (2, 9, 'Open', "
        "true)");
    SQL("INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id) VALUES (2, 9, "
        "1)");
    SQL("INSERT INTO shares (user_id, to_user_id, kind, target_id) VALUES (2, 1, 'song', 1)");
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/blocks/2"), 204);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/blocks/1"), 400);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/blocks/9999"), 404);
    ck_assert_str_eq(SQL("SELECT count(*) FROM follows WHERE 1 IN (user_id, target_id)"), "0");
    ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM playlist_collaborators) + (SELECT count(*) "
                         "FROM shares)"),
                     "0");
    ck_assert_int_eq(in_feed(1, "liked"), 0);
    ck_assert_int_eq(GET(2, "/api/v1/users/1/social"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/users/2/followers"), 404);
    ck_assert_int_eq(GET(2, "/api/v1/users/1/following"), 404);
    ck_assert_int_eq(follow(2, 1), 404);
    ck_assert_int_eq(follow(1, 2), 404);
    ck_assert_int_eq(SEND(2, "POST", "/api/v1/shares",
                          "{\"type\":\"song\",\"id\":1,\"audience\":\"user\",\"to_user_id\":1}"),
                     404);
    ck_assert_int_eq(SEND(2, "POST", "/api/v1/blends", "{\"user_id\":1}"), 404);
    /* a list of a third one's followers does not show the other */
    follow(1, 3);
    follow(2, 3);
    ck_assert_int_eq(GET(1, "/api/v1/users/3/followers"), 200);
    ck_assert(SAID("User 1") && !SAID("User 2"));
    /* nor does the feed tell of their playlist, or of being followed by a third */
    follow(1, 4);
    follow(4, 2);
    ck_assert_int_eq(in_feed(1, "followed"), 0);
    ck_assert_int_eq(GET(1, "/api/v1/me/blocks"), 200);
    ck_assert(SAID("User 2") == 1);
    ck_assert_int_eq(GET(2, "/api/v1/me/blocks"), 200);
    ck_assert(SAID("\"items\":[]"));
    ck_assert_str_eq(SQL("SELECT segue_sees_user(2, 1) OR segue_sees_user(1, 2)"), "f");
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/blocks/2"), 204);
    ck_assert_int_eq(GET(2, "/api/v1/users/1/social"), 200);
}
END_TEST

START_TEST(a_deleted_account_leaves_nothing_behind)
{
    SQL("INSERT INTO users (user_id, email, display_name) VALUES (500, 'gone', 'Gone')");
    follow(1, 500);
    follow(500, 1);
    ck_assert_int_eq(ASK(500, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 1);
    SQL("DELETE FROM users WHERE user_id = 500");
    ck_assert_int_eq(in_feed(1, "liked"), 0);
    ck_assert_int_eq(GET(0, "/api/v1/users/1/social"), 200);
    ck_assert(SAID("\"followers\":0"));
    ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM follows) + (SELECT count(*) FROM activities "
                         "WHERE user_id = 500) + (SELECT count(*) FROM feed WHERE user_id = 500)"),
                     "0");
}
END_TEST

/* Followers of 100: users 1..10,050 that nobody logs in as. */
START_TEST(an_act_of_somebody_with_many_followers_is_one_row)
{
    SQL("INSERT INTO users (user_id, email, display_name) SELECT i, 'c' || i, 'C' FROM "
        "generate_series(1000, 11049) i");
    SQL("INSERT INTO follows (user_id, target_kind, target_id) SELECT i, 'user', 100 FROM "
        "generate_series(1000, 11049) i");
    follow(1, 100);
    follow(1, 2);
    told();
    SQL("DELETE FROM feed");
    ck_assert_int_eq(ASK(100, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(ASK(2, "PUT", "/api/v1/me/library/songs/4"), 204);
    ck_assert_int_eq(in_feed(1, "liked"), 2); /* one of each way */
    ck_assert_str_eq(SQL("SELECT count(*) FROM feed"), "1");
    ck_assert_str_eq(SQL("SELECT count(*) FROM activities WHERE is_pulled AND user_id = 100"), "1");
    ck_assert_int_eq(in_feed(1000, "liked"), 1);
    ck_assert_int_eq(ASK(100, "DELETE", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(in_feed(1000, "liked"), 0);
    SQL("DELETE FROM users WHERE user_id BETWEEN 1000 AND 11049");
}
END_TEST

START_TEST(a_feed_is_read_page_by_page_and_ends_at_a_thousand)
{
    char cursor[80] = "", last[40] = "9";
    int seen = 0, pages = 0;
    follow(1, 2);
    told();
    SQL("WITH a AS (INSERT INTO activities (user_id, kind, target_kind, bucket, items, at) SELECT "
        "2, 'liked', 'song', i, '{1}', now() - i * interval '1 min' FROM generate_series(1, 1100) "
        "i RETURNING at, activity_id) INSERT INTO feed SELECT 1, at, activity_id FROM a");
    do {
        ck_assert_int_eq(GET(1, "/api/v1/me/feed?limit=90%s", cursor), 200);
        for (const char *at = l.said; (at = strstr(at, "\"at\":\"")); at++, seen++) {
            ck_assert_int_le(strncmp(at + 6, last, 24), 0);
            snprintf(last, sizeof last, "%.24s", at + 6);
        }
        const char *next = test_listener_value(&l, "next_cursor");
        snprintf(cursor, sizeof cursor, *next ? "&cursor=%s" : "%s", next);
        pages++;
    } while (*cursor && pages < 20);
    ck_assert_int_eq(seen, 1000);
    ck_assert_int_eq(pages, 12);
    ck_assert_int_eq(GET(1, "/api/v1/me/feed?cursor=1-1-1000"), 400);
    SQL("SELECT segue_trim_acts(2, 0)");
    ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM feed WHERE user_id = 1) || ' ' || (SELECT "
                         "count(*) FROM activities WHERE user_id = 2)"),
                     "1000 1000");
}
END_TEST

START_TEST(what_is_old_is_tidied_away)
{
    follow(1, 2);
    told();
    SQL("WITH a AS (INSERT INTO activities (user_id, kind, target_kind, bucket, items, at) SELECT "
        "2, 'liked', 'song', i, '{1}', now() - i * interval '1 day' FROM generate_series(85, 95) i "
        "RETURNING at, activity_id) INSERT INTO feed SELECT 1, at, activity_id FROM a");
    ck_assert_int_eq(in_feed(1, "liked"), 11);
    SQL("SELECT segue_tidy_acts(90)");
    ck_assert_int_eq(in_feed(1, "liked"), 5);
}
END_TEST

/* Forty users with twenty followers each act while two processes move, one of which is killed
 * again and again: in the end every follower has every act once. */
START_TEST(a_kill_in_mid_fan_out_loses_and_doubles_nothing)
{
    struct test_listeners second = l;
    SQL("INSERT INTO follows (user_id, target_kind, target_id) SELECT f, 'user', a FROM "
        "generate_series(1, 40) a, generate_series(41, 60) f");
    told();
    SQL("DELETE FROM feed");
    SQL("DELETE FROM activities");
    second.port = test_free_port();
    char port[400];
    snprintf(port, sizeof port, "api.port = %d\n" TEST_PATIENT, second.port);
    test_indexer_init(&second.x, second.pg, NULL, port);
    for (int round = 0; round < 5; round++) {
        second.api =
            test_program_spawn(&second.x, "segue-api", (const char *const[]){"serve", NULL});
        SQL("INSERT INTO feedback (user_id, target_kind, target_id, verdict) SELECT a, 'song', s, "
            "'like' FROM generate_series(1, 40) a, generate_series(%d, %d) s",
            1 + 10 * round, 10 + 10 * round);
        SQL("UPDATE activities SET bucket = bucket - 1000 * activity_id"); /* further acts */
        kill(l.api, SIGKILL);
        test_wait(l.api);
        test_listeners_spawn(&l);
        SQL("INSERT INTO activity_outbox SELECT activity_id FROM activities WHERE activity_id %% 7 "
            "= %d ON CONFLICT DO NOTHING",
            round); /* moved once more: harmless */
        kill(second.api, SIGKILL);
        test_wait(second.api);
    }
    told();
    ck_assert_str_eq(SQL("SELECT count(*) FROM activities"), "200");
    ck_assert_str_eq(
        SQL("SELECT count(*) || ' ' || count(DISTINCT (user_id, activity_id)) FROM feed"),
        "4000 4000");
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    static const char *const bad[] = {
        "me/feed?limit=0",
        "me/feed?cursor=x",
        "me/feed?cursor=1-1%27%20OR%201=1--",
        "me/followers?cursor=1-1;DROP%20TABLE%20users",
        "me/following/users?limit=1%20UNION%20SELECT%201",
        "me/following/users/contains?ids=1)%20OR%20(1=1",
        "users/0/social",
        "users/1;/social",
        "users/99999999999999999999/followers",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int status = GET(1, "/api/v1/%s", bad[i]);
        ck_assert_msg(status == 400, "%s: %d %s", bad[i], status, l.said);
    }
    static const char *const own[] = {
        "me/feed",   "me/followers", "me/follow-requests", "me/following/users",
        "me/blocks", "me/inbox"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        ck_assert_int_eq(GET(0, "/api/v1/%s", own[i]), 401);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("social");
    TCase *t = tcase_create("social");
    tcase_set_timeout(t, 900);
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_checked_fixture(t, forget, NULL);
    tcase_add_test(t, following_is_told_listed_and_counted);
    tcase_add_test(t, followers_are_counted_right_however_many_follow_at_once);
    tcase_add_test(t, a_private_profile_approves_its_followers);
    tcase_add_test(t, acts_reach_followers_and_go_when_they_are_taken_back);
    tcase_add_test(t, plays_are_told_together_to_whom_they_may_be);
    tcase_add_test(t, friends_are_heard_while_they_play_and_let_it_be_known);
    tcase_add_test(t, friends_are_heard_through_whatever_process_they_play);
    tcase_add_test(t, releases_come_on_their_day);
    tcase_add_test(t, privacy_hides_what_was_told_already);
    tcase_add_test(t, a_new_follower_begins_with_what_was_done_before);
    tcase_add_test(t, a_block_hides_both_and_undoes_what_bound_them);
    tcase_add_test(t, a_deleted_account_leaves_nothing_behind);
    tcase_add_test(t, an_act_of_somebody_with_many_followers_is_one_row);
    tcase_add_test(t, a_feed_is_read_page_by_page_and_ends_at_a_thousand);
    tcase_add_test(t, what_is_old_is_tidied_away);
    tcase_add_test(t, what_is_wrong_is_refused);
    suite_add_tcase(s, t);
    t = tcase_create("kills");
    tcase_set_timeout(t, 900);
    tcase_add_checked_fixture(t, start_anew, stop);
    tcase_add_test(t, a_kill_in_mid_fan_out_loses_and_doubles_nothing);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
