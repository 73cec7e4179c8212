/* test_rpc.c - servers and clients over real ipc sockets, with hostile peers. */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/rpc/envelope.h"
#include "core/rpc/link.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct echo {
    struct sg_str text;
    int64_t sleep_ms, fail;
    struct sg_list numbers;
};
static const struct sg_field echo_fields[] = {
    SG_FIELD_STR(struct echo, text, 0, 4 << 20, SG_OPTIONAL),
    SG_FIELD_I64(struct echo, sleep_ms, 0, 10000, SG_OPTIONAL),
    SG_FIELD_I64(struct echo, fail, -100, 0, SG_OPTIONAL),
    SG_FIELD_LIST(struct echo, numbers, SG_T_U64, NULL, 1000),
};
static const struct sg_record echo_record = SG_RECORD("Echo", struct echo, echo_fields);

static char folder[32], url[64], second_url[64];
static atomic_int opened, closed, released, handled;
static _Atomic int64_t seen_left;

static int handle_echo(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                       struct sg_error *e)
{
    const struct echo *q = in;
    ck_assert(thread != NULL);
    atomic_fetch_add(&handled, 1);
    atomic_store(&seen_left, call->deadline_us - sg_now_us());
    if (q->sleep_ms)
        sg_sleep_us(q->sleep_ms * 1000);
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

static int thread_open(void *state, void **thread, struct sg_error *e)
{
    *thread = malloc(1);
    int n = atomic_fetch_add(&opened, 1);
    if (state && n == *(int *)state) {
        free(*thread);
        return sg_fail(e, SG_ENOENT, "worker %d has no index", n);
    }
    return 0;
}

static void thread_close(void *thread)
{
    free(thread);
    atomic_fetch_add(&closed, 1);
}

static void release(void *thread)
{
    ck_assert(thread != NULL);
    atomic_fetch_add(&released, 1);
}

static const struct sg_rpc_method methods[] = {
    {"echo", &echo_record, &echo_record, handle_echo},
    {"where", NULL, &echo_record, handle_where},
    {0},
};

static struct sg_rpc_server *serve(const char *at, int workers)
{
    struct sg_rpc_options o = {.url = at,
                               .methods = methods,
                               .workers = workers,
                               .thread_open = thread_open,
                               .thread_close = thread_close,
                               .release = release};
    struct sg_rpc_server *s;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_rpc_serve(&s, &o, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    return s;
}

static struct sg_rpc_client *client(const char *urls)
{
    struct sg_rpc_client *c;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_client_open(&c, urls, &e), 0);
    return c;
}

static int call_echo(struct sg_rpc_client *c, struct echo *q, struct echo *r, struct sg_arena *a,
                     int64_t ms, struct sg_error *e)
{
    return sg_rpc_call(c, "echo", &echo_record, q, &echo_record, r, a, sg_now_us() + ms * 1000,
                       SG_STR("00-abc"), e);
}

static void setup(void)
{
    strcpy(folder, "/tmp/sg-rpc-XXXXXX");
    ck_assert(mkdtemp(folder));
    snprintf(url, sizeof url, "ipc://%s/run/a.ipc", folder);
    snprintf(second_url, sizeof second_url, "ipc://%s/run/b.ipc", folder);
    atomic_store(&opened, 0);
    atomic_store(&closed, 0);
    atomic_store(&released, 0);
    atomic_store(&handled, 0);
}

static void teardown(void)
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

START_TEST(a_call_comes_back_with_its_record)
{
    struct sg_rpc_server *s = serve(url, 2);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    uint64_t numbers[] = {1, 2, INT64_MAX};
    struct echo q = {.text = SG_STR("Zażółć"), .numbers = {numbers, 3}}, r;
    int rc = call_echo(c, &q, &r, &a, 2000, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    ck_assert(sg_str_eq(r.text, q.text));
    ck_assert_uint_eq(r.numbers.n, 3);
    ck_assert(((uint64_t *)r.numbers.v)[2] == INT64_MAX);
    ck_assert(atomic_load(&seen_left) > 1000000 && atomic_load(&seen_left) <= 2000000);
    rc = sg_rpc_call(c, "where", NULL, NULL, &echo_record, &r, &a, sg_now_us() + 1000000,
                     SG_STR("00-abc"), &e);
    ck_assert_int_eq(rc, 0);
    ck_assert(sg_str_eq(r.text, SG_STR("00-abc")));
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    ck_assert_int_eq(atomic_load(&opened), 2);
    ck_assert_int_eq(atomic_load(&closed), 2);
    ck_assert_int_eq(atomic_load(&released), 2);
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_reply_is_had_as_json_and_its_error_as_an_error)
{
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_buf json = {0}, wanted = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {.text = SG_STR("\"Sigur R\u00f3s\"")};
    int rc = sg_rpc_call_json(c, "echo", &echo_record, &q, &echo_record, &json, &a,
                              sg_now_us() + 2000000, SG_STR_NONE, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    sg_record_to_json(&echo_record, &q, &wanted);
    ck_assert(sg_str_eq(sg_buf_str(&json), sg_buf_str(&wanted)));
    sg_buf_reset(&json);
    q.fail = SG_ELIMIT;
    rc = sg_rpc_call_json(c, "echo", &echo_record, &q, &echo_record, &json, &a,
                          sg_now_us() + 2000000, SG_STR_NONE, &e);
    ck_assert_int_eq(rc, SG_ELIMIT);
    ck_assert_uint_eq(json.n, 0);
    sg_buf_free(&json);
    sg_buf_free(&wanted);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

struct ending {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n, failed, rc;
};

static void on_done(void *ctx, int rc, const struct sg_error *e)
{
    struct ending *w = ctx;
    ck_assert(!rc || *e->text);
    pthread_mutex_lock(&w->lock);
    w->n++;
    w->failed += rc != 0;
    w->rc = rc;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void wait_for_endings(struct ending *w, int n)
{
    pthread_mutex_lock(&w->lock);
    while (w->n < n)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

enum { STARTED = 500 };
static struct sg_buf jsons[STARTED];
static struct sg_arena arenas[STARTED];

static void start_echoes(struct sg_rpc_client *c, int n, int64_t sleep_ms, int64_t ms,
                         struct ending *w)
{
    struct echo q = {.text = SG_STR("hello"), .sleep_ms = sleep_ms};
    for (int i = 0; i < n; i++)
        sg_rpc_start_json(c, "echo", &echo_record, &q, &echo_record, &jsons[i], &arenas[i],
                          sg_now_us() + ms * 1000, SG_STR_NONE, on_done, w);
}

static void free_echoes(void)
{
    for (size_t i = 0; i < STARTED; i++) {
        sg_buf_free(&jsons[i]);
        sg_arena_free(&arenas[i]);
    }
}

START_TEST(calls_are_started_by_the_hundred_and_each_ends_once)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    struct sg_rpc_server *s = serve(url, 2);
    struct sg_rpc_client *c = client(url);
    struct sg_buf wanted = {0};
    struct echo q = {.text = SG_STR("hello")};
    sg_record_to_json(&echo_record, &q, &wanted);
    for (int round = 1; round <= 5; round++) {
        start_echoes(c, STARTED, 0, 5000, &w);
        wait_for_endings(&w, round * STARTED);
        for (size_t i = 0; i < STARTED; i++) {
            ck_assert(sg_str_eq(sg_buf_str(&jsons[i]), sg_buf_str(&wanted)));
            sg_buf_reset(&jsons[i]);
            sg_arena_reset(&arenas[i]);
        }
    }
    ck_assert_int_eq(w.failed, 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    ck_assert_int_eq(w.n, 5 * STARTED);
    sg_buf_free(&wanted);
    free_echoes();
}
END_TEST

START_TEST(a_started_call_ends_at_its_deadline_and_without_a_server)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    int64_t start = sg_now_us();
    start_echoes(c, 1, 500, 100, &w);
    wait_for_endings(&w, 1);
    ck_assert_int_eq(w.rc, SG_ETIMEOUT);
    ck_assert(sg_now_us() - start < 300000);
    start_echoes(c, 1, 500, -1, &w);
    ck_assert_int_eq(w.rc, SG_ETIMEOUT);
    sg_sleep_us(500000); /* the late reply finds nobody */
    sg_rpc_server_close(s, 1000);
    start = sg_now_us();
    start_echoes(c, 1, 0, 3000, &w);
    wait_for_endings(&w, 3);
    ck_assert_int_eq(w.rc, SG_EUNAVAIL);
    ck_assert(sg_now_us() - start < 1000000);
    sg_rpc_client_close(c);
    free_echoes();
}
END_TEST

START_TEST(started_calls_end_when_the_server_dies)
{
    struct ending w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    struct sg_rpc_server *s = serve(second_url, 2);
    char both[300];
    snprintf(both, sizeof both, "%s,%s", url, second_url);
    struct sg_rpc_client *c = client(both);
    start_echoes(c, 100, 0, 3000, &w); /* half of them first ask where nobody is */
    wait_for_endings(&w, 100);
    ck_assert_int_eq(w.failed, 0);
    start_echoes(c, 100, 300, 3000, &w);
    sg_sleep_us(50000);
    sg_rpc_server_close(s, 0);
    wait_for_endings(&w, 200);
    ck_assert_int_gt(w.failed, 0);
    sg_rpc_client_close(c);
    free_echoes();
}
END_TEST

START_TEST(an_error_comes_back_as_it_was_set)
{
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {.fail = SG_ELIMIT}, r;
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, &e), SG_ELIMIT);
    ck_assert_int_eq(e.code, SG_ELIMIT);
    ck_assert_str_eq(e.field, "text");
    ck_assert_str_eq(e.text, "asked to fail ?");
    q = (struct echo){.sleep_ms = 99999};
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "sleep_ms");
    ck_assert_int_eq(sg_rpc_call(c, "nothing", NULL, NULL, NULL, NULL, &a, sg_now_us() + 1000000,
                                 SG_STR_NONE, &e),
                     SG_ENOENT);
    ck_assert_str_eq(e.text, "no method 'nothing'");
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(metrics_are_answered_without_an_entry)
{
    struct m {
        struct sg_str text;
    } r;
    static const struct sg_field fields[] = {SG_FIELD_STR(struct m, text, 0, 1 << 20, SG_REQUIRED)};
    static const struct sg_record record = SG_RECORD("M", struct m, fields);
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, back;
    ck_assert_int_eq(call_echo(c, &q, &back, &a, 2000, &e), 0);
    int rc = sg_rpc_call(c, "metrics", NULL, NULL, &record, &r, &a, sg_now_us() + 1000000,
                         SG_STR_NONE, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    ck_assert(memmem(r.text.p, r.text.n, "segue_rpc_requests_total{method=\"echo\"} ", 40));
    ck_assert(memmem(r.text.p, r.text.n, "process_open_fds", 16));
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_passed_deadline_is_answered_without_running)
{
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, r;
    ck_assert_int_eq(call_echo(c, &q, &r, &a, -1, &e), SG_ETIMEOUT);
    ck_assert_int_eq(atomic_load(&handled), 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

struct caller {
    struct sg_rpc_client *client;
    int64_t sleep_ms, deadline_ms;
    int rc;
    int64_t took_us;
};

static void *call_in_thread(void *arg)
{
    struct caller *t = arg;
    struct sg_arena a = {0};
    struct echo q = {.sleep_ms = t->sleep_ms}, r;
    int64_t start = sg_now_us();
    t->rc = call_echo(t->client, &q, &r, &a, t->deadline_ms, NULL);
    t->took_us = sg_now_us() - start;
    sg_arena_free(&a);
    return NULL;
}

START_TEST(a_request_that_waited_past_its_deadline_is_not_run)
{
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    struct caller slow = {c, 300, 2000, 1, 0}, late = {c, 0, 100, 1, 0};
    pthread_t a, b;
    pthread_create(&a, NULL, call_in_thread, &slow);
    sg_sleep_us(100000);
    pthread_create(&b, NULL, call_in_thread, &late);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    ck_assert_int_eq(slow.rc, 0);
    ck_assert_int_eq(late.rc, SG_ETIMEOUT);
    ck_assert(late.took_us < 200000);
    sg_sleep_us(100000);
    ck_assert_int_eq(atomic_load(&handled), 1);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(many_threads_share_one_client)
{
    struct sg_rpc_server *s = serve(url, 4);
    struct sg_rpc_client *c = client(url);
    pthread_t t[16];
    struct caller callers[16];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 16; i++) {
            callers[i] = (struct caller){c, i % 3, 5000, 1, 0};
            pthread_create(&t[i], NULL, call_in_thread, &callers[i]);
        }
        for (int i = 0; i < 16; i++) {
            pthread_join(t[i], NULL);
            ck_assert_int_eq(callers[i].rc, 0);
        }
    }
    ck_assert_int_eq(atomic_load(&handled), 320);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(a_server_closes_after_answering_what_it_holds)
{
    struct sg_rpc_server *s = serve(url, 2);
    struct sg_rpc_client *c = client(url);
    struct caller slow = {c, 300, 2000, 1, 0};
    pthread_t t;
    pthread_create(&t, NULL, call_in_thread, &slow);
    sg_sleep_us(100000);
    sg_rpc_server_close(s, 2000);
    pthread_join(t, NULL);
    ck_assert_int_eq(slow.rc, 0);
    sg_rpc_client_close(c);
}
END_TEST

START_TEST(no_server_is_unavailable_soon_and_then_at_once)
{
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, r;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(call_echo(c, &q, &r, &a, 3000, &e), SG_EUNAVAIL);
    int64_t start = sg_now_us();
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 3000, &e), SG_EUNAVAIL);
    ck_assert(sg_now_us() - start < 50000);
    struct sg_rpc_server *s = serve(url, 1);
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 30 && rc; i++) {
        rc = call_echo(c, &q, &r, &a, 3000, &e);
        sg_sleep_us(100000);
    }
    ck_assert_int_eq(rc, 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 100);
    sg_arena_free(&a);
}
END_TEST

static pid_t serve_in_child(const char *at)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    serve(at, 2);
    for (;;)
        pause();
}

static void wait_until_answers(struct sg_rpc_client *c)
{
    struct sg_arena a = {0};
    struct echo q = {0}, r;
    for (int i = 0; i < 100 && call_echo(c, &q, &r, &a, 3000, NULL) != 0; i++)
        sg_sleep_us(50000);
    sg_arena_free(&a);
}

START_TEST(a_server_killed_in_mid_call_does_not_hang_its_client)
{
    pid_t pid = serve_in_child(url);
    sg_sleep_us(200000);
    struct sg_rpc_client *c = client(url);
    wait_until_answers(c);
    struct caller slow = {c, 5000, 8000, 1, 0};
    pthread_t t;
    pthread_create(&t, NULL, call_in_thread, &slow);
    sg_sleep_us(200000);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    pthread_join(t, NULL);
    ck_assert_int_eq(slow.rc, SG_EUNAVAIL);
    ck_assert(slow.took_us < 2000000);
    struct sg_rpc_server *s = serve(url, 2); /* the dead one's socket file is stale */
    wait_until_answers(c);
    ck_assert_int_gt(atomic_load(&handled), 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(a_second_replica_answers_for_a_dead_one)
{
    char both[300];
    snprintf(both, sizeof both, "%s , %s", url, second_url);
    struct sg_rpc_server *s = serve(second_url, 2);
    struct sg_rpc_client *c = client(both);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct echo q = {0}, r;
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, &e), 0);
    ck_assert_int_eq(atomic_load(&handled), 30);
    q.fail = SG_EINVAL; /* an answer is an answer: not asked twice */
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, &e), SG_EINVAL);
    ck_assert_int_eq(atomic_load(&handled), 31);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(two_servers_on_one_address_are_refused)
{
    struct sg_rpc_server *s = serve(url, 1), *t = NULL;
    struct sg_rpc_options o = {.url = url, .methods = methods, .workers = 1};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_serve(&t, &o, &e), SG_EBUSY);
    ck_assert(t == NULL);
    struct sg_rpc_client *c = client(url);
    wait_until_answers(c);
    ck_assert_int_gt(atomic_load(&handled), 0); /* the attempt did not hurt the first */
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 100);
    char path[160];
    snprintf(path, sizeof path, "%s/run/a.ipc", folder);
    FILE *f = fopen(path, "w");
    fclose(f);
    ck_assert_int_eq(sg_rpc_serve(&t, &o, &e), SG_EEXIST);
    unlink(path);
    memset(path, 'x', 150);
    memcpy(path, "ipc:///tmp/", 11);
    path[150] = '\0';
    o.url = path;
    ck_assert_int_eq(sg_rpc_serve(&t, &o, &e), SG_EINVAL);
    o.url = "carrier-pigeon://here";
    ck_assert_int_lt(sg_rpc_serve(&t, &o, &e), 0);
}
END_TEST

START_TEST(a_worker_that_cannot_open_stops_the_server)
{
    int failing = 1;
    struct sg_rpc_options o = {.url = url,
                               .methods = methods,
                               .workers = 3,
                               .state = &failing,
                               .thread_open = thread_open,
                               .thread_close = thread_close};
    struct sg_rpc_server *s = NULL;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_serve(&s, &o, &e), SG_ENOENT);
    ck_assert_str_eq(e.text, "worker 1 has no index");
    ck_assert_int_eq(atomic_load(&closed), 2);
}
END_TEST

/* A connection that speaks bytes of its own. */
static int raw_connect(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", url + 6);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void shake_hands(int fd)
{
    char theirs[RPC_GREETING_BYTES];
    ck_assert_int_eq(write(fd, RPC_GREETING, RPC_GREETING_BYTES), RPC_GREETING_BYTES);
    ck_assert_int_eq(recv(fd, theirs, sizeof theirs, MSG_WAITALL), sizeof theirs);
    ck_assert_int_eq(memcmp(theirs, RPC_GREETING, RPC_GREETING_BYTES), 0);
}

/* kind 0: junk instead of the greeting, 1: junk after it, 2: a well-framed
 * request of junk, 3: a frame that promises 2 GiB, 4: one that is cut off. */
static void send_garbage(int kind, unsigned *seed)
{
    char junk[4096];
    for (size_t k = 0; k < sizeof junk; k++)
        junk[k] = (char)rand_r(seed);
    if (kind == 2)
        memcpy(junk, "\0\1\0\0", 4);
    else if (kind == 3)
        memcpy(junk, "\0\0\0\x80", 4);
    else if (kind == 4)
        memcpy(junk, "\0\0\1\0", 4);
    int fd = raw_connect();
    if (kind)
        shake_hands(fd);
    ck_assert_int_gt(send(fd, junk, 1 + (size_t)rand_r(seed) % sizeof junk, MSG_NOSIGNAL), 0);
    close(fd);
}

START_TEST(garbage_on_the_socket_kills_nothing)
{
    struct sg_rpc_server *s = serve(url, 2);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct echo q = {0}, r;
    unsigned seed = 7;
    wait_until_answers(c);
    for (int i = 0; i < 300; i++) {
        send_garbage(i % 5, &seed);
        ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, NULL), 0);
    }
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(peers_that_say_nothing_keep_nobody_out)
{
    struct sg_rpc_server *s = serve(url, 1);
    int fds[20];
    for (size_t i = 0; i < 20; i++) {
        fds[i] = raw_connect();
        if (i % 2)
            shake_hands(fds[i]);
    }
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct echo q = {0}, r;
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, NULL), 0);
    for (size_t i = 0; i < 20; i++)
        close(fds[i]);
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 2000, NULL), 0);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

/* Its replies fill the socket, then a worker's write waits, until it is given up. */
START_TEST(a_peer_that_does_not_read_is_hung_up_on)
{
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_buf body = {0}, frame = {0};
    char *text = malloc(100000);
    memset(text, 'x', 100000);
    struct echo q = {.text = {text, 100000}}, r;
    sg_record_pack(&echo_record, &q, &body);
    struct rpc_request request = {.v = RPC_VERSION,
                                  .id = 1,
                                  .deadline_us = 60000000,
                                  .method = SG_STR("echo"),
                                  .body = sg_buf_str(&body)};
    ck_assert_int_eq(rpc_frame(&frame, &rpc_request_record, &request, NULL), 0);
    int fd = raw_connect();
    shake_hands(fd);
    for (int i = 0; i < 20; i++)
        if (send(fd, frame.p, frame.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    q.text.n = 10;
    int rc = call_echo(c, &q, &r, &a, 8000, NULL);
    ck_assert_int_eq(rc, 0);
    close(fd);
    free(text);
    sg_buf_free(&body);
    sg_buf_free(&frame);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

static void send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        ck_assert_int_gt(w, 0);
        p += w;
        n -= (size_t)w;
    }
}

/* Sends bytes as one frame, gives the reply's status. */
static int64_t status_of(int fd, const void *p, size_t n, struct sg_arena *a, struct rpc_reply *r)
{
    uint32_t head = (uint32_t)n;
    send_all(fd, (const char *)&head, sizeof head);
    send_all(fd, p, n);
    ck_assert_int_eq(recv(fd, &head, sizeof head, MSG_WAITALL), sizeof head);
    char *bytes = sg_arena_alloc(a, head);
    ck_assert_int_eq(recv(fd, bytes, head, MSG_WAITALL), head);
    ck_assert_int_eq(sg_record_unpack(&rpc_reply_record, (struct sg_str){bytes, head}, a, r, NULL),
                     0);
    return r->status;
}

START_TEST(a_message_that_does_not_decode_is_answered_with_an_error)
{
    struct sg_rpc_server *s = serve(url, 1);
    struct sg_arena a = {0};
    struct rpc_reply r;
    int socket = raw_connect();
    shake_hands(socket);
    ck_assert_int_eq(status_of(socket, "", 0, &a, &r), SG_EINVAL);
    ck_assert_int_eq(status_of(socket, "\xc1", 1, &a, &r), SG_EINVAL);
    ck_assert_int_eq(status_of(socket, "\xdf\xff\xff\xff\xff", 5, &a, &r), SG_EINVAL);
    ck_assert_int_eq(status_of(socket, "GET / HTTP/1.1\r\n\r\n", 18, &a, &r), SG_EINVAL);

    struct rpc_request q = {
        .v = 2, .id = 5, .deadline_us = 1000000, .method = SG_STR("echo"), .body = SG_STR("\x80")};
    struct sg_buf b = {0};
    sg_record_pack(&rpc_request_record, &q, &b);
    ck_assert_int_eq(status_of(socket, b.p, b.n, &a, &r), SG_EINVAL);
    ck_assert_uint_eq(r.id, 5);
    ck_assert(sg_str_eq(r.field, SG_STR("v")));

    q.v = 1;
    sg_buf_reset(&b);
    sg_record_pack(&rpc_request_record, &q, &b);
    ck_assert_int_eq(status_of(socket, b.p, b.n, &a, &r), 0);
    for (size_t n = 0; n < b.n; n++)
        ck_assert_int_eq(status_of(socket, b.p, n, &a, &r), SG_EINVAL);

    q.deadline_us = 0;
    sg_buf_reset(&b);
    sg_record_pack(&rpc_request_record, &q, &b);
    ck_assert_int_eq(status_of(socket, b.p, b.n, &a, &r), SG_ETIMEOUT);
    ck_assert_int_eq(atomic_load(&handled), 1);

    char *large = calloc(1, SG_RECORD_BYTES + 100);
    ck_assert_int_eq(status_of(socket, large, SG_RECORD_BYTES + 100, &a, &r), SG_ELIMIT);
    free(large);
    close(socket);
    sg_buf_free(&b);
    sg_arena_free(&a);
    sg_rpc_server_close(s, 1000);
}
END_TEST

START_TEST(messages_of_a_megabyte_pass_and_too_large_ones_are_refused)
{
    struct sg_rpc_server *s = serve(url, 2);
    struct sg_rpc_client *c = client(url);
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    size_t n = SG_RECORD_BYTES + 1;
    char *big = malloc(n);
    memset(big, 'x', n);
    struct echo q = {.text = {big, 1 << 20}}, r;
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(call_echo(c, &q, &r, &a, 5000, &e), 0);
        ck_assert(sg_str_eq(q.text, r.text));
        sg_arena_reset(&a);
    }
    q.text.n = (4 << 20) + 1; /* over the field's bound */
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 5000, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "text");
    q.text.n = n; /* over the message's bound: not even sent */
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 5000, &e), SG_ELIMIT);
    q.text.n = 1;
    ck_assert_int_eq(call_echo(c, &q, &r, &a, 5000, &e), 0);
    free(big);
    sg_rpc_client_close(c);
    sg_rpc_server_close(s, 1000);
    sg_arena_free(&a);
}
END_TEST

START_TEST(bad_client_addresses_are_refused)
{
    struct sg_rpc_client *c = NULL;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_lt(sg_rpc_client_open(&c, "", &e), 0);
    ck_assert_int_lt(sg_rpc_client_open(&c, "ipc:///tmp/x,,", &e), 0);
    ck_assert_int_lt(sg_rpc_client_open(&c, "carrier-pigeon://here", &e), 0);
    ck_assert(c == NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc");
    TCase *t = tcase_create("rpc");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_call_comes_back_with_its_record);
    tcase_add_test(t, a_reply_is_had_as_json_and_its_error_as_an_error);
    tcase_add_test(t, calls_are_started_by_the_hundred_and_each_ends_once);
    tcase_add_test(t, a_started_call_ends_at_its_deadline_and_without_a_server);
    tcase_add_test(t, started_calls_end_when_the_server_dies);
    tcase_add_test(t, an_error_comes_back_as_it_was_set);
    tcase_add_test(t, metrics_are_answered_without_an_entry);
    tcase_add_test(t, a_passed_deadline_is_answered_without_running);
    tcase_add_test(t, a_request_that_waited_past_its_deadline_is_not_run);
    tcase_add_test(t, many_threads_share_one_client);
    tcase_add_test(t, a_server_closes_after_answering_what_it_holds);
    tcase_add_test(t, no_server_is_unavailable_soon_and_then_at_once);
    tcase_add_test(t, a_server_killed_in_mid_call_does_not_hang_its_client);
    tcase_add_test(t, a_second_replica_answers_for_a_dead_one);
    tcase_add_test(t, two_servers_on_one_address_are_refused);
    tcase_add_test(t, a_worker_that_cannot_open_stops_the_server);
    tcase_add_test(t, garbage_on_the_socket_kills_nothing);
    tcase_add_test(t, peers_that_say_nothing_keep_nobody_out);
    tcase_add_test(t, a_peer_that_does_not_read_is_hung_up_on);
    tcase_add_test(t, a_message_that_does_not_decode_is_answered_with_an_error);
    tcase_add_test(t, messages_of_a_megabyte_pass_and_too_large_ones_are_refused);
    tcase_add_test(t, bad_client_addresses_are_refused);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
