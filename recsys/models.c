/* models.c - which model is served: see model.h. */
#include "core/log.h"
#include "core/metrics.h"
#include "recsys/model.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct sg_models {
    char dir[PATH_MAX];
    pthread_mutex_t lock; /* guards all below */
    struct sg_model *served;
    char looked_at[SG_GENERATION_NAME]; /* CURRENT when last opened or refused */
    char refused[256];
};

int sg_models_open(struct sg_models **out, const char *dir, struct sg_error *e)
{
    struct sg_models *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "models");
    snprintf(m->dir, sizeof m->dir, "%s", dir);
    pthread_mutex_init(&m->lock, NULL);
    sg_models_refresh(m);
    *out = m;
    return 0;
}

void sg_models_close(struct sg_models *m)
{
    if (!m)
        return;
    sg_models_give(m->served);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

struct sg_model *sg_models_take(struct sg_models *m)
{
    pthread_mutex_lock(&m->lock);
    struct sg_model *model = m->served;
    if (model)
        atomic_fetch_add(&model->references, 1);
    pthread_mutex_unlock(&m->lock);
    return model;
}

void sg_models_refused(struct sg_models *m, char out[256])
{
    pthread_mutex_lock(&m->lock);
    memcpy(out, m->refused, sizeof m->refused);
    pthread_mutex_unlock(&m->lock);
}

/* At start with a broken CURRENT: the newest other generation that holds. */
static struct sg_model *open_older(const struct sg_models *m, const char *broken)
{
    enum { LOOK_AT = 16 };
    struct sg_model *model = NULL;
    struct sg_manifest *list = calloc(LOOK_AT, sizeof *list);
    size_t n = list ? sg_generation_list(m->dir, list, LOOK_AT) : 0;
    for (size_t i = 0; i < n && !model; i++)
        if (strcmp(list[i].name, broken) != 0)
            (void)sg_model_open(&model, m->dir, list[i].name, NULL);
    free(list);
    return model;
}

static void refuse(struct sg_models *m, const struct sg_error *e)
{
    static struct sg_metric *refused;
    if (!refused)
        refused = sg_metric_new(SG_COUNTER, "segue_model_refused_total",
                                "Models that failed their checks and are not served", NULL);
    sg_metric_add(refused, "", 1);
    snprintf(m->refused, sizeof m->refused, "%.255s", e->text);
    sg_log(SG_LOG_ERROR, "model refused, the one before is served", "error=%s", e->text);
}

/* Only the one thread that refreshes comes here; opening is I/O, so no lock is held for it. */
static void swap(struct sg_models *m, const char *name)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_model *model = NULL, *old = NULL;
    int rc = sg_model_open(&model, m->dir, name, &e);
    bool serving = m->served != NULL;
    if (rc && !serving)
        model = open_older(m, name);
    pthread_mutex_lock(&m->lock);
    snprintf(m->looked_at, sizeof m->looked_at, "%s", name);
    m->refused[0] = '\0';
    if (rc)
        refuse(m, &e);
    if (model) {
        old = m->served;
        m->served = model;
    }
    pthread_mutex_unlock(&m->lock);
    sg_models_give(old);
    if (model)
        sg_log(SG_LOG_INFO, "serving model", "generation=%s songs=%zu vectors=%zu", model->name,
               sg_songs_count(model->songs), sg_items_count(model->items));
}

void sg_models_refresh(struct sg_models *m)
{
    char name[SG_GENERATION_NAME];
    if (sg_current_read(m->dir, name, NULL) == 0 && strcmp(name, m->looked_at) != 0)
        swap(m, name);
}
