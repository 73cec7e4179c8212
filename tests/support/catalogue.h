/* catalogue.h - the real API over a real database with a few people and things in it, for tests of
 * the catalogue: users 1 and 2 manage artists 1 and 2, user 3 is an admin, 4 listens. */
#pragma once
#include "tests/support/indexer.h"
#include <stdint.h>

enum { ONE = 1, TWO, ADMIN, LISTENER, NOBODY = 0 };

extern struct test_indexer catalogue_x;
extern PGconn *catalogue_db;
extern char catalogue_said[1 << 20]; /* the last answer, head and body */

/* Unchecked, then checked fixture. */
void catalogue_database(void);
void catalogue_start(void);
void catalogue_stop(void);
/* The status. who: one of the people; headers: further lines, may be NULL. */
int catalogue_ask(int who, const char *method, const char *path, const char *headers,
                  const char *body);
/* The same with any bytes for a body. */
int catalogue_send(int who, const char *method, const char *path, const char *headers,
                   const void *body, size_t n);
bool catalogue_says(const char *text);
/* The number after "name": in the last answer. */
uint64_t catalogue_number(const char *name);
/* An "If-Match: ...\r\n" line of the last answer's ETag (static, rotating). */
const char *catalogue_if_match(void);
int catalogue_port(void);
pid_t catalogue_pid(void); /* of the API */
/* kill -9, and another on the same port. */
void catalogue_crash(void);
