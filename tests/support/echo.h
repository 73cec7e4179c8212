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

/* For what is to succeed, however busy the machine is. */
#define ECHO_PATIENCE_MS 60000

/* Of all servers: threads opened and closed, replies released, calls handled ("echo" only); what
 * was left of the last call's time. */
extern atomic_int echo_opened, echo_closed, echo_released, echo_handled;
extern _Atomic int64_t echo_seen_left;
/* While it is true no call of "echo" ends. */
extern atomic_bool echo_held;
void echo_wait_until_handled(int n); /* or begun to be */

struct sg_rpc_server *echo_serve(const char *at, int workers);
/* state: NULL, or the number of the thread that is to fail. */
int echo_thread_open(void *state, void **thread, struct sg_error *e);
void echo_thread_close(void *thread);

struct sg_rpc_client *echo_client(const char *urls);
/* Connected, for a call waits for that a quarter of a second at most. Has called "where". */
struct sg_rpc_client *echo_client_connected(const char *urls);
int echo_call(struct sg_rpc_client *c, struct echo *q, struct echo *r, struct sg_arena *a,
              int64_t ms, struct sg_error *e);
void echo_wait_until_answers(struct sg_rpc_client *c);

struct echo_caller {
    struct sg_rpc_client *client;
    int64_t sleep_ms, deadline_ms;
    int rc;
};
void *echo_call_in_thread(void *caller);

/* A connection that speaks bytes of its own; its greeting. */
int echo_connect(void);
void echo_shake_hands(int fd);
