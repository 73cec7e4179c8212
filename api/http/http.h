/* http.h - the HTTP/1.1 server: libmicrohttpd's event loops in front of a pool of
 * workers, so that a slow answer never holds a loop.
 *
 * A request is read whole by a loop, answered into the exchange's own buffers,
 * and written by the loop again. What only starts something and is told later
 * (a question to another service) starts on the loop; all else is handed to a worker.
 * An answer may stay open, and then holds neither: stream.h. Files go by sendfile: content.h.
 *
 * Bounds: request target 8 KiB, line and headers together some 11 KiB, 100 headers, 64 parameters,
 * a body's by route (413 as soon as it is known, and the connection closed), all bodies together,
 * connections (together and of one address), 4096 waiting requests (503 past it). Total
 * deadlines, however slowly bytes trickle: 10 s for a head, 30 s and a second for every 64 KiB
 * for a body (one that goes to a sink: 30 s and a second for every 16 KiB that came, not counting
 * the time that the sink takes, and 30 s without a byte), 60 s between requests, 30 s and a second
 * for every 16 KiB for an answer (4 KiB: of a file). What a proxy in front may have read otherwise
 * is refused: fields.h. Every answer has X-Request-Id, traceparent and security headers.
 * Thread-safe.
 */
#pragma once
#include "api/caller.h"
#include "api/http/address.h"
#include "api/http/cors.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_HTTP_PARAMS_MAX  64
#define SG_HTTP_BODY_MAX    (64u << 10) /* where no route says otherwise */
#define SG_HTTP_HEADERS_MAX 24

struct sg_http_param {
    struct sg_str name, value; /* percent-decoded; any bytes but NUL */
};

struct sg_http_request {
    struct sg_str method, path; /* path percent-decoded, UTF-8, without the query */
    const struct sg_http_param *params;
    size_t n_params;
    struct sg_str if_none_match;
    struct sg_str traceparent, request_id; /* the answer's: never empty */
    struct sg_str authorization, api_key;  /* headers; absent: none */
    bool clean;                            /* of the caller's key: no explicit songs */
    unsigned kinds;                        /* bit set of 1 << kind that it may find; 0: all */
    struct sg_str body;                    /* at most what body_max said */
    struct sg_address address;        /* of the client; behind proxies that are believed, too */
    uint64_t client;                  /* sg_address_key of it */
    bool asks_for_privacy;            /* DNT: 1 or Sec-GPC: 1 */
    int64_t start_us, deadline_us;    /* sg_now_us clock */
    struct sg_arena *arena;           /* lives as long as the exchange */
    struct sg_str holes[3];           /* what the path's {..} stood for; set by the router */
    uint64_t key_id;                  /* of the API key that was told and is good; 0: none */
    struct sg_caller caller;          /* who asks; set by the router */
    struct sg_idempotent *idempotent; /* idempotency/'s own */
    const void *route;                /* the router's own */
    uint64_t wrote;    /* the database log's position of what it wrote (api/db/db.h); 0: nothing */
    uint64_t must_see; /* that the caller told by header; 0: any */
};

/* Any header's value, the first of that name whatever its case; NONE when absent. Valid until
 * the request is answered. */
struct sg_str sg_http_request_header(const struct sg_http_request *q, const char *name);

struct sg_http_stream;
struct http_content;
struct sg_http_response {
    int status;               /* 200 when untouched */
    const char *content_type; /* static */
    struct sg_buf body;       /* reused between requests */
    struct sg_str shared;     /* instead of body: bytes that outlive the answer */
    bool lasting;             /* shared is the same for as long as the server lives */
    struct {
        const char *name; /* static */
        struct sg_str value;
    } headers[SG_HTTP_HEADERS_MAX];
    size_t n_headers;
    struct sg_http_stream *stream; /* set by sg_http_stream_open (stream.h) */
    struct http_content *content;  /* set by sg_http_content (content.h) */
};

/* value must live in the request's arena or longer. A name that was set before is replaced; a
 * value with control characters is left out. */
void sg_http_header(struct sg_http_response *r, const char *name, struct sg_str value);

/* Where a body goes that is not gathered: body.c. None of these is called on a loop, nor two at a
 * time; between them the connection holds no thread. Exactly one of end and gone is called. */
struct sg_http_sink {
    void *ctx;
    /* The next bytes, up to 128 KiB. False: r is the refusal, and gone follows. */
    bool (*write)(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_str bytes);
    /* That was all. Fills r and calls sg_http_finish, now or later, on any thread. */
    void (*end)(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
    /* The rest will not come: the client left, was too slow, sent too much, or write refused it. */
    void (*gone)(void *ctx);
    /* What came before gone is written, to the last byte; the request's headers are no longer to be
     * read then. */
    bool keeps;
};

typedef void (*sg_http_handler)(void *ctx, struct sg_http_request *q, struct sg_http_response *r);

struct sg_http_options {
    const char *host; /* numeric address */
    int port;         /* 0: any free one */
    int listener;     /* instead of both: a socket that listens, kept open by somebody else too, so
                         that who connects between two servers waits; closed. 0: none */
    int loops, workers;
    int64_t timeout_us;     /* deadline given to each request */
    sg_http_handler handle; /* on a worker */
    /* On the loop, first; may be NULL. May not block. True: it has taken the request, and
     * sg_http_finish is called once for it, now or later, by any thread. */
    bool (*start)(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
    /* On the loop, when the headers are read: most bytes of the body. NULL: SG_HTTP_BODY_MAX. */
    size_t (*body_max)(void *ctx, struct sg_str method, struct sg_str path);
    /* On the loop: whether the request's body goes to a sink. NULL: none does. */
    bool (*streams)(void *ctx, struct sg_str method, struct sg_str path);
    /* On the loop: whether a POST whose X-HTTP-Method-Override tells this method is taken for it.
     * NULL: none is. */
    bool (*overrides)(void *ctx, struct sg_str method, struct sg_str path);
    /* Of streams, when the headers are read, before the client is told to go on (Expect:
     * 100-continue). False: r is the answer. May block. */
    bool (*begin)(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_http_sink *out);
    /* The server, or the sink's write, has refused it by r. */
    void (*refused)(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
    void *ctx;

    /* 0 in these: what is said. */
    size_t bodies_max;                           /* bytes of all bodies at once: 256 MiB */
    int connections_max;                         /* 16384; at most what the process may open */
    int connections_per_address;                 /* no bound. Proxies have none */
    int streams_max;                             /* 4096 */
    int64_t head_us, body_us, idle_us, write_us; /* deadlines: 10, 30, 60, 30 s */
    int stream_threads;                          /* that call sinks: 8 */
    int64_t stream_rate;  /* bytes a second that who sends to a sink must reach: 16 KiB */
    int64_t heartbeat_us; /* of event streams: 15 s */
    int64_t drain_us;     /* closing: longest wait for what is being answered: 10 s */
    int64_t grace_us;     /* closing: how long idle connections may still ask: not at all */
    bool reuse_port;      /* another process may listen on the port as well, to take over */
    int64_t hsts_s;       /* Strict-Transport-Security for so long: none is sent */
    bool by_forwarded;    /* proxies tell by Forwarded (RFC 7239), not by X-Forwarded-For */
    const struct sg_networks
        *proxies;                     /* who is believed about the client's address; NULL: nobody */
    const struct sg_origins *origins; /* whose pages may ask; NULL: nobody's */
};
/* The response of a request that start took is complete; both are gone when it returns. */
void sg_http_finish(struct sg_http_request *q);
struct sg_http_server;
/* A socket that listens there, close-on-exec and not blocking. */
int sg_http_listen(int *out, const char *host, int port, bool reuse_port, struct sg_error *e);
int sg_http_open(struct sg_http_server **out, const struct sg_http_options *o, struct sg_error *e);
int sg_http_port(const struct sg_http_server *s);
/* Stops accepting; answers what is still asked on open connections with `Connection: close`, for
 * grace_us; finishes what is being answered, ends streams, frees. What start took must end by
 * itself. */
void sg_http_close(struct sg_http_server *s);
