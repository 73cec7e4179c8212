/* tree.c - see tree.h. */
#include "audio/tree.h"
#include "core/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256u << 10)

int sg_tree_init(struct sg_tree *t, int dir, struct sg_arena *arena, struct sg_error *e)
{
    *t = (struct sg_tree){.dir = dir, .arena = arena};
    if ((mkdirat(dir, "f", 0755) || mkdirat(dir, "p", 0755)) && errno != EEXIST)
        return sg_fail_errno(e, "making the folders of renditions");
    return 0;
}

void sg_tree_close(struct sg_tree *t)
{
    while (t->n_open)
        close(t->open[--t->n_open].fd);
}

int sg_tree_create(struct sg_tree *t, const char *path, int *fd, struct sg_error *e)
{
    if (t->n_open == SG_AUDIO_FILES_MAX || strlen(path) > SG_AUDIO_PATH_MAX)
        return sg_fail(e, SG_ELIMIT, "%s: too many files", path);
    int made = openat(t->dir, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (made < 0)
        return sg_fail_errno(e, "%s", path);
    int kept = fcntl(made, F_DUPFD_CLOEXEC, 0);
    if (kept < 0) {
        close(made);
        return sg_fail_errno(e, "%s", path);
    }
    strcpy(t->open[t->n_open].path, path);
    t->open[t->n_open++].fd = kept;
    *fd = made;
    return 0;
}

/* The descriptor kept of it, which is the caller's now; -1: there is none. */
static int take_open(struct sg_tree *t, const char *path)
{
    for (size_t i = 0; i < t->n_open; i++)
        if (!strcmp(t->open[i].path, path)) {
            int fd = t->open[i].fd;
            t->open[i] = t->open[--t->n_open];
            return fd;
        }
    return -1;
}

static int digest_all(EVP_MD_CTX *md, int fd, char *buf, uint64_t *bytes, struct sg_error *e)
{
    ssize_t n = 1;
    while (n) {
        n = pread(fd, buf, CHUNK, (off_t)*bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail_errno(e, "reading a rendition");
        *bytes += (uint64_t)n;
        if (EVP_DigestUpdate(md, buf, (size_t)n) != 1)
            return sg_fail(e, SG_EINTERNAL, "SHA-256 failed");
    }
    return 0;
}

static int digest_file(int fd, uint64_t *bytes, unsigned char sha[SG_SHA256_BYTES],
                       struct sg_error *e)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    char *buf = malloc(CHUNK);
    int rc = 0;
    if (!md || !buf || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        rc = sg_fail(e, SG_ENOMEM, "SHA-256");
    if (!rc)
        rc = digest_all(md, fd, buf, bytes, e);
    if (!rc && EVP_DigestFinal_ex(md, sha, NULL) != 1)
        rc = sg_fail(e, SG_EINTERNAL, "SHA-256 failed");
    EVP_MD_CTX_free(md);
    free(buf);
    return rc;
}

static struct sg_str kept(struct sg_tree *t, const char *text)
{
    return *text ? sg_arena_copy(t->arena, sg_str(text)) : SG_STR_NONE;
}

int sg_tree_add(struct sg_tree *t, const char *path, const char *content_type, bool sealed,
                const char *codec, uint64_t bitrate, struct sg_error *e)
{
    unsigned char sha[SG_SHA256_BYTES];
    char hex[2 * SG_SHA256_BYTES + 1];
    uint64_t bytes = 0;
    if (t->n == SG_AUDIO_FILES_MAX)
        return sg_fail(e, SG_ELIMIT, "%s: too many files", path);
    int fd = take_open(t, path);
    if (fd < 0)
        return sg_fail(e, SG_ENOENT, "%s was not made", path);
    int rc = digest_file(fd, &bytes, sha, e);
    close(fd);
    if (rc)
        return rc;
    sg_hex(sha, sizeof sha, hex);
    struct sg_audio_file f = {.path = kept(t, path),
                              .bytes = bytes,
                              .content_type = kept(t, content_type),
                              .sealed = sealed,
                              .codec = kept(t, codec),
                              .bitrate = bitrate,
                              .sha256 = kept(t, hex)};
    if (!f.path.p || !f.content_type.p || !f.sha256.p)
        return sg_fail(e, SG_ENOMEM, "%s", path);
    t->files[t->n++] = f;
    return 0;
}

int sg_tree_put(struct sg_tree *t, const char *path, const char *content_type, struct sg_str bytes,
                struct sg_error *e)
{
    int fd = -1;
    int rc = sg_tree_create(t, path, &fd, e);
    for (size_t at = 0; !rc && at < bytes.n;) {
        ssize_t n = write(fd, bytes.p + at, bytes.n - at);
        if (n < 0 && errno != EINTR)
            rc = sg_fail_errno(e, "%s", path);
        at += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    return rc ? rc : sg_tree_add(t, path, content_type, false, "", 0, e);
}
