/* content.h - answers from files and readers: the bytes stay where they are until the client takes
 * them, and it may ask for parts of them (RFC 9110 sections 13 and 14).
 *
 *   one part of a file          sendfile, from the page cache to the socket
 *   several parts, or a reader  read in blocks as the socket takes them
 *   a reader that waits         (a network behind it) on threads of its own, into a buffer; the
 *                               connection sleeps meanwhile and no event loop is held
 *
 * An answer holds neither a worker nor the request's memory: a slow reader costs its connection,
 * the answer's headers and one block. It must take SG_CONTENT_BYTES_PER_S on the average, which is
 * half of the lowest rendition, or it is hung up.
 */
#pragma once
#include "api/http/http.h"

#define SG_CONTENT_BLOCK       (32u << 10)  /* read at a time */
#define SG_CONTENT_BLOCK_LEAST 3584u        /* the same, once .. */
#define SG_CONTENT_BLOCKS      (16u << 20)  /* .. so many bytes of blocks wait for their readers */
#define SG_CONTENT_WINDOW      (256u << 10) /* read ahead of what waits */
#define SG_CONTENT_BYTES_PER_S (4 << 10)

/* Exactly n bytes from `at` on, within content's bytes. One call at a time. */
typedef int (*sg_content_read)(void *ctx, uint64_t at, void *to, size_t n, struct sg_error *e);

struct sg_http_content {
    uint64_t bytes;
    int fd;                  /* a file's, or -1 and read */
    sg_content_read read;    /* as fast as a disk, unless waits */
    void (*free)(void *ctx); /* once, on any thread; may be NULL */
    void *ctx;
    bool waits;
    const char *content_type; /* static */
    struct sg_str etag;       /* a strong one in its quotes; lives as long as the request */
    int64_t modified_s;       /* since 1970; 0: not told */
};
/* In a handler of GET (and HEAD): fills r by q's If-Match, If-Unmodified-Since, If-None-Match,
 * If-Modified-Since, Range and If-Range: 200, 206, 304, 412, 416. fd and ctx are the server's from
 * here on, whatever comes of it. */
void sg_http_content(struct sg_http_request *q, struct sg_http_response *r,
                     const struct sg_http_content *c);
