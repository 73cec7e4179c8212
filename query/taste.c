/* taste.c - see taste.h. A thread of its own opens models: their sums take a while, and no
 * search may wait for that. */
#include "query/taste.h"
#include "core/log.h"
#include "core/pause.h"
#include "index/generation.h"
#include "index/vectors.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_MS 1000 /* at CURRENT */

struct sg_taste_model {
    atomic_int references;
    char name[SG_GENERATION_NAME];
    struct sg_vectors *songs;
};

struct sg_taste_models {
    char dir[PATH_MAX];
    struct sg_pause pause;
    pthread_t thread;
    bool has_thread;
    char refused[SG_GENERATION_NAME]; /* could not be opened, and was said so; the thread's */
    pthread_mutex_t lock;
    struct sg_taste_model *current; /* under lock; NULL: none is to be had */
};

static void unref(struct sg_taste_model *m)
{
    if (!m || atomic_fetch_sub(&m->references, 1) > 1)
        return;
    sg_vectors_close(m->songs);
    free(m);
}

static struct sg_taste_model *open_model(const char *dir, const char *name, struct sg_error *e)
{
    char path[PATH_MAX + SG_GENERATION_NAME + 16];
    struct sg_taste_model *m = calloc(1, sizeof *m);
    if (!m) {
        sg_fail(e, SG_ENOMEM, "taste");
        return NULL;
    }
    m->references = 1;
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(path, sizeof path, "%s/%s/items.vec", dir, name);
    if (sg_vectors_open(&m->songs, path, e)) {
        free(m);
        return NULL;
    }
    return m;
}

/* Only the thread replaces the current model, so it may read its name without the lock. */
static void look(struct sg_taste_models *m)
{
    struct sg_error e = SG_ERROR_INIT;
    char name[SG_GENERATION_NAME];
    struct sg_taste_model *before = m->current;
    if (sg_current_read(m->dir, name, NULL) || !strcmp(name, m->refused) ||
        (before && !strcmp(name, before->name)))
        return;
    struct sg_taste_model *next = open_model(m->dir, name, &e);
    if (!next) {
        snprintf(m->refused, sizeof m->refused, "%s", name);
        sg_log(SG_LOG_WARN, "songs' vectors cannot be read: searches are less personal",
               "generation=%s error=%s", name, e.text);
        return;
    }
    pthread_mutex_lock(&m->lock);
    m->current = next;
    pthread_mutex_unlock(&m->lock);
    unref(before);
}

static void *follow(void *models)
{
    struct sg_taste_models *m = models;
    do
        look(m);
    while (!sg_pause_for(&m->pause, LOOK_MS, false));
    return NULL;
}

int sg_taste_models_open(struct sg_taste_models **out, const char *dir, struct sg_error *e)
{
    struct sg_taste_models *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "taste");
    pthread_mutex_init(&m->lock, NULL);
    sg_pause_init(&m->pause);
    int n = snprintf(m->dir, sizeof m->dir, "%s", dir), rc = 0;
    if (n < 0 || (size_t)n >= sizeof m->dir)
        rc = sg_fail(e, SG_EINVAL, "path too long: %s", dir);
    if (!rc) {
        errno = pthread_create(&m->thread, NULL, follow, m);
        m->has_thread = errno == 0;
        rc = errno ? sg_fail_errno(e, "thread of taste") : 0;
    }
    if (rc)
        sg_taste_models_close(m);
    else
        *out = m;
    return rc;
}

void sg_taste_models_close(struct sg_taste_models *m)
{
    if (!m)
        return;
    if (m->has_thread) {
        sg_pause_end(&m->pause);
        pthread_join(m->thread, NULL);
    }
    unref(m->current);
    sg_pause_destroy(&m->pause);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* The model of that name, referenced. */
static struct sg_taste_model *take(struct sg_taste_models *m, struct sg_str name)
{
    struct sg_taste_model *taken = NULL;
    pthread_mutex_lock(&m->lock);
    if (m->current && sg_str_eq(name, sg_str(m->current->name))) {
        taken = m->current;
        atomic_fetch_add(&taken->references, 1);
    }
    pthread_mutex_unlock(&m->lock);
    return taken;
}

void sg_liking_begin(struct sg_liking *l, struct sg_taste_models *m, const struct sg_taste *taste)
{
    l->taste = taste;
    l->model = NULL;
    if (!taste || !m || !taste->model.n || !taste->vector.n)
        return;
    l->model = take(m, taste->model);
    if (!l->model)
        return;
    size_t d = sg_vectors_dimension(l->model->songs);
    if (taste->vector.n != d * sizeof *l->vector || d > sizeof l->vector / sizeof *l->vector) {
        sg_liking_done(l);
        l->taste = taste;
        return;
    }
    memcpy(l->vector, taste->vector.p, taste->vector.n);
}

void sg_liking_done(struct sg_liking *l)
{
    unref(l->model);
    l->model = NULL;
    l->taste = NULL;
}

/* Ids that do not ascend are found or not: the peer's loss. */
static float weight_of(const struct sg_list *list, uint64_t id)
{
    const struct sg_affinity *v = list->v;
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && v[low].id == id ? (float)v[low].weight : 0;
}

static float by_vector(const struct sg_liking *l, uint64_t song_id)
{
    const float *song = sg_vectors_row(l->model->songs, song_id);
    size_t d = sg_vectors_dimension(l->model->songs);
    float product = 0;
    if (!song)
        return 0;
    for (size_t i = 0; i < d; i++)
        product += l->vector[i] * song[i];
    return product > 0 ? fminf(product, 1) : 0; /* not so when it is no number */
}

float sg_liking_of(const struct sg_liking *l, enum sg_kind kind, uint64_t id)
{
    if (!l->taste)
        return 0;
    if (kind == SG_ARTIST)
        return weight_of(&l->taste->artists, id);
    if (kind != SG_SONG)
        return 0;
    float said = weight_of(&l->taste->songs, id);
    return said < 1 && l->model ? fmaxf(said, by_vector(l, id)) : said;
}
