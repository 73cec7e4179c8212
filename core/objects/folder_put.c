/* folder_put.c - an object comes into a folder, whole or not at all: see folder.h. */
#include "core/clock.h"
#include "core/objects/folder.h"
#include "core/uuid.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct put {
    struct folder *f;
    char key[SG_OBJECT_KEY_MAX + 1], temp[SG_UUID_CHARS + 1];
    int fd;
};

int folder_put(void *s, const char *key, const char *content_type, void **out, struct sg_error *e)
{
    unsigned char id[16];
    (void)content_type; /* the database has it */
    struct put *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "objects");
    p->f = s;
    snprintf(p->key, sizeof p->key, "%s", key);
    sg_uuid_make(id);
    sg_uuid_text(id, p->temp);
    p->fd = openat(p->f->temp, p->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (p->fd < 0 || flock(p->fd, LOCK_EX | LOCK_NB)) {
        int rc = sg_fail_errno(e, "object %s", key);
        folder_abort(p);
        return rc;
    }
    *out = p;
    return 0;
}

int folder_write(void *put, struct sg_str bytes, struct sg_error *e)
{
    struct put *p = put;
    while (bytes.n) {
        ssize_t n = write(p->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail_errno(e, "object %s", p->key);
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return 0;
}

static int make_parents(struct put *p, struct sg_error *e)
{
    char at[SG_OBJECT_KEY_MAX + 1];
    snprintf(at, sizeof at, "%s", p->key);
    for (char *slash = at; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdirat(p->f->root, at, 0750) && errno != EEXIST)
            return sg_fail_errno(e, "object %s", p->key);
        *slash = '/';
    }
    return 0;
}

/* Renames; while others delete, a folder may go away between its making and the rename. */
static int place(struct put *p, struct sg_error *e)
{
    for (int tries = 0; tries < 100; tries++) {
        int rc = make_parents(p, e);
        if (rc && rc != SG_ENOENT)
            return rc;
        if (!rc && renameat(p->f->temp, p->temp, p->f->root, p->key) == 0) {
            p->temp[0] = '\0';
            return 0;
        }
        if (!rc && errno != ENOENT)
            return sg_fail_errno(e, "object %s", p->key);
    }
    return sg_fail(e, SG_EBUSY, "object %s: its folder is deleted again and again", p->key);
}

static int sync_folder(struct folder *f, const char *at)
{
    int fd = openat(f->root, at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? -1 : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int sync_parents(struct put *p, struct sg_error *e)
{
    char at[SG_OBJECT_KEY_MAX + 1];
    snprintf(at, sizeof at, "%s", p->key);
    for (char *slash; (slash = strrchr(at, '/'));) {
        *slash = '\0';
        if (sync_folder(p->f, at))
            return sg_fail_errno(e, "object %s", p->key);
    }
    return sync_folder(p->f, ".") ? sg_fail_errno(e, "object %s", p->key) : 0;
}

int folder_commit(void *put, struct sg_error *e)
{
    struct put *p = put;
    int rc = fsync(p->fd) ? sg_fail_errno(e, "object %s", p->key) : 0;
    if (!rc)
        rc = place(p, e);
    if (!rc)
        rc = sync_parents(p, e);
    folder_abort(p);
    return rc;
}

void folder_abort(void *put)
{
    struct put *p = put;
    if (p->fd >= 0) {
        if (p->temp[0])
            unlinkat(p->f->temp, p->temp, 0);
        close(p->fd);
    }
    free(p);
}

/* 1: it was left behind long ago, and is gone now. */
static int sweep_one(struct folder *f, const char *name, int64_t before_s)
{
    struct stat st;
    int fd = openat(f->temp, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), swept = 0;
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mtim.tv_sec <= before_s &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(f->temp, name, 0) == 0)
        swept = 1;
    close(fd);
    return swept;
}

int folder_sweep(void *s, int64_t older_s, int64_t *n, struct sg_error *e)
{
    struct folder *f = s;
    struct dirent *entry;
    int64_t before_s = sg_wall_us() / 1000000 - older_s;
    int fd = openat(f->temp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        return sg_fail_errno(e, "%s/%s", f->path, FOLDER_TEMP);
    }
    while ((entry = readdir(d)))
        *n += sweep_one(f, entry->d_name, before_s);
    closedir(d);
    return 0;
}
