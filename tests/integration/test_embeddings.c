/* test_embeddings.c - vectors from an embeddings server over HTTP: the client against every
 * misbehaviour, the cache, rebuilds and searches. */
#include "core/clock.h"
#include "core/embeddings.h"
#include "index/builder.h"
#include "index/meaning.h"
#include "index/searcher.h"
#include "query/embedder.h"
#include "query/search.h"
#include "tests/support/embeddings.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { D = 32, SONGS = 200, HALF = SONGS / 2 };

static struct test_embeddings server;
static struct sg_config config;
static struct sg_embeddings *client;
static struct sg_error e;
static float out[16 * D];
static const struct sg_str three[] = {SG_STR("quiet rain"), SG_STR("LOUD \"metal\"\n"),
                                      SG_STR("something else")};
static const struct sg_embeddings_effort once = {.patient = false}, patient = {.patient = true};

static void setup(void)
{
    server = (struct test_embeddings){.dimensions = D, .axes = {"quiet", "loud", "stormy"}};
    e = (struct sg_error)SG_ERROR_INIT;
    test_embeddings_start(&server);
    test_embeddings_config(&server, &config);
    ck_assert_msg(sg_embeddings_open(&client, &config, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
    sg_embeddings_close(client);
    if (server.daemon)
        test_embeddings_stop(&server);
}

static void go_wrong(enum test_embeddings_way way, int times)
{
    atomic_store(&server.way, (int)way);
    atomic_store(&server.failures, times);
}

static int ask(const struct sg_embeddings_effort *effort)
{
    return sg_embeddings_ask(client, three, 3, effort, out, &e);
}

static void expect_three(void)
{
    ck_assert(out[0] > 0.9f && out[1] < 0.1f);
    ck_assert(out[D] < 0.1f && out[D + 1] > 0.9f);
    ck_assert(out[2 * D] == 0 && fabsf(out[3 * D - 1] - 1) < 1e-6f);
}

START_TEST(vectors_come_in_the_order_of_the_texts_at_unit_length)
{
    ck_assert_msg(ask(&once) == 0, "%s", e.text);
    expect_three();
    go_wrong(EMBEDDINGS_REVERSED, -1);
    memset(out, 0, sizeof out);
    ck_assert_msg(ask(&once) == 0, "%s", e.text);
    expect_three();
    ck_assert(!atomic_load(&server.authorized));
    ck_assert_int_eq(sg_embeddings_ask(client, three, 0, &once, out, &e), SG_EINVAL);
    ck_assert_int_eq(sg_embeddings_ask(client, three, 17, &once, out, &e), SG_EINVAL);
}
END_TEST

static const struct {
    enum test_embeddings_way way;
    int code;
    const char *says;
} wrongs[] = {{EMBEDDINGS_WRONG_DIMENSION, SG_ECORRUPT, "31 dimensions, not 32"},
              {EMBEDDINGS_NULL, SG_ECORRUPT, "no number"},
              {EMBEDDINGS_NAN, SG_ECORRUPT, "not JSON"},
              {EMBEDDINGS_TOO_LARGE, SG_ECORRUPT, "no number"},
              {EMBEDDINGS_ZERO, SG_ECORRUPT, "no length"},
              {EMBEDDINGS_FEW, SG_ECORRUPT, "2 vectors for 3 texts"},
              {EMBEDDINGS_INDEX_TWICE, SG_ECORRUPT, "index"},
              {EMBEDDINGS_HUGE, SG_ECORRUPT, "longer than"},
              {EMBEDDINGS_NOT_JSON, SG_ECORRUPT, "not JSON"},
              {EMBEDDINGS_REFUSED, SG_EINVAL, "401"},
              {EMBEDDINGS_REDIRECT, SG_EINVAL, "307"}};

START_TEST(a_wrong_answer_is_refused_and_not_asked_for_again)
{
    go_wrong(wrongs[_i].way, -1);
    ck_assert_int_eq(ask(&patient), wrongs[_i].code);
    ck_assert_msg(strstr(e.text, wrongs[_i].says) != NULL, "%s", e.text);
    ck_assert_int_eq(atomic_load(&server.requests), 1);
    go_wrong(EMBEDDINGS_RIGHT, 0);
    ck_assert_int_eq(ask(&once), 0); /* on the same connection, or a new one */
    expect_three();
}
END_TEST

START_TEST(what_may_pass_is_tried_again)
{
    static const enum test_embeddings_way ways[] = {EMBEDDINGS_BROKEN, EMBEDDINGS_HANG_UP};
    go_wrong(ways[_i], 2);
    ck_assert_msg(ask(&patient) == 0, "%s", e.text);
    expect_three();
    ck_assert_int_ge(atomic_load(&server.requests), 3);
    go_wrong(ways[_i], 2);
    ck_assert_int_eq(ask(&once), SG_EUNAVAIL);
}
END_TEST

START_TEST(a_busy_server_is_given_the_time_it_asks_for)
{
    go_wrong(EMBEDDINGS_BUSY, 1);
    int64_t from = sg_now_us();
    ck_assert_msg(ask(&patient) == 0, "%s", e.text);
    ck_assert(sg_now_us() - from >= 1000000);
    ck_assert_int_eq(atomic_load(&server.requests), 2);
}
END_TEST

START_TEST(a_slow_server_is_given_up_in_time)
{
    const struct sg_embeddings_effort hasty = {.timeout_ms = 100};
    atomic_store(&server.delay_ms, 60000);
    int64_t from = sg_now_us();
    ck_assert_int_eq(ask(&hasty), SG_EUNAVAIL);
    ck_assert_int_lt(sg_now_us() - from, 50000000);
}
END_TEST

START_TEST(after_failures_in_a_row_the_server_is_left_alone)
{
    go_wrong(EMBEDDINGS_BROKEN, -1);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(ask(&once), SG_EUNAVAIL);
    int requests = atomic_load(&server.requests);
    ck_assert_int_eq(ask(&once), SG_EUNAVAIL);
    ck_assert_msg(strstr(e.text, "left alone") != NULL, "%s", e.text);
    ck_assert_int_eq(atomic_load(&server.requests), requests);
}
END_TEST

static void *cancel_soon(void *arg)
{
    sg_sleep_us(200000);
    sg_embeddings_cancel(arg);
    return NULL;
}

START_TEST(a_request_can_be_canceled)
{
    pthread_t t;
    atomic_store(&server.delay_ms, 60000);
    int64_t from = sg_now_us();
    ck_assert_int_eq(pthread_create(&t, NULL, cancel_soon, client), 0);
    ck_assert_int_eq(ask(&patient), SG_ECANCELED);
    ck_assert_int_lt(sg_now_us() - from, 50000000);
    pthread_join(t, NULL);
}
END_TEST

START_TEST(the_key_comes_from_its_variable_and_settings_are_checked)
{
    struct sg_embeddings *x;
    strcpy(config.embeddings.key_env, "TEST_EMBEDDINGS_KEY");
    unsetenv("TEST_EMBEDDINGS_KEY");
    ck_assert_int_eq(sg_embeddings_open(&x, &config, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "embeddings.key_env");
    setenv("TEST_EMBEDDINGS_KEY", "two\r\nlines", 1);
    ck_assert_int_eq(sg_embeddings_open(&x, &config, &e), SG_EINVAL);
    setenv("TEST_EMBEDDINGS_KEY", "secret", 1);
    ck_assert_int_eq(sg_embeddings_open(&x, &config, &e), 0);
    ck_assert_int_eq(sg_embeddings_ask(x, three, 3, &once, out, &e), 0);
    ck_assert(atomic_load(&server.authorized));
    uint64_t source = sg_embeddings_source(x);
    sg_embeddings_close(x);
    config.embeddings.dimensions = 40;
    ck_assert_int_eq(sg_embeddings_open(&x, &config, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "embeddings.dimensions");
    config.embeddings.dimensions = 48;
    ck_assert_int_eq(sg_embeddings_open(&x, &config, &e), 0);
    ck_assert(sg_embeddings_source(x) != source);
    sg_embeddings_close(x);
    config.embeddings.model[0] = '\0';
    ck_assert_int_eq(sg_embeddings_open(&x, &config, &e), SG_EINVAL);
}
END_TEST

START_TEST(the_cache_keeps_values_by_source_and_text)
{
    struct sg_embeddings_cache *c;
    const char *dir = test_path(test_scratch(), "embeddings");
    char value[8];
    ck_assert_msg(sg_embeddings_cache_open(&c, dir, 1, 8, &e) == 0, "%s", e.text);
    ck_assert(!sg_embeddings_cache_get(c, three[0], value));
    ck_assert_int_eq(sg_embeddings_cache_put(c, three, 2, "01234567abcdefgh", &e), 0);
    ck_assert(sg_embeddings_cache_get(c, three[1], value) && !memcmp(value, "abcdefgh", 8));
    sg_embeddings_cache_close(c);
    ck_assert_int_eq(sg_embeddings_cache_open(&c, dir, 1, 8, &e), 0);
    ck_assert(sg_embeddings_cache_get(c, three[0], value) && !memcmp(value, "01234567", 8));
    ck_assert(!sg_embeddings_cache_get(c, three[2], value));
    sg_embeddings_cache_close(c);
    ck_assert_int_eq(sg_embeddings_cache_open(&c, dir, 2, 8, &e), 0);
    ck_assert(!sg_embeddings_cache_get(c, three[0], value));
    sg_embeddings_cache_close(c);
    ck_assert_int_eq(sg_embeddings_cache_open(&c, dir, 1, 4, &e), 0);
    ck_assert(!sg_embeddings_cache_get(c, three[0], value));
    sg_embeddings_cache_close(c);
}
END_TEST

/* A catalogue: songs by Quiet and by Loud artists in turn. Playlists say "stormy evening" of the
 * quiet ones; the server finds that stormy is what its axes say. */

static char index_dir[128], cache_dir[160];

static void must(int rc)
{
    ck_assert_msg(rc == 0, "%s", e.text);
}

static void feed(struct sg_builder *b)
{
    uint64_t quiet[HALF];
    must(sg_builder_genre(b, &(struct sg_genre){1, SG_STR("Ambient")}, &e));
    for (uint64_t i = 1; i <= 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s %d", i % 2 ? "Loud" : "Quiet", (int)i);
        must(sg_builder_artist(b, &(struct sg_artist){.artist_id = i, .name = sg_str(name)}, &e));
    }
    for (uint64_t i = 0; i < SONGS; i++) {
        char title[32];
        uint64_t artist = i % 20 + 1;
        snprintf(title, sizeof title, "Tune %d", (int)i);
        must(sg_builder_song(b,
                             &(struct sg_song){.song_id = i + 1,
                                               .title = sg_str(title),
                                               .artist_ids = {&artist, 1},
                                               .genre_id = 1,
                                               .release_date = SG_STR("1984-05-05"),
                                               .play_count = 1000 - i},
                             &e));
        if (i % 2)
            quiet[i / 2] = i + 1;
    }
    for (size_t i = 0; i < 8; i++)
        must(sg_builder_context(b, SG_STR("stormy evening"), quiet + i * 10, 20, &e));
}

/* The name of the generation, published. */
static void build(const char *name, bool embedded)
{
    struct sg_embeddings_cache *cache = NULL;
    struct sg_manifest *m = calloc(1, sizeof *m);
    struct sg_builder *b;
    const char *path = test_path(index_dir, name);
    if (embedded)
        must(sg_embeddings_cache_open(&cache, cache_dir, sg_embeddings_source(client), D, &e));
    must(sg_builder_open(&b,
                         &(struct sg_builder_options){.dir = path,
                                                      .threads = 2,
                                                      .embeddings = embedded ? client : NULL,
                                                      .embeddings_cache = cache},
                         &e));
    feed(b);
    must(sg_builder_finish(b, m, &e));
    sg_embeddings_cache_close(cache);
    snprintf(m->name, sizeof m->name, "%s", name);
    m->created_us = sg_wall_us();
    m->canary_mrr = -1;
    must(sg_manifest_sum(m, path, &e));
    must(sg_manifest_write(m, path, &e));
    must(sg_current_publish(index_dir, name, &e));
    free(m);
}

#define FIRST  "gen-20260101T000000Z-1"
#define SECOND "gen-20260101T000001Z-2"

static void setup_index(void)
{
    setup();
    snprintf(index_dir, sizeof index_dir, "%s", test_scratch());
    snprintf(cache_dir, sizeof cache_dir, "%s/cache", test_scratch());
}

static uint64_t source_of(const char *name, size_t *dimensions)
{
    char path[256];
    struct sg_meaning_model *m;
    snprintf(path, sizeof path, "%s/%s/meaning.seg", index_dir, name);
    must(sg_meaning_open(&m, path, &e));
    uint64_t source = sg_meaning_source(m);
    *dimensions = sg_meaning_song_dimensions(m);
    ck_assert_uint_eq(sg_meaning_songs(m), SONGS);
    sg_meaning_close(m);
    return source;
}

START_TEST(a_rebuild_asks_only_for_what_is_new)
{
    size_t d;
    build(FIRST, true);
    ck_assert_uint_eq(source_of(FIRST, &d), sg_embeddings_source(client));
    ck_assert_uint_eq(d, D);
    ck_assert_int_eq(atomic_load(&server.texts), SONGS);
    ck_assert_int_eq(atomic_load(&server.requests), (SONGS + 15) / 16);
    test_embeddings_stop(&server); /* all of it is in the cache */
    build(SECOND, true);
    ck_assert_uint_eq(source_of(SECOND, &d), sg_embeddings_source(client));
}
END_TEST

START_TEST(a_rebuild_that_the_server_fails_has_own_vectors_and_the_next_one_resumes)
{
    size_t d;
    go_wrong(EMBEDDINGS_NULL, -1);
    atomic_store(&server.right_first, 5);
    build(FIRST, true);
    ck_assert_uint_eq(source_of(FIRST, &d), 0); /* never some of each */
    ck_assert_uint_eq(d, SG_MEANING_DIMENSIONS);
    ck_assert_int_eq(atomic_load(&server.texts), 80);
    go_wrong(EMBEDDINGS_RIGHT, 0);
    build(SECOND, true);
    ck_assert_uint_eq(source_of(SECOND, &d), sg_embeddings_source(client));
    ck_assert_int_eq(atomic_load(&server.texts), SONGS);
}
END_TEST

/* Answers of the songs, as a reply has them; NULL embedder: as without. */
struct asked {
    struct sg_index *index;
    struct sg_searcher *searcher;
    struct sg_search *search;
    struct sg_arena arena;
    struct sg_search_reply reply;
};

static void asked_open(struct asked *a, struct sg_embedder *embedder, bool words_only)
{
    struct sg_search_options o = {
        .candidates = 200, .relax_us = 10000000, .embedder = embedder, .words_only = words_only};
    *a = (struct asked){0};
    sg_weights_default(&o.weights);
    must(sg_index_open(&a->index, &(struct sg_index_options){.dir = index_dir}, &e));
    must(sg_searcher_open(&a->searcher, a->index, &e));
    must(sg_search_open(&a->search, &o, &e));
    must(sg_searcher_begin(a->searcher, &e));
}

static size_t asked_run(struct asked *a, const char *q)
{
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    sg_record_init(&sg_search_reply_record, &a->reply);
    r.q = sg_str(q);
    must(sg_search_run(a->search, a->searcher, &r, 0, &a->arena, &a->reply, &e));
    return a->reply.results.n;
}

static void asked_close(struct asked *a)
{
    sg_searcher_end(a->searcher);
    sg_search_close(a->search);
    sg_searcher_close(a->searcher);
    sg_index_close(a->index);
    sg_arena_free(&a->arena);
}

/* Loud songs have even docids - 1, so odd ids. */
static void expect_loud(const struct asked *a, bool loud)
{
    const struct sg_hit *h = a->reply.results.v;
    ck_assert_uint_gt(a->reply.results.n, 5);
    for (size_t i = 0; i < a->reply.results.n; i++) {
        ck_assert(sg_str_eq(h[i].matched, SG_STR("meaning")));
        ck_assert_msg((h[i].song_id % 2 == 1) == loud, "song %d", (int)h[i].song_id);
    }
}

/* The embedder gives the server two seconds, for which a machine may stand still. */
static void run_until_answered(struct asked *a, const char *q)
{
    size_t n = 0;
    for (int i = 0; i < 60 && !n; i++, sg_sleep_us(n ? 0 : 500000)) {
        asked_run(a, q);
        const struct sg_hit *h = a->reply.results.v;
        for (size_t k = 0; k < a->reply.results.n; k++)
            n += h[k].song_id % 2;
    }
}

static void as_without(struct sg_embedder *x, const char *q)
{
    struct asked with, without;
    asked_open(&with, x, false);
    asked_open(&without, NULL, true);
    size_t n = asked_run(&with, q);
    ck_assert_uint_eq(n, asked_run(&without, q));
    const struct sg_hit *h = with.reply.results.v, *other = without.reply.results.v;
    for (size_t i = 0; i < n; i++)
        ck_assert(h[i].song_id == other[i].song_id && sg_str_eq(h[i].matched, other[i].matched));
    asked_close(&with);
    asked_close(&without);
}

START_TEST(a_vague_query_finds_what_the_server_says_is_near)
{
    struct sg_embedder *x;
    struct asked a;
    server.axes[1] = "loud";
    server.axes[0] = "quiet";
    build(FIRST, false);
    asked_open(&a, NULL, false);
    asked_run(&a, "stormy evening");
    expect_loud(&a, false); /* by playlists */
    asked_close(&a);

    build(SECOND, true);
    server.axes[1] = "stormy"; /* is what loud was */
    must(sg_embedder_open(&x, &config, &e));
    asked_open(&a, x, false);
    int before = atomic_load(&server.requests);
    run_until_answered(&a, "stormy evening");
    expect_loud(&a, true);
    ck_assert_int_gt(atomic_load(&server.requests), before);
    before = atomic_load(&server.requests);
    asked_run(&a, "stormy evening"); /* known by now */
    expect_loud(&a, true);
    asked_run(&a, "tune 7"); /* nothing vague about it */
    ck_assert_int_eq(atomic_load(&server.requests), before);
    asked_close(&a);
    as_without(NULL, "stormy evening");
    sg_embedder_close(x);
}
END_TEST

START_TEST(without_a_vector_in_time_a_search_goes_by_its_words)
{
    struct sg_embedder *x;
    build(FIRST, true);
    config.embeddings.query_timeout_ms = 30;
    must(sg_embedder_open(&x, &config, &e));
    atomic_store(&server.delay_ms, 60000);
    int64_t from = sg_now_us();
    float v[D];
    ck_assert(!sg_embedder_vector(x, SG_STR("stormy"), 0, v));
    ck_assert_int_lt(sg_now_us() - from, 50000000);
    as_without(x, "stormy tune");
    atomic_store(&server.delay_ms, 0);
    bool known = false; /* it comes too late, and is kept */
    for (int i = 0; i < 600 && !known; i++) {
        known = sg_embedder_vector(x, SG_STR("stormy"), sg_now_us() - 1, v);
        sg_sleep_us(100000);
    }
    ck_assert(known && v[2] > 0.9f);
    sg_embedder_close(x);

    atomic_store(&server.delay_ms, 0);
    go_wrong(EMBEDDINGS_HANG_UP, -1);
    must(sg_embedder_open(&x, &config, &e));
    for (int i = 0; i < 10; i++)
        as_without(x, "stormy evening");
    sg_embedder_close(x);

    config.embeddings.dimensions = 16; /* another model's vectors */
    go_wrong(EMBEDDINGS_RIGHT, 0);
    must(sg_embedder_open(&x, &config, &e));
    int requests = atomic_load(&server.requests);
    as_without(x, "stormy evening");
    ck_assert_int_eq(atomic_load(&server.requests), requests);
    sg_embedder_close(x);
}
END_TEST

struct asker {
    struct sg_embedder *x;
    pthread_t thread;
    int number, wrong, missed;
};

static void *ask_many(void *arg)
{
    struct asker *a = arg;
    for (int i = 0; i < 150; i++) {
        char text[64];
        float v[D];
        int which = i % 2;
        snprintf(text, sizeof text, "%s %d %d", which ? "quiet" : "loud", i % 40, a->number % 2);
        if (sg_embedder_vector(a->x, sg_str(text), 0, v))
            a->wrong += v[!which] < 0.9f;
        else
            a->missed++;
    }
    return NULL;
}

START_TEST(many_searches_share_one_thread_that_asks)
{
    struct sg_embedder *x;
    struct asker askers[4];
    must(sg_embedder_open(&x, &config, &e));
    for (int i = 0; i < 4; i++) {
        askers[i] = (struct asker){.x = x, .number = i};
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]), 0);
    }
    int missed = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(askers[i].thread, NULL);
        ck_assert_int_eq(askers[i].wrong, 0);
        missed += askers[i].missed;
    }
    ck_assert_int_lt(missed, 300);
    if (!missed) /* each once; what did not come in two seconds is asked for again */
        ck_assert_int_le(atomic_load(&server.texts), 80);
    sg_embedder_close(x);
}
END_TEST

static void current_source(const struct test_indexer *x, uint64_t *source)
{
    char name[SG_GENERATION_NAME], path[256];
    struct sg_meaning_model *m;
    must(sg_current_read(x->index, name, &e));
    snprintf(path, sizeof path, "%s/%s/meaning.seg", x->index, name);
    must(sg_meaning_open(&m, path, &e));
    *source = sg_meaning_source(m);
    sg_meaning_close(m);
}

/* By the real indexer, as configured; it goes on when the server does not. */
START_TEST(the_indexer_asks_the_configured_server)
{
    static struct test_indexer x;
    char path[96], settings[512];
    uint64_t source;
    snprintf(path, sizeof path, "%s/catalogue.jsonl", test_scratch());
    FILE *f = fopen(path, "w");
    fputs("{\"type\":\"song\",\"song_id\":1,\"title\":\"One\",\"artist_ids\":[1]}\n"
          "{\"type\":\"song\",\"song_id\":2,\"title\":\"Two\",\"artist_ids\":[1]}\n"
          "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"Her\"}\n",
          f);
    fclose(f);
    snprintf(settings, sizeof settings,
             "indexer.source = %s\nembeddings.url = %s\nembeddings.model = m\n"
             "embeddings.dimensions = %d\nembeddings.key_env = TEST_EMBEDDINGS_KEY\n",
             path, config.embeddings.url, D);
    setenv("TEST_EMBEDDINGS_KEY", "secret", 1);
    test_indexer_init(&x, NULL, NULL, settings);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    current_source(&x, &source);
    ck_assert_uint_eq(source, sg_embeddings_source(client));
    ck_assert_int_eq(atomic_load(&server.texts), 2);
    ck_assert(atomic_load(&server.authorized));
    unsetenv("TEST_EMBEDDINGS_KEY");
    sg_sleep_us(1100000); /* generations are named by the second */
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    current_source(&x, &source);
    ck_assert_uint_eq(source, 0);
    ck_assert(test_indexer_logged(&x, "songs get own vectors"));
    ck_assert(!test_indexer_logged(&x, "secret"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("embeddings");
    TCase *c = tcase_create("client"), *i = tcase_create("index");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, vectors_come_in_the_order_of_the_texts_at_unit_length);
    tcase_add_loop_test(c, a_wrong_answer_is_refused_and_not_asked_for_again, 0,
                        sizeof wrongs / sizeof *wrongs);
    tcase_add_loop_test(c, what_may_pass_is_tried_again, 0, 2);
    tcase_add_test(c, a_busy_server_is_given_the_time_it_asks_for);
    tcase_add_test(c, a_slow_server_is_given_up_in_time);
    tcase_add_test(c, after_failures_in_a_row_the_server_is_left_alone);
    tcase_add_test(c, a_request_can_be_canceled);
    tcase_add_test(c, the_key_comes_from_its_variable_and_settings_are_checked);
    tcase_add_test(c, the_cache_keeps_values_by_source_and_text);
    tcase_add_checked_fixture(i, setup_index, teardown);
    tcase_add_test(i, a_rebuild_asks_only_for_what_is_new);
    tcase_add_test(i, a_rebuild_that_the_server_fails_has_own_vectors_and_the_next_one_resumes);
    tcase_add_test(i, a_vague_query_finds_what_the_server_says_is_near);
    tcase_add_test(i, without_a_vector_in_time_a_search_goes_by_its_words);
    tcase_add_test(i, the_indexer_asks_the_configured_server);
    tcase_add_test(i, many_searches_share_one_thread_that_asks);
    suite_add_tcase(s, c);
    suite_add_tcase(s, i);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
