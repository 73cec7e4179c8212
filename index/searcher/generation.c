/* generation.c - opening what lies in a generation's folder for reading. */
#include "core/log.h"
#include "index/meaning.h"
#include "index/searcher/reader.h"
#include "index/spell.h"
#include "index/suggest.h"
#include <stdio.h>
#include <stdlib.h>

static const struct sg_file_sum *file_at(const struct sg_generation *g, size_t i)
{
    return &g->manifest.files[g->by_size[i]];
}

static void sort_by_size(struct sg_generation *g)
{
    for (size_t i = 0; i < g->manifest.n_files; i++) {
        size_t at = i;
        while (at > 0 && file_at(g, at - 1)->bytes > g->manifest.files[i].bytes) {
            g->by_size[at] = g->by_size[at - 1];
            at--;
        }
        g->by_size[at] = (uint8_t)i;
    }
}

int sg_generation_verify_next(struct sg_generation *g, struct sg_error *e)
{
    if (g->n_verified == g->manifest.n_files)
        return 0;
    int rc = sg_manifest_check_file(&g->manifest, g->by_size[g->n_verified], g->dir, true, e);
    if (rc)
        return rc;
    g->n_verified++;
    return 1;
}

static int verify(struct sg_generation *g, uint64_t bytes, struct sg_error *e)
{
    int rc = sg_manifest_check(&g->manifest, g->dir, false, e);
    sort_by_size(g);
    while (!rc && g->n_verified < g->manifest.n_files) {
        uint64_t next = file_at(g, g->n_verified)->bytes;
        if (next > bytes)
            break;
        bytes -= next;
        rc = sg_generation_verify_next(g, e);
        if (rc > 0)
            rc = 0;
    }
    return rc;
}

static bool is_listed(const struct sg_manifest *m, const char *name)
{
    for (size_t i = 0; i < m->n_files; i++)
        if (strcmp(m->files[i].name, name) == 0)
            return true;
    return false;
}

/* The path of a file that the manifest must name. */
static int file_path(const struct sg_generation *g, const char *name, char path[PATH_MAX + 64],
                     struct sg_error *e)
{
    if (!is_listed(&g->manifest, name))
        return sg_fail(e, SG_ECORRUPT, "%s: not in the manifest", name);
    snprintf(path, PATH_MAX + 64, "%s/%s", g->dir, name);
    return 0;
}

static int open_facts(struct sg_generation *g, enum sg_kind kind, struct sg_error *e)
{
    char path[PATH_MAX + 64], name[64];
    snprintf(name, sizeof name, "facts-%s.seg", sg_kind_names[kind]);
    int rc = file_path(g, name, path, e);
    if (!rc)
        rc = sg_facts_open(&g->facts[kind], path, e);
    if (rc)
        return rc;
    g->counts[kind] = sg_facts_count(g->facts[kind]);
    if (g->counts[kind] != g->manifest.counts[kind])
        return sg_fail(e, SG_ECORRUPT, "%s: %u rows, the manifest says %llu", name, g->counts[kind],
                       (unsigned long long)g->manifest.counts[kind]);
    return 0;
}

static int open_files(struct sg_generation *g, struct sg_error *e)
{
    char path[PATH_MAX + 64];
    int rc = file_path(g, "store.mdb", path, e);
    if (!rc)
        rc = sg_store_open(&g->store, path, e);
    for (int k = 0; !rc && k < SG_KINDS; k++)
        rc = open_facts(g, k, e);
    if (!rc)
        rc = file_path(g, "suggest.seg", path, e);
    if (!rc)
        rc = sg_suggest_open(&g->suggest, path, e);
    if (!rc)
        rc = file_path(g, "spell.seg", path, e);
    if (!rc)
        rc = sg_spell_open(&g->spell, path, e);
    if (!rc)
        rc = file_path(g, "lyrics.seg", path, e);
    if (!rc)
        rc = sg_lyrics_file_open(&g->lyrics, path, e);
    if (rc || !is_listed(&g->manifest, "meaning.seg"))
        return rc;
    snprintf(path, sizeof path, "%s/meaning.seg", g->dir);
    return sg_meaning_open(&g->meaning, path, e);
}

int sg_generation_open(struct sg_generation **out, const char *dir, uint64_t verify_bytes,
                       struct sg_error *e)
{
    struct sg_generation *g = calloc(1, sizeof *g);
    if (!g)
        return sg_fail(e, SG_ENOMEM, "generation");
    atomic_init(&g->refs, 1);
    pthread_mutex_init(&g->attach_lock, NULL);
    int n = snprintf(g->dir, sizeof g->dir, "%s", dir);
    int rc = n < 0 || (size_t)n >= sizeof g->dir ? sg_fail(e, SG_EINVAL, "path too long: %s", dir)
                                                 : sg_manifest_read(&g->manifest, dir, e);
    if (!rc)
        rc = verify(g, verify_bytes, e);
    if (!rc)
        rc = open_files(g, e);
    if (rc)
        sg_generation_unref(g);
    else
        *out = g;
    return rc;
}

void sg_generation_ref(struct sg_generation *g)
{
    atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
}

void sg_generation_unref(struct sg_generation *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
        return;
    sg_delta_maps_close(&g->maps);
    sg_delta_env_release(atomic_load(&g->delta));
    sg_meaning_close(g->meaning);
    sg_lyrics_file_close(g->lyrics);
    sg_spell_close(g->spell);
    sg_suggest_close(g->suggest);
    for (int k = 0; k < SG_KINDS; k++)
        sg_facts_close(g->facts[k]);
    sg_store_close(g->store);
    pthread_mutex_destroy(&g->attach_lock);
    free(g);
}

/* A delta that cannot be opened is an error said once; the base is served on. */
static struct sg_delta_env *attach(struct sg_generation *g)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_delta_env *env = atomic_load(&g->delta);
    if (env)
        return env;
    int rc = sg_delta_env_acquire(&env, g->dir, false, &e);
    if (!rc) {
        atomic_store(&g->delta, env);
        return env;
    }
    if (rc != SG_ENOENT && !g->delta_refused) {
        g->delta_refused = true;
        sg_log(SG_LOG_ERROR, "delta cannot be read, changes since the build are missing",
               "generation=%s error=%s", g->manifest.name, e.text);
    }
    return NULL;
}

struct sg_delta_env *sg_generation_delta(struct sg_generation *g)
{
    struct sg_delta_env *env = atomic_load_explicit(&g->delta, memory_order_acquire);
    if (env)
        return env;
    pthread_mutex_lock(&g->attach_lock);
    env = attach(g);
    pthread_mutex_unlock(&g->attach_lock);
    return env;
}

const struct sg_delta_maps *sg_generation_maps(struct sg_generation *g, uint64_t stamp)
{
    if (!atomic_load_explicit(&g->has_maps, memory_order_acquire)) {
        pthread_mutex_lock(&g->attach_lock);
        if (!atomic_load(&g->has_maps) &&
            sg_delta_maps_open(&g->maps, g->dir, g->counts, stamp, false, NULL) == 0)
            atomic_store(&g->has_maps, true);
        pthread_mutex_unlock(&g->attach_lock);
    }
    return atomic_load_explicit(&g->has_maps, memory_order_acquire) ? &g->maps : NULL;
}
