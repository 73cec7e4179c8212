/* test_http_limits.c - how much who may ask: by class, tier, user, key and address; what answers
 * tell of it; what a forged X-Forwarded-For does not give; and limits that two APIs share
 * through a real redis-server, which goes away and comes back. */
#include "api/api.h"
#include "api/limits/limits.h"
#include "api/route.h"
#include "api/web.h"
#include "core/clock.h"
#include "core/service.h"
#include "tests/support/indexer.h"
#include "tests/support/wire.h"
#include <check.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sg_config config;
static struct sg_limits *limits;
static struct sg_arena arena;
static struct wire_answer a;
static int64_t began_us; /* before the first bucket was asked */
static char dir[] = "/tmp/segue-limits-XXXXXX", path[64];

static struct sg_limits *open_one(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_limits *l;
    ck_assert_msg(sg_limits_open(&l, &config, &e) == 0, "%s", e.text);
    return l;
}

static void setup(void)
{
    sg_config_defaults(&config);
    limits = open_one();
    began_us = sg_now_us();
}

static void teardown(void)
{
    sg_limits_close(limits);
    sg_arena_free(&arena);
}

static const struct sg_route *route(const char *name)
{
    const struct sg_route *r;
    for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk));)
        if (strcmp(r->name, name) == 0)
            return r;
    ck_abort_msg("no route %s", name);
    return NULL;
}

static struct sg_http_request someone(uint64_t user_id, enum sg_subscription s, const char *address)
{
    struct sg_http_request q = {.arena = &arena, .path = SG_STR("/x")};
    q.caller.user_id = user_id;
    q.caller.subscription = s;
    ck_assert(sg_address_read(sg_str(address), &q.address));
    q.client = sg_address_key(&q.address);
    return q;
}

static const char *header(const struct sg_http_response *r, const char *name)
{
    static char text[200];
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0) {
            snprintf(text, sizeof text, "%.*s", SG_FMT(r->headers[i].value));
            return text;
        }
    return "";
}

/* Whether one more is let through. */
static bool one(struct sg_limits *l, const char *name, struct sg_http_request q)
{
    struct sg_http_response r = {0};
    bool admitted = sg_limits_admit(l, route(name), &q, &r);
    ck_assert_int_eq(r.status, admitted ? 0 : 429);
    ck_assert_str_ne(header(&r, "RateLimit"), "");
    if (!admitted)
        ck_assert_int_ge(strtol(header(&r, "Retry-After"), NULL, 10), 1);
    sg_buf_free(&r.body);
    sg_arena_reset(&arena);
    return admitted;
}

/* How many at once, counting to most. A minute's units are there, and what comes in meanwhile. */
static int many(struct sg_limits *l, const char *name, struct sg_http_request q, int most)
{
    int n = 0;
    while (n < most && one(l, name, q))
        n++;
    return n;
}

/* What has come in since the beginning, of so much in a minute. */
static int meanwhile(int a_minute)
{
    return (int)((double)(sg_now_us() - began_us) / 60e6 * a_minute) + 1;
}

/* units were there, and so many come in a minute. */
static void about_of(int n, int units, int a_minute)
{
    ck_assert_msg(n >= units && n <= units + meanwhile(a_minute), "%d, not %d", n, units);
}

static void about(int n, int units)
{
    about_of(n, units, units);
}

/* Whether all that there is of one leaves nothing for the other: what comes in between the two may
 * on a machine that stands still, so a few times. */
static bool leaves_nothing(const char *name, struct sg_http_request q, const char *other,
                           struct sg_http_request p)
{
    for (int i = 0; i < 20; i++) {
        many(limits, name, q, 10000);
        if (!one(limits, other, p))
            return true;
    }
    return false;
}

START_TEST(each_tier_has_its_searches)
{
    about(many(limits, "search", someone(0, SG_FREE, "1.1.1.1"), 10000), 100);
    about(many(limits, "search", someone(1, SG_FREE, "1.1.1.1"), 10000), 100);
    about_of(many(limits, "search", someone(1, SG_FREE, "2.2.2.2"), 10000), 0,
             100); /* hers still */
    about(many(limits, "search", someone(2, SG_PREMIUM, "1.1.1.1"), 10000), 1000);
    about(many(limits, "search", someone(3, SG_EXPIRED, "1.1.1.1"), 10000), 100);
    struct sg_http_request backend = someone(0, SG_FREE, "1.1.1.1");
    backend.key_id = 9;
    ck_assert_int_eq(many(limits, "search", backend, 5000), 5000);
}
END_TEST

START_TEST(classes_do_not_take_from_each_other)
{
    struct sg_http_request q = someone(0, SG_FREE, "1.1.1.1");
    ck_assert(leaves_nothing("search", q, "recommendations", q));
    about(many(limits, "suggest", q, 10000), 600);
    about(many(limits, "getSong", q, 10000), 1200);
    about(many(limits, "likeSong", q, 10000), 300);
}
END_TEST

START_TEST(logins_are_counted_by_address_whoever_is_named)
{
    int cost = route("login")->cost;
    struct sg_http_request nobody = someone(0, SG_FREE, "1.1.1.1");
    int logins = many(limits, "login", nobody, 10000);
    ck_assert_int_ge(logins, 100 / cost);
    ck_assert_int_le(logins, (100 + meanwhile(100)) / cost);
    ck_assert(leaves_nothing("login", nobody, "login", someone(5, SG_PREMIUM, "1.1.1.1")));
    ck_assert(leaves_nothing("login", nobody, "login", someone(6, SG_PREMIUM, "1.1.1.1")));
    ck_assert(one(limits, "login", someone(0, SG_FREE, "1.1.1.2")));
}
END_TEST

START_TEST(an_ipv6_network_is_one_client)
{
    about(many(limits, "search", someone(0, SG_FREE, "2001:db8:1:2::1"), 10000), 100);
    ck_assert(leaves_nothing("search", someone(0, SG_FREE, "2001:db8:1:2::1"), "search",
                             someone(0, SG_FREE, "2001:db8:1:2:ffff::9")));
    ck_assert(one(limits, "search", someone(0, SG_FREE, "2001:db8:1:3::1")));
}
END_TEST

START_TEST(off_is_off_and_nothing_else_is)
{
    config.api.limits = 0;
    struct sg_limits *none = open_one();
    ck_assert_ptr_null(none);
    struct sg_http_request q = someone(0, SG_FREE, "1.1.1.1");
    struct sg_http_response r = {0};
    ck_assert(sg_limits_admit(none, route("search"), &q, &r));
    ck_assert_uint_eq(r.n_headers, 0);
    config.api.limits = 2; /* redis without one */
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_limits_open(&none, &config, &e), SG_EINVAL);
}
END_TEST

/* Over HTTP, from the proxy's address when headers tell another. */
static int ask(struct sg_http_server *http, const char *headers)
{
    char text[600];
    snprintf(text, sizeof text, "GET /api/v1/search?q= HTTP/1.1\r\nHost: x\r\n%s\r\n", headers);
    return wire_ask(sg_http_port(http), text, &a);
}

static struct sg_http_server *serve(struct sg_api *api, const struct sg_networks *proxies)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_server *http;
    struct sg_http_options o = {.host = "127.0.0.1",
                                .loops = 2,
                                .workers = 2,
                                .timeout_us = 30000000,
                                .handle = sg_route_handle,
                                .start = sg_route_start,
                                .ctx = api,
                                .proxies = proxies};
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
    return http;
}

START_TEST(answers_tell_what_is_left_and_when_to_come_again)
{
    struct sg_api api = {.limits = limits};
    struct sg_http_server *http = serve(&api, NULL);
    ck_assert_int_eq(ask(http, ""), 400); /* q is empty: it costs as much */
    ck_assert_str_eq(wire_header(&a, "RateLimit-Policy"), "\"search\";q=100;w=60");
    ck_assert_str_eq(wire_header(&a, "RateLimit"), "\"search\";r=99;t=1");
    int n = 1;
    while (n < 1000 && ask(http, "") == 400)
        n++;
    about(n, 100);
    ck_assert_int_eq(a.status, 429);
    ck_assert_str_eq(wire_header(&a, "Retry-After"), "1");
    ck_assert_int_eq(strncmp(wire_header(&a, "RateLimit"), "\"search\";r=0;t=1", 16), 0);
    ck_assert(wire_holds(&a, "\"code\":\"rate-limited\"") &&
              wire_holds(&a, "/problems/rate-limited"));
    ck_assert_str_eq(wire_header(&a, "Content-Type"), "application/problem+json");
    sg_http_close(http);
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_forged_x_forwarded_for_gives_no_fresh_limit)
{
    char line[200];
    struct sg_api api = {.limits = limits};
    struct sg_http_server *http = serve(&api, NULL); /* a stranger's own word */
    int n = 0;
    for (; n < 200; n++) {
        snprintf(line, sizeof line, "X-Forwarded-For: 9.9.%d.%d\r\nForwarded: for=8.8.8.%d\r\n", n,
                 n, n);
        if (ask(http, line) == 429)
            break;
    }
    about(n, 100);
    sg_http_close(http);

    struct sg_networks proxies;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_networks_read(&proxies, SG_STR("loopback"), &e), 0);
    http = serve(&api, &proxies); /* and what she made up before the proxy's word */
    for (n = 0; n < 200; n++) {
        snprintf(line, sizeof line, "X-Forwarded-For: 9.9.%d.%d, 7.7.7.7\r\n", n, n);
        if (ask(http, line) == 429)
            break;
    }
    about(n, 100);
    ck_assert_int_eq(ask(http, "X-Forwarded-For: 7.7.7.8\r\n"), 400); /* another client */
    sg_http_close(http);
    sg_buf_free(&a.body);
}
END_TEST

static pid_t start_redis(void)
{
    char log[80];
    snprintf(log, sizeof log, "%s/log", dir);
    pid_t pid = test_spawn((const char *const[]){"redis-server", "--port", "0", "--unixsocket",
                                                 path, "--save", "", "--appendonly", "no", NULL},
                           log, SIGKILL);
    for (int i = 0; i < 1000; i++) {
        redisContext *c = redisConnectUnix(path);
        bool up = c && !c->err;
        redisFree(c);
        if (up)
            return pid;
        sg_sleep_us(10000);
    }
    ck_abort_msg("redis-server does not answer");
    return 0;
}

static void stop_redis(pid_t pid)
{
    kill(pid, SIGKILL);
    test_wait(pid);
    unlink(path);
}

/* Until user's bucket of l has been emptied by others. */
static bool learns(struct sg_limits *l, const char *name, uint64_t user)
{
    for (int i = 0; i < 100; i++) {
        if (!one(l, name, someone(user, SG_FREE, "1.1.1.1")))
            return true;
        sg_sleep_us(100000);
    }
    return false;
}

START_TEST(apis_share_limits_through_redis_and_go_on_without_it)
{
    if (access("/usr/bin/redis-server", X_OK)) {
        printf("SKIPPED: no redis-server\n");
        return;
    }
    pid_t redis = start_redis();
    config.api.limits = 2;
    snprintf(config.api.redis, sizeof config.api.redis, "%s", path);
    struct sg_limits *x = open_one(), *y = open_one();
    about(many(x, "search", someone(1, SG_FREE, "1.1.1.1"), 1000), 100);
    ck_assert(learns(y, "search", 1));
    ck_assert(one(y, "search", someone(2, SG_FREE, "1.1.1.1")));

    stop_redis(redis);
    about(many(x, "search", someone(3, SG_FREE, "1.1.1.1"), 1000), 100); /* its own */
    about(many(y, "search", someone(3, SG_FREE, "1.1.1.1"), 1000), 100);
    sg_sleep_us(1500000);

    redis = start_redis();
    many(x, "getSong", someone(4, SG_FREE, "1.1.1.1"), 2000);
    bool shared = false;
    for (uint64_t user = 100; user < 130 && !shared; user++) { /* until both are back */
        many(x, "login", someone(user, SG_FREE, "3.3.3.3"), 1000);
        many(x, "search", someone(user, SG_FREE, "1.1.1.1"), 1000);
        sg_sleep_us(500000);
        one(y, "search", someone(user, SG_FREE, "1.1.1.1"));
        sg_sleep_us(500000);
        shared = many(y, "search", someone(user, SG_FREE, "1.1.1.1"), 1000) < 90;
    }
    ck_assert(shared);
    sg_limits_close(x);
    sg_limits_close(y);
    stop_redis(redis);
}
END_TEST

/* In a process of its own, as it gives up files for good. */
START_TEST(files_are_raised_to_what_connections_need_or_it_is_said)
{
    struct sg_error e = SG_ERROR_INIT;
    struct rlimit few = {1000, 1000}, now;
    struct sg_http_server *http;
    struct sg_http_options o = {.host = "127.0.0.1",
                                .loops = 1,
                                .workers = 1,
                                .connections_max = 4000,
                                .handle = sg_route_handle,
                                .start = sg_route_start};
    char said[4000] = "", log_path[90];
    snprintf(log_path, sizeof log_path, "%s/log", dir);
    ck_assert(!setrlimit(RLIMIT_NOFILE, &few) && freopen(log_path, "w", stderr));
    ck_assert_msg(!sg_http_open(&http, &o, &e), "%s", e.text);
    fflush(stderr);
    ck_assert(!getrlimit(RLIMIT_NOFILE, &now));
    FILE *f = fopen(log_path, "r");
    said[fread(said, 1, sizeof said - 1, f)] = '\0';
    fclose(f);
    bool enough = now.rlim_cur >= 8000, told = strstr(said, "limit=1000 needed=8256 connections=");
    ck_assert_msg(enough != told, "%llu: %s", (unsigned long long)now.rlim_cur, said);
    sg_http_close(http);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as every program here */
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/redis.sock", dir);
    Suite *suite = suite_create("http_limits");
    TCase *t = tcase_create("http_limits");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_tier_has_its_searches);
    tcase_add_test(t, classes_do_not_take_from_each_other);
    tcase_add_test(t, logins_are_counted_by_address_whoever_is_named);
    tcase_add_test(t, an_ipv6_network_is_one_client);
    tcase_add_test(t, off_is_off_and_nothing_else_is);
    tcase_add_test(t, answers_tell_what_is_left_and_when_to_come_again);
    tcase_add_test(t, a_forged_x_forwarded_for_gives_no_fresh_limit);
    tcase_add_test(t, apis_share_limits_through_redis_and_go_on_without_it);
    tcase_add_test(t, files_are_raised_to_what_connections_need_or_it_is_said);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    char log[80];
    snprintf(log, sizeof log, "%s/log", dir);
    unlink(log);
    rmdir(dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
