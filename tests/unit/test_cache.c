/* test_cache.c - what is kept, what is evicted, what is forgotten, who loads. */
#include "api/cache/cache.h"
#include "api/cache/shard.h"
#include "core/clock.h"
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_cache *cache;
static struct sg_buf out;

static void open_cache(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config config;
    sg_config_defaults(&config);
    config.api.cache_mb = 1;
    ck_assert_int_eq(sg_cache_open(&cache, &config, &e), 0);
    out = (struct sg_buf){0};
}

static void close_cache(void)
{
    sg_cache_close(cache);
    sg_buf_free(&out);
}

static const struct sg_cache_kind lasting = {"lasting", 1000, 1000, 1000};
static const struct sg_cache_kind at_once_stale = {"at_once_stale", 0, 0, 1000};
static const struct sg_cache_kind at_once_gone = {"at_once_gone", 0, 0, 0};

static void put(const struct sg_cache_kind *kind, const char *key, struct sg_str value)
{
    sg_cache_put(cache, kind, sg_str(key), sg_cache_lease(cache), value);
}

static enum sg_cache_found get(const struct sg_cache_kind *kind, const char *key)
{
    sg_buf_reset(&out);
    return sg_cache_get(cache, kind, sg_str(key), &out);
}

START_TEST(what_is_put_is_found_until_it_is_forgotten)
{
    put(&lasting, "a", SG_STR("one"));
    put(&lasting, "b", SG_STR(""));
    put(&lasting, "a", SG_STR("two"));
    ck_assert_int_eq(get(&lasting, "a"), SG_CACHE_FRESH);
    ck_assert(sg_str_eq(sg_buf_str(&out), SG_STR("two")));
    ck_assert_int_eq(get(&lasting, "b"), SG_CACHE_FRESH);
    ck_assert_int_eq(get(&lasting, "c"), SG_CACHE_MISS);
    sg_cache_forget(cache, SG_STR("a"));
    ck_assert_int_eq(get(&lasting, "a"), SG_CACHE_MISS);
    ck_assert_int_eq(get(&lasting, "b"), SG_CACHE_FRESH);
}
END_TEST

START_TEST(that_there_is_nothing_is_remembered)
{
    put(&lasting, "a", SG_STR_NONE);
    put(&at_once_gone, "b", SG_STR_NONE);
    ck_assert_int_eq(get(&lasting, "a"), SG_CACHE_NOTHING);
    ck_assert_int_eq(get(&at_once_gone, "b"), SG_CACHE_MISS);
}
END_TEST

START_TEST(past_its_time_a_value_is_stale_then_gone)
{
    put(&at_once_stale, "a", SG_STR("old"));
    put(&at_once_gone, "b", SG_STR("old"));
    ck_assert_int_eq(get(&at_once_stale, "a"), SG_CACHE_STALE);
    ck_assert_int_eq(get(&at_once_gone, "b"), SG_CACHE_MISS);
    put(&lasting, "c", SG_STR("old"));
    sg_cache_forget_all(cache);
    ck_assert_int_eq(get(&lasting, "c"), SG_CACHE_STALE);
}
END_TEST

START_TEST(what_was_read_before_a_forget_is_not_kept_after_it)
{
    uint64_t lease = sg_cache_lease(cache);
    sg_cache_forget(cache, SG_STR("a"));
    sg_cache_put(cache, &lasting, SG_STR("a"), lease, SG_STR("old"));
    ck_assert_int_eq(get(&lasting, "a"), SG_CACHE_MISS);
    lease = sg_cache_lease(cache);
    sg_cache_forget_all(cache);
    sg_cache_put(cache, &lasting, SG_STR("a"), lease, SG_STR("old"));
    ck_assert_int_eq(get(&lasting, "a"), SG_CACHE_MISS);
}
END_TEST

START_TEST(bytes_stay_within_their_bound)
{
    char key[32], value[2000] = "";
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "key %d", i);
        put(&lasting, key, (struct sg_str){value, (size_t)(i * 7 % 2000)});
    }
    struct sg_cache_state s;
    sg_cache_state(cache, &s);
    ck_assert_uint_le(s.bytes, s.bytes_max);
    ck_assert_uint_ge(s.bytes, s.bytes_max * 9 / 10);
    ck_assert_uint_gt(s.entries, 500);
}
END_TEST

START_TEST(what_is_too_large_or_has_too_long_a_key_is_not_kept)
{
    static char large[1 << 20];
    char key[SG_CACHE_KEY_MAX + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    put(&lasting, "a", SG_STR("small"));
    put(&lasting, "a", (struct sg_str){large, sizeof large});
    ck_assert_int_eq(get(&lasting, "a"), SG_CACHE_MISS);
    put(&lasting, key, SG_STR("x"));
    ck_assert_int_eq(get(&lasting, key), SG_CACHE_MISS);
}
END_TEST

static struct sg_str name_of(int i, char text[16])
{
    return (struct sg_str){text, (size_t)snprintf(text, 16, "%d", i)};
}

/* A hash that spreads; the shard takes it as given. */
static uint64_t hash_of(int i)
{
    return ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

START_TEST(what_is_used_survives_a_scan)
{
    struct shard s;
    struct sg_error e;
    char text[16];
    ck_assert_int_eq(shard_init(&s, 100000, &e), 0);
    for (int i = 0; i < 100; i++) {
        shard_put(&s, hash_of(i), name_of(i, text), SG_STR("value"));
        shard_find(&s, hash_of(i), name_of(i, text));
        shard_find(&s, hash_of(i), name_of(i, text));
    }
    for (int i = 100; i < 20000; i++)
        shard_put(&s, hash_of(i), name_of(i, text), SG_STR("value"));
    int kept = 0;
    for (int i = 0; i < 100; i++)
        kept += shard_find(&s, hash_of(i), name_of(i, text)) != NULL;
    ck_assert_int_eq(kept, 100);
    shard_fini(&s);
}
END_TEST

START_TEST(what_comes_back_soon_after_it_went_stays)
{
    struct shard s;
    struct sg_error e;
    char text[16];
    ck_assert_int_eq(shard_init(&s, 100000, &e), 0);
    int i = 0;
    do
        shard_put(&s, hash_of(i), name_of(i, text), SG_STR("value"));
    while (i++, s.evictions < 1);
    struct shard_entry *back = shard_put(&s, hash_of(0), name_of(0, text), SG_STR("value"));
    struct shard_entry *fresh = shard_put(&s, hash_of(i), name_of(i, text), SG_STR("value"));
    ck_assert(back->in_main);
    ck_assert(!fresh->in_main);
    shard_fini(&s);
}
END_TEST

/* Loading. */

struct source {
    atomic_int loads;
    int rc;
    const char *value;
    const char *forget; /* this key, while loading */
    atomic_bool started, go;
    bool held;
};

static int load(void *ctx, struct sg_buf *to, struct sg_error *e)
{
    struct source *s = ctx;
    s->loads++;
    s->started = true;
    while (s->held && !s->go)
        sg_sleep_us(100);
    if (s->forget)
        sg_cache_forget(cache, sg_str(s->forget));
    if (s->rc)
        return sg_fail(e, s->rc, "the source says so");
    sg_buf_puts(to, s->value);
    return 0;
}

static int through(const struct sg_cache_kind *kind, struct source *s, struct sg_error *e)
{
    sg_buf_reset(&out);
    return sg_cache_through(cache, kind, SG_STR("k"), sg_now_us() + 10000000, load, s, &out, e);
}

START_TEST(a_value_is_loaded_once_and_then_found)
{
    struct sg_error e = SG_ERROR_INIT;
    struct source s = {.value = "v"};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(through(&lasting, &s, &e), 0);
        ck_assert(sg_str_eq(sg_buf_str(&out), SG_STR("v")));
    }
    ck_assert_int_eq(s.loads, 1);
}
END_TEST

START_TEST(a_stale_value_is_loaded_anew_or_given_when_that_fails)
{
    struct sg_error e = SG_ERROR_INIT;
    struct source s = {.value = "old"};
    ck_assert_int_eq(through(&at_once_stale, &s, &e), 0);
    s.value = "new";
    ck_assert_int_eq(through(&at_once_stale, &s, &e), 0);
    ck_assert(sg_str_eq(sg_buf_str(&out), SG_STR("new")));
    s.rc = SG_EUNAVAIL;
    ck_assert_int_eq(through(&at_once_stale, &s, &e), 0);
    ck_assert(sg_str_eq(sg_buf_str(&out), SG_STR("new")));
    s.rc = SG_ENOENT; /* it is known to be gone */
    ck_assert_int_eq(through(&at_once_stale, &s, &e), SG_ENOENT);
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(a_forgotten_value_is_never_given_instead_of_an_error)
{
    struct sg_error e = SG_ERROR_INIT;
    struct source s = {.value = "old"};
    ck_assert_int_eq(through(&at_once_stale, &s, &e), 0);
    sg_cache_forget(cache, SG_STR("k"));
    s.rc = SG_EUNAVAIL;
    ck_assert_int_eq(through(&at_once_stale, &s, &e), SG_EUNAVAIL);
}
END_TEST

START_TEST(what_is_forgotten_while_loading_is_loaded_again_next_time)
{
    struct sg_error e = SG_ERROR_INIT;
    struct source s = {.value = "old", .forget = "k"};
    ck_assert_int_eq(through(&lasting, &s, &e), 0);
    s = (struct source){.value = "new"};
    ck_assert_int_eq(through(&lasting, &s, &e), 0);
    ck_assert(sg_str_eq(sg_buf_str(&out), SG_STR("new")));
}
END_TEST

struct asker {
    struct source *source;
    int rc;
    char got[16];
};

static void *ask(void *ctx)
{
    struct asker *a = ctx;
    struct sg_buf b = {0};
    struct sg_error e = SG_ERROR_INIT;
    a->rc = sg_cache_through(cache, &lasting, SG_STR("k"), sg_now_us() + 60000000, load, a->source,
                             &b, &e);
    snprintf(a->got, sizeof a->got, "%.*s", SG_FMT(sg_buf_str(&b)));
    sg_buf_free(&b);
    return NULL;
}

START_TEST(many_who_ask_at_once_load_once)
{
    enum { N = 16 };
    struct source s = {.value = "v", .held = true};
    struct asker a[N];
    pthread_t threads[N];
    for (int i = 0; i < N; i++) {
        a[i] = (struct asker){.source = &s};
        pthread_create(&threads[i], NULL, ask, &a[i]);
    }
    while (!s.started)
        sg_sleep_us(100);
    sg_sleep_us(20000); /* whoever is late finds it kept */
    s.go = true;
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(a[i].rc, 0);
        ck_assert_str_eq(a[i].got, "v");
    }
    ck_assert_int_eq(s.loads, 1);
}
END_TEST

START_TEST(who_asks_after_a_write_does_not_wait_for_an_older_load)
{
    struct source old = {.value = "old", .held = true}, new = {.value = "new"};
    struct asker first = {.source = &old}, second = {.source = &new};
    pthread_t thread;
    pthread_create(&thread, NULL, ask, &first);
    while (!old.started)
        sg_sleep_us(100);
    sg_cache_forget(cache, SG_STR("k"));
    ask(&second);
    old.go = true;
    pthread_join(thread, NULL);
    ck_assert_str_eq(second.got, "new");
    ck_assert_int_eq(get(&lasting, "k"), SG_CACHE_FRESH);
    ck_assert(sg_str_eq(sg_buf_str(&out), SG_STR("new")));
}
END_TEST

/* A register that only grows: what is read is never older than the last write that had ended. */
static atomic_int truth, written;
static atomic_bool over;

static int load_truth(void *ctx, struct sg_buf *to, struct sg_error *e)
{
    (void)ctx;
    (void)e;
    int v = truth;
    if (v % 3 == 0)
        sched_yield();
    sg_buf_i64(to, v);
    return 0;
}

static void *read_truth(void *ctx)
{
    int *failures = ctx;
    struct sg_buf b = {0};
    while (!over) {
        int64_t v = -1;
        int before = written;
        sg_buf_reset(&b);
        if (sg_cache_through(cache, &lasting, SG_STR("truth"), sg_now_us() + 60000000, load_truth,
                             NULL, &b, NULL) ||
            !sg_str_to_i64(sg_buf_str(&b), &v) || v < before)
            ++*failures;
    }
    sg_buf_free(&b);
    return NULL;
}

START_TEST(no_read_is_older_than_a_write_that_had_ended)
{
    int failures[4] = {0};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, read_truth, &failures[i]);
    for (int i = 1; i <= 20000; i++) {
        truth = i;
        sg_cache_forget(cache, SG_STR("truth"));
        written = i;
    }
    over = true;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(failures[i], 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cache");
    TCase *t = tcase_create("cache");
    tcase_add_checked_fixture(t, open_cache, close_cache);
    tcase_add_test(t, what_is_put_is_found_until_it_is_forgotten);
    tcase_add_test(t, that_there_is_nothing_is_remembered);
    tcase_add_test(t, past_its_time_a_value_is_stale_then_gone);
    tcase_add_test(t, what_was_read_before_a_forget_is_not_kept_after_it);
    tcase_add_test(t, bytes_stay_within_their_bound);
    tcase_add_test(t, what_is_too_large_or_has_too_long_a_key_is_not_kept);
    tcase_add_test(t, what_is_used_survives_a_scan);
    tcase_add_test(t, what_comes_back_soon_after_it_went_stays);
    tcase_add_test(t, a_value_is_loaded_once_and_then_found);
    tcase_add_test(t, a_stale_value_is_loaded_anew_or_given_when_that_fails);
    tcase_add_test(t, a_forgotten_value_is_never_given_instead_of_an_error);
    tcase_add_test(t, what_is_forgotten_while_loading_is_loaded_again_next_time);
    tcase_add_test(t, many_who_ask_at_once_load_once);
    tcase_add_test(t, who_asks_after_a_write_does_not_wait_for_an_older_load);
    tcase_add_test(t, no_read_is_older_than_a_write_that_had_ended);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
