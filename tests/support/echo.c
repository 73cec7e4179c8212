/* echo.c - see echo.h. */
#include "tests/support/echo.h"
#include "core/clock.h"
#include "core/rpc/link.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct sg_field echo_fields[] = {
    SG_FIELD_STR(struct echo, text, 0, 4 << 20, SG_OPTIONAL),
    SG_FIELD_I64(struct echo, sleep_ms, 0, 10000, SG_OPTIONAL),
    SG_FIELD_I64(struct echo, fail, -100, 0, SG_OPTIONAL),
    SG_FIELD_LIST(struct echo, numbers, SG_T_U64, NULL, 1000),
};
const struct sg_record echo_record = SG_RECORD("Echo", struct echo, echo_fields);

static char folder[32];
char echo_url[64], echo_second_url[64];
atomic_int echo_opened, echo_closed, echo_released, echo_handled;
_Atomic int64_t echo_seen_left;
atomic_bool echo_held;

static int handle_echo(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                       struct sg_error *e)
{
    const struct echo *q = in;
    ck_assert(thread != NULL);
    atomic_fetch_add(&echo_handled, 1);
    atomic_store(&echo_seen_left, call->deadline_us - sg_now_us());
    if (q->sleep_ms)
        sg_sleep_us(q->sleep_ms * 1000);
    while (atomic_load(&echo_held))
        sg_sleep_us(1000);
    if (q->fail)
        return sg_fail_field(e, "text", "asked to fail \xff"), (int)q->fail;
    *(struct echo *)out = *q;
    return 0;
}

static int handle_where(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                        struct sg_error *e)
{
    (void)thread, (void)in, (void)e;
    ((struct echo *)out)->text = sg_arena_copy(call->arena, call->traceparent);
    return 0;
}

int echo_thread_open(void *state, void **thread, struct sg_error *e)
{
    *thread = malloc(1);
    int n = atomic_fetch_add(&echo_opened, 1);
    if (state && n == *(int *)state) {
        free(*thread);
        return sg_fail(e, SG_ENOENT, "worker %d has no index", n);
    }
    return 0;
}

void echo_thread_close(void *thread)
{
    free(thread);
    atomic_fetch_add(&echo_closed, 1);
}

static void release(void *thread)
{
    ck_assert(thread != NULL);
    atomic_fetch_add(&echo_released, 1);
}

const struct sg_rpc_method echo_methods[] = {
    {"echo", &echo_record, &echo_record, handle_echo},
    {"where", NULL, &echo_record, handle_where},
    {0},
};

struct sg_rpc_server *echo_serve(const char *at, int workers)
{
    struct sg_rpc_options o = {.url = at,
                               .methods = echo_methods,
                               .workers = workers,
                               .thread_open = echo_thread_open,
                               .thread_close = echo_thread_close,
                               .release = release};
    struct sg_rpc_server *s;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_rpc_serve(&s, &o, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    return s;
}

struct sg_rpc_client *echo_client(const char *urls)
{
    struct sg_rpc_client *c;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_client_open(&c, urls, &e), 0);
    return c;
}

struct sg_rpc_client *echo_client_connected(const char *urls)
{
    struct sg_rpc_client *c = echo_client(urls);
    struct sg_arena a = {0};
    struct echo r;
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 2000 && rc; i++) {
        rc = sg_rpc_call(c, "where", NULL, NULL, &echo_record, &r, &a,
                         sg_now_us() + ECHO_PATIENCE_MS * INT64_C(1000), SG_STR_NONE, NULL);
        if (rc)
            sg_sleep_us(50000);
    }
    ck_assert_int_eq(rc, 0);
    sg_arena_free(&a);
    return c;
}

int echo_call(struct sg_rpc_client *c, struct echo *q, struct echo *r, struct sg_arena *a,
              int64_t ms, struct sg_error *e)
{
    return sg_rpc_call(c, "echo", &echo_record, q, &echo_record, r, a, sg_now_us() + ms * 1000,
                       SG_STR("00-abc"), e);
}

void echo_setup(void)
{
    strcpy(folder, "/tmp/sg-rpc-XXXXXX");
    ck_assert(mkdtemp(folder));
    snprintf(echo_url, sizeof echo_url, "ipc://%s/run/a.ipc", folder);
    snprintf(echo_second_url, sizeof echo_second_url, "ipc://%s/run/b.ipc", folder);
    atomic_store(&echo_opened, 0);
    atomic_store(&echo_closed, 0);
    atomic_store(&echo_released, 0);
    atomic_store(&echo_handled, 0);
    atomic_store(&echo_held, false);
}

void echo_teardown(void)
{
    char path[160];
    for (const char *const *f = (const char *const[]){"run/a.ipc", "run/b.ipc", NULL}; *f; f++) {
        snprintf(path, sizeof path, "%s/%s", folder, *f);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/run", folder);
    rmdir(path);
    rmdir(folder);
}

void *echo_call_in_thread(void *arg)
{
    struct echo_caller *t = arg;
    struct sg_arena a = {0};
    struct echo q = {.sleep_ms = t->sleep_ms}, r;
    t->rc = echo_call(t->client, &q, &r, &a, t->deadline_ms, NULL);
    sg_arena_free(&a);
    return NULL;
}

void echo_wait_until_answers(struct sg_rpc_client *c)
{
    struct sg_arena a = {0};
    struct echo q = {0}, r;
    for (int i = 0; i < 2000 && echo_call(c, &q, &r, &a, ECHO_PATIENCE_MS, NULL) != 0; i++)
        sg_sleep_us(50000);
    sg_arena_free(&a);
}

void echo_wait_until_handled(int n)
{
    for (int i = 0; i < 60000 && atomic_load(&echo_handled) < n; i++)
        sg_sleep_us(1000);
    ck_assert_int_ge(atomic_load(&echo_handled), n);
}

/* A connection that speaks bytes of its own. */
int echo_connect(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", echo_url + 6);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

void echo_shake_hands(int fd)
{
    char theirs[RPC_GREETING_BYTES];
    ck_assert_int_eq(write(fd, RPC_GREETING, RPC_GREETING_BYTES), RPC_GREETING_BYTES);
    ck_assert_int_eq(recv(fd, theirs, sizeof theirs, MSG_WAITALL), sizeof theirs);
    ck_assert_int_eq(memcmp(theirs, RPC_GREETING, RPC_GREETING_BYTES), 0);
}
