/* keyring.c - keys in memory: see keyring.h. */
#include "api/accounts/keyring_parts.h"
#include "core/clock.h"
#include <stdlib.h>
#include <sys/stat.h>

#define LATE_US   60000000 /* a process may go on to sign by an old key for so long */
#define LOOK_US   1000000
#define COARSE_US 2000000

int sg_keyring_open(struct sg_keyring **out, const char *var_dir, enum sg_jws_alg alg,
                    int64_t token_s, struct sg_error *e)
{
    struct sg_keyring *k = calloc(1, sizeof *k);
    if (!k)
        return sg_fail(e, SG_ENOMEM, "keys");
    pthread_rwlock_init(&k->lock, NULL);
    k->alg = alg;
    k->token_us = token_s * 1000000;
    snprintf(k->dir, sizeof k->dir, "%s/keys", var_dir);
    mkdir(var_dir, 0755); /* mkdir of what lies in it tells what is wrong */
    int rc = keyring_change(k, false, e);
    if (rc) {
        sg_keyring_close(k);
        return sg_wrap(e, "keys of access tokens");
    }
    *out = k;
    return 0;
}

void sg_keyring_close(struct sg_keyring *k)
{
    if (!k)
        return;
    keyring_free_keys(k->v, k->n);
    pthread_rwlock_destroy(&k->lock);
    free(k);
}

int64_t keyring_until(const struct sg_keyring *k, const struct ring_key *v, size_t n, size_t i)
{
    return i + 1 < n ? v[i + 1].made_us + k->token_us + LATE_US : 0;
}

static bool has_keys(struct sg_keyring *k)
{
    pthread_rwlock_rdlock(&k->lock);
    bool has = k->n > 0;
    pthread_rwlock_unlock(&k->lock);
    return has;
}

int sg_keyring_refresh(struct sg_keyring *k, struct sg_error *e)
{
    struct stat st;
    if (stat(k->dir, &st))
        return sg_fail_errno(e, "%s", k->dir);
    int64_t changed = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    pthread_rwlock_rdlock(&k->lock);
    /* The time is coarse: what changed just now may change again and not show it. */
    bool same = changed == k->changed_ns && sg_wall_us() - changed / 1000 > COARSE_US;
    pthread_rwlock_unlock(&k->lock);
    int rc = same ? 0 : keyring_read(k, e);
    /* The last one was taken away: tokens must go on to be signed. */
    return rc || has_keys(k) ? rc : keyring_change(k, false, e);
}

int sg_keyring_rotate(struct sg_keyring *k, struct sg_error *e)
{
    return keyring_change(k, true, e);
}

int sg_keyring_sign(struct sg_keyring *k, struct sg_str payload, struct sg_buf *out,
                    struct sg_error *e)
{
    pthread_rwlock_rdlock(&k->lock);
    int rc = k->n ? sg_jws_sign(k->v[k->n - 1].key, payload, out, e)
                  : sg_fail(e, SG_EUNAVAIL, "there is no key to sign with");
    pthread_rwlock_unlock(&k->lock);
    return rc;
}

/* Whether the key is known; *rc: whether it signed, and may. */
static bool verify(struct sg_keyring *k, const struct sg_jws_parts *p, int *rc, struct sg_error *e)
{
    bool found = false;
    pthread_rwlock_rdlock(&k->lock);
    for (size_t i = 0; i < k->n && !found; i++) {
        found = strcmp(sg_jws_key_id(k->v[i].key), p->kid) == 0;
        int64_t until = keyring_until(k, k->v, k->n, i);
        if (found && until && until < sg_wall_us())
            *rc = sg_fail(e, SG_EAUTH, "the token is signed by a key that is no longer good");
        else if (found)
            *rc = sg_jws_verify(k->v[i].key, p, e);
    }
    pthread_rwlock_unlock(&k->lock);
    return found;
}

/* Tokens of made-up keys do not make this read the folder all the time. */
static bool look_again(struct sg_keyring *k)
{
    struct sg_error e = SG_ERROR_INIT;
    int64_t now = sg_now_us(), last = atomic_load(&k->looked_us);
    return now - last > LOOK_US && atomic_compare_exchange_strong(&k->looked_us, &last, now) &&
           !sg_keyring_refresh(k, &e);
}

int sg_keyring_verify(struct sg_keyring *k, struct sg_str token, struct sg_arena *a,
                      struct sg_str *payload, struct sg_error *e)
{
    struct sg_jws_parts p;
    int rc = sg_jws_split(token, a, &p, e);
    if (rc)
        return rc;
    if (!verify(k, &p, &rc, e) && (!look_again(k) || !verify(k, &p, &rc, e)))
        rc = sg_fail(e, SG_EAUTH, "the token is signed by a key that is not known here");
    if (!rc)
        *payload = p.payload;
    return rc;
}

void sg_keyring_jwks(struct sg_keyring *k, struct sg_buf *out)
{
    int64_t now = sg_wall_us();
    bool any = false;
    sg_buf_puts(out, "{\"keys\":[");
    pthread_rwlock_rdlock(&k->lock);
    for (size_t i = 0; i < k->n; i++) {
        struct sg_buf one = {0};
        int64_t until = keyring_until(k, k->v, k->n, i);
        if ((!until || until >= now) && sg_jws_key_public(k->v[i].key, &one)) {
            sg_buf_puts(out, any ? "," : "");
            sg_buf_str_put(out, sg_buf_str(&one));
            any = true;
        }
        sg_buf_free(&one);
    }
    pthread_rwlock_unlock(&k->lock);
    sg_buf_puts(out, "]}");
}

void sg_keyring_each(struct sg_keyring *k, void (*each)(void *ctx, const struct sg_key_state *s),
                     void *ctx)
{
    pthread_rwlock_rdlock(&k->lock);
    for (size_t i = 0; i < k->n; i++) {
        struct sg_key_state s = {sg_jws_key_id(k->v[i].key),
                                 sg_jws_alg_name(sg_jws_key_alg(k->v[i].key)), k->v[i].made_us,
                                 keyring_until(k, k->v, k->n, i)};
        each(ctx, &s);
    }
    pthread_rwlock_unlock(&k->lock);
}
