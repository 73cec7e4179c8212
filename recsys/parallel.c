/* parallel.c - see parallel.h. */
#include "recsys/parallel.h"
#include "core/err.h"
#include "core/service.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

struct work {
    sg_parallel_fn fn;
    void *ctx;
    size_t n, chunk;
    atomic_size_t next;
    atomic_int failed;
};
struct worker {
    struct work *work;
    int number;
};

static void *run(void *ctx)
{
    struct worker *w = ctx;
    struct work *work = w->work;
    size_t from;
    while (!work->failed && (from = atomic_fetch_add(&work->next, work->chunk)) < work->n) {
        size_t to = work->n - from < work->chunk ? work->n : from + work->chunk;
        int rc = sg_stopping() ? SG_ECANCELED : work->fn(work->ctx, from, to, w->number);
        int none = 0;
        if (rc)
            atomic_compare_exchange_strong(&work->failed, &none, rc);
    }
    return NULL;
}

int sg_parallel(int threads, size_t n, size_t chunk, sg_parallel_fn fn, void *ctx)
{
    struct work work = {.fn = fn, .ctx = ctx, .n = n, .chunk = chunk ? chunk : 1};
    struct worker workers[THREADS_MAX];
    pthread_t helpers[THREADS_MAX];
    int started = 1;
    for (int i = 0; i < THREADS_MAX; i++)
        workers[i] = (struct worker){&work, i};
    while (started < threads && started < THREADS_MAX &&
           !pthread_create(&helpers[started], NULL, run, &workers[started]))
        started++;
    run(&workers[0]);
    for (int i = 1; i < started; i++)
        pthread_join(helpers[i], NULL);
    return work.failed;
}
