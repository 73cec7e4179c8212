/* disk.c - the file of master keys on disk: see file.h. */
#include "core/vault/file.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int read_bytes(int fd, struct sg_buf *text, struct sg_error *e)
{
    for (;;) {
        char *to = sg_buf_reserve(text, 4096);
        ssize_t got = to ? read(fd, to, 4096) : 0;
        if (!to)
            return sg_fail(e, SG_ENOMEM, "master keys");
        if (got < 0)
            return sg_fail_errno(e, "read");
        text->n += (size_t)got;
        if (!got || text->n > SG_VAULT_FILE_MAX)
            return 0;
    }
}

static int check_kind(const struct stat *st, struct sg_error *e)
{
    if (!S_ISREG(st->st_mode))
        return sg_fail(e, SG_ECORRUPT, "it is no file");
    if (st->st_mode & 037) /* its group may read: a secret of Kubernetes is mounted so */
        return sg_fail(e, SG_EPERM, "others may read or change it: its mode must be 0600");
    return 0;
}

static void wipe(struct sg_buf *text)
{
    if (text->p)
        explicit_bzero(text->p, text->cap);
    sg_buf_free(text);
}

int master_file_read(struct master_keys *out, const char *path, struct stat *seen,
                     struct sg_error *e)
{
    struct sg_buf text = {0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sg_fail_errno(e, "%s", path);
    int rc = fstat(fd, &st) ? sg_fail_errno(e, "stat") : check_kind(&st, e);
    if (!rc && sg_buf_reserve(&text, SG_VAULT_FILE_MAX + 4097) == NULL) /* so that it never moves */
        rc = sg_fail(e, SG_ENOMEM, "master keys");
    if (!rc)
        rc = read_bytes(fd, &text, e);
    if (!rc)
        rc = master_keys_parse(out, sg_buf_str(&text), e);
    close(fd);
    wipe(&text);
    if (rc)
        return sg_wrap(e, "%s", path);
    *seen = st;
    return 0;
}

static int make_folders(const char *path, struct sg_error *e)
{
    char at[SG_CONFIG_TEXT];
    snprintf(at, sizeof at, "%s", path);
    for (char *p = at + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(at, 0700) && errno != EEXIST)
            return sg_fail_errno(e, "%s", at);
        *p = '/';
    }
    return 0;
}

/* The folder that path lies in, open. */
static int open_folder(const char *path, struct sg_error *e)
{
    char at[SG_CONFIG_TEXT];
    snprintf(at, sizeof at, "%s", path);
    int fd = open(dirname(at), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        sg_fail_errno(e, "%s", path);
    return fd;
}

/* keys in a new file beside path, named in temp, on disk. */
static int write_beside(const char *path, const struct master_keys *k,
                        char temp[SG_CONFIG_TEXT + 8], struct sg_error *e)
{
    struct sg_buf text = {0};
    int rc = master_keys_print(k, &text, e);
    snprintf(temp, SG_CONFIG_TEXT + 8, "%s.XXXXXX", path);
    int fd = rc ? -1 : mkostemp(temp, O_CLOEXEC); /* 0600 */
    if (!rc && fd < 0)
        rc = sg_fail_errno(e, "%s", temp);
    if (!rc && (write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd))) {
        rc = sg_fail_errno(e, "%s", temp);
        unlink(temp);
    }
    if (fd >= 0)
        close(fd);
    wipe(&text);
    return rc;
}

int master_file_create(const char *path, struct sg_error *e)
{
    char temp[SG_CONFIG_TEXT + 8];
    struct master_keys k = {0};
    int rc = make_folders(path, e);
    int folder = rc ? -1 : open_folder(path, e);
    if (folder < 0)
        return rc ? rc : SG_EIO;
    rc = master_keys_add(&k, e);
    if (!rc)
        rc = write_beside(path, &k, temp, e);
    if (!rc) {
        if (link(temp, path) && errno != EEXIST) /* whoever links first has made the keys */
            rc = sg_fail_errno(e, "%s", path);
        unlink(temp);
    }
    if (!rc && fsync(folder))
        rc = sg_fail_errno(e, "%s", path);
    close(folder);
    explicit_bzero(&k, sizeof k);
    return rc;
}

int master_file_change(const char *path,
                       int (*change)(void *ctx, struct master_keys *k, struct sg_error *e),
                       void *ctx, struct sg_error *e)
{
    char temp[SG_CONFIG_TEXT + 8];
    struct master_keys k = {0};
    struct stat seen;
    int folder = open_folder(path, e);
    if (folder < 0)
        return SG_EIO;
    int rc = flock(folder, LOCK_EX) ? sg_fail_errno(e, "%s", path) : 0;
    if (!rc)
        rc = master_file_read(&k, path, &seen, e);
    if (!rc)
        rc = change(ctx, &k, e);
    if (!rc)
        rc = write_beside(path, &k, temp, e);
    if (!rc && (rename(temp, path) || fsync(folder))) {
        rc = sg_fail_errno(e, "%s", path);
        unlink(temp);
    }
    close(folder); /* and with it goes the lock */
    explicit_bzero(&k, sizeof k);
    return rc;
}
