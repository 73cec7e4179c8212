/* content_parts.h - private to content*.c: an answer from a file or a reader.
 *
 *   one range      its bytes
 *   several        head 0, range 0, head 1, range 1, .. the end      (multipart/byteranges)
 */
#pragma once
#include "api/http/content.h"
#include "api/http/parts.h"
#include "api/http/ranges.h"

struct http_content {
    struct sg_http_content c;
    struct sg_ranges ranges;
    uint64_t bytes; /* of the body */
    struct sg_buf heads;
    uint32_t head_ends[SG_RANGES_MAX + 1]; /* where each ends in heads; the last is the end's */
    size_t n_heads;                        /* 0: one range */

    /* Of one that waits: what was read ahead; guarded by the readers' lock. */
    struct sg_http_server *server;
    size_t block; /* counted among the server's */
    struct MHD_Connection *connection;
    struct http_content *next; /* in their queue */
    char *window;
    uint64_t window_at;
    size_t window_n, wanted;
    bool failed;
};

/* Bytes of content at `at`, at most max and at least one, into `to`; MHD's codes for the others.
 * left: to the range's end. */
ssize_t http_content_wait(struct http_content *h, uint64_t at, uint64_t left, char *to, size_t max);
