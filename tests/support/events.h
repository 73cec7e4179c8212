/* events.h - a reader of server-sent events, for tests. */
#pragma once
#include "core/buf.h"

struct test_events {
    int fd;
    int status;        /* of the answer; 0: none came */
    struct sg_buf raw; /* as received */
    size_t at;         /* of raw, decoded up to here */
    size_t chunk;      /* bytes of the present chunk to come */
    bool line_end;     /* then the end of its line */
    struct sg_buf text, data;
    char event[64];
    uint64_t id;
    bool ended;
};

/* headers: lines ending with "\r\n", or NULL. Waits for the answer's head. */
void test_events_open(struct test_events *x, int port, const char *path, const char *headers);
/* The next event in event, id (0: none) and data; false: none came within so long, or the stream
 * has ended (ended). */
bool test_events_next(struct test_events *x, int timeout_ms);
void test_events_close(struct test_events *x);
