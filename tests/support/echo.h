/* echo.h - a server that answers what it was asked, and who asks it, for the tests of rpc. */
#pragma once
#include "core/rpc.h"
#include <stdatomic.h>

struct echo {
    struct sg_str text;
    int64_t sleep_ms, fail;
    struct sg_list numbers;
};
extern const struct sg_record echo_record;
extern const struct sg_rpc_method echo_methods[];

/* Addresses in a folder of the test's own, made anew with the counts at 0. */
extern char echo_url[64], echo_second_url[64];
void echo_setup(void);
void echo_teardown(void);

/* Of all servers: threads opened and closed, replies released, calls handled; what
 * was left of the last call's time. */
extern atomic_int echo_opened, echo_closed, echo_released, echo_handled;
extern _Atomic int64_t echo_seen_left;

struct sg_rpc_server *echo_serve(const char *at, int workers);
/* state: NULL, or the number of the thread that is to fail. */
int echo_thread_open(void *state, void **thread, struct sg_error *e);
void echo_thread_close(void *thread);

struct sg_rpc_client *echo_client(const char *urls);
int echo_call(struct sg_rpc_client *c, struct echo *q, struct echo *r, struct sg_arena *a,
              int64_t ms, struct sg_error *e);
void echo_wait_until_answers(struct sg_rpc_client *c);

struct echo_caller {
    struct sg_rpc_client *client;
    int64_t sleep_ms, deadline_ms;
    int rc;
    int64_t took_us;
};
void *echo_call_in_thread(void *caller);

/* A connection that speaks bytes of its own; its greeting. */
int echo_connect(void);
void echo_shake_hands(int fd);
