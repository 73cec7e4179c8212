/* listener.c - see listener.h. */
#include "tests/support/listener.h"
#include "tests/support/account.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void fill(PGconn *db, int users)
{
    test_pg_sql(db,
                "INSERT INTO users (user_id, email, display_name) SELECT i, 'u' || i, 'User ' || i "
                "FROM generate_series(1, %d) i",
                users);
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) SELECT i, 'Artist ' || i FROM "
                    "generate_series(1, 3) i");
    test_pg_sql(db, "INSERT INTO albums (artist_id, album_id, title, release_date) SELECT i, i, "
                    "'Album ' || i, '2001-01-01' FROM generate_series(1, 3) i");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, album_id, title, duration_s) SELECT 1 "
                    "+ i %% 3, i, 1 + i %% 3, 'Song ' || i, 200 FROM generate_series(1, 60) i");
}

void test_listeners_spawn(struct test_listeners *l)
{
    l->api = test_program_spawn(&l->x, "segue-api", (const char *const[]){"serve", NULL});
    char var[200];
    snprintf(var, sizeof var, "%s/var", l->x.dir);
    test_await_api(l->port, var);
}

void test_listeners_start(struct test_listeners *l, int users, const char *settings)
{
    char text[1000];
    if (!l->pg) {
        l->pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
        l->db = test_pg_connect(l->pg);
        fill(l->db, users);
        PQfinish(l->db);
    }
    l->db = test_pg_connect(l->pg);
    l->port = test_free_port();
    snprintf(text, sizeof text, "api.port = %d\napi.limits = off\n" TEST_PATIENT "%s", l->port,
             settings ? settings : "");
    test_indexer_init(&l->x, l->pg, NULL, text);
    mkdir(test_path(l->x.dir, "var"), 0700);
    test_listeners_spawn(l);
}

void test_listeners_stop(struct test_listeners *l)
{
    ck_assert_int_eq(test_stop(l->api), 0);
    PQfinish(l->db);
}

int test_listener_ask(struct test_listeners *l, int user, const char *method, const char *path,
                      const char *body)
{
    unsigned roles = user < 0 ? SG_ROLE_USER | SG_ROLE_ADMIN : SG_ROLE_USER;
    char var[200];
    snprintf(var, sizeof var, "%s/var", l->x.dir);
    return test_http(l->port, method, path,
                     user ? test_authorization(var, (uint64_t)abs(user), roles, SG_PREMIUM) : NULL,
                     body ? body : "", l->said, sizeof l->said);
}

int test_listener_get(struct test_listeners *l, int user, const char *fmt, ...)
{
    char path[1000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    return test_listener_ask(l, user, "GET", path, NULL);
}

int test_listener_said(const struct test_listeners *l, const char *text)
{
    int n = 0;
    for (const char *at = l->said; (at = strstr(at, text)); at += strlen(text))
        n++;
    return n;
}

const char *test_listener_value(const struct test_listeners *l, const char *member)
{
    static char value[200];
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", member);
    const char *at = strstr(l->said, key);
    if (!at)
        return "";
    at += strlen(key);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\""), at);
    return value;
}
