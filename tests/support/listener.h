/* listener.h - the real segue-api over a private PostgreSQL, asked by users who are logged in:
 * for tests of what listeners do.
 */
#pragma once
#include "api/caller.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include <sys/types.h>

struct test_listeners {
    struct test_indexer x;
    struct test_pg *pg;
    PGconn *db;
    int port;
    pid_t api;
    char said[1 << 18]; /* the last answer, head and body */
};

/* Starts a database (unless there is one) with `users` users, three artists, albums and 60 songs,
 * and segue-api. settings: further lines of segue.conf, may be NULL. */
void test_listeners_start(struct test_listeners *l, int users, const char *settings);
void test_listeners_stop(struct test_listeners *l);  /* of the API: SIGTERM, which must end well */
void test_listeners_spawn(struct test_listeners *l); /* the API again */
/* Asks as that user (0: nobody; below 0: as an admin of that id): the status. body may be NULL. */
int test_listener_ask(struct test_listeners *l, int user, const char *method, const char *path,
                      const char *body);
int test_listener_get(struct test_listeners *l, int user, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* How often a text is in the last answer. */
int test_listener_said(const struct test_listeners *l, const char *text);
/* The value of a text member of the last answer, in a static buffer; "" when it is absent. */
const char *test_listener_value(const struct test_listeners *l, const char *member);
