/* test_idempotency.c - POSTs sent again: the real API over a real database, by users who are
 * logged in; duplicates at once, other requests under the same key, and an API that is killed. */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/listener.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct test_listeners l;
static char var[100];

static void setup(void)
{
    test_listeners_start(&l, 5, NULL);
    snprintf(var, sizeof var, "%s/var", l.x.dir);
}

static void teardown(void)
{
    test_listeners_stop(&l);
}

/* POST /api/v1/playlists by user under key; said: 64 KiB. */
static int make(int user, const char *key, const char *name, char *said)
{
    char headers[2000], body[200];
    snprintf(headers, sizeof headers, "%sContent-Type: application/json\r\nIdempotency-Key: %s\r\n",
             test_authorization(var, (uint64_t)user, SG_ROLE_USER, SG_PREMIUM), key);
    snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
    return test_http(l.port, "POST", "/api/v1/playlists", headers, body, said, 65536);
}

static int playlists(const char *name)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM playlists WHERE name = '%s'", name);
    return atoi(test_pg_sql(l.db, sql));
}

static char said[65536], again[65536];

static const char *body_of(const char *answer)
{
    const char *at = strstr(answer, "\r\n\r\n");
    return at ? at + 4 : "";
}

START_TEST(what_is_sent_again_is_answered_as_the_first_time_and_done_once)
{
    ck_assert_int_eq(make(1, "k1", "once", said), 201);
    ck_assert_ptr_null(strstr(said, "Idempotent-Replayed"));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(make(1, i % 2 ? "k1" : "\"k1\"", "once", again), 201);
        ck_assert_str_eq(body_of(again), body_of(said));
        ck_assert_ptr_nonnull(strstr(again, "Idempotent-Replayed: true"));
        ck_assert_ptr_nonnull(strstr(again, "Location: "));
    }
    ck_assert_int_eq(playlists("once"), 1);
    ck_assert_int_eq(make(2, "k1", "once", again), 201); /* another's keys are her own */
    ck_assert_int_eq(make(1, "k2", "once", again), 201);
    ck_assert_int_eq(playlists("once"), 3);
}
END_TEST

START_TEST(answers_that_hold_secrets_are_not_kept)
{
    char headers[2000];
    snprintf(headers, sizeof headers, "%sContent-Type: application/json\r\nIdempotency-Key: s1\r\n",
             test_authorization(var, 1, SG_ROLE_USER, SG_PREMIUM));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(test_http(l.port, "POST", "/api/v1/me/tokens", headers,
                                   "{\"name\":\"player\"}", said, sizeof said),
                         201);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM user_tokens WHERE user_id = 1"), "2");
    ck_assert_int_eq(make(1, "s2", "linked", said), 201);
    char path[100];
    snprintf(path, sizeof path, "/api/v1/playlists/%s/shares",
             test_pg_sql(l.db, "SELECT playlist_id FROM playlists WHERE name = 'linked'"));
    ck_assert_int_eq(test_http(l.port, "POST", path, headers, "{}", said, sizeof said), 201);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT string_agg(key, ' ') FROM idempotency_keys WHERE "
                                       "key LIKE 's%%'"),
                     "s2");
}
END_TEST

START_TEST(another_request_under_the_same_key_is_refused)
{
    ck_assert_int_eq(make(1, "k3", "mine", said), 201);
    ck_assert_int_eq(make(1, "k3", "yours", said), 422);
    ck_assert_ptr_nonnull(strstr(said, "idempotency-key-reused"));
    ck_assert_int_eq(playlists("yours"), 0);
}
END_TEST

START_TEST(what_failed_may_be_tried_again_and_a_key_has_bounds)
{
    char longest[300];
    memset(longest, 'k', 256);
    longest[256] = '\0';
    ck_assert_int_eq(make(1, "k4", "", said), 400);
    ck_assert_int_eq(make(1, "k4", "fourth", said), 201);
    ck_assert_int_eq(make(1, longest, "long", said), 400);
    ck_assert_int_eq(make(1, longest + 1, "long", said), 201);
    ck_assert_int_eq(make(1, "a b", "long", said), 400);
    ck_assert_int_eq(playlists("long"), 1);
}
END_TEST

static void *make_at_once(void *ctx)
{
    static _Thread_local char mine[65536];
    (void)ctx;
    int status = make(3, "together", "together", mine);
    return (void *)(intptr_t)(status == 409 && !strstr(mine, "idempotency-in-progress") ? 0
                                                                                        : status);
}

START_TEST(of_duplicates_at_once_one_is_done)
{
    enum { N = 12 };
    pthread_t threads[N];
    int made = 0, refused = 0;
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, make_at_once, NULL), 0);
    for (int i = 0; i < N; i++) {
        void *status;
        pthread_join(threads[i], &status);
        made += (intptr_t)status == 201;
        refused += (intptr_t)status == 409;
    }
    ck_assert_int_ge(made, 1);
    ck_assert_int_eq(made + refused, N);
    ck_assert_int_eq(playlists("together"), 1);
}
END_TEST

START_TEST(a_key_whose_end_is_unknown_is_not_run_again_for_a_day)
{
    ck_assert_int_eq(make(1, "k5", "fifth", said), 201);
    test_pg_sql(l.db, "UPDATE idempotency_keys SET status = NULL WHERE key = 'k5'");
    ck_assert_int_eq(make(1, "k5", "fifth", said), 409);
    ck_assert_ptr_nonnull(strstr(said, "idempotency-in-progress"));
    ck_assert_ptr_nonnull(strstr(said, "Retry-After: "));
    test_pg_sql(l.db, "UPDATE idempotency_keys SET started_at = now() - interval '2 minutes' "
                      "WHERE key = 'k5'");
    ck_assert_int_eq(make(1, "k5", "fifth", said), 409);
    ck_assert_ptr_nonnull(strstr(said, "idempotency-outcome-unknown"));
    ck_assert_int_eq(playlists("fifth"), 1);
    test_pg_sql(l.db, "UPDATE idempotency_keys SET started_at = now() - interval '25 hours' "
                      "WHERE key = 'k5'");
    ck_assert_int_eq(make(1, "k5", "fifth", said), 201);
    ck_assert_int_eq(playlists("fifth"), 2);
}
END_TEST

static void *make_and_die(void *key)
{
    static _Thread_local char mine[65536];
    return (void *)(intptr_t)make(4, key, key, mine);
}

START_TEST(an_api_that_is_killed_between_does_nothing_twice)
{
    for (int i = 0; i < 4; i++) {
        char key[20];
        pthread_t asker;
        void *status;
        snprintf(key, sizeof key, "kill-%d", i);
        ck_assert_int_eq(pthread_create(&asker, NULL, make_and_die, key), 0);
        sg_sleep_us(1000 + i * 4000);
        kill(l.api, SIGKILL);
        test_wait(l.api);
        test_listeners_spawn(&l); /* who was too late for the other asks this one */
        pthread_join(asker, &status);
        int last = make(4, key, key, again);
        ck_assert_msg(last == 201 || last == 409, "%d %s", last, again);
        int n = playlists(key);
        ck_assert_int_le(n, 1);
        ck_assert_int_ge(n, last == 201);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idempotency");
    TCase *t = tcase_create("idempotency");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_sent_again_is_answered_as_the_first_time_and_done_once);
    tcase_add_test(t, answers_that_hold_secrets_are_not_kept);
    tcase_add_test(t, another_request_under_the_same_key_is_refused);
    tcase_add_test(t, what_failed_may_be_tried_again_and_a_key_has_bounds);
    tcase_add_test(t, of_duplicates_at_once_one_is_done);
    tcase_add_test(t, a_key_whose_end_is_unknown_is_not_run_again_for_a_day);
    tcase_add_test(t, an_api_that_is_killed_between_does_nothing_twice);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
