/* digests.c - see digests.h. */
#include "api/upload/digests.h"
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

static const struct algorithm {
    const char *header, *tus, *openssl; /* header: stronger ones first */
    size_t n;
} algorithms[] = {
    {"sha-512", "sha512", "SHA512", 64},
    {"sha-256", "sha256", "SHA256", 32},
    {NULL, "sha1", "SHA1", 20},
    {NULL, "md5", "MD5", 16},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

static bool decode(struct sg_str text, const struct algorithm *a, struct upload_digest *out)
{
    size_t n = 0;
    const char *end = NULL;
    if (sodium_base642bin(out->bytes, sizeof out->bytes, text.p, text.n, NULL, &n, &end,
                          sodium_base64_VARIANT_ORIGINAL) ||
        end != text.p + text.n || n != a->n)
        return false;
    out->algorithm = a->openssl;
    out->n = n;
    return true;
}

static struct sg_str skip(struct sg_str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (struct sg_str){s.p + 1, s.n - 1};
    return s;
}

static struct sg_str take_key(struct sg_str *s)
{
    size_t n = 0;
    while (n < s->n && ((s->p[n] >= 'a' && s->p[n] <= 'z') || (s->p[n] >= '0' && s->p[n] <= '9') ||
                        (s->p[n] && strchr("_-.*", s->p[n]))))
        n++;
    struct sg_str key = {s->p, n};
    *s = (struct sg_str){s->p + n, s->n - n};
    return key;
}

/* One member "=:base64:"; false: it is another type. */
static bool take_bytes(struct sg_str *s, struct sg_str *out)
{
    if (s->n < 3 || s->p[0] != '=' || s->p[1] != ':')
        return false;
    const char *end = memchr(s->p + 2, ':', s->n - 2);
    if (!end)
        return false;
    *out = (struct sg_str){s->p + 2, (size_t)(end - s->p - 2)};
    *s = (struct sg_str){end + 1, s->n - (size_t)(end + 1 - s->p)};
    return true;
}

int upload_digest_header(const char *name, struct sg_str s, struct upload_digest *out,
                         struct sg_error *e)
{
    struct upload_digest best = {NULL, {0}, 0};
    size_t rank = ALGORITHMS;
    for (s = skip(s); s.n;) {
        struct sg_str key = take_key(&s), text;
        if (!key.n || !take_bytes(&s, &text))
            return sg_fail_field(e, name, "%s: expected sha-256=:BASE64:", name);
        for (size_t i = 0; i < rank && i < ALGORITHMS; i++)
            if (algorithms[i].header && sg_str_eq(key, sg_str(algorithms[i].header))) {
                if (!decode(text, &algorithms[i], &best))
                    return sg_fail_field(e, name, "%s: %s is not of its length, or no base64", name,
                                         algorithms[i].header);
                rank = i;
            }
        s = skip(s);
        if (s.n && (*s.p != ',' || !(s = skip((struct sg_str){s.p + 1, s.n - 1})).n))
            return sg_fail_field(e, name, "%s: expected a list of sha-256=:BASE64:", name);
    }
    *out = best;
    return 0;
}

int upload_digest_tus(struct sg_str value, struct upload_digest *out, struct sg_error *e)
{
    const char *space = value.n ? memchr(value.p, ' ', value.n) : NULL;
    struct sg_str name = {value.p, space ? (size_t)(space - value.p) : 0};
    struct sg_str text = {space ? space + 1 : NULL, space ? value.n - name.n - 1 : 0};
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (space && sg_str_eq(name, sg_str(algorithms[i].tus)) &&
            decode(text, &algorithms[i], out))
            return 0;
    return sg_fail_field(e, "Upload-Checksum",
                         "Upload-Checksum: expected sha1, sha256, sha512 or md5, a space and the "
                         "checksum in base64");
}

int upload_digest_hex(const char *field, struct sg_str value, struct upload_digest *out,
                      struct sg_error *e)
{
    size_t n = 0;
    const char *end = NULL;
    unsigned char bytes[32];
    if (value.n != 64 || sodium_hex2bin(bytes, 32, value.p, value.n, NULL, &n, &end) || n != 32)
        return sg_fail_field(e, field, "%s: expected SHA-256 as 64 hexadecimal digits", field);
    *out = (struct upload_digest){"SHA256", {0}, 32};
    memcpy(out->bytes, bytes, 32);
    return 0;
}

struct upload_hash {
    EVP_MD_CTX *c;
    bool ok;
};

struct upload_hash *upload_hash_new(const char *algorithm)
{
    struct upload_hash *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->c = EVP_MD_CTX_new();
    h->ok = h->c && EVP_DigestInit_ex(h->c, EVP_get_digestbyname(algorithm), NULL);
    return h;
}

void upload_hash_put(struct upload_hash *h, struct sg_str bytes)
{
    h->ok = h->ok && EVP_DigestUpdate(h->c, bytes.p, bytes.n);
}

void upload_hash_free(struct upload_hash *h)
{
    if (h)
        EVP_MD_CTX_free(h->c);
    free(h);
}

bool upload_hash_end(struct upload_hash *h, unsigned char out[UPLOAD_DIGEST_MAX], size_t *n)
{
    unsigned made = 0;
    bool ok = h->ok && EVP_DigestFinal_ex(h->c, out, &made);
    *n = made;
    upload_hash_free(h);
    return ok;
}

bool upload_hash_is(struct upload_hash *h, const struct upload_digest *d)
{
    unsigned char made[UPLOAD_DIGEST_MAX];
    size_t n;
    return upload_hash_end(h, made, &n) && n == d->n && sodium_memcmp(made, d->bytes, n) == 0;
}
