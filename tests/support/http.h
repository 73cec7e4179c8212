/* http.h - asking an API on this machine, one connection a request, for tests. */
#pragma once
#include "tests/support/port.h"
#include <stddef.h>

/* The status, 0: no answer; waits up to two minutes for somebody to listen. headers: lines ending
 * with
 * "\r\n", or NULL; body: NULL for none. The whole answer, head and body, in said. */
int test_http(int port, const char *method, const char *path, const char *headers, const char *body,
              char *said, size_t cap);
/* Waits until an API that was just started answers what it has to ask its database for, to
 * somebody who is logged in where its var_dir is told, else (NULL) to nobody in particular. */
void test_await_api(int port, const char *var_dir);
