/* health.c - see health.h. */
#include "indexer/health.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "index/generation.h"
#include "indexer/folder.h"
#include "schemas/service.h"
#include <pthread.h>
#include <stdlib.h>

struct sg_health {
    pthread_mutex_t lock; /* of the four below */
    char generation[SG_GENERATION_NAME];
    char trouble[256];
    int64_t lag_bytes;
    int64_t started_us;
    struct sg_rpc_server *server;
    struct sg_metric *lag, *lag_seconds, *documents, *lsn, *troubled;
};

void sg_health_url(const struct sg_config *config, char out[SG_CONFIG_TEXT + 32])
{
    snprintf(out, SG_CONFIG_TEXT + 32, "ipc://%s/run/indexer.ipc", config->var_dir);
}

static int answer(void *thread, const struct sg_rpc_call *call, const void *in, void *out,
                  struct sg_error *e)
{
    struct sg_health *h = thread;
    struct sg_health_reply *r = out;
    (void)in;
    pthread_mutex_lock(&h->lock);
    r->generation = sg_arena_copy(call->arena, sg_str(h->generation));
    r->detail = sg_arena_copy(call->arena, sg_str(h->trouble));
    r->lag_bytes = h->lag_bytes;
    pthread_mutex_unlock(&h->lock);
    r->service = SG_STR("indexer");
    r->version = SG_STR(SEGUE_VERSION);
    r->status = r->detail.n ? SG_STR("degraded") : SG_STR("ok");
    r->uptime_s = (sg_now_us() - h->started_us) / 1000000;
    if (!r->generation.n)
        r->generation = SG_STR_NONE;
    if (!r->detail.n)
        r->detail = SG_STR_NONE;
    (void)e;
    return 0;
}

static const struct sg_rpc_method methods[] = {
    {SG_METHOD_HEALTH, NULL, &sg_health_reply_record, answer},
    {0},
};

static int thread_open(void *state, void **thread, struct sg_error *e)
{
    (void)e;
    *thread = state;
    return 0;
}

static void make_metrics(struct sg_health *h)
{
    h->lag = sg_metric_new(SG_GAUGE, "segue_indexer_lag_bytes", "Log not applied yet", NULL);
    h->lag_seconds = sg_metric_new(SG_GAUGE, "segue_indexer_lag_seconds",
                                   "From the database's commit to ours, of the last batch", NULL);
    h->documents = sg_metric_new(SG_GAUGE, "segue_indexer_delta_documents",
                                 "Documents and tombstones of the delta", NULL);
    h->lsn = sg_metric_new(SG_GAUGE, "segue_indexer_applied_position",
                           "Position applied: LSN or sequence", NULL);
    h->troubled = sg_metric_new(SG_GAUGE, "segue_indexer_troubled",
                                "1 while changes cannot be applied", NULL);
}

int sg_health_open(struct sg_health **out, const struct sg_config *config, struct sg_error *e)
{
    char url[SG_CONFIG_TEXT + 32], folder[SG_CONFIG_TEXT + 8];
    struct sg_health *h = calloc(1, sizeof *h);
    if (!h)
        return sg_fail(e, SG_ENOMEM, "health");
    pthread_mutex_init(&h->lock, NULL);
    h->started_us = sg_now_us();
    h->lag_bytes = -1;
    make_metrics(h);
    snprintf(folder, sizeof folder, "%s/run", config->var_dir);
    int rc = sg_folder_make(folder, e);
    sg_health_url(config, url);
    struct sg_rpc_options o = {
        .url = url, .methods = methods, .workers = 1, .state = h, .thread_open = thread_open};
    if (!rc)
        rc = sg_rpc_serve(&h->server, &o, e);
    if (rc) {
        sg_health_close(h);
        return rc;
    }
    *out = h;
    return 0;
}

void sg_health_close(struct sg_health *h)
{
    if (!h)
        return;
    if (h->server)
        sg_rpc_server_close(h->server, 1000);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void sg_health_set(struct sg_health *h, const char *generation, const char *trouble,
                   const struct sg_pump_state *state)
{
    pthread_mutex_lock(&h->lock);
    snprintf(h->generation, sizeof h->generation, "%s", generation);
    snprintf(h->trouble, sizeof h->trouble, "%s", trouble ? trouble : "");
    h->lag_bytes = state ? state->lag_bytes : h->lag_bytes;
    pthread_mutex_unlock(&h->lock);
    sg_metric_set(h->troubled, "", trouble != NULL);
    if (!state)
        return;
    sg_metric_set(h->lag, "", (double)state->lag_bytes);
    sg_metric_set(h->lag_seconds, "", (double)state->lag_us / 1e6);
    sg_metric_set(h->documents, "", (double)state->documents);
    sg_metric_set(h->lsn, "", (double)(state->lsn ? state->lsn : state->sequence));
}
