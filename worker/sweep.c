/* sweep.c - see sweep.h. */
#include "worker/sweep.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/objects/gc.h"
#include "core/pause.h"
#include "core/pg.h"
#include <stdlib.h>

enum { FIRST_MS = 60000, EVERY_MS = 3600000 };

struct sg_sweep {
    const struct sg_config *config;
    struct sg_objects *objects;
    struct sg_pause pause;
    pthread_t thread;
    struct sg_metric *objects_n, *bytes;
};

static int sweep(struct sg_sweep *s, PGconn *pg, struct sg_error *e)
{
    struct sg_gc_options how = {.older_s = s->config->worker.gc_h * 3600};
    struct sg_gc_report done = {0};
    int rc = sg_objects_gc(s->objects, pg, &how, &done, e);
    sg_metric_add(s->objects_n, "", (double)done.deleted);
    sg_metric_add(s->bytes, "", (double)done.deleted_bytes);
    if (done.deleted || done.swept)
        sg_log(SG_LOG_INFO, "the store is swept", "seen=%lld deleted=%lld bytes=%lld half=%lld",
               (long long)done.seen, (long long)done.deleted, (long long)done.deleted_bytes,
               (long long)done.swept);
    return rc;
}

/* The lock goes with the connection. */
static int sweep_alone(struct sg_sweep *s, struct sg_error *e)
{
    PGconn *pg = NULL;
    PGresult *r = NULL;
    int rc = sg_pg_connect(&pg, s->config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_exec(pg, "SELECT pg_try_advisory_lock(hashtext('segue sweep'))", 0, NULL, &r, e);
    if (!rc && PQgetvalue(r, 0, 0)[0] == 't')
        rc = sweep(s, pg, e);
    PQclear(r);
    PQfinish(pg);
    return rc;
}

static void *run(void *ctx)
{
    struct sg_sweep *s = ctx;
    int wait_ms = FIRST_MS;
    while (!sg_pause_for(&s->pause, wait_ms, false)) {
        struct sg_error e = SG_ERROR_INIT;
        int rc = sweep_alone(s, &e);
        if (rc && rc != SG_ECONFLICT && rc != SG_ECANCELED)
            sg_log(SG_LOG_WARN, "the store is not swept", "error=%s", e.text);
        wait_ms = EVERY_MS;
    }
    return NULL;
}

int sg_sweep_start(struct sg_sweep **out, const struct sg_config *c, struct sg_objects *o,
                   struct sg_error *e)
{
    struct sg_sweep *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "sweep");
    *s = (struct sg_sweep){.config = c, .objects = o};
    s->objects_n = sg_metric_new(SG_COUNTER, "segue_worker_swept_objects_total",
                                 "Objects deleted that nothing named.", NULL);
    s->bytes = sg_metric_new(SG_COUNTER, "segue_worker_swept_bytes_total", "Their bytes.", NULL);
    sg_pause_init(&s->pause);
    if (pthread_create(&s->thread, NULL, run, s)) {
        sg_pause_destroy(&s->pause);
        free(s);
        return sg_fail(e, SG_ENOMEM, "a thread");
    }
    *out = s;
    return 0;
}

void sg_sweep_stop(struct sg_sweep *s)
{
    if (!s)
        return;
    sg_pause_end(&s->pause);
    pthread_join(s->thread, NULL);
    sg_pause_destroy(&s->pause);
    free(s);
}
