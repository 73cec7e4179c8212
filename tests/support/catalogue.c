/* catalogue.c - see catalogue.h. */
#include "tests/support/catalogue.h"
#include "core/buf.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/scratch.h"
#include <arpa/inet.h>
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_indexer catalogue_x;
PGconn *catalogue_db;
char catalogue_said[1 << 20];
static struct test_pg *pg;
static pid_t api;
static int port;

void catalogue_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    PGconn *db = test_pg_connect(pg);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name, roles) VALUES "
                    "(1, 'one', 'One', '{user,artist}'), (2, 'two', 'Two', '{user,artist}'), "
                    "(3, 'admin', 'Admin', '{user,admin}'), (4, 'l', 'Listener', '{user}'); "
                    "ALTER TABLE users ALTER user_id RESTART 100");
    test_pg_sql(db, "INSERT INTO genres (genre_id, name) VALUES (1, 'Rock'), (2, 'Jazz'); "
                    "ALTER TABLE genres ALTER genre_id RESTART 100");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name, user_id) VALUES (1, 'First', 1), "
                    "(2, 'Second', 2), (3, 'Unmanaged', NULL); "
                    "ALTER TABLE artists ALTER artist_id RESTART 100");
    PQfinish(db);
}

void catalogue_start(void)
{
    char settings[300];
    catalogue_db = test_pg_connect(pg);
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\n" TEST_PATIENT, port);
    test_indexer_init(&catalogue_x, pg, NULL, settings);
    mkdir(test_path(catalogue_x.dir, "var"), 0700);
    api = test_program_spawn(&catalogue_x, "segue-api", (const char *const[]){"serve", NULL});
    test_await_api(port, test_path(catalogue_x.dir, "var"));
}

void catalogue_stop(void)
{
    ck_assert_int_eq(test_stop(api), 0);
    PQfinish(catalogue_db);
}

pid_t catalogue_pid(void)
{
    return api;
}

void catalogue_crash(void)
{
    kill(api, SIGKILL);
    test_wait(api);
    api = test_program_spawn(&catalogue_x, "segue-api", (const char *const[]){"serve", NULL});
    test_await_api(port, test_path(catalogue_x.dir, "var"));
}

int catalogue_port(void)
{
    return port;
}

static const char *authorization(int who)
{
    static const unsigned roles[] = {[ONE] = SG_ROLE_USER | SG_ROLE_ARTIST,
                                     [TWO] = SG_ROLE_USER | SG_ROLE_ARTIST,
                                     [ADMIN] = SG_ROLE_USER | SG_ROLE_ADMIN,
                                     [LISTENER] = SG_ROLE_USER};
    char var[128];
    snprintf(var, sizeof var, "%s", test_path(catalogue_x.dir, "var"));
    return who ? test_authorization(var, (uint64_t)who, roles[who], SG_FREE) : "";
}

int catalogue_send(int who, const char *method, const char *path, const char *headers,
                   const void *body, size_t n)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sg_buf text = {0};
    ssize_t got, sent = 0;
    size_t k = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    /* as long as the server takes to be there, on a machine that has much else to do */
    for (int i = 0; connect(fd, (struct sockaddr *)&at, sizeof at) && i < 1200; i++)
        usleep(100000);
    sg_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s%s", method, path,
                  authorization(who), headers ? headers : "");
    if (body)
        sg_buf_printf(&text, "Content-Length: %zu\r\n", n);
    sg_buf_puts(&text, "\r\n");
    sg_buf_put(&text, body ? body : "", n);
    while ((size_t)sent < text.n &&
           (got = send(fd, text.p + sent, text.n - (size_t)sent, MSG_NOSIGNAL)) > 0)
        sent += got;
    sg_buf_free(&text);
    while (k + 1 < sizeof catalogue_said &&
           (got = recv(fd, catalogue_said + k, sizeof catalogue_said - k - 1, 0)) > 0)
        k += (size_t)got;
    close(fd);
    catalogue_said[k] = '\0';
    return k > 12 ? atoi(catalogue_said + 9) : 0;
}

int catalogue_ask(int who, const char *method, const char *path, const char *headers,
                  const char *body)
{
    char all[1024];
    snprintf(all, sizeof all, "%s%s", headers ? headers : "",
             body ? "Content-Type: application/json\r\n" : "");
    return catalogue_send(who, method, path, all, body, body ? strlen(body) : 0);
}

bool catalogue_says(const char *text)
{
    return strstr(catalogue_said, text) != NULL;
}

uint64_t catalogue_number(const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(catalogue_said, key);
    ck_assert_msg(at != NULL, "no %s in %s", name, catalogue_said);
    return strtoull(at + strlen(key), NULL, 10);
}

const char *catalogue_if_match(void)
{
    static char lines[8][128];
    static unsigned next;
    char *line = lines[next++ % 8];
    const char *at = strcasestr(catalogue_said, "\r\netag: ");
    ck_assert_msg(at != NULL, "no ETag in %s", catalogue_said);
    snprintf(line, 128, "If-Match: %.*s\r\n", (int)strcspn(at + 8, "\r"), at + 8);
    return line;
}
