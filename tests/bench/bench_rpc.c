/* bench_rpc.c - round trips over ipc with 1 and 16 calls in flight, of a search
 * reply of 20 hits, and the CPU time each takes, of client and server together.
 *
 *   bench_rpc [seconds a measurement, default 2]
 */
#include "core/clock.h"
#include "core/rpc.h"
#include "schemas/search.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CALLS_MAX = 2000000 };

static struct sg_search_reply reply;
static struct sg_hit hits[20];
static struct sg_artist_ref artist = {12345, SG_STR("The Somewhat Famous Band")};
static struct sg_album_ref album = {678, SG_STR("An Album of Songs"), SG_STR("/covers/678.jpg")};
static struct sg_highlight highlight = {SG_STR("title"), 0, 4};

static void fill(void)
{
    sg_record_init(&sg_search_reply_record, &reply);
    for (size_t i = 0; i < 20; i++) {
        struct sg_hit *h = &hits[i];
        sg_record_init(&sg_hit_record, h);
        h->type = SG_STR("song");
        h->song_id = 1000 + i;
        h->title = SG_STR("Love in the Time of Benchmarks");
        h->artist = &artist;
        h->artists = (struct sg_list){&artist, 1};
        h->album = &album;
        h->duration = 215;
        h->play_count = 1234567;
        h->genre = SG_STR("pop");
        h->year = 1999;
        h->is_explicit = 0;
        h->score = 0.91234567 / (double)(i + 1);
        h->highlights = (struct sg_list){&highlight, 1};
    }
    reply.results = (struct sg_list){hits, 20};
    reply.generation = SG_STR("gen-20260101T000000Z-0000000001");
}

static int handle(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                  struct sg_error *e)
{
    (void)thread, (void)call, (void)in, (void)e;
    *(struct sg_search_reply *)out = reply;
    return 0;
}

struct caller {
    struct sg_rpc_client *client;
    int64_t until_us;
    uint32_t *took_us;
    size_t n, failed;
};

static void *call_until(void *arg)
{
    struct caller *c = arg;
    struct sg_arena a = {0};
    struct sg_search_request q;
    struct sg_search_reply r;
    sg_record_init(&sg_search_request_record, &q);
    q.q = SG_STR("love");
    for (int64_t now = sg_now_us(); now < c->until_us && c->n < CALLS_MAX / 16;) {
        c->failed +=
            sg_rpc_call(c->client, "search", &sg_search_request_record, &q, &sg_search_reply_record,
                        &r, &a, now + 1000000, SG_STR_NONE, NULL) != 0;
        int64_t end = sg_now_us();
        c->took_us[c->n++] = (uint32_t)(end - now);
        now = end;
        sg_arena_reset(&a);
    }
    sg_arena_free(&a);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return 1e6 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void measure(struct sg_rpc_client *client, int in_flight, int seconds)
{
    struct caller callers[16];
    pthread_t threads[16];
    uint32_t *all = calloc(CALLS_MAX, sizeof *all);
    if (!all)
        return;
    int64_t start = sg_now_us();
    double cpu = cpu_us();
    for (int i = 0; i < in_flight; i++) {
        callers[i] = (struct caller){client, start + seconds * 1000000ll,
                                     all + (size_t)i * (CALLS_MAX / 16), 0, 0};
        pthread_create(&threads[i], NULL, call_until, &callers[i]);
    }
    size_t n = 0, failed = 0;
    for (int i = 0; i < in_flight; i++) {
        pthread_join(threads[i], NULL);
        memmove(all + n, callers[i].took_us, callers[i].n * sizeof *all);
        n += callers[i].n;
        failed += callers[i].failed;
    }
    double s = (double)(sg_now_us() - start) / 1e6;
    cpu = cpu_us() - cpu;
    qsort(all, n, sizeof *all, by_value);
    printf("rpc, %2d in flight: %8.0f round trips/s, p50 %u us, p99 %u us, %.1f us CPU each, %zu "
           "failed\n",
           in_flight, (double)n / s, n ? all[n / 2] : 0, n ? all[n - 1 - n / 100] : 0,
           n ? cpu / (double)n : 0, failed);
    free(all);
}

int main(int argc, char **argv)
{
    static const struct sg_rpc_method methods[] = {
        {"search", &sg_search_request_record, &sg_search_reply_record, handle}, {0}};
    int seconds = argc > 1 ? atoi(argv[1]) : 2; /* NOLINT(cert-err34-c) */
    char folder[] = "/tmp/sg-bench-XXXXXX", url[64];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_rpc_server *server = NULL;
    struct sg_rpc_client *client = NULL;
    fill();
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(url, sizeof url, "ipc://%s/rpc.ipc", folder);
    struct sg_rpc_options o = {.url = url, .methods = methods, .workers = 4};
    int rc = sg_rpc_serve(&server, &o, &e);
    if (!rc)
        rc = sg_rpc_client_open(&client, url, &e);
    if (!rc) {
        measure(client, 1, seconds);
        measure(client, 16, seconds);
    } else {
        fprintf(stderr, "bench_rpc: %s\n", e.text);
    }
    sg_rpc_client_close(client);
    sg_rpc_server_close(server, 100);
    rmdir(folder);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
