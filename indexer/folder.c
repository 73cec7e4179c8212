/* folder.c - see folder.h. */
#include "indexer/folder.h"
#include "core/clock.h"
#include "core/service.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of a lock's file (locks of open files, fcntl(2): asking for one does not take it). */
enum { HOLDER, SWEEPER };

int sg_folder_path(char out[PATH_MAX], const char *dir, const char *name, struct sg_error *e)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    return n < 0 || n >= PATH_MAX ? sg_fail(e, SG_EINVAL, "path too long: %s", dir) : 0;
}

int sg_folder_make(const char *dir, struct sg_error *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/", dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return sg_fail(e, SG_EINVAL, "path too long: %s", dir);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return sg_fail_errno(e, "make folder %s", path);
        *slash = '/';
    }
    return 0;
}

static bool id_ok(const char *id)
{
    return strlen(id) == 8 && strspn(id, "0123456789abcdef") == 8;
}

int sg_folder_prepare(const char *dir, char id[9], struct sg_error *e)
{
    char text[16] = "";
    int rc = sg_folder_make(dir, e);
    if (rc)
        return rc;
    rc = sg_folder_read(dir, ".", "ID", text, sizeof text, e);
    text[strcspn(text, "\n")] = '\0';
    if (rc == 0 && id_ok(text)) {
        memcpy(id, text, 9);
        return 0;
    }
    if (rc && rc != SG_ENOENT)
        return rc;
    uint32_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (uint32_t)sg_wall_us() ^ (uint32_t)getpid() << 16;
    snprintf(id, 9, "%08x", random);
    return sg_folder_write(dir, ".", "ID", (struct sg_str){id, 8}, e);
}

static int lock_byte(int fd, int command, short type, int byte)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int rc = fcntl(fd, command, &l);
    return rc < 0 ? rc : command == F_OFD_GETLK && l.l_type != F_UNLCK;
}

static int open_lock(const char *dir, const char *name, struct sg_error *e)
{
    char path[PATH_MAX];
    int rc = sg_folder_path(path, dir, name, e);
    if (rc)
        return rc;
    int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    return f < 0 ? sg_fail_errno(e, "open %s", path) : f;
}

int sg_folder_lock(const char *dir, const char *name, int *fd, struct sg_error *e)
{
    char who[24] = "";
    int f = open_lock(dir, name, e);
    if (f < 0)
        return f;
    if (lock_byte(f, F_OFD_SETLK, F_WRLCK, HOLDER) < 0) {
        ssize_t n = pread(f, who, sizeof who - 1, 0);
        who[n > 0 ? strcspn(who, "\n") : 0] = '\0';
        close(f);
        return sg_fail(e, SG_EBUSY, "%s/%s is held by process %s", dir, name, who[0] ? who : "?");
    }
    int len = snprintf(who, sizeof who, "%d\n", (int)getpid());
    /* The number is for people only: a full disk must not keep the lock away. */
    if (ftruncate(f, 0) == 0 && pwrite(f, who, (size_t)len, 0) < 0)
        errno = 0;
    *fd = f;
    return 0;
}

bool sg_folder_locked(const char *dir, const char *name)
{
    char path[PATH_MAX];
    if (sg_folder_path(path, dir, name, NULL))
        return false;
    int f = open(path, O_RDWR | O_CLOEXEC);
    if (f < 0)
        return false;
    bool held = lock_byte(f, F_OFD_GETLK, F_WRLCK, HOLDER) > 0;
    close(f);
    return held;
}

int sg_folder_await_sweep(int lock, struct sg_error *e)
{
    while (lock_byte(lock, F_OFD_SETLKW, F_WRLCK, SWEEPER) < 0)
        if (errno != EINTR || sg_stopping())
            return sg_fail_errno(e, "wait for a sweep");
    return lock_byte(lock, F_OFD_SETLK, F_UNLCK, SWEEPER) < 0 ? sg_fail_errno(e, "lock") : 0;
}

/* Who comes to hold it after it was looked for waits for this byte. */
bool sg_folder_sweep(const char *dir, const char *name, int *fd)
{
    int f = open_lock(dir, name, NULL);
    if (f < 0)
        return false;
    if (lock_byte(f, F_OFD_SETLK, F_WRLCK, SWEEPER) == 0 &&
        lock_byte(f, F_OFD_GETLK, F_WRLCK, HOLDER) == 0) {
        *fd = f;
        return true;
    }
    close(f);
    return false;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int sg_folder_remove(const char *dir, const char *name, struct sg_error *e)
{
    char path[PATH_MAX];
    int rc = sg_folder_path(path, dir, name, e);
    if (rc)
        return rc;
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
        return sg_fail_errno(e, "remove %s", path);
    return 0;
}

static int sync_folder(const char *dir, struct sg_error *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? sg_fail_errno(e, "sync %s", dir) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

int sg_folder_rename(const char *dir, const char *from, const char *to, struct sg_error *e)
{
    char a[PATH_MAX], b[PATH_MAX];
    int rc = sg_folder_path(a, dir, from, e);
    if (!rc)
        rc = sg_folder_path(b, dir, to, e);
    if (!rc && rename(a, b) < 0)
        rc = sg_fail_errno(e, "rename %s to %s", a, to);
    return rc ? rc : sync_folder(dir, e);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t sg_folder_list(const char *dir, const char *prefix, char (*out)[SG_GENERATION_NAME],
                      size_t cap)
{
    DIR *d = opendir(dir);
    if (!d)
        return 0;
    size_t n = 0;
    for (struct dirent *i; n < cap && (i = readdir(d));) {
        size_t len = strlen(i->d_name);
        if (!strncmp(i->d_name, prefix, strlen(prefix)) && len < SG_GENERATION_NAME)
            memcpy(out[n++], i->d_name, len + 1);
    }
    closedir(d);
    qsort(out, n, sizeof *out, by_name);
    return n;
}

static int write_all(int fd, struct sg_str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            text = (struct sg_str){text.p + n, text.n - (size_t)n};
    }
    return fsync(fd);
}

int sg_folder_write(const char *dir, const char *sub, const char *name, struct sg_str text,
                    struct sg_error *e)
{
    char folder[PATH_MAX], path[PATH_MAX];
    int rc = sg_folder_path(folder, dir, sub, e);
    if (!rc)
        rc = sg_folder_path(path, folder, name, e);
    if (rc)
        return rc;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return sg_fail_errno(e, "create %s", path);
    if (write_all(fd, text) < 0)
        rc = sg_fail_errno(e, "write %s", path);
    close(fd);
    return rc;
}

int sg_folder_read(const char *dir, const char *sub, const char *name, char *out, size_t cap,
                   struct sg_error *e)
{
    char folder[PATH_MAX], path[PATH_MAX];
    int rc = sg_folder_path(folder, dir, sub, e);
    if (!rc)
        rc = sg_folder_path(path, folder, name, e);
    if (rc)
        return rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    ssize_t n = read(fd, out, cap - 1);
    if (n < 0)
        rc = sg_fail_errno(e, "read %s", path);
    out[n > 0 ? n : 0] = '\0';
    close(fd);
    return rc;
}
