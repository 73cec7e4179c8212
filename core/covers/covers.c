/* covers.c - see covers.h. */
#include "core/clock.h"
#include "core/covers/decoder.h"
#include "core/covers/inside.h"
#include "core/digest.h"
#include "core/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 8 << 20, HALF_MADE_S = 600 };
const int sg_cover_sizes[4] = {64, 300, 640, 1200};

/* Beside this program. */
static int find_program(char *out, size_t cap, struct sg_error *e)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return sg_fail_errno(e, "/proc/self/exe");
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    snprintf(out, cap, "%.*s/segue-images", slash ? (int)(slash - self) : 0, self);
    return 0;
}

/* The folder with its files, none of which is a folder. */
static int remove_folder(const char *path, struct sg_error *e)
{
    char file[900];
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? 0 : sg_fail_errno(e, "%s", path);
    for (struct dirent *f; (f = readdir(d));) {
        snprintf(file, sizeof file, "%s/%s", path, f->d_name);
        if (*f->d_name != '.')
            unlink(file);
    }
    closedir(d);
    return rmdir(path) && errno != ENOENT ? sg_fail_errno(e, "%s", path) : 0;
}

/* Longer than any decoding takes: what is younger may be another process's. */
static bool is_old(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_mtime < sg_wall_us() / 1000000 - HALF_MADE_S;
}

static void remove_half_made(const struct sg_covers *c)
{
    char path[900];
    struct sg_error e = SG_ERROR_INIT;
    snprintf(path, sizeof path, "%s/new", c->dir);
    DIR *d = opendir(path);
    for (struct dirent *f; d && (f = readdir(d));)
        if (*f->d_name != '.') {
            snprintf(path, sizeof path, "%s/new/%s", c->dir, f->d_name);
            if (is_old(path) && remove_folder(path, &e))
                sg_log(SG_LOG_WARN, "left behind", "error=%s", e.text);
        }
    if (d)
        closedir(d);
}

static int make_dir(const char *path, struct sg_error *e)
{
    return mkdir(path, 0700) && errno != EEXIST ? sg_fail_errno(e, "%s", path) : 0;
}

int sg_covers_open(struct sg_covers **out, const char *var_dir, struct sg_error *e)
{
    char path[600];
    struct sg_covers *c = calloc(1, sizeof *c);
    pthread_condattr_t monotonic;
    if (!c)
        return sg_fail(e, SG_ENOMEM, "covers");
    snprintf(c->dir, sizeof c->dir, "%.500s/covers", var_dir);
    snprintf(path, sizeof path, "%s/new", c->dir);
    int rc = find_program(c->program, sizeof c->program, e);
    if (!rc)
        rc = make_dir(c->dir, e);
    if (!rc)
        rc = make_dir(path, e);
    if (rc) {
        free(c);
        return rc;
    }
    remove_half_made(c);
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = c;
    return 0;
}

void sg_covers_close(struct sg_covers *c)
{
    if (!c)
        return;
    pthread_cond_destroy(&c->freed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

bool sg_cover_is_name(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n == 64;
}

void covers_folder(const struct sg_covers *c, const char *name, char *out, size_t cap)
{
    snprintf(out, cap, "%s/%.2s/%s", c->dir, name, name);
}

/* A free place, when nobody is at the same name; NULL. */
static char *place(struct sg_covers *c, const char *name)
{
    char *free_one = NULL;
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (strcmp(c->decoding[i], name) == 0)
            return NULL;
        if (!*c->decoding[i])
            free_one = c->decoding[i];
    }
    return free_one;
}

int covers_enter(struct sg_covers *c, const char *name, int64_t deadline_us, char **at,
                 struct sg_error *e)
{
    struct timespec until = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    int rc = 0;
    pthread_mutex_lock(&c->lock);
    while (!(*at = place(c, name)) && !rc)
        rc = pthread_cond_timedwait(&c->freed, &c->lock, &until);
    if (*at)
        memcpy(*at, name, 65);
    pthread_mutex_unlock(&c->lock);
    return *at ? 0 : sg_fail(e, SG_EBUSY, "other pictures are being decoded");
}

void covers_leave(struct sg_covers *c, char *at)
{
    pthread_mutex_lock(&c->lock);
    *at = '\0';
    pthread_cond_broadcast(&c->freed);
    pthread_mutex_unlock(&c->lock);
}

/* Aside, while a place is held. */
int covers_decode(struct sg_covers *c, const char *command, struct sg_str bytes,
                  int64_t deadline_us, struct sg_cover *made, struct sg_error *e)
{
    struct sg_decoded d;
    char folder[sizeof made->folder];
    snprintf(folder, sizeof folder, "%s/new/XXXXXX", c->dir);
    if (!mkdtemp(folder))
        return sg_fail_errno(e, "%s", folder);
    memcpy(made->folder, folder, sizeof folder);
    int rc = sg_decode(c->program, command, bytes, folder, deadline_us, &d, e);
    if (rc) {
        sg_covers_drop(made);
        return rc;
    }
    memcpy(made->type, d.type, sizeof made->type);
    made->width = d.width;
    made->height = d.height;
    return 0;
}

int sg_covers_make(struct sg_covers *c, struct sg_str bytes, int64_t deadline_us,
                   struct sg_cover *out, struct sg_error *e)
{
    struct sg_cover made = {0};
    char *at;
    unsigned char hash[SG_SHA256_BYTES];
    if (bytes.n > SG_COVER_BYTES_MAX)
        return sg_fail(e, SG_ETOOLARGE, "at most %u bytes are read", SG_COVER_BYTES_MAX);
    sg_sha256(bytes, hash);
    sg_hex(hash, sizeof hash, made.name);
    int rc = covers_enter(c, made.name, deadline_us, &at, e);
    if (rc)
        return rc;
    rc = covers_decode(c, "render", bytes, deadline_us, &made, e);
    covers_leave(c, at);
    if (!rc)
        *out = made;
    return rc;
}

static int sync_path(const char *path, struct sg_error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "%s", path);
    int rc = fsync(fd) ? sg_fail_errno(e, "%s", path) : 0;
    close(fd);
    return rc;
}

static int sync_files(const char *folder, struct sg_error *e)
{
    char path[700];
    int rc = 0;
    for (size_t i = 0; !rc && i < 8; i++) {
        snprintf(path, sizeof path, "%s/%d.%s", folder, sg_cover_sizes[i / 2],
                 i % 2 ? "webp" : "jpg");
        rc = sync_path(path, e);
    }
    return rc ? rc : sync_path(folder, e);
}

int sg_covers_publish(struct sg_covers *c, struct sg_cover *cover, struct sg_error *e)
{
    char folder[700], above[700];
    covers_folder(c, cover->name, folder, sizeof folder);
    snprintf(above, sizeof above, "%s/%.2s", c->dir, cover->name);
    if (!*cover->folder)
        return access(folder, F_OK) ? sg_fail_errno(e, "%s", folder) : 0;
    int rc = sync_files(cover->folder, e);
    if (!rc)
        rc = make_dir(above, e);
    if (!rc && rename(cover->folder, folder)) {
        if (errno == ENOTEMPTY || errno == EEXIST) /* the same picture is kept already */
            sg_covers_drop(cover);
        else
            rc = sg_fail_errno(e, "%s", folder);
    }
    if (!rc)
        rc = sync_path(above, e);
    if (!rc)
        *cover->folder = '\0';
    return rc ? rc : sync_path(c->dir, e);
}

void sg_covers_drop(struct sg_cover *cover)
{
    struct sg_error e = SG_ERROR_INIT;
    if (*cover->folder && remove_folder(cover->folder, &e))
        sg_log(SG_LOG_WARN, "left behind", "error=%s", e.text);
    *cover->folder = '\0';
}

int sg_covers_read(struct sg_covers *c, const char *name, int size, bool webp, struct sg_buf *out,
                   struct sg_error *e)
{
    char folder[700], path[760];
    struct stat st;
    covers_folder(c, name, folder, sizeof folder);
    snprintf(path, sizeof path, "%s/%d.%s", folder, size, webp ? "webp" : "jpg");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? sg_fail(e, SG_ENOENT, "there is no such picture")
                               : sg_fail_errno(e, "%s", path);
    int rc = fstat(fd, &st) || st.st_size > FILE_MAX ? sg_fail(e, SG_EIO, "%s", path) : 0;
    for (ssize_t n = 1; !rc && n != 0;) {
        char *at = sg_buf_reserve(out, 1 << 16);
        n = at ? read(fd, at, 1 << 16) : -1;
        if (n > 0)
            out->n += (size_t)n;
        else if (n < 0 && (!at || errno != EINTR))
            rc = at ? sg_fail_errno(e, "%s", path) : sg_fail(e, SG_ENOMEM, "a picture");
    }
    close(fd);
    return rc;
}

int sg_covers_remove(struct sg_covers *c, const char *name, struct sg_error *e)
{
    char folder[700];
    covers_folder(c, name, folder, sizeof folder);
    return remove_folder(folder, e);
}
