/* vault.c - wrapping and unwrapping, and following the file of master keys: see vault.h. */
#include "core/vault/vault.h"
#include "core/log.h"
#include "core/vault/file.h"
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define MAGIC "SGK1"
enum { HEAD = 8, NONCE = 12, TAG = 16, AT_CIPHER = HEAD + NONCE, AT_TAG = AT_CIPHER + 32 };

struct sg_vault {
    char path[SG_CONFIG_TEXT];
    pthread_mutex_t lock;
    struct master_keys keys;
    struct stat seen;
};

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Lock held. A file that went bad leaves what is known in use. */
static void follow(struct sg_vault *v)
{
    struct sg_error e = SG_ERROR_INIT;
    struct stat st;
    if (stat(v->path, &st) == 0 && is_same(&st, &v->seen))
        return;
    if (master_file_read(&v->keys, v->path, &v->seen, &e))
        sg_log(SG_LOG_ERROR, "the file of master keys has changed and cannot be read", "error=%s",
               e.text);
}

int sg_vault_open(struct sg_vault **out, const struct sg_config *c, struct sg_error *e)
{
    struct sg_vault *v = calloc(1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "vault");
    snprintf(v->path, sizeof v->path, "%s", c->objects.keys);
    pthread_mutex_init(&v->lock, NULL);
    int rc = master_file_read(&v->keys, v->path, &v->seen, e);
    if (rc == SG_ENOENT) {
        rc = master_file_create(v->path, e);
        if (!rc)
            sg_log(SG_LOG_WARN,
                   "a new file of master keys was made: back it up; what was sealed under another "
                   "one cannot be read without that one",
                   "path=%s", v->path);
        if (!rc)
            rc = master_file_read(&v->keys, v->path, &v->seen, e);
    }
    if (rc)
        sg_vault_close(v);
    else
        *out = v;
    return rc;
}

void sg_vault_close(struct sg_vault *v)
{
    if (!v)
        return;
    pthread_mutex_destroy(&v->lock);
    explicit_bzero(v, sizeof *v);
    free(v);
}

/* The master key of this id, the current one for 0; false: not in the file. */
static bool take_master(struct sg_vault *v, uint32_t id, struct master_key *out)
{
    pthread_mutex_lock(&v->lock);
    const struct master_key *k = id ? master_keys_find(&v->keys, id) : NULL;
    if (!k) {
        follow(v);
        k = master_keys_find(&v->keys, id ? id : v->keys.current);
    }
    if (k)
        *out = *k;
    pthread_mutex_unlock(&v->lock);
    return k;
}

/* whole: head and nonce are set; the rest is written, or (opening) read and checked. */
static bool crypt(const struct master_key *k, bool seal, unsigned char whole[SG_WRAPPED_BYTES],
                  unsigned char key[SG_CONTENT_KEY])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, end = 0;
    unsigned char *in = seal ? key : whole + AT_CIPHER, *to = seal ? whole + AT_CIPHER : key;
    bool good = ctx &&
                EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, k->secret, whole + HEAD, seal) &&
                EVP_CipherUpdate(ctx, NULL, &n, whole, HEAD) &&
                EVP_CipherUpdate(ctx, to, &n, in, SG_CONTENT_KEY);
    if (good && !seal)
        good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, whole + AT_TAG) > 0;
    good = good && EVP_CipherFinal_ex(ctx, to + n, &end) > 0;
    if (good && seal)
        good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, whole + AT_TAG) > 0;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

static int wrap(struct sg_vault *v, const unsigned char key[SG_CONTENT_KEY], struct sg_buf *wrapped,
                struct sg_error *e)
{
    unsigned char whole[SG_WRAPPED_BYTES], copy[SG_CONTENT_KEY];
    struct master_key k;
    if (!take_master(v, 0, &k))
        return sg_fail(e, SG_ENOENT, "vault: there is no current master key");
    memcpy(whole, MAGIC, 4);
    for (int i = 0; i < 4; i++)
        whole[4 + i] = (unsigned char)(k.id >> (24 - 8 * i));
    memcpy(copy, key, sizeof copy);
    bool good = getrandom(whole + HEAD, NONCE, 0) == NONCE && crypt(&k, true, whole, copy);
    if (good)
        sg_buf_put(wrapped, whole, sizeof whole);
    explicit_bzero(&k, sizeof k);
    explicit_bzero(copy, sizeof copy);
    return good && !sg_buf_failed(wrapped) ? 0 : sg_fail(e, SG_ENOMEM, "vault");
}

int sg_vault_new_key(struct sg_vault *v, unsigned char key[SG_CONTENT_KEY], struct sg_buf *wrapped,
                     struct sg_error *e)
{
    unsigned char fresh[SG_CONTENT_KEY];
    if (getrandom(fresh, sizeof fresh, 0) != sizeof fresh)
        return sg_fail_errno(e, "getrandom");
    int rc = wrap(v, fresh, wrapped, e);
    if (!rc)
        memcpy(key, fresh, sizeof fresh);
    explicit_bzero(fresh, sizeof fresh);
    return rc;
}

uint32_t sg_vault_wrapped_by(struct sg_str wrapped)
{
    uint32_t id = 0;
    if (wrapped.n != SG_WRAPPED_BYTES || memcmp(wrapped.p, MAGIC, 4) != 0)
        return 0;
    for (int i = 0; i < 4; i++)
        id = id << 8 | (unsigned char)wrapped.p[4 + i];
    return id;
}

int sg_vault_unwrap(struct sg_vault *v, struct sg_str wrapped, unsigned char key[SG_CONTENT_KEY],
                    struct sg_error *e)
{
    unsigned char whole[SG_WRAPPED_BYTES], clear[SG_CONTENT_KEY];
    struct master_key k;
    uint32_t id = sg_vault_wrapped_by(wrapped);
    if (!id)
        return sg_fail(e, SG_ECORRUPT, "vault: it is no wrapped key");
    if (!take_master(v, id, &k))
        return sg_fail(e, SG_ENOENT, "vault: master key %u is not in the file", id);
    memcpy(whole, wrapped.p, sizeof whole);
    bool good = crypt(&k, false, whole, clear);
    if (good)
        memcpy(key, clear, sizeof clear);
    explicit_bzero(&k, sizeof k);
    explicit_bzero(clear, sizeof clear);
    return good ? 0 : sg_fail(e, SG_ECORRUPT, "vault: a wrapped key has been changed");
}

int sg_vault_rewrap(struct sg_vault *v, struct sg_str wrapped, struct sg_buf *out, bool *changed,
                    struct sg_error *e)
{
    unsigned char key[SG_CONTENT_KEY];
    int rc = sg_vault_unwrap(v, wrapped, key, e);
    *changed = !rc && sg_vault_wrapped_by(wrapped) != sg_vault_current(v);
    if (*changed)
        rc = wrap(v, key, out, e);
    explicit_bzero(key, sizeof key);
    return rc;
}

uint32_t sg_vault_current(struct sg_vault *v)
{
    pthread_mutex_lock(&v->lock);
    follow(v);
    uint32_t id = v->keys.current;
    pthread_mutex_unlock(&v->lock);
    return id;
}

size_t sg_vault_keys(struct sg_vault *v, struct sg_vault_key out[SG_VAULT_KEYS_MAX])
{
    pthread_mutex_lock(&v->lock);
    follow(v);
    size_t n = v->keys.n;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct sg_vault_key){v->keys.v[i].id, v->keys.v[i].created_s,
                                       v->keys.v[i].id == v->keys.current};
    pthread_mutex_unlock(&v->lock);
    return n;
}

static int add_key(void *ctx, struct master_keys *k, struct sg_error *e)
{
    int rc = master_keys_add(k, e);
    if (!rc)
        *(uint32_t *)ctx = k->current;
    return rc;
}

int sg_vault_rotate(struct sg_vault *v, uint32_t *id, struct sg_error *e)
{
    return master_file_change(v->path, add_key, id, e);
}

static int drop_key(void *ctx, struct master_keys *k, struct sg_error *e)
{
    uint32_t id = *(uint32_t *)ctx;
    if (id == k->current)
        return sg_fail(e, SG_EBUSY, "master key %u is the current one", id);
    for (size_t i = 0; i < k->n; i++)
        if (k->v[i].id == id) {
            memmove(&k->v[i], &k->v[i + 1], (k->n - i - 1) * sizeof k->v[0]);
            k->n--;
            return 0;
        }
    return sg_fail(e, SG_ENOENT, "there is no master key %u", id);
}

int sg_vault_drop(struct sg_vault *v, uint32_t id, struct sg_error *e)
{
    return master_file_change(v->path, drop_key, &id, e);
}
