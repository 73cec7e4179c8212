/* watch.c - see watch.h. */
#include "core/rpc/watch.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/rpc/envelope.h"
#include "core/rpc/greeting.h"
#include <pthread.h>
#include <stdlib.h>

#define PERIOD_US   1000000
#define PATIENCE_MS 2000

struct rpc_watch {
    nng_socket socket;
    nng_listener listener;
    const char *url;
    pthread_t thread;
    bool started, stopping;
    uint64_t arrived; /* connections so far */
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static void on_arrival(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    (void)pipe, (void)event;
    struct rpc_watch *w = arg;
    pthread_mutex_lock(&w->lock);
    w->arrived++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static int listen_on(struct rpc_watch *w, struct sg_error *e)
{
    int rv = nng_listen(w->socket, w->url, &w->listener, 0);
    return rv ? rpc_fail(e, rv, "listen on", w->url) : 0;
}

/* With the lock held: waits until stopped or, when `before` is given, until
 * somebody arrived since; false when neither happened in time. */
static bool wait_for(struct rpc_watch *w, const uint64_t *before, int64_t us)
{
    int64_t until = sg_now_us() + us;
    struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    while (!w->stopping && !(before && w->arrived != *before))
        if (pthread_cond_timedwait(&w->changed, &w->lock, &t) != 0)
            return false;
    return true;
}

/* nng may greet still and take no connection over: it has to arrive, too. */
static bool accepts(struct rpc_watch *w, uint64_t before)
{
    enum rpc_greeting r = rpc_greet(w->url, PATIENCE_MS);
    if (r != RPC_GREETED)
        return r == RPC_UNKNOWN;
    pthread_mutex_lock(&w->lock);
    bool arrived = wait_for(w, &before, PATIENCE_MS * 1000);
    pthread_mutex_unlock(&w->lock);
    return arrived;
}

static void listen_anew(struct rpc_watch *w)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_log(SG_LOG_WARN, "listener stopped accepting, listening anew", "url=%s", w->url);
    nng_listener_close(w->listener);
    if (listen_on(w, &e) != 0)
        sg_log(SG_LOG_ERROR, "cannot listen, trying again", "error=%s", e.text);
}

static void *watch(void *arg)
{
    struct rpc_watch *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        uint64_t before = w->arrived;
        wait_for(w, NULL, PERIOD_US);
        if (w->stopping || w->arrived != before)
            continue;
        pthread_mutex_unlock(&w->lock);
        if (!accepts(w, before))
            listen_anew(w);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static struct rpc_watch *new_watch(nng_socket socket, const char *url)
{
    struct rpc_watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->socket = socket;
    w->url = url;
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &a);
    pthread_condattr_destroy(&a);
    pthread_mutex_init(&w->lock, NULL);
    return w;
}

int rpc_watch_open(struct rpc_watch **out, nng_socket socket, const char *url, struct sg_error *e)
{
    struct rpc_watch *w = new_watch(socket, url);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "listen on %s", url);
    *out = w; /* the socket may call on_arrival until it is closed */
    nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, on_arrival, w);
    int rc = listen_on(w, e);
    if (!rc && pthread_create(&w->thread, NULL, watch, w) != 0)
        rc = sg_fail(e, SG_ENOMEM, "listen on %s: no thread", url);
    w->started = !rc;
    return rc;
}

void rpc_watch_stop(struct rpc_watch *w)
{
    if (!w || !w->started)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->started = false;
}

void rpc_watch_free(struct rpc_watch *w)
{
    if (!w)
        return;
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
