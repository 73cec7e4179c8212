/* keys.c - see keys.h. */
#include "api/playback/keys.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4096, LOOK_US = 2000000, LATE_S = 60 };

struct sg_media_keys {
    char path[SG_CONFIG_TEXT + 32], dir[SG_CONFIG_TEXT + 16];
    int64_t life_s;
    pthread_mutex_t lock; /* guards all below */
    struct sg_media_key v[SG_MEDIA_KEYS_MAX];
    size_t n;
    struct stat read; /* of the file as it was read */
    int64_t looked_us;
};

static bool read_hex(struct sg_str s, unsigned char *out)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] << 4 | digit : digit);
    }
    return true;
}

/* "0a1b2c3d 1764425000 <64 hex digits>" */
static bool read_line(struct sg_str s, struct sg_media_key *out)
{
    unsigned char id[4];
    size_t hex = (size_t)2 * SG_MEDIA_KEY;
    if (s.n < 9 + 2 + hex || s.p[8] != ' ' || s.p[s.n - hex - 1] != ' ' ||
        !read_hex((struct sg_str){s.p, 8}, id) ||
        !sg_str_to_i64((struct sg_str){s.p + 9, s.n - hex - 10}, &out->made_s) ||
        !read_hex((struct sg_str){s.p + s.n - hex, hex}, out->bytes))
        return false;
    out->id = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
    return out->id != 0;
}

static int parse(struct sg_str text, struct sg_media_key *v, size_t *n)
{
    *n = 0;
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t line = end ? (size_t)(end - text.p) : text.n;
        if (*n == SG_MEDIA_KEYS_MAX || !read_line((struct sg_str){text.p, line}, &v[*n]))
            return SG_ECORRUPT;
        ++*n;
        line += end != NULL;
        text = (struct sg_str){text.p + line, text.n - line};
    }
    return 0;
}

/* With the lock. SG_ENOENT: there is no file yet. */
static int read_file(struct sg_media_keys *k, struct sg_error *e)
{
    char text[FILE_MAX];
    struct sg_media_key v[SG_MEDIA_KEYS_MAX];
    struct stat st;
    size_t n = 0;
    int fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc = fd < 0 || fstat(fd, &st) ? sg_fail_errno(e, "%s", k->path) : 0;
    if (!rc && (st.st_mode & 077))
        rc = sg_fail(e, SG_EINVAL, "%s: others may read it; chmod 600", k->path);
    ssize_t got = rc ? 0 : read(fd, text, sizeof text);
    if (!rc && (got <= 0 || got == FILE_MAX || parse((struct sg_str){text, (size_t)got}, v, &n)))
        rc = sg_fail(e, SG_ECORRUPT, "%s: not a file of keys", k->path);
    if (fd >= 0)
        close(fd);
    if (!rc) {
        memcpy(k->v, v, sizeof v);
        k->n = n;
        k->read = st;
    }
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(v, sizeof v);
    return rc;
}

/* Two that follow each other within a tick of the clock have one time, but not one number. */
static bool is_as_read(const struct sg_media_keys *k, const struct stat *st)
{
    return st->st_ino == k->read.st_ino && st->st_size == k->read.st_size &&
           st->st_mtim.tv_sec == k->read.st_mtim.tv_sec &&
           st->st_mtim.tv_nsec == k->read.st_mtim.tv_nsec;
}

/* With the lock: what was read stays good when the file cannot be read. */
static void look_again(struct sg_media_keys *k, int64_t every_us)
{
    struct stat st;
    int64_t now = sg_now_us();
    if (now - k->looked_us < every_us)
        return;
    k->looked_us = now;
    if (!stat(k->path, &st) && !is_as_read(k, &st))
        read_file(k, NULL);
}

static int write_file(struct sg_media_keys *k, struct sg_error *e)
{
    char tmp[sizeof k->path + 8], hex[2 * SG_MEDIA_KEY + 1];
    struct sg_buf text = {0};
    for (size_t i = 0; i < k->n; i++) {
        sg_hex(k->v[i].bytes, SG_MEDIA_KEY, hex);
        sg_buf_printf(&text, "%08x %lld %s\n", k->v[i].id, (long long)k->v[i].made_s, hex);
    }
    snprintf(tmp, sizeof tmp, "%s.tmp", k->path);
    unlink(tmp); /* of one that was killed; the lock is held */
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = !sg_buf_failed(&text) && fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n &&
              !fsync(fd) && !rename(tmp, k->path);
    int rc = ok ? 0 : sg_fail_errno(e, "%s", k->path);
    if (fd >= 0)
        close(fd);
    if (text.p)
        OPENSSL_cleanse(text.p, text.cap);
    sg_buf_free(&text);
    OPENSSL_cleanse(hex, sizeof hex);
    return rc;
}

/* With the lock: a new one at the end; those whose successor is older than any address go. */
static int add_key(struct sg_media_keys *k, struct sg_error *e)
{
    struct sg_media_key new = {.made_s = sg_wall_us() / 1000000};
    size_t from = 0;
    while (from + 1 < k->n && (k->v[from + 1].made_s + k->life_s + LATE_S < new.made_s ||
                               k->n - from >= SG_MEDIA_KEYS_MAX))
        from++;
    memmove(k->v, k->v + from, (k->n - from) * sizeof *k->v);
    k->n -= from;
    if (getrandom(&new.id, sizeof new.id, 0) != sizeof new.id ||
        getrandom(new.bytes, SG_MEDIA_KEY, 0) != SG_MEDIA_KEY)
        return sg_fail_errno(e, "random bytes");
    new.id += !new.id;
    k->v[k->n++] = new;
    OPENSSL_cleanse(&new, sizeof new);
    return 0;
}

/* Between processes too. anyway: also when there is one. */
static int change(struct sg_media_keys *k, bool anyway, struct sg_error *e)
{
    char path[sizeof k->dir + 16];
    snprintf(path, sizeof path, "%s/media.lock", k->dir);
    if (mkdir(k->dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", k->dir);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX)) {
        int rc = sg_fail_errno(e, "%s", path);
        if (lock >= 0)
            close(lock);
        return rc;
    }
    int rc = read_file(k, e);
    if (rc == SG_ENOENT || (!rc && anyway)) {
        rc = add_key(k, e);
        if (!rc)
            rc = write_file(k, e);
        if (!rc)
            rc = read_file(k, e);
    }
    close(lock);
    return rc;
}

int sg_media_keys_open(struct sg_media_keys **out, const struct sg_config *c, struct sg_error *e)
{
    struct sg_media_keys *k = calloc(1, sizeof *k);
    if (!k)
        return sg_fail(e, SG_ENOMEM, "keys of media");
    pthread_mutex_init(&k->lock, NULL);
    snprintf(k->dir, sizeof k->dir, "%s/keys", c->var_dir);
    snprintf(k->path, sizeof k->path, "%s/media.keys", k->dir);
    k->life_s = c->playback.url_s;
    mkdir(c->var_dir, 0755);
    int rc = change(k, false, e);
    if (rc)
        sg_media_keys_close(k);
    else
        *out = k;
    return rc;
}

void sg_media_keys_close(struct sg_media_keys *k)
{
    if (!k)
        return;
    pthread_mutex_destroy(&k->lock);
    OPENSSL_cleanse(k, sizeof *k);
    free(k);
}

void sg_media_keys_newest(struct sg_media_keys *k, struct sg_media_key *out)
{
    pthread_mutex_lock(&k->lock);
    look_again(k, LOOK_US);
    *out = k->v[k->n - 1];
    pthread_mutex_unlock(&k->lock);
}

/* With the lock. */
static bool find(const struct sg_media_keys *k, uint32_t id, struct sg_media_key *out)
{
    for (size_t i = k->n; i-- > 0;)
        if (k->v[i].id == id) {
            *out = k->v[i];
            return true;
        }
    return false;
}

bool sg_media_keys_find(struct sg_media_keys *k, uint32_t id, struct sg_media_key *out)
{
    pthread_mutex_lock(&k->lock);
    bool found = find(k, id, out);
    if (!found) {
        look_again(k, 0); /* another process may sign with it already; it takes one stat */
        found = find(k, id, out);
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

int sg_media_keys_rotate(struct sg_media_keys *k, struct sg_error *e)
{
    pthread_mutex_lock(&k->lock);
    int rc = change(k, true, e);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

size_t sg_media_keys_list(struct sg_media_keys *k, struct sg_media_key out[SG_MEDIA_KEYS_MAX])
{
    pthread_mutex_lock(&k->lock);
    size_t n = k->n;
    memcpy(out, k->v, n * sizeof *out);
    pthread_mutex_unlock(&k->lock);
    return n;
}
