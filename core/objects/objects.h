/* objects.h - where audio lies: a folder, or a bucket of any server that speaks Amazon's S3.
 *
 *   objects.url = /var/lib/segue/objects         a folder: one file an object
 *   objects.url = s3://bucket/prefix             objects.s3_*: server, region, credentials
 *
 * An object is written once, becomes visible whole or not at all, and is never changed: what is
 * put again under the same key replaces the former at one moment. After a commit it survives
 * kill -9 (and, in a folder, loss of power).
 *
 * seal: 32 bytes of a content key (core/vault/vault.h), or NULL. A sealed object lies encrypted:
 * AES-256 in counter mode under a key and first block that HKDF derives from the content key and
 * the object's own key ("seal:<key>"), as long as the clear, readable from any byte. It keeps
 * what is read from a stolen disk or bucket secret; it does not prove that nobody changed it:
 * the sha256 of the clear, kept in the database, does that. The same content key must not seal
 * two different contents under one object key: keys of objects are made new for new contents.
 *
 * Keys: A-Z a-z 0-9 . _ / -, 1 to 400 bytes, no empty part, none that begins with a point.
 * Errors of all: SG_EINVAL (a key that is none), SG_EUNAVAIL (the store does not answer, after
 * its retries), SG_ENOSPC, SG_EIO, SG_EPERM (the store refuses us).
 */
#pragma once
#include "core/config.h"

#define SG_OBJECT_KEY_MAX 400
#define SG_OBJECT_CHUNK   65536 /* bytes that a sink is given at most at a time */

struct sg_objects; /* thread-safe; keeps connections */

/* Makes the folder when it is one; asks no server yet. SG_EINVAL with the field: a setting, or a
 * variable of credentials that is not set. */
int sg_objects_open(struct sg_objects **out, const struct sg_config *c, struct sg_error *e);
void sg_objects_close(struct sg_objects *o); /* nothing of it is in use any more */
/* Cheap: the folder can be written to, or the bucket answers within a second. 0, or why. */
int sg_objects_is_there(struct sg_objects *o, struct sg_error *e);
bool sg_object_key_ok(struct sg_str key);

struct sg_object_info {
    int64_t bytes;
    unsigned char sha256[32]; /* of the clear; all 0 where only the store was asked */
    int64_t modified_us;      /* since 1970; of stat and list */
};

/* --- writing: one thread at a time for one put --- */
struct sg_object_put;
#define SG_OBJECT_KEEP 1u /* what is written is also in a local file without a name */

/* content_type: told to whoever fetches it from the store itself. seal and key are copied. */
int sg_objects_put(struct sg_objects *o, const char *key, const char *content_type,
                   const unsigned char *seal, unsigned flags, struct sg_object_put **out,
                   struct sg_error *e);
/* May block for the network. After an error only abort is allowed. */
int sg_object_write(struct sg_object_put *p, struct sg_str bytes, struct sg_error *e);
/* The file of SG_OBJECT_KEEP, the clear, at offset 0; the put's own, until commit or abort. */
int sg_object_fd(struct sg_object_put *p);
/* Both free p. On an error of commit nothing is visible (or, when a server's last answer was
 * lost, the whole object). info may be NULL. abort of NULL does nothing. */
int sg_object_commit(struct sg_object_put *p, struct sg_object_info *info, struct sg_error *e);
void sg_object_abort(struct sg_object_put *p);
/* A file as an object, whole. */
int sg_objects_put_file(struct sg_objects *o, const char *key, const char *content_type,
                        const unsigned char *seal, const char *path, struct sg_object_info *info,
                        struct sg_error *e);

/* --- reading: SG_ENOENT when there is no such object --- */
/* 0, or a negative sg_err that ends the reading and is returned by it. */
typedef int sg_object_sink(void *ctx, struct sg_str bytes, struct sg_error *e);

/* n bytes of the clear from byte `from`, in order; n 0: to the end. Fewer when it ends before;
 * SG_EINVAL when from is past its end. */
int sg_objects_get(struct sg_objects *o, const char *key, const unsigned char *seal, int64_t from,
                   int64_t n, sg_object_sink *sink, void *ctx, struct sg_error *e);
/* The whole clear into fd, from its present offset. info (bytes, sha256) may be NULL. */
int sg_objects_fetch(struct sg_objects *o, const char *key, const unsigned char *seal, int fd,
                     struct sg_object_info *info, struct sg_error *e);
int sg_objects_stat(struct sg_objects *o, const char *key, struct sg_object_info *info,
                    struct sg_error *e);
/* The file as it lies there (a sealed one encrypted), the caller's to close; SG_EINVAL: the store
 * is no folder, use get. */
int sg_objects_fd(struct sg_objects *o, const char *key, int *fd, int64_t *bytes,
                  struct sg_error *e);

struct sg_object_reader; /* any byte of the clear; thread-compatible; outlives no store */
int sg_object_reader_open(struct sg_objects *o, const char *key, const unsigned char *seal,
                          struct sg_object_reader **out, struct sg_error *e);
int64_t sg_object_reader_bytes(const struct sg_object_reader *r);
/* Up to n bytes from byte at into buf: how many, 0 at the end, or a negative sg_err. Reading on
 * where the last read ended asks an S3 server for a few MiB at a time. */
int64_t sg_object_read(struct sg_object_reader *r, int64_t at, void *buf, size_t n,
                       struct sg_error *e);
void sg_object_reader_close(struct sg_object_reader *r);

/* --- the rest --- */
/* 0 also when there is none. */
int sg_objects_delete(struct sg_objects *o, const char *key, struct sg_error *e);
/* 0 to go on; anything else ends the list and is returned. key is valid during the call. */
typedef int sg_object_seen(void *ctx, const char *key, const struct sg_object_info *info,
                           struct sg_error *e);
/* Objects whose key starts with prefix ("" for all), in order of their bytes, after `after`
 * (NULL: from the first). What is put or deleted meanwhile may be told or not. fn may delete. */
int sg_objects_list(struct sg_objects *o, const char *prefix, const char *after, sg_object_seen *fn,
                    void *ctx, struct sg_error *e);
/* An address of the object as it lies there that anybody may GET for so long (1 to 604800 s),
 * appended to url. SG_EINVAL: the store is a folder. */
struct sg_buf;
int sg_objects_presign(struct sg_objects *o, const char *key, int64_t seconds, struct sg_buf *url,
                       struct sg_error *e);
/* What puts that were never ended left behind, older than so many seconds: temporary files, parts
 * of multipart uploads. n (may be NULL): how many. */
int sg_objects_sweep(struct sg_objects *o, int64_t older_s, int64_t *n, struct sg_error *e);
bool sg_objects_is_folder(const struct sg_objects *o);
