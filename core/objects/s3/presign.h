/* presign.h - addresses that anybody may GET for a while: Amazon's signature version 4 in the
 * query ("Authenticating Requests: Using Query Parameters", Amazon S3 API Reference). The signature
 * itself is of use for a header too, where Debian 12's curl sorts wrongly: kms.c.
 */
#pragma once
#include "core/buf.h"

struct s3_signing {
    const char *id, *secret, *region;
    const char *base; /* https://host, before path */
    const char *host; /* as the Host header has it */
    const char *path; /* from /, of characters that need no encoding */
    int64_t at_s, seconds;
    /* Of other requests than a GET of the object by anybody; NULL: as for that. */
    const char *method;
    const char *names, *headers; /* "host;x-a", "host:h\nx-a:1\n": in order, small letters */
    const char *payload;         /* SHA-256 of the body in hex */
};
#define S3_TIME_CHARS 16 /* 20130524T000000Z */
void s3_time_text(int64_t at_s, char out[S3_TIME_CHARS + 1]);
/* Of a request with this query, sorted and encoded; false: out of memory. */
bool s3_sign(const struct s3_signing *x, const char *time, struct sg_str query, char hex[65]);
/* Appends the address to url; false: out of memory. */
bool s3_presign_url(const struct s3_signing *x, struct sg_buf *url);
