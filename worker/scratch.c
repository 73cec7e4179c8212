/* scratch.c - see scratch.h. */
#include "worker/scratch.h"
#include "core/log.h"
#include "core/uuid.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct sg_scratch {
    char dir[700];
    int lock;
};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)where;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

void sg_scratch_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        sg_log(SG_LOG_WARN, "scratch is left behind", "path=%s error=%d", path, errno);
}

/* Workers of former versions locked a file in it. */
static bool is_held_by_file(const char *path)
{
    char lock[1200];
    snprintf(lock, sizeof lock, "%s/lock", path);
    int fd = open(lock, O_RDWR | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    return held;
}

/* One whose lock can be had belongs to nobody. */
static void remove_stale(const char *all, const char *name)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/%s", all, name);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && !is_held_by_file(path))
        sg_scratch_remove(path);
    if (fd >= 0)
        close(fd);
}

static int make_dir(const char *path, struct sg_error *e)
{
    return mkdir(path, 0700) && errno != EEXIST ? sg_fail_errno(e, "%s", path) : 0;
}

static int remove_all_stale(const char *all, struct sg_error *e)
{
    DIR *d = opendir(all);
    if (!d)
        return sg_fail_errno(e, "%s", all);
    for (struct dirent *f; (f = readdir(d));)
        if (f->d_name[0] != '.')
            remove_stale(all, f->d_name);
    closedir(d);
    return 0;
}

/* Locked, and not removed by somebody who had the lock before. */
static bool hold(struct sg_scratch *s)
{
    struct stat at, of;
    s->lock = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) == 0 && stat(s->dir, &at) == 0 &&
        fstat(s->lock, &of) == 0 && at.st_ino == of.st_ino)
        return true;
    if (s->lock >= 0)
        close(s->lock);
    s->lock = -1;
    return false;
}

/* Another that starts may take what is not locked yet for a dead one's: then it is made anew. */
static int make_own(struct sg_scratch *s, const char *all, struct sg_error *e)
{
    unsigned char id[16];
    char name[SG_UUID_CHARS + 1];
    for (int tries = 0; tries < 100; tries++) {
        sg_uuid_make(id);
        sg_uuid_text(id, name);
        snprintf(s->dir, sizeof s->dir, "%s/%s", all, name);
        if (mkdir(s->dir, 0700))
            return sg_fail_errno(e, "%s", s->dir);
        if (hold(s))
            return 0;
    }
    return sg_fail(e, SG_EBUSY, "%s cannot be locked", s->dir);
}

int sg_scratch_open(struct sg_scratch **out, const char *var_dir, struct sg_error *e)
{
    char all[600];
    struct sg_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "scratch");
    s->lock = -1;
    snprintf(all, sizeof all, "%.500s/scratch", var_dir);
    int rc = make_dir(var_dir, e);
    if (!rc)
        rc = make_dir(all, e);
    if (!rc)
        rc = remove_all_stale(all, e);
    if (!rc)
        rc = make_own(s, all, e);
    if (rc)
        sg_scratch_close(s);
    else
        *out = s;
    return rc;
}

void sg_scratch_close(struct sg_scratch *s)
{
    if (!s)
        return;
    if (s->lock >= 0) {
        sg_scratch_remove(s->dir);
        close(s->lock);
    }
    free(s);
}

int sg_scratch_make(struct sg_scratch *s, char *path, size_t n, struct sg_error *e)
{
    snprintf(path, n, "%s/XXXXXX", s->dir);
    return mkdtemp(path) ? 0 : sg_fail_errno(e, "%s", path);
}
