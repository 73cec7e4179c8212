/* health.c - see health.h. */
#include "worker/health.h"
#include "core/clock.h"
#include "core/rpc.h"
#include "schemas/service.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct sg_worker_health {
    const struct sg_queue *queue;
    struct sg_rpc_server *server;
    int64_t started_us;
    int lock;
};

static int thread_open(void *state, void **thread, struct sg_error *e)
{
    (void)e;
    *thread = state;
    return 0;
}

static int on_health(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                     struct sg_error *e)
{
    struct sg_worker_health *h = thread;
    bool there = sg_queue_is_there(h->queue);
    (void)call, (void)in, (void)e;
    *(struct sg_health_reply *)out = (struct sg_health_reply){
        .service = SG_STR("worker"),
        .version = SG_STR(SEGUE_VERSION),
        .status = there ? SG_STR("ok") : SG_STR("degraded"),
        .detail = there ? SG_STR("") : SG_STR("what carries the jobs does not answer"),
        .lag_bytes = -1,
        .uptime_s = (sg_now_us() - h->started_us) / 1000000,
    };
    return 0;
}

static const struct sg_rpc_method methods[] = {
    {SG_METHOD_HEALTH, NULL, &sg_health_reply_record, on_health},
    {0},
};

void sg_worker_url(const struct sg_config *c, char *out, size_t n)
{
    snprintf(out, n, "ipc://%s/run/worker.ipc", c->var_dir);
}

/* SG_EBUSY: another worker's. */
static int take_address(struct sg_worker_health *h, const struct sg_config *c, struct sg_error *e)
{
    char path[SG_CONFIG_TEXT + 32];
    snprintf(path, sizeof path, "%s/run", c->var_dir);
    if (mkdir(path, 0755) && errno != EEXIST)
        return sg_fail_errno(e, "%s", path);
    snprintf(path, sizeof path, "%s/run/worker.lock", c->var_dir);
    h->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (h->lock < 0)
        return sg_fail_errno(e, "%s", path);
    return flock(h->lock, LOCK_EX | LOCK_NB) ? sg_fail(e, SG_EBUSY, "another worker has it") : 0;
}

int sg_worker_health_open(struct sg_worker_health **out, const struct sg_config *c,
                          const struct sg_queue *q, struct sg_error *e)
{
    char url[SG_CONFIG_TEXT + 32];
    struct sg_worker_health *h = calloc(1, sizeof *h);
    if (!h)
        return sg_fail(e, SG_ENOMEM, "health");
    *h = (struct sg_worker_health){.queue = q, .started_us = sg_now_us(), .lock = -1};
    *out = NULL;
    sg_worker_url(c, url, sizeof url);
    struct sg_rpc_options o = {
        .url = url, .methods = methods, .workers = 1, .state = h, .thread_open = thread_open};
    int rc = take_address(h, c, e);
    if (!rc)
        rc = sg_rpc_serve(&h->server, &o, e);
    if (rc) {
        sg_worker_health_close(h);
        return rc == SG_EBUSY ? 0 : rc;
    }
    *out = h;
    return 0;
}

void sg_worker_health_close(struct sg_worker_health *h)
{
    if (!h)
        return;
    if (h->server)
        sg_rpc_server_close(h->server, 1000);
    if (h->lock >= 0)
        close(h->lock);
    free(h);
}
