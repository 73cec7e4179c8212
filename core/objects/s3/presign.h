/* presign.h - addresses that anybody may GET for a while: Amazon's signature version 4 in the
 * query ("Authenticating Requests: Using Query Parameters", Amazon S3 API Reference).
 */
#pragma once
#include "core/buf.h"

struct s3_signing {
    const char *id, *secret, *region;
    const char *base; /* https://host, before path */
    const char *host; /* as the Host header has it */
    const char *path; /* from /, of characters that need no encoding */
    int64_t at_s, seconds;
};
/* Appends the address to url; false: out of memory. */
bool s3_presign_url(const struct s3_signing *x, struct sg_buf *url);
