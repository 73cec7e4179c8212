/* test_erasure.c - the operator's accounts, all that is held of a user, and its deletion: the real
 * API over a real database. */
#include "api/accounts/holdings.h"
#include "core/clock.h"
#include "core/uuid.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHO      "987654321" /* a number that nothing else has */
#define OTHER    "55"
#define PASSWORD "correct horse"

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t api;
static int port;
static char settings[400], said[1 << 20];

static int ask(const char *method, const char *path, const char *token, const char *body)
{
    return test_http(port, method, path, token ? test_bearer(token) : NULL, body, said,
                     sizeof said);
}

static void start_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\n");
}

static void setup(void)
{
    db = test_pg_connect(pg);
    test_pg_sql(db, "DELETE FROM users");
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\napi.timeout_ms = 20000\n", port);
    test_indexer_init(&x, pg, NULL, settings);
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    test_await_api(port, test_path(x.dir, "var"));
}

static void teardown(void)
{
    kill(api, SIGTERM);
    ck_assert_int_eq(test_wait(api), 0);
    PQfinish(db);
}

/* segue-api ARGS with this on standard input: its exit code; the last line it prints in out. */
static int command(const char *input, const char *args, char out[4000])
{
    char line[1000], last[4000];
    snprintf(line, sizeof line, "printf '%s' | %s --config %s %s 2>/dev/null", input,
             test_program("segue-api"), x.conf, args);
    FILE *f = popen(line, "r");
    ck_assert_ptr_nonnull(f);
    *out = '\0';
    while (fgets(last, sizeof last, f)) {
        last[strcspn(last, "\n")] = '\0';
        strcpy(out, last);
    }
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(the_operator_makes_lists_changes_and_deletes_accounts)
{
    char out[4000], token[4000];
    static const char *const wrong[] = {"user",
                                        "user create",
                                        "user create --email",
                                        "user create --email a@example.org --role king",
                                        "user create --email a@example.org --password secret12",
                                        "user create --email a@example.org --subscription gold",
                                        "user show",
                                        "user delete 1",
                                        "user set-role 1 root",
                                        "user set-subscription 1 premium --until soon",
                                        "user list 1",
                                        "user frobnicate",
                                        "keys",
                                        "keys rotate now"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(command("", wrong[i], out) == 2, "%s", wrong[i]);
    ck_assert_int_eq(command("", "user create --email a@example.org", out), 1); /* no password */
    ck_assert_int_eq(command("short\n", "user create --email a@example.org", out), 1);
    ck_assert_int_eq(
        command(PASSWORD "\n", "user create --email A@example.org --name Ann --json", out), 0);
    ck_assert_msg(strstr(out, "\"email\":\"a@example.org\"") && strstr(out, "\"roles\":[\"user\"]"),
                  "%s", out);
    ck_assert_int_eq(command(PASSWORD "\n", "user create --email a@EXAMPLE.org", out), 1);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/login", NULL,
                         "{\"email\":\"a@example.org\",\"password\":\"" PASSWORD "\"}"),
                     200);
    ck_assert_int_eq(command("", "user set-role a@example.org admin", out), 0);
    ck_assert_int_eq(
        command("", "user set-subscription a@example.org premium --until 2999-01-31T00:00:00Z",
                out),
        0);
    ck_assert_int_eq(command("", "user show a@example.org --json", out), 0);
    ck_assert_msg(strstr(out, "\"roles\":[\"user\",\"admin\"]") &&
                      strstr(out, "\"subscription_expires_at\":\"2999-01-31T00:00:00Z\""),
                  "%s", out);
    ck_assert_int_eq(command("", "user token a@example.org", token), 0);
    ck_assert_int_eq(ask("GET", "/api/v1/me", token, NULL), 200);
    ck_assert_int_eq(command("", "keys rotate", out), 0);
    ck_assert_int_eq(ask("GET", "/api/v1/me", token, NULL), 200);
    ck_assert_int_eq(command("", "keys list --json", out), 0);
    ck_assert_msg(strstr(out, "\"alg\":\"EdDSA\"") && !strstr(out, "verifies_until"), "%s", out);
    ck_assert_int_eq(command("", "user revoke-sessions a@example.org", out), 0);
    ck_assert_str_eq(out, "2 sessions ended");
    int status = 200;
    for (int i = 0; i < 3000 && status == 200; i++, sg_sleep_us(20000))
        status = ask("GET", "/api/v1/me", token, NULL);
    ck_assert_int_eq(status, 401);
    ck_assert_int_eq(ask("POST", "/api/v1/auth/login", NULL,
                         "{\"email\":\"a@example.org\",\"password\":\"" PASSWORD "\"}"),
                     200);
    ck_assert_int_eq(command("", "user set-password a@example.org --generate", out), 0);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM sessions"), "0");
    ck_assert_int_eq(ask("POST", "/api/v1/auth/login", NULL,
                         "{\"email\":\"a@example.org\",\"password\":\"" PASSWORD "\"}"),
                     401);
    ck_assert_int_eq(command("", "user list", out), 0);
    ck_assert_msg(strstr(out, "Ann") && strstr(out, "a@example.org"), "%s", out);
    ck_assert_int_eq(command("", "user delete a@example.org --yes", out), 0);
    ck_assert_int_eq(command("", "user show a@example.org", out), 1);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM users"), "0");
}
END_TEST

/* Tables with a column that names a user, as "table.column" lines: by name, whatever it holds. */
static const char naming[] =
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
    "AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'text'::regtype) "
    "AND (a.attname ~ '(^|_)user_id$' OR a.attname ~ '_by$' AND a.atttypid = 'bigint'::regtype "
    "OR a.attname ~ 'collaborator|follower_id|owner_id|member_id|author_id|sender|recipient')";

static bool listed(const char *table)
{
    for (const struct sg_holding *h = sg_holdings; h->table; h++)
        if (strcmp(h->table, table) == 0)
            return true;
    return false;
}

START_TEST(every_table_that_names_a_user_is_in_the_list)
{
    char sql[2000];
    snprintf(sql, sizeof sql, "SELECT DISTINCT c.relname %s ORDER BY 1", naming);
    PGresult *r = PQexec(db, sql);
    ck_assert_int_eq(PQresultStatus(r), PGRES_TUPLES_OK);
    ck_assert_int_gt(PQntuples(r), 15);
    for (int i = 0; i < PQntuples(r); i++)
        ck_assert_msg(listed(PQgetvalue(r, i, 0)),
                      "%s names a user: say in api/accounts/holdings.c what is shown and how it "
                      "forgets",
                      PQgetvalue(r, i, 0));
    PQclear(r);
    for (const struct sg_holding *h = sg_holdings; h->table; h++)
        ck_assert_msg(*test_pg_sql(db, "SELECT to_regclass('%s')", h->table), "%s is no table",
                      h->table);
}
END_TEST

static void fill(void)
{
    test_pg_sql(db, "INSERT INTO genres VALUES (1, 'rock')");
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name, email_verified_at) VALUES "
                    "(" OTHER ", 'other@example.org', 'Other', now())");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name, user_id) VALUES (1, 'A', " WHO ")");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title) VALUES (1, 1, 'S')");
    test_pg_sql(db, "INSERT INTO uploads (upload_id, artist_id, user_id, title, object_key, bytes) "
                    "VALUES ('upload_1', 1, " WHO ", 'U', 'k', 1)");
    test_pg_sql(db, "INSERT INTO playlists (user_id, playlist_id, name, is_public) VALUES "
                    "(" WHO ", 1, 'Hers', true), (" OTHER ", 2, 'Of the other', true)");
    test_pg_sql(db,
                "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id, added_by) "
                "VALUES (" WHO ", 1, 'a', 1, " WHO "), (" OTHER ", 2, 'a', 1, " WHO ")");
    test_pg_sql(db, "INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id) "
                    "VALUES (" WHO ", 1, " OTHER "), (" OTHER ", 2, " WHO ")");
    test_pg_sql(
        db, "INSERT INTO playlist_changes (user_id, playlist_id, snapshot_id, added_by, change) "
            "VALUES (" OTHER ", 2, 1, " OTHER ", '{}'), (" OTHER ", 2, 2, " WHO ", '{\"by\":" WHO
            "}'), "
            "(" OTHER ", 2, 3, " OTHER ", '{}')");
    test_pg_sql(db, "INSERT INTO follows (user_id, target_kind, target_id) VALUES "
                    "(" WHO ", 'artist', 1), (" WHO ", 'user', " OTHER "), (" OTHER ", 'user', " WHO
                    "), "
                    "(" OTHER ", 'playlist', 1)");
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at) "
                "SELECT " WHO ", 1, now() - i * interval '10 days' FROM generate_series(1, 30) i");
    test_pg_sql(db, "INSERT INTO feedback (user_id, target_kind, target_id, verdict) VALUES "
                    "(" WHO ", 'song', 1, 'like')");
    test_pg_sql(db, "INSERT INTO recent_searches VALUES (" WHO ", 'q', 'q', now())");
    test_pg_sql(db, "INSERT INTO exposures (user_id, exposed_at, exposure_id, experiment, variant, "
                    "surface, songs) VALUES (" WHO ", now(), 1, 'e', 'v', 's', '{1}')");
    test_pg_sql(db, "INSERT INTO blocks (user_id, blocked_user_id) VALUES (" OTHER ", " WHO ")");
    test_pg_sql(db, "INSERT INTO reports (user_id, kind, target_id, reason) VALUES "
                    "(" WHO ", 'song', 1, 'spam'), (" OTHER ", 'user', " WHO ", 'spam')");
    test_pg_sql(db, "INSERT INTO shares (user_id, to_user_id, kind, target_id) VALUES "
                    "(" OTHER ", " WHO ", 'song', 1)");
    test_pg_sql(db, "INSERT INTO saved_albums (user_id, album_id) VALUES (" WHO ", 1)");
    test_pg_sql(db,
                "WITH d AS (INSERT INTO devices (user_id, name, kind, session_id) VALUES "
                "(" WHO ", 'Laptop of hers', 'desktop', 1) RETURNING device_id), l AS (INSERT "
                "INTO licences (user_id, licence_id, asset_id, device_id, kind, expires_at) "
                "SELECT " WHO ", device_id, device_id, device_id, 'offline', now() FROM d) "
                "INSERT INTO offline_kept (user_id, device_id, kind, target_id, quality) SELECT "
                "" WHO ", device_id, 'song', 1, 3 FROM d");
    test_pg_sql(db, "INSERT INTO offline_songs (user_id, device_id, song_id, asset_id, licence_id, "
                    "expires_at) SELECT user_id, device_id, 1, asset_id, licence_id, now() FROM "
                    "licences");
    test_pg_sql(db, "INSERT INTO account_tokens (token_hash, purpose, email, expires_at) VALUES "
                    "(sha256('x'), 'register', 'who@example.org', now())");
}

/* Every place that still names her, by column and by a target of kind user. */
static const char *left(void)
{
    static char where[4000];
    char sql[2000];
    *where = '\0';
    snprintf(
        sql, sizeof sql,
        "SELECT c.relname, a.attname, 'true' %s UNION ALL SELECT c.relname, t.attname, k.attname "
        "|| "
        "' = ''user''' FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND "
        "t.attname IN ('target_id', 'id') JOIN pg_attribute k ON k.attrelid = c.oid AND k.attname "
        "IN ('target_kind', 'kind') WHERE c.relnamespace = 'public'::regnamespace AND "
        "c.relkind IN ('r', 'p') AND NOT c.relispartition",
        naming);
    PGresult *r = PQexec(db, sql);
    ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
    for (int i = 0; i < PQntuples(r); i++) {
        const char *n = test_pg_sql(db, "SELECT count(*) FROM %s WHERE %s::text = '" WHO "' AND %s",
                                    PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), PQgetvalue(r, i, 2));
        if (strcmp(n, "0") != 0)
            snprintf(where + strlen(where), sizeof where - strlen(where), "%s.%s ",
                     PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
    }
    PQclear(r);
    return where;
}

static bool archive_holds(const char *dir, const char *file, const char *text)
{
    char path[300], bytes[20000] = "";
    snprintf(path, sizeof path, "%s/segue/%s.json", dir, file);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    bytes[fread(bytes, 1, sizeof bytes - 1, f)] = '\0';
    fclose(f);
    return strstr(bytes, text) != NULL;
}

static void export_all(const char *token)
{
    char line[4600];
    snprintf(line, sizeof line,
             "cd %s && curl -sf -o a.tar.gz -H 'Authorization: Bearer %s' "
             "http://127.0.0.1:%d/api/v1/me/export && tar xzf a.tar.gz && "
             "for f in segue/*.json; do jq -e 'type == \"array\"' $f >/dev/null || exit 1; done",
             x.dir, token, port);
    ck_assert_int_eq(system(line), 0);
    ck_assert(archive_holds(x.dir, "users", "\"who@example.org\""));
    ck_assert(!archive_holds(x.dir, "users", "argon2id"));
    ck_assert(archive_holds(x.dir, "listening_history", "\"song_id\": 1"));
    ck_assert(archive_holds(x.dir, "feedback", "\"like\""));
    ck_assert(archive_holds(x.dir, "playlists", "\"Hers\""));
    ck_assert(!archive_holds(x.dir, "playlists", "Of the other"));
    ck_assert(archive_holds(x.dir, "sessions", "\"device\""));
    ck_assert(!archive_holds(x.dir, "sessions", "family_key"));
    ck_assert(archive_holds(x.dir, "recent_searches", "\"q\""));
    ck_assert(archive_holds(x.dir, "devices", "\"Laptop of hers\""));
    ck_assert(archive_holds(x.dir, "licences", "\"offline\""));
    ck_assert(archive_holds(x.dir, "offline_kept", "\"song\""));
    ck_assert(archive_holds(x.dir, "offline_songs", "\"song_id\": 1"));
}

START_TEST(an_account_is_exported_and_deleted_without_remains)
{
    char out[4000], token[4000], change[100];
    ck_assert_int_eq(command(PASSWORD "\n", "user create --email who@example.org --name Who", out),
                     0);
    test_pg_sql(db, "UPDATE users SET user_id = " WHO " WHERE email = 'who@example.org'");
    fill();
    ck_assert_int_eq(ask("POST", "/api/v1/auth/login", NULL,
                         "{\"email\":\"who@example.org\",\"password\":\"" PASSWORD "\"}"),
                     200);
    const char *at = strstr(said, "\"access_token\":\"") + 16;
    snprintf(token, sizeof token, "%.*s", (int)strcspn(at, "\""), at);
    snprintf(change, sizeof change, "{\"display_name\":\"Who else\"}");
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", token, change), 200);
    export_all(token);
    ck_assert_str_ne(left(), "");
    ck_assert_int_eq(ask("DELETE", "/api/v1/me", token, "{\"password\":\"wrong one\"}"), 400);
    ck_assert_int_eq(ask("DELETE", "/api/v1/me", NULL, "{\"password\":\"" PASSWORD "\"}"), 401);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM users"), "2");
    ck_assert_msg(ask("DELETE", "/api/v1/me", token, "{\"password\":\"" PASSWORD "\"}") == 204,
                  "%s", said);
    ck_assert_str_eq(left(), "");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM account_tokens"), "0");
    ck_assert_int_eq(ask("GET", "/api/v1/me", token, NULL), 401);
    ck_assert_int_eq(ask("GET", "/api/v1/users/" WHO, NULL, NULL), 404);
    /* Others keep theirs. */
    ck_assert_str_eq(test_pg_sql(db, "SELECT name FROM playlists"), "Of the other");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM playlist_songs"), "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM artists WHERE user_id IS NULL"), "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT max(snapshot_id) FROM playlist_changes"), "3");
}
END_TEST

static int click(const char *token)
{
    unsigned char id[16];
    char text[SG_UUID_CHARS + 1], path[100];
    sg_uuid_make(id);
    sg_uuid_text(id, text);
    snprintf(path, sizeof path, "/api/v1/search/%s/click", text);
    return ask("POST", path, token, "{\"type\":\"song\",\"id\":1,\"position\":1}");
}

START_TEST(nothing_is_logged_of_who_opted_out)
{
    char out[4000], token[4000];
    ck_assert_int_eq(command(PASSWORD "\n", "user create --email who@example.org", out), 0);
    ck_assert_int_eq(command("", "user token who@example.org", token), 0);
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", token, "{\"search_log\":false}"), 200);
    ck_assert(strstr(said, "\"search_log\":false"));
    ck_assert_int_eq(click(token), 204); /* of a token from before the wish */
    ck_assert_int_eq(ask("PATCH", "/api/v1/me", token, "{\"search_log\":true}"), 200);
    ck_assert_int_eq(click(token), 204);
    for (int i = 0; i < 600 && *test_pg_sql(db, "SELECT count(*) FROM search_choices") == '0'; i++)
        sg_sleep_us(100000);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM search_choices"), "1");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("erasure");
    TCase *t = tcase_create("erasure");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, start_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_operator_makes_lists_changes_and_deletes_accounts);
    tcase_add_test(t, every_table_that_names_a_user_is_in_the_list);
    tcase_add_test(t, an_account_is_exported_and_deleted_without_remains);
    tcase_add_test(t, nothing_is_logged_of_who_opted_out);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
