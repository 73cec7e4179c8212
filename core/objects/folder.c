/* folder.c - opening, reading and deleting: see folder.h. */
#include "core/objects/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int make_root(const char *path, struct sg_error *e)
{
    char at[SG_CONFIG_TEXT];
    snprintf(at, sizeof at, "%s", path);
    for (char *p = at + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(at, 0755) && errno != EEXIST)
            return sg_fail_errno(e, "%s", at);
        *p = '/';
    }
    if (mkdir(at, 0750) && errno != EEXIST)
        return sg_fail_errno(e, "%s", at);
    return 0;
}

static void close_folder(void *s)
{
    struct folder *f = s;
    if (f->root >= 0)
        close(f->root);
    if (f->temp >= 0)
        close(f->temp);
    free(f);
}

int folder_store_open(void **out, const struct sg_config *c, struct sg_error *e)
{
    if (!c->objects.url[0])
        return sg_fail_field(e, "objects.url", "objects.url is not set");
    struct folder *f = calloc(1, sizeof *f);
    if (!f)
        return sg_fail(e, SG_ENOMEM, "objects");
    snprintf(f->path, sizeof f->path, "%s", c->objects.url);
    f->root = f->temp = -1;
    int rc = make_root(f->path, e);
    if (!rc && (f->root = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        rc = sg_fail_errno(e, "%s", f->path);
    if (!rc && mkdirat(f->root, FOLDER_TEMP, 0700) && errno != EEXIST)
        rc = sg_fail_errno(e, "%s/%s", f->path, FOLDER_TEMP);
    if (!rc && (f->temp = openat(f->root, FOLDER_TEMP,
                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)
        rc = sg_fail_errno(e, "%s/%s", f->path, FOLDER_TEMP);
    if (rc)
        close_folder(f);
    else
        *out = f;
    return rc;
}

static int is_there(void *s, struct sg_error *e)
{
    struct folder *f = s;
    struct stat st;
    struct statvfs fs;
    if (fstatat(AT_FDCWD, f->path, &st, 0) || faccessat(f->temp, ".", W_OK | X_OK, 0) ||
        fstatvfs(f->root, &fs))
        return sg_fail_errno(e, "%s", f->path);
    return fs.f_bavail ? 0 : sg_fail(e, SG_ENOSPC, "%s: the disk is full", f->path);
}

static int open_object(struct folder *f, const char *key, int *fd, int64_t *bytes,
                       struct sg_error *e)
{
    struct stat st;
    int got = openat(f->root, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (got < 0 && errno == ENOTDIR)
        errno = ENOENT;
    if (got < 0)
        return sg_fail_errno(e, "object %s", key);
    int rc = fstat(got, &st)        ? sg_fail_errno(e, "object %s", key)
             : !S_ISREG(st.st_mode) ? sg_fail(e, SG_ENOENT, "object %s: there is none", key)
                                    : 0;
    if (rc) {
        close(got);
        return rc;
    }
    *fd = got;
    *bytes = st.st_size;
    return 0;
}

static int open_fd(void *s, const char *key, int *fd, int64_t *bytes, struct sg_error *e)
{
    return open_object(s, key, fd, bytes, e);
}

static int pour(int fd, const char *key, int64_t from, int64_t end, sg_object_sink *sink, void *ctx,
                struct sg_error *e)
{
    int rc = 0;
    char *chunk = malloc(SG_OBJECT_CHUNK);
    if (!chunk)
        return sg_fail(e, SG_ENOMEM, "objects");
    while (!rc && from < end) {
        size_t n = end - from < SG_OBJECT_CHUNK ? (size_t)(end - from) : SG_OBJECT_CHUNK;
        ssize_t got = pread(fd, chunk, n, from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = sg_fail_errno(e, "object %s", key);
        else if (!got)
            rc = sg_fail(e, SG_EIO, "object %s: it became shorter", key);
        else
            rc = sink(ctx, (struct sg_str){chunk, (size_t)got}, e);
        from += got;
    }
    free(chunk);
    return rc;
}

static int get(void *s, const char *key, int64_t from, int64_t n, sg_object_sink *sink, void *ctx,
               struct sg_error *e)
{
    int fd;
    int64_t bytes;
    int rc = open_object(s, key, &fd, &bytes, e);
    if (rc)
        return rc;
    if (from > bytes)
        rc = sg_fail(e, SG_EINVAL, "object %s has %lld bytes", key, (long long)bytes);
    else
        rc = pour(fd, key, from, n && n < bytes - from ? from + n : bytes, sink, ctx, e);
    close(fd);
    return rc;
}

static int stat_object(void *s, const char *key, struct sg_object_info *info, struct sg_error *e)
{
    struct folder *f = s;
    struct stat st;
    int rc = fstatat(f->root, key, &st, AT_SYMLINK_NOFOLLOW);
    if (rc && errno == ENOTDIR)
        errno = ENOENT;
    if (rc)
        return sg_fail_errno(e, "object %s", key);
    if (!S_ISREG(st.st_mode))
        return sg_fail(e, SG_ENOENT, "object %s: there is none", key);
    *info = (struct sg_object_info){.bytes = st.st_size,
                                    .modified_us =
                                        st.st_mtim.tv_sec * 1000000LL + st.st_mtim.tv_nsec / 1000};
    return 0;
}

/* The file, and the folders that are empty without it. */
static int remove_object(void *s, const char *key, struct sg_error *e)
{
    struct folder *f = s;
    char at[SG_OBJECT_KEY_MAX + 1];
    if (unlinkat(f->root, key, 0) && errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
        return sg_fail_errno(e, "object %s", key);
    snprintf(at, sizeof at, "%s", key);
    for (char *slash; (slash = strrchr(at, '/'));) {
        *slash = '\0';
        if (unlinkat(f->root, at, AT_REMOVEDIR))
            break;
    }
    return 0;
}

const struct store_ops folder_store_ops = {
    .close = close_folder,
    .is_there = is_there,
    .put = folder_put,
    .write = folder_write,
    .commit = folder_commit,
    .abort = folder_abort,
    .get = get,
    .stat = stat_object,
    .fd = open_fd,
    .remove = remove_object,
    .list = folder_list,
    .sweep = folder_sweep,
};
