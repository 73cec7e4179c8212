/* http.h - asking an API on this machine, one connection a request, for tests. */
#pragma once
#include <stddef.h>

/* One that nobody listens on now. */
int test_free_port(void);
/* The status, 0: no answer; waits up to 30 s for somebody to listen. headers: lines ending with
 * "\r\n", or NULL; body: NULL for none. The whole answer, head and body, in said. */
int test_http(int port, const char *method, const char *path, const char *headers, const char *body,
              char *said, size_t cap);
