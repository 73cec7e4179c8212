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
#include <time.h>
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

/* One whose lock can be had belongs to nobody; so does one without, unless it is being made, which
 * takes no minute. */
static void remove_stale(const char *all, const char *name)
{
    char path[1100], lock[1200];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", all, name);
    snprintf(lock, sizeof lock, "%s/lock", path);
    int fd = open(lock, O_RDWR | O_CLOEXEC);
    bool stale = fd >= 0 ? flock(fd, LOCK_EX | LOCK_NB) == 0
                         : stat(path, &st) == 0 && time(NULL) - st.st_mtime > 60;
    if (stale)
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

static int make_own(struct sg_scratch *s, const char *all, struct sg_error *e)
{
    unsigned char id[16];
    char name[SG_UUID_CHARS + 1], lock[720];
    sg_uuid_make(id);
    sg_uuid_text(id, name);
    snprintf(s->dir, sizeof s->dir, "%s/%s", all, name);
    snprintf(lock, sizeof lock, "%s/lock", s->dir);
    if (mkdir(s->dir, 0700))
        return sg_fail_errno(e, "%s", s->dir);
    s->lock = open(lock, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB))
        return sg_fail_errno(e, "%s", lock);
    return 0;
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
