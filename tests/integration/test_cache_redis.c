/* test_cache_redis.c - the cache's second tier, a real redis-server: two caches stand for two
 * APIs that share it.
 */
#include "api/cache/cache.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/service.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77 };
static char dir[] = "/tmp/segue-redis-XXXXXX", path[64];
static pid_t server;
static struct sg_cache *a, *b;
static const struct sg_cache_kind kind = {"kind", 1000, 10, 1000};

static redisContext *connect_redis(void)
{
    for (int i = 0; i < 6000; i++) {
        redisContext *c = redisConnectUnix(path);
        if (c && !c->err)
            return c;
        redisFree(c);
        sg_sleep_us(10000);
    }
    ck_abort_msg("redis-server does not answer");
}

static void start_server(void)
{
    char log[80];
    snprintf(log, sizeof log, "%s/log", dir);
    server = test_spawn((const char *const[]){"redis-server", "--port", "0", "--unixsocket", path,
                                              "--save", "", "--appendonly", "no", NULL},
                        log, SIGKILL);
    redisFree(connect_redis());
}

static void stop_server(void)
{
    kill(server, SIGKILL);
    test_wait(server);
    unlink(path);
}

static struct sg_cache *open_one(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config;
    struct sg_cache *c;
    sg_config_defaults(&config);
    config.api.cache_mb = 1;
    snprintf(config.api.redis, sizeof config.api.redis, "%s", path);
    ck_assert_msg(sg_cache_open(&c, &config, &e) == 0, "%s", e.text);
    return c;
}

static void setup(void)
{
    start_server();
    a = open_one();
    b = open_one();
}

static void teardown(void)
{
    sg_cache_close(a);
    sg_cache_close(b);
    stop_server();
}

struct source {
    const char *value;
    atomic_int loads;
    struct sg_cache *forget; /* the key, in this cache, between reading and keeping */
};

static int load(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    struct source *s = ctx;
    (void)e;
    s->loads++;
    sg_buf_puts(out, s->value);
    if (s->forget)
        sg_cache_forget(s->forget, SG_STR("k"));
    return 0;
}

/* What is got, static; loads it when it must. */
static const char *ask(struct sg_cache *c, struct source *s)
{
    static char got[64];
    struct sg_buf out = {0};
    int rc = sg_cache_through(c, &kind, SG_STR("k"), sg_now_us() + 10000000, load, s, &out, NULL);
    ck_assert_int_eq(rc, 0);
    snprintf(got, sizeof got, "%.*s", SG_FMT(sg_buf_str(&out)));
    sg_buf_free(&out);
    return got;
}

/* How often Redis was not there within the time it is given, a tenth of a second. */
static double failures(void)
{
    static const char name[] = "\nsegue_redis_failures_total ";
    struct sg_buf text = {0};
    sg_metrics_expose(&text);
    sg_buf_putc(&text, '\0');
    const char *at = strstr(text.p, name);
    double n = at ? strtod(at + strlen(name), NULL) : 0;
    sg_buf_free(&text);
    return n;
}

/* With Redis there all the time, which on a machine that is busy with other things it may need a
 * few tries to be. */
static int loads_of(int (*one)(void))
{
    for (int i = 0; i < 50; i++) {
        double before = failures();
        int loads = one();
        if (failures() == before)
            return loads;
        sg_sleep_us(1100000); /* it is left alone so long */
        sg_cache_forget_all(a);
        sg_cache_forget_all(b);
    }
    ck_abort_msg("Redis is never there");
}

static int load_by_one_find_by_another(void)
{
    struct source s = {.value = "v"};
    ck_assert_str_eq(ask(a, &s), "v");
    ck_assert_str_eq(ask(b, &s), "v");
    return s.loads;
}

START_TEST(what_one_loaded_another_finds)
{
    ck_assert_int_eq(loads_of(load_by_one_find_by_another), 1);
}
END_TEST

static int forget_by_one_load_by_another(void)
{
    struct source old = {.value = "old"}, new = {.value = "new"};
    ask(a, &old);
    sg_cache_forget(a, SG_STR("k"));
    ck_assert_str_eq(ask(b, &new), "new");
    ck_assert_str_eq(ask(a, &new), "new");
    return new.loads;
}

START_TEST(what_is_forgotten_by_one_is_not_found_by_another)
{
    ck_assert_int_eq(loads_of(forget_by_one_load_by_another), 1);
}
END_TEST

/* a reads, b writes and forgets, a keeps what it read: nobody may find that. */
START_TEST(a_late_writer_does_not_bring_an_old_value_back)
{
    struct source old = {.value = "old", .forget = b}, new = {.value = "new"};
    ask(a, &old);
    ck_assert_str_eq(ask(b, &new), "new");
    struct sg_cache *c = open_one();
    ck_assert_str_eq(ask(c, &new), "new");
    sg_cache_close(c);
}
END_TEST

START_TEST(a_renamed_artist_makes_every_value_old)
{
    struct source old = {.value = "old"}, new = {.value = "new"};
    ask(a, &old);
    sg_cache_forget(a, SG_STR("artist:5"));
    ck_assert_str_eq(ask(b, &new), "new");
}
END_TEST

START_TEST(all_is_forgotten_everywhere)
{
    struct source old = {.value = "old"}, new = {.value = "new"};
    ask(a, &old);
    sg_cache_forget_all(a);
    ck_assert_str_eq(ask(b, &new), "new");
    ck_assert_str_eq(ask(a, &new), "new");
}
END_TEST

START_TEST(without_redis_the_cache_goes_on_and_nothing_old_comes_back)
{
    struct source old = {.value = "old"}, new = {.value = "new"};
    ask(a, &old);
    kill(server, SIGSTOP); /* it keeps what it has, and answers nobody */
    sg_cache_forget(a, SG_STR("k"));
    ck_assert_str_eq(ask(a, &new), "new");
    kill(server, SIGCONT);
    struct source other = {.value = "other"};
    bool told = false;
    for (int i = 0; i < 50 && !told; i++) {
        sg_sleep_us(1100000); /* it is left alone so long, and again where it was not there yet */
        double before = failures();
        sg_cache_forget(a, SG_STR("something else"));
        told = failures() == before;
    }
    ck_assert(told);
    ck_assert_str_eq(ask(b, &other), "other");
    stop_server();
    sg_cache_forget(b, SG_STR("k"));
    ck_assert_str_eq(ask(b, &new), "new");
    start_server();
}
END_TEST

START_TEST(what_does_not_belong_there_is_not_taken)
{
    static const char *const names[] = {"e", "n", "g:k", "v:k"};
    struct source s = {.value = "v"};
    redisContext *c = connect_redis();
    for (size_t i = 0; i < 4; i++) {
        freeReplyObject(redisCommand(c, "RPUSH segue1:%s x y", names[i]));
        sg_cache_forget(a, SG_STR("k"));
        ck_assert_str_eq(ask(a, &s), "v");
        freeReplyObject(redisCommand(c, "FLUSHALL"));
        freeReplyObject(redisCommand(c, "SET segue1:%s x", names[i]));
        sg_cache_forget(a, SG_STR("k"));
        ck_assert_str_eq(ask(a, &s), "v");
        freeReplyObject(redisCommand(c, "FLUSHALL"));
        sg_sleep_us(1100000);
    }
    redisFree(c);
}
END_TEST

/* A number that only grows, read through both caches: never older than a write that had ended. */
static atomic_int truth, written;
static atomic_bool over;

static int load_truth(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    (void)ctx;
    (void)e;
    sg_buf_i64(out, truth);
    return 0;
}

static void *read_truth(void *ctx)
{
    struct sg_buf out = {0};
    intptr_t failures = 0;
    while (!over) {
        int64_t v = -1;
        int before = written;
        sg_buf_reset(&out);
        if (sg_cache_through(ctx, &kind, SG_STR("t"), sg_now_us() + 60000000, load_truth, NULL,
                             &out, NULL) ||
            !sg_str_to_i64(sg_buf_str(&out), &v) || v < before)
            failures++;
    }
    sg_buf_free(&out);
    return (void *)failures; /* NOLINT(performance-no-int-to-ptr) */
}

START_TEST(no_read_is_older_than_a_write_that_had_ended)
{
    struct sg_cache *caches[] = {a, a, b, b};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, read_truth, caches[i]);
    for (int i = 1; i <= 2000; i++) {
        truth = i;
        sg_cache_forget(a, SG_STR("t"));
        sg_cache_forget(b, SG_STR("t"));
        written = i;
    }
    over = true;
    for (int i = 0; i < 4; i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        ck_assert_ptr_null(failures);
    }
}
END_TEST

static const char *const wrong[] = {"", ":", "redis://", "http://x:1/"};

START_TEST(a_wrong_address_is_told)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config;
    struct sg_cache *c;
    sg_config_defaults(&config);
    snprintf(config.api.redis, sizeof config.api.redis, "%s", wrong[_i]);
    if (!*wrong[_i]) {
        ck_assert_int_eq(sg_cache_open(&c, &config, &e), 0);
        ck_assert(!sg_cache_has_second(c));
        sg_cache_close(c);
    } else {
        ck_assert_int_eq(sg_cache_open(&c, &config, &e), SG_EINVAL);
    }
}
END_TEST

int main(void)
{
    if (system("redis-server --version >/dev/null 2>&1")) { /* NOLINT(cert-env33-c) */
        fprintf(stderr, "SKIPPED: no redis-server\n");
        return SKIPPED;
    }
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/socket", dir);
    signal(SIGPIPE, SIG_IGN); /* as sg_program_main does */
    Suite *s = suite_create("cache_redis");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_one_loaded_another_finds);
    tcase_add_test(t, what_is_forgotten_by_one_is_not_found_by_another);
    tcase_add_test(t, a_late_writer_does_not_bring_an_old_value_back);
    tcase_add_test(t, a_renamed_artist_makes_every_value_old);
    tcase_add_test(t, all_is_forgotten_everywhere);
    tcase_add_test(t, without_redis_the_cache_goes_on_and_nothing_old_comes_back);
    tcase_add_test(t, what_does_not_belong_there_is_not_taken);
    tcase_add_test(t, no_read_is_older_than_a_write_that_had_ended);
    tcase_add_loop_test(t, a_wrong_address_is_told, 0, sizeof wrong / sizeof *wrong);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    char log[80];
    snprintf(log, sizeof log, "%s/log", dir);
    unlink(log);
    rmdir(dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
