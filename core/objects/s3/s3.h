/* s3.h - a store that is a bucket of a server that speaks Amazon's S3. Private to this folder.
 *
 * Requests are signed by libcurl (CURLOPT_AWS_SIGV4, version 4 of Amazon's signature); addresses
 * for others by presign.c, which curl has nothing for. What may pass is tried again after growing
 * waits with jitter; nothing of an answer is believed that a bound or a check can be had for.
 * Debian 12's curl signs a query as it is given: queries here are sorted and encoded before. It
 * also signs a header that is only named to be left out ("Expect:"): none is. It sorts headers by
 * their lines, not their names, which is wrong where one name begins another, as those of a key of
 * aws:kms do: such requests are signed by kms.c.
 */
#pragma once
#include "core/objects/store.h"
#include <curl/curl.h>
#include <pthread.h>

#define S3_PART       (8u << 20) /* of a multipart upload; AWS: 5 MiB to 5 GiB, at most 10,000 */
#define S3_PARTS_MAX  10000
#define S3_ANSWER_MAX (8u << 20) /* of what is read into memory */
#define S3_IDLE_MAX   16         /* handles kept with their connections */
#define S3_STAMP      64         /* chars of the mark that tells our upload from another's */
#define S3_LEAST_RATE (16 << 10) /* bytes a second that a server must move, beyond its patience */

struct s3 {
    char base[2 * SG_CONFIG_TEXT]; /* scheme, host and, in path style, the bucket */
    char host[SG_CONFIG_TEXT];     /* as the Host header has it */
    char path[SG_CONFIG_TEXT];     /* "/bucket", or "" in the host's style */
    char prefix[SG_CONFIG_TEXT];   /* "" or "prefix/" */
    char region[128], provider[160], id[256], secret[256];
    char encryption[2][SG_CONFIG_TEXT + 64]; /* header lines, or "" */
    int64_t timeout_ms;
    int retries;
    struct sg_metric *requests;
    pthread_mutex_t lock;
    CURL *idle[S3_IDLE_MAX];
    size_t n_idle;
};

struct s3_request {
    /* asked */
    const char *method;
    const char *key;   /* of the object, without the prefix; NULL: the bucket */
    const char *query; /* sorted and encoded; NULL: none */
    struct sg_str body;
    const char *headers[4]; /* lines; the first NULL ends them */
    bool encrypts;          /* tells the server how to encrypt what it is given */
    sg_object_sink *sink;   /* of the body of a good answer; NULL: into answer */
    void *ctx;
    int tries;          /* 0: as configured */
    int64_t timeout_ms; /* 0: as configured */
    /* of all tries; the caller's further s3_run of it go on with them */
    int64_t begun_us, sink_us, moved; /* 0: not yet; spent by sink; bytes sent and received */
    /* answered */
    long status;
    struct sg_buf answer; /* the caller's to free */
    char etag[128], stamp[S3_STAMP + 1], range[64];
    int64_t length, modified_us, retry_after_ms, received;
    char code[64]; /* S3's name of what is wrong, or "" */
    bool passes;   /* what went wrong may go right the next time */
};

/* 0 for 2xx. SG_ENOENT (404 of an object), SG_EPERM, SG_EUNAVAIL, SG_EIO, or what sink gave.
 * q's answer belongs to the last try. */
int s3_run(struct s3 *s, struct s3_request *q, struct sg_error *e);
/* Whether q names a key of aws:kms; its lines "x-amz-date: ..." and "Authorization: ...". payload:
 * SHA-256 of the body in hex. */
bool s3_needs_kms(const struct s3 *s, const struct s3_request *q);
#define S3_DATE_LINE 32
bool s3_sign_kms(const struct s3 *s, const struct s3_request *q, const char *payload,
                 char date[S3_DATE_LINE], struct sg_buf *authorization);
/* Of q's status and answer: 0 or an error, q's code and whether another try may go right. Looks
 * into an answer of 200 to a POST too: that may have been begun before the server knew of an error
 * (Amazon's CompleteMultipartUpload). */
int s3_judge(struct s3_request *q, struct sg_error *e);
/* Whether q has taken longer than it may, all its tries and the waits between together: the time
 * without progress that each try has, once more for the waits, and a second for every
 * S3_LEAST_RATE bytes that moved. So its size bounds its time, however slowly a server trickles.
 * (CURLOPT_TIMEOUT_MS does not grow with the size; CURLOPT_LOW_SPEED_TIME counts the sink's.) */
bool s3_is_late(const struct s3 *s, const struct s3_request *q);
/* Before try number `attempt` (2 and up). False: the program is stopping, or q is late. */
bool s3_wait(const struct s3 *s, const struct s3_request *q, int attempt);
/* "name=value" with what S3's signature wants encoded (RFC 3986 unreserved kept). */
void s3_query_put(struct sg_buf *b, const char *name, struct sg_str value);

int s3_store_open(void **out, const struct sg_config *c, struct sg_error *e);
int s3_put(void *s, const char *key, const char *content_type, void **put, struct sg_error *e);
int s3_write(void *put, struct sg_str bytes, struct sg_error *e);
int s3_commit(void *put, struct sg_error *e);
void s3_abort(void *put);
int s3_get(void *s, const char *key, int64_t from, int64_t n, sg_object_sink *sink, void *ctx,
           struct sg_error *e);
int s3_list(void *s, const char *prefix, const char *after, sg_object_seen *fn, void *ctx,
            struct sg_error *e);
int s3_sweep(void *s, int64_t older_s, int64_t *n, struct sg_error *e);
int s3_presign(void *s, const char *key, int64_t seconds, struct sg_buf *url, struct sg_error *e);
