/* follow.c - struct sg_index: which generation is served; see searcher.h.
 *
 * One thread reads CURRENT every poll_ms. A change of it (another name, or the
 * file replaced) is tried once: opened, verified, swapped in, or refused. What
 * was too large to verify before serving is verified by the same thread after.
 */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "index/searcher/reader.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define VERIFY_BYTES    ((uint64_t)1 << 30)
#define POLL_MS         100
#define RETRY_US        5000000 /* after a failure that is not the files' own */
#define GENERATIONS_MAX 64      /* looked through for one to fall back to */

struct sg_index {
    char *dir;
    uint64_t verify_bytes;
    int poll_ms;
    bool unreleased;
    int64_t (*wall_us)(void);
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;                               /* under lock */
    _Atomic(struct sg_generation *) current; /* written under lock; holds a reference */
    char refused[256];                       /* under lock */
    pthread_t thread;
    bool has_thread;
    struct stat seen; /* CURRENT as it was last tried; this and the next are the follower's */
    int64_t retry_us; /* when it is tried again all the same; 0: not */
};

static struct sg_metric *refused_total(void)
{
    return sg_metric_new(SG_COUNTER, "segue_index_refused_total",
                         "Generations refused because a check failed", NULL);
}

static struct sg_metric *generation_info(void)
{
    return sg_metric_new(SG_GAUGE, "segue_index_generation_info",
                         "1 for the generation being served", "generation");
}

struct sg_generation *sg_index_take(struct sg_index *x)
{
    pthread_mutex_lock(&x->lock);
    struct sg_generation *g = atomic_load(&x->current);
    if (g)
        sg_generation_ref(g);
    pthread_mutex_unlock(&x->lock);
    return g;
}

bool sg_index_serves(struct sg_index *x, const struct sg_generation *g)
{
    return atomic_load_explicit(&x->current, memory_order_acquire) == g;
}

uint16_t sg_index_day(const struct sg_index *x)
{
    return x->unreleased ? SG_RELEASE_MAX : sg_release_today(x->wall_us());
}

static void set_refused(struct sg_index *x, const char *text)
{
    pthread_mutex_lock(&x->lock);
    snprintf(x->refused, sizeof x->refused, "%s", text);
    pthread_mutex_unlock(&x->lock);
}

/* Takes over the caller's reference. */
static void serve(struct sg_index *x, struct sg_generation *g)
{
    pthread_mutex_lock(&x->lock);
    struct sg_generation *old = atomic_load(&x->current);
    atomic_store_explicit(&x->current, g, memory_order_release);
    pthread_mutex_unlock(&x->lock);
    if (old)
        sg_metric_set(generation_info(), old->manifest.name, 0);
    sg_metric_set(generation_info(), g->manifest.name, 1);
    sg_log(SG_LOG_INFO, "generation served", "generation=%s songs=%u", g->manifest.name,
           g->counts[SG_SONG]);
    sg_generation_unref(old);
}

static void refuse(struct sg_index *x, const char *name, const struct sg_error *e)
{
    char text[256];
    snprintf(text, sizeof text, "%.90s: %.160s", name, e->text);
    set_refused(x, text);
    sg_metric_add(refused_total(), "", 1);
    sg_log(SG_LOG_ERROR, "generation refused", "generation=%s error=%s", name, e->text);
}

static int open_named(struct sg_index *x, const char *name, struct sg_generation **out,
                      struct sg_error *e)
{
    char dir[PATH_MAX];
    int n = snprintf(dir, sizeof dir, "%s/%s", x->dir, name);
    if (n < 0 || (size_t)n >= sizeof dir)
        return sg_fail(e, SG_EINVAL, "path too long: %s", x->dir);
    int rc = sg_generation_open(out, dir, x->verify_bytes, e);
    if (!rc && strcmp((*out)->manifest.name, name) != 0) {
        rc = sg_fail(e, SG_ECORRUPT, "the manifest is of %s", (*out)->manifest.name);
        sg_generation_unref(*out);
        *out = NULL;
    }
    return rc;
}

static bool serves_name(struct sg_index *x, const char *name)
{
    struct sg_generation *g = sg_index_take(x);
    bool is = g && strcmp(g->manifest.name, name) == 0;
    sg_generation_unref(g);
    return is;
}

/* One of the list, older than `bad` or not as asked. Names order by time. */
static bool try_listed(struct sg_index *x, const struct sg_manifest *list, size_t n,
                       const char *bad, bool older)
{
    for (size_t i = 0; i < n; i++) {
        struct sg_error e = SG_ERROR_INIT;
        struct sg_generation *g = NULL;
        int order = strcmp(list[i].name, bad);
        if (order == 0 || (order < 0) != older)
            continue;
        if (open_named(x, list[i].name, &g, &e) == 0) {
            serve(x, g);
            return true;
        }
        sg_log(SG_LOG_ERROR, "generation refused", "generation=%s error=%s", list[i].name, e.text);
        sg_metric_add(refused_total(), "", 1);
    }
    return false;
}

static bool fall_back(struct sg_index *x, const char *bad)
{
    struct sg_manifest *list = calloc(GENERATIONS_MAX, sizeof *list);
    size_t n = list ? sg_generation_list(x->dir, list, GENERATIONS_MAX) : 0;
    bool ok = try_listed(x, list, n, bad, true) || try_listed(x, list, n, bad, false);
    free(list);
    return ok;
}

/* Whether CURRENT is another file than the one last tried. */
static bool current_changed(struct sg_index *x)
{
    struct stat now;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/CURRENT", x->dir);
    if (n < 0 || (size_t)n >= sizeof path || stat(path, &now) < 0)
        return false;
    bool same = now.st_ino == x->seen.st_ino && now.st_size == x->seen.st_size &&
                now.st_mtim.tv_sec == x->seen.st_mtim.tv_sec &&
                now.st_mtim.tv_nsec == x->seen.st_mtim.tv_nsec;
    x->seen = now;
    if (same && x->retry_us && sg_now_us() >= x->retry_us)
        same = false;
    return !same;
}

static void look(struct sg_index *x)
{
    char name[SG_GENERATION_NAME] = "";
    struct sg_error e = SG_ERROR_INIT;
    struct sg_generation *g = NULL;
    if (!current_changed(x))
        return;
    x->retry_us = 0;
    int rc = sg_current_read(x->dir, name, &e);
    if (!rc && serves_name(x, name)) {
        set_refused(x, "");
        return;
    }
    if (!rc)
        rc = open_named(x, name, &g, &e);
    if (rc) {
        refuse(x, name, &e);
        if (rc != SG_ECORRUPT)
            x->retry_us = sg_now_us() + RETRY_US;
        if (sg_index_serves(x, NULL) && !fall_back(x, name))
            sg_log(SG_LOG_ERROR, "no generation can be served", NULL);
        return;
    }
    set_refused(x, "");
    serve(x, g);
}

/* Background sums of the generation being served; nothing to do once all are good. */
static void verify_more(struct sg_index *x)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_generation *g = sg_index_take(x);
    if (!g)
        return;
    int rc = sg_generation_verify_next(g, &e);
    if (rc < 0) {
        g->n_verified = g->manifest.n_files; /* said once */
        refuse(x, g->manifest.name, &e);
        if (!fall_back(x, g->manifest.name))
            sg_log(SG_LOG_ERROR, "no other generation: a corrupt one is served on", "generation=%s",
                   g->manifest.name);
    }
    sg_generation_unref(g);
}

static bool all_verified(struct sg_index *x)
{
    struct sg_generation *g = sg_index_take(x);
    bool done = !g || g->n_verified == g->manifest.n_files;
    sg_generation_unref(g);
    return done;
}

/* Sleeps to the next look; true when asked to stop. */
static bool wait_turn(struct sg_index *x, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&x->lock);
    int rc = 0;
    while (!x->stop && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&x->wake, &x->lock, &until);
    bool stop = x->stop;
    pthread_mutex_unlock(&x->lock);
    return stop;
}

static void *follow(void *arg)
{
    struct sg_index *x = arg;
    while (!wait_turn(x, all_verified(x) ? x->poll_ms : 0)) {
        look(x);
        verify_more(x);
    }
    return NULL;
}

static int start_thread(struct sg_index *x, struct sg_error *e)
{
    errno = pthread_create(&x->thread, NULL, follow, x);
    if (errno)
        return sg_fail_errno(e, "index thread");
    x->has_thread = true;
    pthread_setname_np(x->thread, "sg-index");
    return 0;
}

/* The gate's way: this folder, verified in full, and no following. */
static int open_only(struct sg_index *x, const char *only, struct sg_error *e)
{
    char dir[PATH_MAX];
    struct sg_generation *g;
    int n = snprintf(dir, sizeof dir, "%s/%s", x->dir, only);
    if (n < 0 || (size_t)n >= sizeof dir)
        return sg_fail(e, SG_EINVAL, "path too long: %s", x->dir);
    int rc = sg_generation_open(&g, dir, UINT64_MAX, e);
    if (rc)
        return e ? sg_wrap(e, "%s", only) : rc;
    atomic_store(&x->current, g);
    return 0;
}

static int init(struct sg_index *x, const struct sg_index_options *o, struct sg_error *e)
{
    pthread_condattr_t attr;
    pthread_mutex_init(&x->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&x->wake, &attr);
    pthread_condattr_destroy(&attr);
    x->verify_bytes = o->verify_bytes ? o->verify_bytes : VERIFY_BYTES;
    x->poll_ms = o->poll_ms > 0 ? o->poll_ms : POLL_MS;
    x->unreleased = o->unreleased;
    x->wall_us = o->wall_us ? o->wall_us : sg_wall_us;
    x->dir = strdup(o->dir);
    return x->dir ? 0 : sg_fail(e, SG_ENOMEM, "index");
}

int sg_index_open(struct sg_index **out, const struct sg_index_options *o, struct sg_error *e)
{
    struct sg_index *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "index");
    int rc = init(x, o, e);
    if (!rc && o->only) {
        rc = open_only(x, o->only, e);
    } else if (!rc) {
        look(x);
        rc = start_thread(x, e);
    }
    if (rc)
        sg_index_close(x);
    else
        *out = x;
    return rc;
}

void sg_index_close(struct sg_index *x)
{
    if (!x)
        return;
    pthread_mutex_lock(&x->lock);
    x->stop = true;
    pthread_cond_signal(&x->wake);
    pthread_mutex_unlock(&x->lock);
    if (x->has_thread)
        pthread_join(x->thread, NULL);
    sg_generation_unref(atomic_load(&x->current));
    pthread_cond_destroy(&x->wake);
    pthread_mutex_destroy(&x->lock);
    free(x->dir);
    free(x);
}

void sg_index_status(struct sg_index *x, char name[SG_GENERATION_NAME], char refused[256])
{
    pthread_mutex_lock(&x->lock);
    struct sg_generation *g = atomic_load(&x->current);
    snprintf(name, SG_GENERATION_NAME, "%s", g ? g->manifest.name : "");
    snprintf(refused, 256, "%s", x->refused);
    pthread_mutex_unlock(&x->lock);
}
