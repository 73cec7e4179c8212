/* test_accounts.c - accounts over HTTP: the real API over a real database, which goes away too. */
#include "api/accounts/token.h"
#include "core/clock.h"
#include "core/instant.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/mail.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SOON_US 60000000 /* what another process did is known long before */
#define GOOD    "correct horse"

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t api;
static int port;
static char var[100], settings[400];
static char said[65536];

/* Its status; the whole answer is in said. token NULL: nobody. */
static int ask(const char *method, const char *path, const char *token, const char *body)
{
    return test_http(port, method, path, token ? test_bearer(token) : NULL, body, said,
                     sizeof said);
}

static bool tells(const char *text)
{
    return strstr(said, text) != NULL;
}

/* A text of the last answer's JSON, in one of a few rotating static buffers. */
static const char *text_of(const char *name)
{
    static char out[12][3000];
    static size_t next;
    char *to = out[next++ % 12], key[100];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(said, key);
    ck_assert_msg(at != NULL, "no %s in %s", name, said);
    at += strlen(key);
    snprintf(to, sizeof out[0], "%.*s", (int)strcspn(at, "\""), at);
    return to;
}

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    for (int i = 0; i < 1200 && ask("GET", "/metrics", NULL, NULL) != 200; i++)
        sg_sleep_us(100000);
}

static void stop_api(void)
{
    kill(api, SIGTERM);
    ck_assert_int_eq(test_wait(api), 0);
}

static void start_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\n");
}

static void setup_with(const char *more)
{
    db = test_pg_connect(pg);
    test_pg_sql(db, "DELETE FROM account_tokens");
    test_pg_sql(db, "DELETE FROM users");
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\napi.timeout_ms = 20000\n%s", port, more);
    test_indexer_init(&x, pg, NULL, settings);
    snprintf(var, sizeof var, "%s/var", x.dir);
    start_api();
    test_await_api(port, var);
}

static void setup(void)
{
    setup_with("");
}

static void teardown(void)
{
    stop_api();
    PQfinish(db);
}

static const char *body(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *body(const char *fmt, ...)
{
    static char out[4][6000];
    static size_t next;
    char *to = out[next++ % 4];
    va_list args;
    va_start(args, fmt);
    vsnprintf(to, sizeof out[0], fmt, args);
    va_end(args);
    return to;
}

static int register_as(const char *email, const char *password)
{
    return ask("POST", "/api/v1/auth/register", NULL,
               body("{\"email\":\"%s\",\"password\":\"%s\",\"display_name\":\"John Doe\"}", email,
                    password));
}

static int log_in(const char *email, const char *password)
{
    return ask("POST", "/api/v1/auth/login", NULL,
               body("{\"email\":\"%s\",\"password\":\"%s\",\"device\":\"test\"}", email, password));
}

static void begin(const char *email)
{
    ck_assert_int_eq(register_as(email, GOOD), 202);
    ck_assert_int_eq(
        ask("POST", "/api/v1/auth/verify", NULL,
            body("{\"token\":\"%s\"}", test_mail_token(test_mail_to(var, email, 1), "verify"))),
        204);
    ck_assert_msg(log_in(email, GOOD) == 200, "%s", said);
}

static int refresh(const char *token)
{
    return ask("POST", "/api/v1/auth/refresh", NULL, body("{\"refresh_token\":\"%s\"}", token));
}

static int me(const char *token)
{
    return ask("GET", "/api/v1/me", token, NULL);
}

/* The answer to a token once a started API has read which sessions have ended. */
static int once_read(const char *path, const char *token)
{
    int is = 503;
    for (int i = 0; i < 600 && (is = ask("GET", path, token, NULL)) == 503; i++)
        sg_sleep_us(100000);
    return is;
}

static void becomes(int status, const char *token)
{
    int64_t until = sg_now_us() + SOON_US;
    int is;
    while ((is = me(token)) != status && sg_now_us() < until)
        sg_sleep_us(20000);
    ck_assert_msg(is == status, "%d, not %d: %s", is, status, said);
}

START_TEST(an_account_begins_by_mail_and_logs_in_as_the_document_says)
{
    ck_assert_int_eq(register_as("John.Doe@Example.org", GOOD), 202);
    ck_assert(!strstr(test_mail_to(var, "john.doe@example.org", 1), "John Doe")); /* or an advert */
    ck_assert_int_eq(log_in("john.doe@example.org", GOOD), 401);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM users"), "0");
    const char *token = test_mail_token(test_mail_to(var, "john.doe@example.org", 1), "verify");
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT count(*) FROM account_tokens t WHERE t::text LIKE '%%%s%%'", token),
        "0");
    const char *proof = body("{\"token\":\"%s\"}", token);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/verify", NULL, proof), 204);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/verify", NULL, proof), 400);
    ck_assert(tells("\"field\":\"token\""));
    ck_assert_int_eq(log_in(" JOHN.DOE@example.org", GOOD), 400);
    ck_assert_int_eq(log_in("JOHN.DOE@EXAMPLE.ORG", GOOD), 200);
    ck_assert(tells("Cache-Control: no-store") && tells("\"expires_in\":900,"));
    ck_assert(tells("\"display_name\":\"John Doe\",\"subscription_type\":\"free\"}"));
    const char *access = text_of("access_token"), *secret = text_of("refresh_token");
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT count(*) FROM sessions s WHERE s::text LIKE '%%%s%%'", secret + 4),
        "0");
    ck_assert_int_eq(me(access), 200);
    ck_assert(tells("\"email\":\"john.doe@example.org\"") && tells("\"roles\":[\"user\"]"));
    ck_assert_int_eq(me(NULL), 401);
    ck_assert(tells("WWW-Authenticate: Bearer"));
    ck_assert_int_eq(ask("GET", "/api/v1/auth/sessions", access, NULL), 200);
    ck_assert(tells("\"device\":\"test\"") && tells("\"current\":true"));
    ck_assert(!strstr(test_pg_sql(db, "SELECT password_hash FROM users"), GOOD));
    ck_assert(strstr(test_pg_sql(db, "SELECT password_hash FROM users"),
                     "$argon2id$v=19$m=19456,t=2,p=1$"));
}
END_TEST

START_TEST(a_refresh_token_is_good_once_and_its_reuse_ends_the_session)
{
    begin("a@example.org");
    char first[200], second[200], access[3000];
    snprintf(first, sizeof first, "%s", text_of("refresh_token"));
    ck_assert_int_eq(refresh(first), 200);
    ck_assert(tells("\"user\":{\"user_id\":"));
    snprintf(second, sizeof second, "%s", text_of("refresh_token"));
    ck_assert_str_ne(first, second);
    ck_assert_int_eq(refresh(first), 200); /* the answer was lost: the same again */
    ck_assert_str_eq(text_of("refresh_token"), second);
    ck_assert_int_eq(refresh(second), 200);
    snprintf(access, sizeof access, "%s", text_of("access_token"));
    ck_assert_int_eq(me(access), 200);
    char forged[200]; /* not proven to be of the session: nothing happens to it */
    snprintf(forged, sizeof forged, "%s", first);
    forged[60] = forged[60] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(refresh(forged), 401);
    ck_assert_int_eq(me(access), 200);
    ck_assert_int_eq(refresh(first), 401); /* two generations old: stolen */
    ck_assert_int_eq(me(access), 401);
    ck_assert(tells("invalid_token"));
    ck_assert_int_eq(refresh(second), 401);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM sessions"), "0");
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    snprintf(first, sizeof first, "%s", text_of("refresh_token"));
    ck_assert_int_eq(refresh(first), 200);
    test_pg_sql(db, "UPDATE sessions SET rotated_at = now() - interval '31 seconds'");
    ck_assert_int_eq(refresh(first), 401); /* too late for a lost answer */
    ck_assert_int_eq(refresh("sgr_"), 401);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/refresh", NULL, "{}"), 400);
}
END_TEST

static char shared_token[200];
static char successors[8][200];

static void *refresh_shared(void *ctx)
{
    char *out = ctx, answer[8192];
    char json[300];
    snprintf(json, sizeof json, "{\"refresh_token\":\"%s\"}", shared_token);
    int status = test_http(port, "POST", "/api/v1/auth/refresh", NULL, json, answer, sizeof answer);
    const char *at = strstr(answer, "\"refresh_token\":\"");
    if (status == 200 && at)
        snprintf(out, 200, "%.*s", (int)strcspn(at + 17, "\""), at + 17);
    return NULL;
}

START_TEST(refreshing_many_times_at_once_gives_one_successor)
{
    pthread_t threads[8];
    begin("a@example.org");
    for (int round = 0; round < 5; round++) {
        snprintf(shared_token, sizeof shared_token, "%s",
                 round ? successors[0] : text_of("refresh_token"));
        memset(successors, 0, sizeof successors);
        for (int i = 0; i < 8; i++)
            pthread_create(&threads[i], NULL, refresh_shared, successors[i]);
        for (int i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < 8; i++)
            ck_assert_str_eq(successors[i], successors[0]);
        ck_assert_uint_gt(strlen(successors[0]), 80);
    }
    ck_assert_str_eq(test_pg_sql(db, "SELECT generation FROM sessions"), "5");
}
END_TEST

START_TEST(logging_out_ends_a_session_at_once_here_and_elsewhere)
{
    begin("a@example.org");
    const char *first = text_of("access_token"), *first_refresh = text_of("refresh_token");
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    const char *second = text_of("access_token");
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    const char *third = text_of("access_token");
    ck_assert_int_eq(
        ask("POST", "/api/v1/auth/logout", NULL, body("{\"refresh_token\":\"%s\"}", first_refresh)),
        204);
    ck_assert_int_eq(me(first), 401);
    ck_assert_int_eq(me(second), 200);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/logout", NULL, "{\"refresh_token\":\"x\"}"), 204);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/logout", second, NULL), 204);
    ck_assert_int_eq(me(second), 401);
    test_pg_sql(db, "DELETE FROM sessions"); /* by somebody else, even by hand */
    becomes(401, third);
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    first = text_of("access_token");
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    second = text_of("access_token");
    char path[100];
    snprintf(path, sizeof path, "/api/v1/auth/sessions/%s",
             test_pg_sql(db, "SELECT session_id FROM sessions ORDER BY created_at LIMIT 1"));
    begin("b@example.org");
    const char *other = text_of("access_token");
    ck_assert_int_eq(ask("DELETE", path, other, NULL), 404); /* not hers */
    ck_assert_int_eq(ask("DELETE", path, second, NULL), 204);
    ck_assert_int_eq(ask("DELETE", path, second, NULL), 404);
    ck_assert_int_eq(me(first), 401);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/logout-all", second, NULL), 204);
    ck_assert_int_eq(me(second), 401);
    ck_assert_int_eq(me(other), 200);
    stop_api(); /* what has ended stays so over a restart */
    start_api();
    ck_assert_int_eq(once_read("/api/v1/me", second), 401);
    ck_assert_int_eq(me(other), 200);
}
END_TEST

/* The last answer without what differs between any two. */
static const char *shape(void)
{
    static char out[2][4000];
    static size_t next;
    char *to = out[next++ % 2];
    size_t n = 0;
    for (const char *line = said; *line && n < sizeof out[0] - 500;) {
        size_t len = strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
        if (strncmp(line, "Date:", 5) && strncmp(line, "X-Request-Id:", 13) &&
            strncmp(line, "traceparent:", 12) && strncmp(line, "Segue-Consistency:", 18))
            n += (size_t)snprintf(to + n, 500, "%.*s", (int)len, line);
        line += len;
    }
    return to;
}

START_TEST(nothing_tells_whether_there_is_an_account)
{
    begin("a@example.org");
    const char *there, *not_there;
    ck_assert_int_eq(log_in("a@example.org", "wrong password"), 401);
    there = shape();
    ck_assert_int_eq(log_in("z@example.org", "wrong password"), 401);
    not_there = shape();
    ck_assert_str_eq(there, not_there);
    ck_assert(tells("wrong-credentials"));
    ck_assert_int_eq(register_as("a@example.org", "another password"), 202);
    there = shape();
    ck_assert_int_eq(register_as("z@example.org", "another password"), 202);
    not_there = shape();
    ck_assert_str_eq(there, not_there);
    ck_assert(strstr(test_mail_to(var, "a@example.org", 2), "an\naccount already") ||
              strstr(test_mail_to(var, "a@example.org", 2), "has an account already"));
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200); /* as it was */
    ck_assert_int_eq(log_in("z@example.org", "another password"), 401);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/reset", NULL, "{\"email\":\"a@example.org\"}"), 202);
    there = shape();
    ck_assert_int_eq(ask("POST", "/api/v1/auth/reset", NULL, "{\"email\":\"y@example.org\"}"), 202);
    not_there = shape();
    ck_assert_str_eq(there, not_there);
}
END_TEST

START_TEST(a_forgotten_password_is_replaced_by_mail_once)
{
    begin("a@example.org");
    const char *access = text_of("access_token");
    ck_assert_int_eq(ask("POST", "/api/v1/auth/reset", NULL, "{\"email\":\"A@example.org\"}"), 202);
    char token[100];
    snprintf(token, sizeof token, "%s",
             test_mail_token(test_mail_to(var, "a@example.org", 2), "reset"));
    const char *confirm = body("{\"token\":\"%s\",\"password\":\"quite another\"}", token);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/reset/confirm", NULL,
                         body("{\"token\":\"%s\",\"password\":\"password123\"}", token)),
                     400);
    ck_assert(tells("\"field\":\"password\""));
    ck_assert_int_eq(ask("POST", "/api/v1/auth/reset/confirm", NULL, confirm), 204);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/reset/confirm", NULL, confirm), 400);
    ck_assert_int_eq(me(access), 401);
    ck_assert_int_eq(log_in("a@example.org", GOOD), 401);
    ck_assert_int_eq(log_in("a@example.org", "quite another"), 200);
    access = text_of("access_token");
    ck_assert_int_eq(log_in("a@example.org", "quite another"), 200);
    const char *other = text_of("access_token");
    static const char change[] = "{\"current_password\":\"%s\",\"new_password\":\"%s\"}";
    (void)change;
    ck_assert_int_eq(ask("POST", "/api/v1/auth/password", access,
                         "{\"current_password\":\"no\",\"new_password\":\"the third one\"}"),
                     400);
    ck_assert(tells("\"field\":\"current_password\""));
    ck_assert_int_eq(
        ask("POST", "/api/v1/auth/password", access,
            "{\"current_password\":\"quite another\",\"new_password\":\"the third one\"}"),
        204);
    ck_assert_int_eq(me(access), 200);
    ck_assert_int_eq(me(other), 401);
    ck_assert_int_eq(log_in("a@example.org", "the third one"), 200);
}
END_TEST

static void guess_until_it_waits(const char *email)
{
    int status = 0, tries = 0;
    while (tries < 40 && (status = log_in(email, "wrong password")) == 401)
        tries++;
    ck_assert_int_eq(status, 429);
    ck_assert(tells("Retry-After: ") && tells("rate-limited"));
    ck_assert_int_ge(tries, 8);
}

START_TEST(wrong_passwords_make_the_account_wait_and_right_ones_are_hashed_anew)
{
    begin("a@example.org");
    char hash[200];
    snprintf(hash, sizeof hash, "%s", test_pg_sql(db, "SELECT password_hash FROM users"));
    stop_api();
    FILE *f = fopen(x.conf, "a");
    fputs("\nauth.argon_passes = 3\n", f);
    fclose(f);
    start_api();
    test_await_api(port, var);
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    ck_assert(strstr(test_pg_sql(db, "SELECT password_hash FROM users"), "t=3"));
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    /* Even the right one waits; but a second, at first, and a machine may stand still for that. */
    int status = 200;
    for (int i = 0; i < 4 && status == 200; i++) {
        guess_until_it_waits("a@example.org");
        status = log_in("a@example.org", GOOD);
    }
    ck_assert_int_eq(status, 429);
    guess_until_it_waits("nobody@example.org"); /* of an account that is not, all the same */
}
END_TEST

START_TEST(what_is_wrong_is_named_and_nothing_is_assigned_by_the_way)
{
    static const char *const bad[][2] = {
        {"{\"email\":\"a\",\"password\":\"" GOOD "\",\"display_name\":\"A\"}", "email"},
        {"{\"email\":\"a@b\",\"password\":\"" GOOD "\",\"display_name\":\"A\"}", "email"},
        {"{\"email\":\"a b@example.org\",\"password\":\"" GOOD "\",\"display_name\":\"A\"}",
         "email"},
        {"{\"email\":\"a@example.org\\r\\nBcc: b@example.org\",\"password\":\"" GOOD
         "\",\"display_name\":\"A\"}",
         "email"},
        {"{\"email\":\"a\\u0000@example.org\",\"password\":\"" GOOD "\",\"display_name\":\"A\"}",
         ""},
        {"{\"email\":\"a@example.org\",\"password\":\"short\",\"display_name\":\"A\"}", "password"},
        {"{\"email\":\"a@example.org\",\"password\":\"Password1\",\"display_name\":\"A\"}",
         "password"},
        {"{\"email\":\"a@example.org\",\"password\":\"" GOOD "\",\"display_name\":\"\"}",
         "display_name"},
        {"{\"email\":\"a@example.org\",\"password\":\"" GOOD "\",\"display_name\":\"  \"}",
         "display_name"},
        {"{\"email\":\"a@example.org\",\"password\":\"" GOOD "\",\"display_name\":\"a\\nb\"}",
         "display_name"},
        {"{\"email\":\"a@example.org\",\"password\":\"" GOOD "\",\"display_name\":\"a\\u202eb\"}",
         "display_name"},
        {"{\"email\":\"a@example.org\",\"password\":\"" GOOD
         "\",\"display_name\":\"A\",\"country\":\"se\"}",
         "country"},
        {"{", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char field[60];
        snprintf(field, sizeof field, "\"field\":\"%s\"", bad[i][1]);
        ck_assert_msg(ask("POST", "/api/v1/auth/register", NULL, bad[i][0]) == 400, "%s", said);
        ck_assert_msg(!*bad[i][1] || tells(field), "%s", said);
    }
    begin("a@example.org");
    const char *access = text_of("access_token");
    ck_assert_int_eq(
        ask("PATCH", "/api/v1/me", access,
            "{\"display_name\":\"Jane\",\"roles\":[\"admin\"],\"subscription_type\":\"premium\","
            "\"user_id\":1,\"email\":\"b@example.org\",\"password_hash\":\"x\","
            "\"email_verified_at\":null,\"subscription_expires_at\":null}"),
        200);
    ck_assert(tells("\"display_name\":\"Jane\"") && tells("\"roles\":[\"user\"]") &&
              tells("\"subscription_type\":\"free\"") && tells("a@example.org"));
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", access, "{\"display_name\":null}"), 400);
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", access, "{\"country\":\"SE\"}"), 200);
    ck_assert(tells("\"country\":\"SE\"") && tells("\"display_name\":\"Jane\""));
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", access, "{\"country\":null}"), 200);
    ck_assert(!tells("\"country\":"));
    ck_assert_int_eq(
        ask("PATCH", "/api/v1/me", access,
            "{\"preferences\":{\"explicit\":false,\"market\":\"SE\",\"theme\":\"dark\"}}"),
        200);
    ck_assert(tells("\"explicit\":false") && tells("\"market\":\"SE\""));
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", access, "{\"preferences\":{\"theme\":\"pink\"}}"),
                     400);
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", access, "{\"preferences\":{\"market\":\"xx\"}}"),
                     400);
    ck_assert_int_eq(ask("PUT", "/api/v1/users/1/roles", access, "{\"roles\":[\"admin\"]}"), 403);
    ck_assert_int_eq(
        ask("PUT", "/api/v1/users/1/subscription", access, "{\"subscription_type\":\"premium\"}"),
        403);
}
END_TEST

START_TEST(what_an_admin_gives_is_known_to_tokens_that_are_out)
{
    begin("a@example.org");
    const char *access = text_of("access_token");
    char path[100], admin[3000], id[24];
    snprintf(admin, sizeof admin, "%s",
             test_token(var, 999999, SG_ROLE_USER | SG_ROLE_ADMIN, SG_FREE));
    snprintf(id, sizeof id, "%s", test_pg_sql(db, "SELECT user_id FROM users"));
    snprintf(path, sizeof path, "/api/v1/users/%s/subscription", id);
    ck_assert_int_eq(ask("GET", "/api/v1/me/subscription", access, NULL), 200);
    ck_assert_int_eq(
        ask("PUT", path, admin,
            "{\"subscription_type\":\"premium\",\"expires_at\":\"2001-01-01T00:00:00Z\"}"),
        200);
    ck_assert(tells("\"subscription_type\":\"expired\""));
    snprintf(path, sizeof path, "/api/v1/users/%s/roles", id);
    ck_assert_int_eq(ask("PUT", path, admin, "{\"roles\":[\"admin\"]}"), 204);
    /* The router asks for admins whose subscription is good: expired is known at once. */
    ck_assert_int_eq(ask("PUT", path, access, "{\"roles\":[\"admin\"]}"), 403);
    ck_assert(tells("subscription-expired"));
    ck_assert_int_eq(me(access), 200); /* one's own account is still one's own */
    snprintf(path, sizeof path, "/api/v1/users/%s/subscription", id);
    ck_assert_int_eq(
        ask("PUT", path, admin,
            "{\"subscription_type\":\"premium\",\"expires_at\":\"2999-01-01T00:00:00Z\"}"),
        200);
    ck_assert(tells("\"expires_at\":\"2999-01-01T00:00:00Z\""));
    snprintf(path, sizeof path, "/api/v1/users/%s/roles", id);
    ck_assert_int_eq(ask("PUT", path, access, "{\"roles\":[\"user\",\"artist\"]}"), 204);
    ck_assert_int_eq(ask("PUT", path, access, "{\"roles\":[\"admin\"]}"), 403); /* no longer */
    ck_assert_int_eq(ask("PUT", path, admin, "{\"roles\":[\"root\"]}"), 400);
    ck_assert_int_eq(ask("PUT", "/api/v1/users/123456/roles", admin, "{\"roles\":[]}"), 404);
    ck_assert_int_eq(ask("PUT", path, admin, "{\"roles\":[\"admin\"]}"), 204);
    ck_assert_int_eq(ask("PUT", path, access, "{\"roles\":[\"admin\"]}"), 204);
    test_pg_sql(db, "UPDATE users SET roles = '{user}'"); /* by another process */
    int64_t deadline = sg_now_us() + SOON_US;
    while (ask("PUT", path, access, "{\"roles\":[]}") == 204 && sg_now_us() < deadline)
        test_pg_sql(db, "UPDATE users SET roles = '{user}'");
    ck_assert_int_eq(ask("PUT", path, access, "{\"roles\":[]}"), 403);
    /* Premium elapses while the token, which says premium, is out: after more time where that was
     * over before there was a token. */
    char soon[100], end[SG_INSTANT_CHARS + 1];
    bool premium = false;
    int64_t end_us = 0;
    snprintf(path, sizeof path, "/api/v1/users/%s/subscription", id);
    for (int64_t seconds = 3; !premium && seconds <= 48; seconds *= 2) {
        end_us = (sg_wall_us() / 1000000 + seconds) * 1000000;
        sg_instant_text(end_us, end);
        snprintf(soon, sizeof soon, "{\"subscription_type\":\"premium\",\"expires_at\":\"%s\"}",
                 end);
        ck_assert_int_eq(ask("PUT", path, admin, soon), 200);
        premium = tells("\"subscription_type\":\"premium\"");
        ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
        premium = premium && tells("\"subscription_type\":\"premium\"");
    }
    ck_assert(premium);
    const char *until = text_of("access_token");
    ck_assert_int_eq(ask("PUT", path, until, soon), 403);
    ck_assert(tells("\"code\":\"forbidden\"") || tells("subscription-expired"));
    while (sg_wall_us() < end_us + 100000)
        sg_sleep_us(50000);
    ck_assert_int_eq(ask("PUT", path, until, soon), 403);
    ck_assert(tells("subscription-expired"));
    snprintf(path, sizeof path, "/api/v1/users/%s", id);
    ck_assert_int_eq(ask("GET", path, NULL, NULL), 200);
    ck_assert(tells("John Doe") && !tells("example.org"));
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", access, "{\"private_profile\":true}"), 200);
    ck_assert_int_eq(ask("GET", path, NULL, NULL), 404);
    ck_assert_int_eq(ask("GET", path, access, NULL), 200);
    ck_assert_int_eq(ask("GET", path, admin, NULL), 200);
    begin("b@example.org");
    const char *other = text_of("access_token");
    ck_assert_int_eq(ask("GET", path, other, NULL), 404);
    test_pg_sql(
        db,
        "INSERT INTO follows (user_id, target_kind, target_id, approved) SELECT user_id, 'user', "
        "%s, true FROM users WHERE email = 'b@example.org'",
        id);
    ck_assert_int_eq(ask("GET", path, other, NULL), 200);
    test_pg_sql(db, "UPDATE users SET private_profile = false");
    test_pg_sql(db,
                "INSERT INTO blocks (user_id, blocked_user_id) SELECT %s, user_id FROM users WHERE "
                "email = 'b@example.org'",
                id);
    ck_assert_int_eq(ask("GET", path, other, NULL), 404);
    ck_assert_int_eq(ask("GET", path, access, NULL), 200);
}
END_TEST

/* As after a clock that was ahead went back, or another server with a slower one took over. */
START_TEST(what_is_taken_away_is_gone_though_the_databases_clock_went_back)
{
    begin("a@example.org");
    static const char claims[] = "/api/v1/artist-claims"; /* an admin's to read */
    const char *access = text_of("access_token");
    char path[100], admin[3000];
    snprintf(admin, sizeof admin, "%s",
             test_token(var, 999999, SG_ROLE_USER | SG_ROLE_ADMIN, SG_FREE));
    snprintf(path, sizeof path, "/api/v1/users/%s/roles",
             test_pg_sql(db, "SELECT user_id FROM users"));
    for (int i = 0; i < 2; i++) {
        test_pg_sql(db, "BEGIN; UPDATE users SET roles = '{user,admin}'; "
                        "UPDATE claim_changes SET changed_at = now() + interval '1 hour'; COMMIT");
        int64_t until = sg_now_us() + SOON_US;
        while (ask("GET", claims, access, NULL) != 200 && sg_now_us() < until)
            sg_sleep_us(20000);
        ck_assert_int_eq(ask("GET", claims, access, NULL), 200);
        if (i)
            ck_assert_int_eq(ask("PUT", path, admin, "{\"roles\":[]}"), 204);
        else
            test_pg_sql(db, "UPDATE users SET roles = '{user}'");
        int status;
        until = sg_now_us() + (i ? 0 : SOON_US); /* this API knows it at once */
        while ((status = ask("GET", claims, access, NULL)) == 200 && sg_now_us() < until)
            sg_sleep_us(20000);
        ck_assert_int_eq(status, 403);
    }
}
END_TEST

START_TEST(tokens_that_are_not_good_are_refused_wherever_they_are_told)
{
    const char *good = test_token(var, 5, SG_ROLE_USER, SG_FREE);
    const char *bad[] = {test_token_expired(var, 5, SG_ROLE_USER, SG_FREE),
                         test_token_tampered(good),
                         "eyJhbGciOiJub25lIn0.e30.",
                         "a.b.c",
                         "..",
                         "not-a-key"};
    ck_assert_int_eq(ask("GET", "/api/v1/auth/jwks", good, NULL), 200);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(ask("GET", "/api/v1/auth/jwks", bad[i], NULL) == 401, "%s", bad[i]);
        ck_assert(tells("WWW-Authenticate: Bearer") && tells("error=\"invalid_token\""));
        ck_assert_int_eq(ask("GET", "/api/v1/me", bad[i], NULL), 401);
    }
    ck_assert_int_eq(ask("GET", "/metrics", bad[0], NULL), 200);
    ck_assert_int_eq(ask("GET", "/.well-known/jwks.json", NULL, NULL), 200);
    ck_assert(tells("\"crv\":\"Ed25519\"") && !tells("\"d\":"));
}
END_TEST

static bool is_gone(const char *path)
{
    return access(path, F_OK) != 0;
}

START_TEST(without_the_database_who_is_logged_in_stays_so)
{
    begin("a@example.org");
    const char *access = text_of("access_token"), *token = text_of("refresh_token");
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    const char *ended = text_of("access_token");
    ck_assert_int_eq(ask("POST", "/api/v1/auth/logout", ended, NULL), 204);
    char keep[200], kept[200];
    snprintf(keep, sizeof keep, "%s", token);
    snprintf(kept, sizeof kept, "%s", test_path(var, "run/ended-sessions"));
    PQfinish(db);
    test_pg_crash(pg);
    ck_assert_int_eq(ask("GET", "/api/v1/auth/jwks", access, NULL), 200);
    ck_assert_int_eq(ask("GET", "/api/v1/auth/jwks", ended, NULL), 401);
    ck_assert_int_eq(refresh(keep), 503);
    ck_assert(tells("Retry-After:"));
    ck_assert_int_eq(log_in("a@example.org", GOOD), 503);
    struct stat s;
    for (int i = 0; i < 3000 && stat(kept, &s); i++)
        sg_sleep_us(20000);
    ck_assert_int_eq(s.st_mode & 0777, 0600);
    /* Another goes on with what this one knew. */
    stop_api();
    start_api();
    ck_assert_int_eq(once_read("/api/v1/auth/jwks", access), 200);
    ck_assert_int_eq(ask("GET", "/api/v1/auth/jwks", ended, NULL), 401);
    /* It does not, when nobody was there for so long. */
    stop_api();
    const struct timespec then[] = {{.tv_sec = time(NULL) - 120}, {.tv_sec = time(NULL) - 120}};
    ck_assert_int_eq(utimensat(AT_FDCWD, kept, then, 0), 0);
    start_api();
    ck_assert_int_eq(ask("GET", "/api/v1/auth/jwks", access, NULL), 503);
    test_pg_up(pg);
    db = test_pg_connect(pg);
    int64_t until = sg_now_us() + SOON_US;
    int status;
    while ((status = refresh(keep)) == 503 && sg_now_us() < until)
        sg_sleep_us(50000);
    ck_assert_int_eq(status, 200);
    for (int i = 0; i < 3000 && !is_gone(kept); i++)
        sg_sleep_us(20000);
    ck_assert(is_gone(kept));
}
END_TEST

START_TEST(what_is_over_is_tidied_away)
{
    begin("a@example.org");
    const char *access = text_of("access_token");
    test_pg_sql(
        db, "INSERT INTO sessions SELECT 1, user_id, sha256('k'), sha256('c'), NULL, NULL, 0, '', "
            "now(), now(), now() - interval '1 s', now() - interval '1 s' FROM users");
    test_pg_sql(
        db, "INSERT INTO revoked_sessions VALUES (2, now() - interval '2 hours', now() - interval "
            "'2 hours')");
    test_pg_sql(db, "INSERT INTO account_tokens (token_hash, purpose, email, expires_at) VALUES "
                    "(sha256('t'), 'reset', 'a@example.org', now() - interval '1 s')");
    stop_api();
    PQfinish(db);
    test_pg_stop(pg);
    start_api(); /* it is not there at first: that is made up for */
    test_pg_up(pg);
    db = test_pg_connect(pg);
    for (int i = 0; i < 1200 && *test_pg_sql(db, "SELECT count(*) FROM account_tokens") != '0'; i++)
        sg_sleep_us(50000);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM account_tokens"), "0");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM sessions"), "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM revoked_sessions WHERE session_id = 2"),
                     "0");
    test_await_api(port, var);
    ck_assert_int_eq(me(access), 200);
    test_pg_sql(
        db,
        "INSERT INTO sessions SELECT 100 + i, user_id, sha256('k'), sha256('c'), NULL, NULL, 0, "
        "'', now(), now() - interval '1 hour', now() + interval '1 hour', now() FROM users, "
        "generate_series(1, 300) i");
    ck_assert_int_eq(log_in("a@example.org", GOOD), 200);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM sessions"), "200"); /* of one user */
    ck_assert_int_eq(me(access), 200);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("accounts");
    TCase *t = tcase_create("accounts");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, start_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_account_begins_by_mail_and_logs_in_as_the_document_says);
    tcase_add_test(t, a_refresh_token_is_good_once_and_its_reuse_ends_the_session);
    tcase_add_test(t, refreshing_many_times_at_once_gives_one_successor);
    tcase_add_test(t, logging_out_ends_a_session_at_once_here_and_elsewhere);
    tcase_add_test(t, nothing_tells_whether_there_is_an_account);
    tcase_add_test(t, a_forgotten_password_is_replaced_by_mail_once);
    tcase_add_test(t, wrong_passwords_make_the_account_wait_and_right_ones_are_hashed_anew);
    tcase_add_test(t, what_is_wrong_is_named_and_nothing_is_assigned_by_the_way);
    tcase_add_test(t, what_an_admin_gives_is_known_to_tokens_that_are_out);
    tcase_add_test(t, what_is_taken_away_is_gone_though_the_databases_clock_went_back);
    tcase_add_test(t, tokens_that_are_not_good_are_refused_wherever_they_are_told);
    tcase_add_test(t, without_the_database_who_is_logged_in_stays_so);
    tcase_add_test(t, what_is_over_is_tidied_away);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
