/* test_accounts_races.c - what a change of password or address ends, also what happens in the same
 * moment: the real API over a real database, in which a lock holds the one until the other is
 * there. */
#include "api/accounts/password.h"
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/events.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/mail.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD  "correct horse"
#define OTHER "quite another"

/* Of this test alone: one API serves all of them, and lets nobody be mailed often. */
static char a[40], b[40], c[40];
static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db, *other;
static pid_t api;
static int port;
static char var[100], settings[400];
static char said[65536], access_token[3000], refresh_token[300];

static int ask(const char *method, const char *path, const char *token, const char *body)
{
    return test_http(port, method, path, token ? test_bearer(token) : NULL, body, said,
                     sizeof said);
}

static void start_with(const char *more)
{
    pg = test_pg_start_migrated("wal_level = logical\n");
    port = test_free_port();
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.timeout_ms = 20000\napi.limits = off\n%s", port, more);
    test_indexer_init(&x, pg, NULL, settings);
    snprintf(var, sizeof var, "%s/var", x.dir);
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    test_await_api(port, var);
}

static void start(void)
{
    start_with("");
}

static void start_without_proof(void)
{
    start_with("auth.verify_email = off\n");
}

static void stop(void)
{
    kill(api, SIGTERM);
    ck_assert_int_eq(test_wait(api), 0);
}

static void setup(void)
{
    db = test_pg_connect(pg);
    other = test_pg_connect(pg);
    snprintf(a, sizeof a, "a%d@example.org", (int)getpid());
    snprintf(b, sizeof b, "b%d@example.org", (int)getpid());
    snprintf(c, sizeof c, "c%d@example.org", (int)getpid());
}

static void teardown(void)
{
    test_pg_sql(db, "DELETE FROM users");
    PQfinish(db);
    PQfinish(other);
}

static int post(const char *path, const char *token, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int post(const char *path, const char *token, const char *fmt, ...)
{
    char json[4000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(json, sizeof json, fmt, args);
    va_end(args);
    return ask("POST", path, token, json);
}

static void keep(const char *name, char *out, size_t cap)
{
    char key[40];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(said, key);
    ck_assert_msg(at != NULL, "no %s in %s", name, said);
    at += strlen(key);
    snprintf(out, cap, "%.*s", (int)strcspn(at, "\""), at);
}

static int log_in(const char *email, const char *password)
{
    int status =
        post("/api/v1/auth/login", NULL, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    if (status == 200) {
        keep("access_token", access_token, sizeof access_token);
        keep("refresh_token", refresh_token, sizeof refresh_token);
    }
    return status;
}

static int register_as(const char *email, const char *password)
{
    return post("/api/v1/auth/register", NULL,
                "{\"email\":\"%s\",\"password\":\"%s\",\"display_name\":\"Ann\"}", email, password);
}

static int verify(const char *mail)
{
    return post("/api/v1/auth/verify", NULL, "{\"token\":\"%s\"}", test_mail_token(mail, "verify"));
}

static void begin(const char *email)
{
    ck_assert_int_eq(register_as(email, GOOD), 202);
    ck_assert_int_eq(verify(test_mail_to(var, email, 1)), 204);
    ck_assert_msg(log_in(email, GOOD) == 200, "%s", said);
}

struct request {
    pthread_t thread;
    const char *path, *body, *token;
    int status;
    char said[8192];
};

static void *run_request(void *ctx)
{
    struct request *r = ctx;
    r->status = test_http(port, "POST", r->path, r->token ? test_bearer(r->token) : NULL, r->body,
                          r->said, sizeof r->said);
    return NULL;
}

/* Until a connection of the API waits for a lock that `other` holds. */
static void start_and_see_wait(struct request *r)
{
    ck_assert_int_eq(pthread_create(&r->thread, NULL, run_request, r), 0);
    for (int i = 0; i < 3000; i++, sg_sleep_us(20000))
        if (*test_pg_sql(db,
                         "SELECT count(*) FROM pg_stat_activity WHERE %d = ANY "
                         "(pg_blocking_pids(pid))",
                         PQbackendPID(other)) != '0')
            return;
    ck_abort_msg("%s never waited", r->path);
}

static const char CHANGE[] =
    "{\"current_password\":\"" GOOD "\",\"new_password\":\"the third one\"}";

static const char *login_body(void)
{
    static char out[200];
    snprintf(out, sizeof out, "{\"email\":\"%s\",\"password\":\"" GOOD "\"}", a);
    return out;
}

static int change_email(const char *to, const char *password)
{
    return post("/api/v1/auth/email", access_token, "{\"email\":\"%s\",\"password\":\"%s\"}", to,
                password);
}

static int ask_for_reset(void)
{
    return post("/api/v1/auth/reset", NULL, "{\"email\":\"%s\"}", a);
}

static int reset(const char *mail)
{
    return post("/api/v1/auth/reset/confirm", NULL, "{\"token\":\"%s\",\"password\":\"" OTHER "\"}",
                test_mail_token(mail, "reset"));
}

/* A hash of this password, dearer than the API makes them by passes. */
static void make_hash(const char *password, int64_t passes, char out[SG_PASSWORD_HASH_MAX])
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config = {0};
    struct sg_passwords *p;
    config.auth.argon_mib = 19;
    config.auth.argon_passes = passes;
    config.auth.hashers = 1;
    ck_assert_int_eq(sg_passwords_open(&p, &config, &e), 0);
    ck_assert_int_eq(sg_password_hash(p, sg_str(password), out, &e), 0);
    sg_passwords_close(p);
}

/* As another API changes a's password to OTHER, but for the commit. */
static void begin_change(char hash[SG_PASSWORD_HASH_MAX])
{
    make_hash(OTHER, 2, hash);
    test_pg_sql(other, "BEGIN");
    test_pg_sql(other, "UPDATE users SET password_hash = '%s' WHERE email = '%s'", hash, a);
}

START_TEST(a_login_by_the_old_password_ends_with_the_change_that_overtakes_it)
{
    char hash[SG_PASSWORD_HASH_MAX];
    begin(a);
    test_pg_sql(db, "DELETE FROM sessions");
    begin_change(hash);
    struct request r = {.path = "/api/v1/auth/login", .body = login_body()};
    start_and_see_wait(&r); /* it has proven the old password */
    test_pg_sql(other, "COMMIT");
    pthread_join(r.thread, NULL);
    ck_assert_msg(r.status == 401, "%d: %s", r.status, r.said);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM sessions"), "0");
    ck_assert_int_eq(log_in(a, OTHER), 200);
}
END_TEST

START_TEST(a_session_that_begins_while_the_password_changes_ends_by_it)
{
    begin(a);
    test_pg_sql(other, "BEGIN"); /* as a login does, which has not yet been committed */
    test_pg_sql(other, "SELECT FROM users WHERE email = '%s' FOR SHARE", a);
    test_pg_sql(other, "INSERT INTO sessions SELECT 77, user_id, sha256('k'), sha256('c'), NULL, "
                       "NULL, 0, '', now(), now(), now() + interval '1 day', now() FROM users");
    struct request r = {.path = "/api/v1/auth/password", .body = CHANGE, .token = access_token};
    start_and_see_wait(&r);
    test_pg_sql(other, "COMMIT");
    pthread_join(r.thread, NULL);
    ck_assert_msg(r.status == 204, "%d: %s", r.status, r.said);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM sessions WHERE session_id = 77"), "0");
    ck_assert_int_eq(ask("GET", "/api/v1/me", access_token, NULL), 200);
}
END_TEST

START_TEST(of_two_who_change_a_password_by_the_same_old_one_the_second_is_refused)
{
    char hash[SG_PASSWORD_HASH_MAX];
    begin(a);
    begin_change(hash);
    struct request r = {.path = "/api/v1/auth/password", .body = CHANGE, .token = access_token};
    start_and_see_wait(&r);
    test_pg_sql(other, "COMMIT");
    pthread_join(r.thread, NULL);
    ck_assert_msg(r.status == 400 && strstr(r.said, "current_password"), "%d: %s", r.status,
                  r.said);
    ck_assert_int_eq(log_in(a, OTHER), 200);
}
END_TEST

START_TEST(a_hash_made_anew_does_not_bring_an_old_password_back)
{
    char hash[SG_PASSWORD_HASH_MAX];
    begin(a);
    make_hash(GOOD, 3, hash); /* at another cost: the next login hashes it anew */
    test_pg_sql(db, "UPDATE users SET password_hash = '%s'", hash);
    begin_change(hash);
    struct request r = {.path = "/api/v1/auth/login", .body = login_body()};
    start_and_see_wait(&r);
    test_pg_sql(other, "COMMIT");
    pthread_join(r.thread, NULL);
    ck_assert_msg(r.status == 401, "%d: %s", r.status, r.said);
    ck_assert_str_eq(test_pg_sql(db, "SELECT password_hash FROM users"), hash);
}
END_TEST

START_TEST(a_change_of_password_ends_resets_and_changes_of_address_that_wait)
{
    begin(a);
    ck_assert_int_eq(ask_for_reset(), 202);
    ck_assert_int_eq(change_email(c, GOOD), 202);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/password", access_token, CHANGE), 204);
    ck_assert_int_eq(reset(test_mail_to(var, a, 2)), 400);
    ck_assert_int_eq(verify(test_mail_to(var, c, 1)), 400);
    ck_assert_int_eq(log_in(a, "the third one"), 200);
}
END_TEST

START_TEST(an_address_changes_by_a_mail_to_the_new_one_and_the_old_one_is_told)
{
    char told[100], shouted[40];
    begin(a);
    ck_assert_int_eq(
        post("/api/v1/auth/email", NULL, "{\"email\":\"%s\",\"password\":\"" GOOD "\"}", c), 401);
    ck_assert_int_eq(change_email(c, OTHER), 400);
    ck_assert(strstr(said, "\"field\":\"password\"") != NULL);
    snprintf(shouted, sizeof shouted, "A%s", a + 1);
    ck_assert_int_eq(change_email(shouted, GOOD), 400); /* her own */
    ck_assert(strstr(said, "\"field\":\"email\"") != NULL);
    ck_assert_int_eq(change_email(b, GOOD), 202);
    snprintf(shouted, sizeof shouted, "C%s", c + 1);
    ck_assert_int_eq(change_email(shouted, GOOD), 202);
    ck_assert_int_eq(verify(test_mail_to(var, b, 1)), 400); /* not the last */
    ck_assert_int_eq(log_in(c, GOOD), 401);                 /* nothing has changed yet */
    ck_assert_int_eq(ask_for_reset(), 202);
    ck_assert_int_eq(verify(test_mail_to(var, c, 1)), 204);
    ck_assert_int_eq(verify(test_mail_to(var, c, 1)), 400);
    snprintf(told, sizeof told, "from now on\n\n  %s\n", c);
    ck_assert(strstr(test_mail_to(var, a, 3), told) != NULL);
    ck_assert_int_eq(ask("GET", "/api/v1/me", access_token, NULL), 200); /* logins go on */
    snprintf(told, sizeof told, "\"email\":\"%s\"", c);
    ck_assert(strstr(said, told) != NULL);
    ck_assert_int_eq(log_in(a, GOOD), 401);
    ck_assert_int_eq(log_in(c, GOOD), 200);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM account_tokens WHERE user_id > 0"), "0");
    ck_assert_int_eq(register_as(a, GOOD), 202); /* the old one is free */
    ck_assert_int_eq(verify(test_mail_to(var, a, 4)), 204);
}
END_TEST

START_TEST(a_reset_mailed_to_an_address_that_is_the_accounts_no_longer_is_no_good)
{
    begin(a);
    ck_assert_int_eq(ask_for_reset(), 202);
    test_pg_sql(db, "UPDATE users SET email = '%s'", c);
    ck_assert_int_eq(reset(test_mail_to(var, a, 2)), 400);
    ck_assert_int_eq(log_in(c, GOOD), 200);
}
END_TEST

START_TEST(an_address_that_has_an_account_is_not_taken_and_no_answer_tells_so)
{
    begin(b);
    begin(a);
    ck_assert_int_eq(change_email(b, GOOD), 202);
    ck_assert(strstr(test_mail_to(var, b, 2), "of one already") != NULL);
    ck_assert(strstr(test_mail_to(var, b, 2), "/#verify=") == NULL);
    ck_assert_int_eq(change_email(c, GOOD), 202);
    test_pg_sql(db, "UPDATE users SET email = '%s' WHERE email = '%s'", c, b); /* meanwhile */
    ck_assert_int_eq(verify(test_mail_to(var, c, 1)), 400);
    ck_assert_int_eq(log_in(a, GOOD), 200);
}
END_TEST

/* The event stream of a playlist of her own ends soon after this. */
static bool stream_ends(struct test_events *stream)
{
    for (int i = 0; i < 120 && !stream->ended; i++)
        test_events_next(stream, 500);
    return stream->ended;
}

START_TEST(open_streams_end_with_the_login_that_opened_them)
{
    char path[100];
    struct test_events ours = {0}, theirs = {0};
    begin(a);
    ck_assert_int_eq(post("/api/v1/playlists", access_token, "{\"name\":\"Mine\"}"), 201);
    snprintf(path, sizeof path, "/api/v1/playlists/%s/events",
             test_pg_sql(db, "SELECT playlist_id FROM playlists"));
    test_events_open(&theirs, port, path, test_bearer(access_token));
    ck_assert_int_eq(theirs.status, 200);
    ck_assert_int_eq(log_in(a, GOOD), 200);
    test_events_open(&ours, port, path, test_bearer(access_token));
    ck_assert_int_eq(ours.status, 200);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/password", access_token, CHANGE), 204);
    ck_assert(stream_ends(&theirs));
    ck_assert(!ours.ended);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/logout-all", access_token, NULL), 204);
    ck_assert(stream_ends(&ours));
    test_events_close(&ours);
    test_events_close(&theirs);
}
END_TEST

START_TEST(who_has_proven_no_address_takes_no_account_that_is_there)
{
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) VALUES (7, '%s', 'Old')", a);
    ck_assert_int_eq(register_as(a, GOOD), 202);
    ck_assert_int_eq(log_in(a, GOOD), 401);
    ck_assert_str_eq(test_pg_sql(db, "SELECT display_name FROM users WHERE user_id = 7"), "Old");
    ck_assert_int_eq(register_as(b, GOOD), 202);
    ck_assert_int_eq(log_in(b, GOOD), 200);
    ck_assert_int_eq(change_email(a, GOOD), 202);
    ck_assert_int_eq(log_in(a, GOOD), 401);
    ck_assert_int_eq(change_email(c, GOOD), 202);
    ck_assert_int_eq(log_in(c, GOOD), 200);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("accounts' races");
    TCase *t = tcase_create("accounts' races");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_login_by_the_old_password_ends_with_the_change_that_overtakes_it);
    tcase_add_test(t, a_session_that_begins_while_the_password_changes_ends_by_it);
    tcase_add_test(t, of_two_who_change_a_password_by_the_same_old_one_the_second_is_refused);
    tcase_add_test(t, a_hash_made_anew_does_not_bring_an_old_password_back);
    tcase_add_test(t, a_change_of_password_ends_resets_and_changes_of_address_that_wait);
    tcase_add_test(t, an_address_changes_by_a_mail_to_the_new_one_and_the_old_one_is_told);
    tcase_add_test(t, a_reset_mailed_to_an_address_that_is_the_accounts_no_longer_is_no_good);
    tcase_add_test(t, an_address_that_has_an_account_is_not_taken_and_no_answer_tells_so);
    tcase_add_test(t, open_streams_end_with_the_login_that_opened_them);
    suite_add_tcase(s, t);
    TCase *off = tcase_create("without proof");
    tcase_set_timeout(off, 120);
    tcase_add_unchecked_fixture(off, start_without_proof, stop);
    tcase_add_checked_fixture(off, setup, teardown);
    tcase_add_test(off, who_has_proven_no_address_takes_no_account_that_is_there);
    suite_add_tcase(s, off);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
