/* http.h - the HTTP/1.1 server: libmicrohttpd's event loops in front of a pool of
 * workers, so that a slow answer never holds a loop.
 *
 * A request is read whole by a loop, answered into the exchange's own buffers,
 * and written by the loop again. What only starts something and is told later
 * (a question to another service) starts on the loop; all else is handed to a worker.
 * Bounds: request line and headers together 32 KiB, 64 parameters, body
 * SG_HTTP_BODY_MAX (413 as soon as it is known, and the connection closed), headers complete within
 * 10 s of connecting (60 s when kept alive), queue of 4096 waiting requests (503 past it).
 * Thread-safe.
 */
#pragma once
#include "api/caller.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_HTTP_PARAMS_MAX  64
#define SG_HTTP_BODY_MAX    (64u << 10)
#define SG_HTTP_HEADERS_MAX 8

struct sg_http_param {
    struct sg_str name, value; /* percent-decoded; any bytes */
};

struct sg_http_request {
    struct sg_str method, path; /* path percent-decoded, without the query */
    const struct sg_http_param *params;
    size_t n_params;
    struct sg_str if_none_match, traceparent, request_id;
    struct sg_str authorization, api_key; /* headers; absent: none */
    bool clean;                           /* of the caller's key: no explicit songs */
    unsigned kinds;                       /* bit set of 1 << kind that it may find; 0: all */
    struct sg_str body;                   /* of POST, at most SG_HTTP_BODY_MAX */
    uint64_t client;       /* a hash of the caller's address; behind a proxy of this machine, of
                              the last X-Forwarded-For */
    bool asks_for_privacy; /* DNT: 1 or Sec-GPC: 1 */
    int64_t start_us, deadline_us; /* sg_now_us clock */
    struct sg_arena *arena;        /* lives as long as the exchange */
    struct sg_str holes[3];        /* what the path's {..} stood for; set by the router */
    struct sg_caller caller;       /* who asks; set by the router */
    const void *route;             /* the router's own */
};

struct sg_http_response {
    int status;               /* 200 when untouched */
    const char *content_type; /* static */
    struct sg_buf body;       /* reused between requests */
    struct sg_str shared;     /* instead of body: bytes that outlive the server */
    struct {
        const char *name; /* static */
        struct sg_str value;
    } headers[SG_HTTP_HEADERS_MAX];
    size_t n_headers;
};

/* value must live in the request's arena or longer, zero-terminated. */
void sg_http_header(struct sg_http_response *r, const char *name, struct sg_str value);

typedef void (*sg_http_handler)(void *ctx, struct sg_http_request *q, struct sg_http_response *r);

struct sg_http_options {
    const char *host; /* numeric address */
    int port;         /* 0: any free one */
    int loops, workers;
    int64_t timeout_us;     /* deadline given to each request */
    sg_http_handler handle; /* on a worker */
    /* On the loop, first; may be NULL. May not block. True: it has taken the request, and
     * sg_http_finish is called once for it, now or later, by any thread. */
    bool (*start)(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
    void *ctx;
};
/* The response of a request that start took is complete; both are gone when it returns. */
void sg_http_finish(struct sg_http_request *q);
struct sg_http_server;
int sg_http_open(struct sg_http_server **out, const struct sg_http_options *o, struct sg_error *e);
int sg_http_port(const struct sg_http_server *s);
/* Stops accepting, finishes what is being answered, frees. What start took must end by itself. */
void sg_http_close(struct sg_http_server *s);
