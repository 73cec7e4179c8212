/* check.c - see check.h. */
#include "indexer/check.h"
#include "indexer/folder.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct sg_check {
    pthread_t thread;
    atomic_bool stop;
    atomic_int result; /* 0 until the thread has ended its work */
    struct sg_error why;
    struct sg_manifest manifest;
    char dir[PATH_MAX];
};

static void *work(void *arg)
{
    struct sg_check *c = arg;
    int rc = 0;
    for (size_t i = 0; !rc && i < c->manifest.n_files && !atomic_load(&c->stop); i++)
        rc = sg_manifest_check_file(&c->manifest, i, c->dir, true, &c->why);
    atomic_store(&c->result, rc ? rc : 1);
    return NULL;
}

int sg_check_start(struct sg_check **out, const char *index_dir, const char *name,
                   struct sg_error *e)
{
    struct sg_check *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "check");
    int rc = sg_folder_path(c->dir, index_dir, name, e);
    if (!rc)
        rc = sg_manifest_read(&c->manifest, c->dir, e);
    if (!rc && pthread_create(&c->thread, NULL, work, c))
        rc = sg_fail(e, SG_EIO, "check: no thread");
    if (rc) {
        free(c);
        return rc;
    }
    *out = c;
    return 0;
}

int sg_check_result(struct sg_check *c, struct sg_error *e)
{
    int rc = atomic_load(&c->result);
    if (rc < 0 && e)
        *e = c->why;
    return rc;
}

void sg_check_stop(struct sg_check *c)
{
    if (!c)
        return;
    atomic_store(&c->stop, true);
    pthread_join(c->thread, NULL);
    free(c);
}
