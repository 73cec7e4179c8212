/* upload.c - see upload.h: what the routes share, and the keeper's thread. */
#include "api/upload/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include <stdlib.h>

enum { TICK_MS = 1000, SWEEP_TICKS = 5 };

static void *keep(void *ctx)
{
    struct sg_uploads *s = ctx;
    for (int64_t tick = 0; !sg_pause_for(&s->pause, TICK_MS, false); tick++) {
        int64_t at = s->cut_at_us;
        if (at && sg_now_us() > at)
            atomic_store(&s->cut, true);
        upload_tell_viewers(s);
        if (tick % SWEEP_TICKS == 0 && !at)
            upload_sweep(s);
    }
    return NULL;
}

void sg_uploads_hurry(struct sg_uploads *s, int64_t us)
{
    if (s)
        s->cut_at_us = sg_now_us() + us;
}

int sg_uploads_open(struct sg_uploads **out, struct sg_api *api, struct sg_error *e)
{
    struct sg_uploads *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "uploads");
    *out = s; /* closed by its owner, whatever comes */
    s->api = api;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    sg_pause_init(&s->pause);
    s->taken = sg_metric_new(SG_COUNTER, "segue_uploads_total", "Uploads accepted", "way");
    s->refused = sg_metric_new(SG_COUNTER, "segue_uploads_refused_total",
                               "Uploads refused for what they are", "reason");
    s->waiting = sg_metric_new(SG_GAUGE, "segue_uploads_waiting",
                               "Uploaded files that wait to be looked at", NULL);
    s->objects = api->objects;
    s->vault = api->vault;
    int rc = upload_checkers_start(s, e);
    if (!rc && pthread_create(&s->keeper, NULL, keep, s))
        rc = sg_fail(e, SG_EIO, "uploads: no thread");
    s->keeping = !rc;
    return rc ? sg_wrap(e, "uploads") : 0;
}

void sg_uploads_close(struct sg_uploads *s)
{
    if (!s)
        return;
    sg_pause_end(&s->pause);
    if (s->keeping)
        pthread_join(s->keeper, NULL);
    atomic_store(&s->cut, true); /* nobody waits any more */
    upload_checkers_stop(s);
    sg_pause_destroy(&s->pause);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
