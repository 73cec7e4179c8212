/* digests.h - checksums that come with what is sent: the headers Content-Digest and Repr-Digest
 * (RFC 9530) and tus's Upload-Checksum, and the hash that is made meanwhile. */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define UPLOAD_DIGEST_MAX 64

struct upload_digest {
    const char *algorithm; /* OpenSSL's name; NULL: none was told */
    unsigned char bytes[UPLOAD_DIGEST_MAX];
    size_t n;
};

/* A dictionary "sha-256=:base64:, ..." (RFC 8941): the strongest of sha-512 and sha-256; others
 * are passed over. Absent: none. SG_EINVAL names the header. */
int upload_digest_header(const char *name, struct sg_str value, struct upload_digest *out,
                         struct sg_error *e);
/* "sha1 base64", also sha256, sha512, md5. */
int upload_digest_tus(struct sg_str value, struct upload_digest *out, struct sg_error *e);
/* 64 hexadecimal digits. */
int upload_digest_hex(const char *field, struct sg_str value, struct upload_digest *out,
                      struct sg_error *e);

struct upload_hash; /* of one thread at a time */
/* NULL: no memory. */
struct upload_hash *upload_hash_new(const char *algorithm);
void upload_hash_put(struct upload_hash *h, struct sg_str bytes);
/* Ends it; frees h. false: it could not be made. */
bool upload_hash_end(struct upload_hash *h, unsigned char out[UPLOAD_DIGEST_MAX], size_t *n);
void upload_hash_free(struct upload_hash *h);
/* Ends it, and whether it is that digest. */
bool upload_hash_is(struct upload_hash *h, const struct upload_digest *d);
