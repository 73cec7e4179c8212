/* The query server, called over RPC, and the command line, over a real generation. */
#include "core/clock.h"
#include "core/rpc.h"
#include "core/service.h"
#include "query/serve.h"
#include "schemas/service.h"
#include "tests/support/indexer.h"
#include "tests/support/query.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The server, on a thread of this process. */
struct server {
    struct sg_config config;
    pthread_t thread;
    struct sg_rpc_client *client;
    int rc;
};
static struct server server;

static void *serve(void *ctx)
{
    struct server *s = ctx;
    struct sg_error e = SG_ERROR_INIT;
    s->rc = sg_serve(&s->config, &e);
    return NULL;
}

static int call(const char *method, const struct sg_record *in_record, const void *in,
                const struct sg_record *out_record, void *out)
{
    query_err = (struct sg_error)SG_ERROR_INIT;
    return sg_rpc_call(server.client, method, in_record, in, out_record, out, &query_arena,
                       sg_now_us() + 60000000, SG_STR_NONE, &query_err);
}

static int health(struct sg_health_reply *out)
{
    return call(SG_METHOD_HEALTH, NULL, NULL, &sg_health_reply_record, out);
}

static void start_server(const char *index_dir)
{
    const char *run_dir = test_scratch();
    struct sg_health_reply h;
    sg_config_defaults(&server.config);
    server.config.query.workers = 3;
    snprintf(server.config.index.dir, SG_CONFIG_TEXT, "%s", index_dir);
    snprintf(server.config.query.listen, SG_CONFIG_TEXT, "ipc://%s/q", run_dir);
    ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, &server), 0);
    ck_assert_int_eq(sg_rpc_client_open(&server.client, server.config.query.listen, &query_err), 0);
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 1200 && rc; i++) {
        rc = health(&h);
        if (rc)
            sg_sleep_us(50000);
    }
    ck_assert_msg(rc == 0, "%s", query_err.text);
}

static void stop_server(void)
{
    sg_request_stop();
    pthread_join(server.thread, NULL);
    ck_assert_int_eq(server.rc, 0);
    sg_rpc_client_close(server.client);
    sg_arena_free(&query_arena);
}

static int search_by_rpc(const struct sg_search_request *r)
{
    return call(SG_METHOD_SEARCH, &sg_search_request_record, r, &sg_search_reply_record,
                &query_reply);
}

START_TEST(the_server_answers_every_method)
{
    start_server(query_dir);
    struct sg_search_request r = query_ask("bohemian rhapsody queen");
    ck_assert_int_eq(search_by_rpc(&r), 0);
    ck_assert_uint_eq(query_hit(0)->song_id, 1);
    ck_assert(sg_str_eq(query_reply.generation, SG_STR(QUERY_GENERATION)));
    struct sg_suggest_request sr = {.q = SG_STR("boh"), .limit = 8};
    ck_assert_int_eq(call(SG_METHOD_SUGGEST, &sg_suggest_request_record, &sr,
                          &sg_suggest_reply_record, &query_completions),
                     0);
    ck_assert_uint_ge(query_completions.suggestions.n, 1);
    uint64_t ids[] = {5, 999999, 6};
    struct sg_lookup_request lr = {SG_STR("song"), {ids, 3}, SG_STR_NONE, false, 0};
    struct sg_lookup_reply lo;
    ck_assert_int_eq(
        call(SG_METHOD_LOOKUP, &sg_lookup_request_record, &lr, &sg_lookup_reply_record, &lo), 0);
    ck_assert_uint_eq(lo.results.n, 2);
    struct sg_genres_reply go;
    ck_assert_int_eq(call(SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &go), 0);
    ck_assert_uint_eq(go.genres.n, 2);
    struct sg_health_reply h;
    ck_assert_int_eq(health(&h), 0);
    ck_assert(sg_str_eq(h.status, SG_STR("ok")) &&
              sg_str_eq(h.generation, SG_STR(QUERY_GENERATION)));
    ck_assert_int_eq(h.lag_bytes, -1);
    struct sg_metrics_reply m;
    ck_assert_int_eq(call(SG_METHOD_METRICS, NULL, NULL, &sg_metrics_reply_record, &m), 0);
    ck_assert_ptr_nonnull(memmem(m.text.p, m.text.n, "segue_query_seconds", 19));
    stop_server();
}
END_TEST

START_TEST(the_server_says_what_may_have_been_meant)
{
    start_server(query_dir);
    struct sg_search_request r = query_ask("loove ");
    ck_assert_int_eq(search_by_rpc(&r), 0);
    ck_assert_uint_eq(query_hit(0)->song_id, 14);
    ck_assert(sg_str_eq(query_reply.did_you_mean, SG_STR("love")));
    r = query_ask("halo ");
    ck_assert_int_eq(search_by_rpc(&r), 0);
    ck_assert(!query_reply.did_you_mean.n);
    stop_server();
}
END_TEST

START_TEST(the_server_refuses_by_field)
{
    start_server(query_dir);
    struct sg_str types[] = {SG_STR("video")};
    struct sg_search_request r = query_ask("x");
    r.types = (struct sg_list){types, 1};
    ck_assert_int_eq(search_by_rpc(&r), SG_EINVAL);
    ck_assert_str_eq(query_err.field, "type");
    r = query_ask("   ");
    ck_assert_int_eq(search_by_rpc(&r), SG_EINVAL);
    ck_assert_str_eq(query_err.field, "q");
    r = query_ask("x"), r.limit = 101;
    ck_assert_int_eq(search_by_rpc(&r), SG_EINVAL);
    ck_assert_str_eq(query_err.field, "limit");
    stop_server();
}
END_TEST

START_TEST(the_server_starts_before_the_first_generation)
{
    const char *empty = test_scratch();
    struct sg_health_reply h;
    struct sg_search_request r = query_ask("bohemian rhapsody");
    start_server(empty);
    ck_assert_int_eq(search_by_rpc(&r), SG_EUNAVAIL);
    ck_assert_int_eq(health(&h), 0);
    ck_assert(sg_str_eq(h.status, SG_STR("down")));
    query_publish(empty, QUERY_GENERATION);
    int rc = SG_EUNAVAIL;
    for (int i = 0; i < 1200 && rc; i++) {
        sg_sleep_us(50000);
        rc = search_by_rpc(&r);
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(query_hit(0)->song_id, 1);
    stop_server();
}
END_TEST

static void *ask_often(void *ctx)
{
    static const char *const queries[] = {"love",         "bohemian rha",   "beatels",
                                          "queen xqzzqx", "love number 12", "k"};
    struct sg_arena a = {0};
    int *failed = ctx;
    for (size_t i = 0; i < 120; i++) {
        struct sg_search_request r = query_ask(queries[i % 6]);
        struct sg_search_reply out;
        struct sg_error e = SG_ERROR_INIT;
        if (sg_rpc_call(server.client, SG_METHOD_SEARCH, &sg_search_request_record, &r,
                        &sg_search_reply_record, &out, &a, sg_now_us() + 60000000, SG_STR_NONE, &e))
            ++*failed;
        sg_arena_reset(&a);
    }
    sg_arena_free(&a);
    return NULL;
}

START_TEST(many_ask_while_the_catalogue_changes)
{
    pthread_t threads[4];
    int failed[4] = {0};
    struct sg_delta *d = query_open_delta();
    start_server(query_dir);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask_often, &failed[i]);
    for (uint64_t i = 0; i < 20; i++) {
        query_put_song(d, 2000 + i, "Love in Between");
        query_must(sg_delta_commit(d, 100 + i, i, &query_err));
    }
    query_publish(query_dir, "gen-20260101T000001Z-2");
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(failed[i], 0);
    }
    stop_server();
    sg_delta_close(d);
}
END_TEST

/* The program's standard output, and its exit code. */
static int run_program(const char *args, char *out, size_t cap)
{
    char command[1024];
    snprintf(command, sizeof command,
             "SEGUE_INDEX_DIR=%s SEGUE_QUERY_LISTEN=ipc://%s/none %s %s 2>&1", query_dir, query_dir,
             test_program("segue-query"), args);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(the_command_line_reads_the_index_when_no_server_runs)
{
    static char out[65536];
    ck_assert_int_eq(run_program("search bohemian rhapsody", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "Bohemian Rhapsody"));
    ck_assert_ptr_nonnull(strstr(out, "by the index"));
    ck_assert_ptr_null(strchr(out, '\033'));
    ck_assert_int_eq(run_program("search --local --json --type song love", out, sizeof out), 0);
    ck_assert_int_eq(out[0], '{');
    ck_assert_ptr_nonnull(strstr(out, "\"song_id\":8"));
    ck_assert_int_eq(run_program("search --local --explain halo", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "evidence"));
    ck_assert_int_eq(run_program("suggest --local boh", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "Bohemian Rhapsody"));
    ck_assert_int_eq(run_program("search", out, sizeof out), 2);
    ck_assert_int_eq(run_program("search --limit many x", out, sizeof out), 2);
    ck_assert_int_eq(run_program("search --local --type video x", out, sizeof out), 2);
    ck_assert_ptr_nonnull(strstr(out, "video"));
}
END_TEST

int main(void)
{
    query_make();
    TCase *c = tcase_create("query server");
    tcase_add_test(c, the_server_answers_every_method);
    tcase_add_test(c, the_server_says_what_may_have_been_meant);
    tcase_add_test(c, the_server_refuses_by_field);
    tcase_add_test(c, the_server_starts_before_the_first_generation);
    tcase_add_test(c, many_ask_while_the_catalogue_changes);
    if (access(test_program("segue-query"), X_OK) == 0)
        tcase_add_test(c, the_command_line_reads_the_index_when_no_server_runs);
    else
        fprintf(stderr, "SKIPPED: the command line, %s is not built\n",
                test_program("segue-query"));
    Suite *suite = suite_create("query server");
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
