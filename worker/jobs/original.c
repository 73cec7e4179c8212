/* original.c - see original.h. */
#include "worker/jobs/original.h"
#include "core/digest.h"
#include "worker/database.h"
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

/* Where the pieces go, one after the other. */
struct sum {
    int fd;
    int64_t bytes, max;
    EVP_MD_CTX *digest;
};

static int take_bytes(void *ctx, struct sg_str bytes, struct sg_error *e)
{
    struct sum *s = ctx;
    s->bytes += (int64_t)bytes.n;
    if (s->bytes > s->max)
        return sg_fail(e, SG_ECORRUPT, "the original is longer than what was received");
    if (EVP_DigestUpdate(s->digest, bytes.p, bytes.n) != 1)
        return sg_fail(e, SG_EINTERNAL, "SHA-256");
    for (size_t at = 0; at < bytes.n;) {
        ssize_t n = write(s->fd, bytes.p + at, bytes.n - at);
        if (n < 0)
            return sg_fail_errno(e, "the original in scratch");
        at += (size_t)n;
    }
    return 0;
}

static int list_parts(const struct original *o, const struct encode_upload *u, PGresult **out,
                      struct sg_error *e)
{
    static const struct sg_pg_statement parts = {
        "upload_parts_in_order",
        "SELECT object_key, at, bytes FROM upload_parts WHERE upload_id = $1 ORDER BY at", 1};
    return sg_worker_run(o->pool, &parts, &u->id.p, out, e);
}

static int fetch_parts(const struct original *o, const struct encode_upload *u,
                       const unsigned char *seal, struct sum *s, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = list_parts(o, u, &r, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        int64_t at = -1;
        sg_str_to_i64(sg_str(PQgetvalue(r, i, 1)), &at);
        rc = at == s->bytes
                 ? sg_objects_get(o->objects, PQgetvalue(r, i, 0), seal, 0, 0, take_bytes, s, e)
                 : sg_fail(e, SG_ECORRUPT, "a part of the original is missing");
    }
    PQclear(r);
    return rc;
}

static int fetch_all(const struct original *o, const struct encode_upload *u, struct sum *s,
                     struct sg_error *e)
{
    unsigned char key[SG_CONTENT_KEY];
    const unsigned char *seal = u->content_key.p ? key : NULL;
    int rc = seal ? sg_vault_unwrap(o->vault, u->content_key, key, e) : 0;
    if (!rc)
        rc = u->object_key.p
                 ? sg_objects_get(o->objects, u->object_key.p, seal, 0, 0, take_bytes, s, e)
                 : fetch_parts(o, u, seal, s, e);
    OPENSSL_cleanse(key, sizeof key);
    return rc;
}

static int check_sum(const struct encode_upload *u, struct sum *s, struct sg_error *e)
{
    unsigned char sha[SG_SHA256_BYTES];
    char hex[2 * SG_SHA256_BYTES + 1];
    if (EVP_DigestFinal_ex(s->digest, sha, NULL) != 1)
        return sg_fail(e, SG_EINTERNAL, "SHA-256");
    sg_hex(sha, sizeof sha, hex);
    return s->bytes == u->bytes && (!u->sha256.p || sg_str_eq(u->sha256, sg_str(hex)))
               ? 0
               : sg_fail(e, SG_ECORRUPT, "the original in the store is not what was received");
}

int encode_original_fetch(const struct original *o, const struct encode_upload *u, const char *path,
                          int *fd, struct sg_error *e)
{
    if (u->bytes > o->bytes_max)
        return sg_fail(e, SG_ECORRUPT, "the original is larger than uploads may be");
    struct sum s = {.max = u->bytes, .digest = EVP_MD_CTX_new(), .fd = -1};
    int rc = s.digest && EVP_DigestInit_ex(s.digest, EVP_sha256(), NULL) == 1
                 ? 0
                 : sg_fail(e, SG_ENOMEM, "SHA-256");
    if (!rc) {
        s.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        rc = s.fd < 0 ? sg_fail_errno(e, "%s", path) : 0;
    }
    if (!rc)
        rc = fetch_all(o, u, &s, e);
    if (!rc)
        rc = check_sum(u, &s, e);
    EVP_MD_CTX_free(s.digest);
    if (rc && s.fd >= 0)
        close(s.fd);
    if (!rc)
        *fd = s.fd;
    return rc;
}

static int remove_seen(void *ctx, const char *key, const struct sg_object_info *info,
                       struct sg_error *e)
{
    (void)info;
    return sg_objects_delete(ctx, key, e);
}

int encode_original_remove(const struct original *o, const struct encode_upload *u,
                           struct sg_error *e)
{
    char prefix[120];
    snprintf(prefix, sizeof prefix, "uploads/%.*s/", SG_FMT(u->id));
    return sg_objects_list(o->objects, prefix, NULL, remove_seen, o->objects, e);
}
