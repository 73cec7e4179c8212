/* playlists.h - what the tests of playlists share: nine users, twenty songs that are out and one,
 * 90, that is not, and the real API, asked by one of them at a time. */
#pragma once
#include "tests/support/pg.h"
#include <check.h>
#include <jansson.h>

enum { OWNER = 1, EDITOR, VIEWER, STRANGER, JOINER, NOBODY = 0 };

extern struct test_pg *pg; /* one for all tests, which leave in it what they made */
extern PGconn *db;
extern int port;
extern char said[4 << 20]; /* the last answer, head and body */
extern json_t *answer;     /* its body; NULL: no JSON */

/* A case of these tests, each with an API of its own. */
TCase *playlist_tests(const char *name);
TCase *songs_tests(void);
TCase *access_tests(void);
TCase *follows_tests(void);
TCase *smart_tests(void);
TCase *files_tests(void);

/* Header lines of who asks; NULL of nobody. */
const char *token_of(int who);
/* The status. */
int ask(int who, const char *method, const char *path, const char *body);
#define GET(who, path)         ask(who, "GET", path, NULL)
#define POST(who, path, body)  ask(who, "POST", path, body)
#define PUT(who, path, body)   ask(who, "PUT", path, body)
#define PATCH(who, path, body) ask(who, "PATCH", path, body)
#define DELETE(who, path)      ask(who, "DELETE", path, NULL)
void show_api(void); /* the end of what it logged */
#define EXPECT(call, status)                                                                       \
    do {                                                                                           \
        int got_ = (call);                                                                         \
        if (got_ != (status))                                                                      \
            show_api();                                                                            \
        ck_assert_msg(got_ == (status), "%s: %d: %.2000s", #call, got_, said);                     \
    } while (0)

/* Of the last answer: 0, "" when there is none. */
json_int_t number(const char *name);
const char *text(const char *name);

/* Both in rotating static buffers. */
const char *path_of(json_int_t id, const char *rest); /* "/api/v1/playlists/ID" and the rest */
const char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A new playlist, and its id. */
json_int_t make(int who, const char *body);
/* "3 1 2": its songs in order, by pages of two (static). */
const char *songs_of(int who, json_int_t id);
/* The id of its item at a place, from 0. */
json_int_t item_at(int who, json_int_t id, size_t place);
