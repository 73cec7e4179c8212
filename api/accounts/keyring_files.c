/* keyring_files.c - keys on disk: see keyring.h. */
#include "api/accounts/keyring_parts.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE_DIGITS 16 /* microseconds since 1970 */
#define FILE_MAX    8192

void keyring_free_keys(struct ring_key *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sg_jws_key_free(v[i].key);
}

/* "1764425000000000-0123456789abcdef.EdDSA.jwk" */
static bool parse_name(const char *name, char kid[SG_JWS_KID_MAX + 1], enum sg_jws_alg *alg,
                       int64_t *made_us)
{
    const char *dot = strchr(name, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    if (!second || dot - name <= MADE_DIGITS || dot - name > SG_JWS_KID_MAX ||
        name[MADE_DIGITS] != '-')
        return false;
    *alg = sg_jws_alg_of((struct sg_str){dot + 1, (size_t)(second - dot - 1)});
    snprintf(kid, SG_JWS_KID_MAX + 1, "%.*s", (int)(dot - name), name);
    return *alg < SG_JWS_ALGS && strcmp(second + 1, "jwk") == 0 &&
           sg_str_to_i64((struct sg_str){name, MADE_DIGITS}, made_us);
}

/* Keys that others may read are no secret: refused. */
static int read_file(const char *path, char text[FILE_MAX], size_t *n, struct sg_error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc = fd < 0 || fstat(fd, &st) ? sg_fail_errno(e, "%s", path) : 0;
    if (!rc && (st.st_mode & 077))
        rc = sg_fail(e, SG_EINVAL, "%s: others may read it; chmod 600", path);
    ssize_t got = rc ? 0 : read(fd, text, FILE_MAX);
    if (!rc && (got <= 0 || got == FILE_MAX))
        rc = sg_fail(e, SG_ECORRUPT, "%s: not a key", path);
    if (fd >= 0)
        close(fd);
    *n = (size_t)(got > 0 ? got : 0);
    return rc;
}

static int read_key(struct sg_keyring *k, const char *name, struct ring_key *out,
                    struct sg_error *e)
{
    char path[sizeof k->dir + 300], kid[SG_JWS_KID_MAX + 1], text[FILE_MAX];
    enum sg_jws_alg alg;
    size_t n;
    if (!parse_name(name, kid, &alg, &out->made_us))
        return SG_ENOENT;
    snprintf(path, sizeof path, "%s/%s", k->dir, name);
    int rc = read_file(path, text, &n, e);
    if (!rc)
        rc = sg_jws_key_read(&out->key, alg, kid, (struct sg_str){text, n}, e);
    OPENSSL_cleanse(text, sizeof text);
    return rc == SG_ENOENT ? rc : rc ? sg_wrap(e, "%s", name) : 0;
}

static int by_age(const void *a, const void *b)
{
    const struct ring_key *x = a, *y = b;
    int age = (x->made_us > y->made_us) - (x->made_us < y->made_us);
    return age ? age : strcmp(sg_jws_key_id(x->key), sg_jws_key_id(y->key));
}

static int read_folder(struct sg_keyring *k, struct ring_key v[KEYRING_MAX], size_t *n,
                       struct sg_error *e)
{
    DIR *d = opendir(k->dir);
    if (!d)
        return sg_fail_errno(e, "%s", k->dir);
    int rc = 0;
    for (struct dirent *f; !rc && (f = readdir(d));) {
        if (*n == KEYRING_MAX)
            rc = sg_fail(e, SG_ELIMIT, "%s: more than %d keys", k->dir, KEYRING_MAX);
        else
            rc = read_key(k, f->d_name, &v[*n], e);
        *n += !rc;
        /* Not a key's name, or removed this moment by another process. */
        rc = rc == SG_ENOENT ? 0 : rc;
    }
    closedir(d);
    qsort(v, *n, sizeof *v, by_age);
    return rc;
}

int keyring_read(struct sg_keyring *k, struct sg_error *e)
{
    struct ring_key v[KEYRING_MAX] = {0}, old[KEYRING_MAX];
    struct stat st;
    size_t n = 0, n_old;
    if (stat(k->dir, &st))
        return sg_fail_errno(e, "%s", k->dir);
    int rc = read_folder(k, v, &n, e);
    if (rc) {
        keyring_free_keys(v, n);
        return rc;
    }
    pthread_rwlock_wrlock(&k->lock);
    memcpy(old, k->v, sizeof old);
    n_old = k->n;
    memcpy(k->v, v, sizeof v);
    k->n = n;
    k->changed_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    pthread_rwlock_unlock(&k->lock);
    keyring_free_keys(old, n_old);
    return 0;
}

static int write_whole(const char *tmp, const char *path, struct sg_str text, struct sg_error *e)
{
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    int rc = ok && rename(tmp, path) == 0 ? 0 : sg_fail_errno(e, "%s", path);
    if (fd >= 0)
        close(fd);
    if (rc && fd >= 0)
        unlink(tmp);
    return rc;
}

static int make_key(struct sg_keyring *k, int dir_fd, struct sg_error *e)
{
    unsigned char random[8];
    char kid[SG_JWS_KID_MAX + 1], hex[2 * sizeof random + 1];
    char path[sizeof k->dir + 100], tmp[sizeof path + 8];
    struct sg_jws_key *key = NULL;
    struct sg_buf text = {0};
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return sg_fail_errno(e, "random bytes");
    sg_hex(random, sizeof random, hex);
    /* Newer than all others, whatever the clock says. */
    int64_t now = sg_wall_us(), last = k->n ? k->v[k->n - 1].made_us : 0;
    snprintf(kid, sizeof kid, "%0*lld-%s", MADE_DIGITS, (long long)(now > last ? now : last + 1),
             hex);
    snprintf(path, sizeof path, "%s/%s.%s.jwk", k->dir, kid, sg_jws_alg_name(k->alg));
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    int rc = sg_jws_key_make(&key, k->alg, kid, e);
    if (!rc)
        rc = sg_jws_key_write(key, &text, e);
    if (!rc)
        rc = write_whole(tmp, path, sg_buf_str(&text), e);
    if (!rc)
        fsync(dir_fd);
    if (text.p)
        OPENSSL_cleanse(text.p, text.cap);
    sg_buf_free(&text);
    sg_jws_key_free(key);
    return rc;
}

static void remove_expired(struct sg_keyring *k)
{
    char path[sizeof k->dir + 100];
    int64_t now = sg_wall_us();
    for (size_t i = 0; i + 1 < k->n; i++) {
        enum sg_jws_alg alg = sg_jws_key_alg(k->v[i].key);
        if (keyring_until(k, k->v, k->n, i) >= now)
            continue;
        snprintf(path, sizeof path, "%s/%s.%s.jwk", k->dir, sg_jws_key_id(k->v[i].key),
                 sg_jws_alg_name(alg));
        if (unlink(path) && errno != ENOENT)
            sg_log(SG_LOG_WARN, "an old key could not be removed", "path=%s", path);
    }
}

static int change_locked(struct sg_keyring *k, int dir_fd, bool anyway, struct sg_error *e)
{
    int rc = keyring_read(k, e);
    if (rc)
        return rc;
    bool there = k->n && sg_jws_key_alg(k->v[k->n - 1].key) == k->alg;
    if (!there || anyway)
        rc = make_key(k, dir_fd, e);
    if (!rc)
        rc = keyring_read(k, e);
    if (!rc)
        remove_expired(k);
    return rc ? rc : keyring_read(k, e);
}

int keyring_change(struct sg_keyring *k, bool anyway, struct sg_error *e)
{
    char path[sizeof k->dir + 8];
    snprintf(path, sizeof path, "%s/LOCK", k->dir);
    if (mkdir(k->dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", k->dir);
    int dir_fd = open(k->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc = dir_fd < 0 || lock < 0 || flock(lock, LOCK_EX) ? sg_fail_errno(e, "%s", path)
                                                            : change_locked(k, dir_fd, anyway, e);
    if (lock >= 0)
        close(lock);
    if (dir_fd >= 0)
        close(dir_fd);
    return rc;
}
