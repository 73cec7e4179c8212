/* parts.h - the inside of api/http; private to it.
 *
 *   loop: request line read -> exchange made, its target kept
 *         headers read -> first call: checked, or refused
 *                      -> second call: connection suspended, request started,
 *                         or its exchange queued
 *   worker, or whoever finishes what was started: response filled -> connection resumed
 *   loop: third call: response queued -> completed: exchange recycled
 *
 * Answering in a later call than the first keeps the connection alive (measured:
 * queueing in the first call closes it).
 */
#pragma once
#include "api/http/coding.h"
#include "api/http/fields.h"
#include "api/http/http.h"
#include "core/clock.h"
#include "core/metrics.h"
#include <microhttpd.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* What libmicrohttpd keeps for us with a request: an exchange, or a stream's end. */
enum http_kind { HTTP_EXCHANGE, HTTP_STREAM };
enum http_state {
    HTTP_NEW,
    HTTP_READING,
    HTTP_WAITING,  /* suspended: a thread has it */
    HTTP_TAKING,   /* its body goes to a sink: body.c */
    HTTP_REFUSING, /* so it did; the rest is read away, then the answer goes */
    HTTP_HUNG_UP,  /* the answer was sent by hand; the rest is read away */
    HTTP_ANSWERED,
};

/* A body on its way to a sink: body.c. */
struct http_intake {
    struct sg_http_sink sink;
    enum http_step { HTTP_BEGIN, HTTP_WRITE, HTTP_END, HTTP_GONE } step;
    uint64_t told, taken;               /* bytes; told UINT64_MAX: as many as come */
    int64_t since_us, waited_us;        /* handed to a thread; all that time together */
    int refusal;                        /* status; 0: none */
    bool streams, begun, asked, active; /* active: the sink waits for end or gone */
};

struct http_exchange {
    enum http_kind kind; /* first */
    _Atomic enum http_state state;
    struct sg_http_server *server;
    struct http_exchange *next; /* in the queue or the free list */
    struct MHD_Connection *connection;
    struct sg_str target;
    struct sg_buf body; /* reused between requests */
    size_t body_max, body_counted;
    struct http_intake in;
    struct sg_arena arena;
    struct http_fields fields;
    struct sg_http_param params[SG_HTTP_PARAMS_MAX];
    bool params_overflow, closes, old; /* old: HTTP/1.0 */
    bool filled;                       /* its response only wants coding */
    enum sg_coding coding;
    struct sg_buf coded_here; /* reused */
    struct sg_str coded;      /* instead of the response's bytes; NONE */
    struct sg_str none_match; /* If-None-Match as it was told */
    struct sg_http_request request;
    struct sg_http_response response;
};

struct http_acceptor;
struct http_watch;
struct http_streams;
struct http_kept;
struct http_readers;
struct http_content;

/* Exchanges that wait for one of some threads, and at the end one more for each. A semaphore, as
 * the condition variables of glibc before 2.41 lose a signal now and then when many wait
 * (sourceware bug 25847). */
struct http_queue {
    bool open;
    sem_t work;
    pthread_t *threads;
    size_t n_threads;
    pthread_mutex_t lock; /* guards all below */
    struct http_exchange *first, *last;
    size_t n; /* in it, or that have a place */
    bool stop;
};

struct sg_http_server {
    struct MHD_Daemon *daemon;
    struct sg_http_options o;
    int listener; /* -1: let go */
    struct sg_networks proxies;
    struct http_acceptor *acceptor;
    struct http_watch *watch;
    struct http_streams *streams;
    struct http_kept *kept;
    struct http_readers *readers;
    atomic_size_t blocks; /* bytes of answers that are read */
    atomic_size_t bodies; /* bytes of them */
    atomic_bool draining;
    struct sg_metric *refused, *held;

    struct http_queue queue, bodies_queue;
    pthread_mutex_t lock;    /* guards all below */
    pthread_cond_t answered; /* nothing that was started is open */
    size_t started;
    struct http_exchange *spare;
    size_t n_spare;
};

/* exchange.c */
struct http_exchange *http_exchange_take(struct sg_http_server *s);
void http_exchange_give(struct http_exchange *x);
void http_exchanges_free(struct sg_http_server *s);
/* False: no memory, or all bodies together are too large. */
bool http_body_put(struct http_exchange *x, struct sg_str bytes);
void http_body_drop(struct http_exchange *x); /* what was put */

/* queue.c */
int http_queue_open(struct http_queue *q, int threads, void *(*run)(void *), void *ctx,
                    struct sg_error *e);
/* A place; others: that count as well. False: too many, or it stops. */
bool http_queue_reserve(struct http_queue *q, size_t others);
void http_queue_release(struct http_queue *q);
void http_queue_put(struct http_queue *q, struct http_exchange *x); /* into its place */
struct http_exchange *http_queue_take(struct http_queue *q);        /* NULL: the end */
/* Takes no more; returns when what it had is done. */
void http_queue_stop(struct http_queue *q);
void http_queue_close(struct http_queue *q);

/* body.c: bodies that go to a sink. */
int http_bodies_start(struct sg_http_server *s, struct sg_error *e);
void http_bodies_stop(struct sg_http_server *s);
/* The headers are read; refusal: a status, or 0. */
enum MHD_Result http_body_begin(struct http_exchange *x, int refusal);
/* All further calls for an exchange that streams. */
enum MHD_Result http_body_on(struct http_exchange *x, const char *upload, size_t *n,
                             void **con_cls);
/* It was answered by hand, and our side hung up: what still comes is read away for a while. */
enum MHD_Result http_body_linger(struct http_exchange *x);
/* The connection is over. True: a thread tells the sink, and gives x back. */
bool http_body_gone(struct http_exchange *x);

/* workers.c */
int http_workers_start(struct sg_http_server *s, struct sg_error *e);
void http_workers_stop(struct sg_http_server *s); /* when what was handed over is answered */
/* Suspends the connection; to o.start or a worker. False: too many wait. */
bool http_hand_over(struct http_exchange *x);
void http_started(struct sg_http_server *s); /* sg_http_finish will come */

/* compress.c */
struct http_kept *http_kept_new(void);
void http_kept_free(struct http_kept *k);
/* Whether a worker should call the next before the answer goes. */
bool http_compress_wanted(struct http_exchange *x);
void http_compress(struct http_exchange *x, struct sg_coder *coder);

/* cors.c */
void http_cors_add(struct http_exchange *x, struct MHD_Response *m);

/* request.c: libmicrohttpd's callbacks. */
void *http_on_target(void *server, const char *target, struct MHD_Connection *c);
enum MHD_Result http_on_request(void *server, struct MHD_Connection *c, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_n, void **con_cls);
void http_on_completed(void *server, struct MHD_Connection *c, void **con_cls,
                       enum MHD_RequestTerminationCode code);

/* answer.c: gives the connection its exchange's response; a stream takes the exchange's
 * place in *con_cls. */
enum MHD_Result http_answer(struct http_exchange *x, void **con_cls);
/* While its body still comes, when libmicrohttpd takes none: sent at once, by hand, and hung up on
 * our side. */
void http_answer_by_hand(struct http_exchange *x);
/* A problem so; the call's result. */
enum MHD_Result http_cut_off(struct http_exchange *x, int status, const char *why);
/* The server's own answer; the connection is closed after it. */
enum MHD_Result http_refuse(struct http_exchange *x, int status, const char *why, void **con_cls);

/* library.c: MHD_queue_response for our own answers; what is queued otherwise is the library's. */
enum MHD_Result http_queue_response(struct MHD_Connection *c, unsigned status,
                                    struct MHD_Response *m);

/* accept.c */
int http_acceptor_start(struct sg_http_server *s, struct sg_error *e);
/* Nobody is taken any more. */
void http_acceptor_stop(struct sg_http_server *s);
void http_acceptor_free(struct http_acceptor *a);

/* watch.c: every connection's deadline, and how many there are. A thread of its own closes those
 * that are late, however slowly they trickle (libmicrohttpd's own timeout starts anew
 * at every byte), and looks after streams. */
int http_watch_open(struct http_watch **out, struct sg_http_server *s, struct sg_error *e);
void http_watch_stop(struct http_watch *w);  /* the thread ends */
void http_watch_close(struct http_watch *w); /* after the daemon stopped */
void http_on_connection(void *watch, struct MHD_Connection *c, void **socket_ctx,
                        enum MHD_ConnectionNotificationCode code);
int http_watch_fd(struct MHD_Connection *c);                        /* -1: unknown */
void http_watch_refused(struct MHD_Connection *c, unsigned status); /* counted */
const struct sg_address *http_watch_peer(struct MHD_Connection *c);
/* What the connection does from now on, until at_us at most; idle: nothing. */
void http_watch_until(struct MHD_Connection *c, int64_t at_us, bool idle);
/* Whether bytes of a body are waited for: that the peer hangs up is noticed at once. */
void http_watch_sends(struct MHD_Connection *c, bool sends);
/* A connection is about to be handed over; false: there are max already. It leaves when the library
 * says that it has ended, or would not have it. By one thread at a time. */
bool http_watch_enter(struct http_watch *w, size_t max);
void http_watch_leave(struct http_watch *w);
size_t http_watch_count(struct http_watch *w);
void http_watch_close_idle(struct http_watch *w);

/* content*.c: see content.h. */
void http_content_free(struct http_content *h);
/* NULL: no memory, and the response has it still. */
struct MHD_Response *http_content_attach(struct http_exchange *x);
int http_readers_open(struct http_readers **out, struct sg_error *e);
void http_readers_stop(struct http_readers *t); /* no connection sleeps for them any more */
void http_readers_close(struct http_readers *t);

/* stream.c */
int http_streams_open(struct http_streams **out, struct sg_http_server *s, struct sg_error *e);
void http_streams_close(struct http_streams *t);
int http_streams_fd(struct http_streams *t); /* readable: some peer hung up */
void http_streams_tick(struct http_streams *t, int64_t now_us);
void http_streams_end(struct http_streams *t); /* all of them, and those to come */
/* NULL: no memory. */
struct MHD_Response *http_stream_attach(struct http_exchange *x);
void http_stream_gone(void *stream); /* calls gone; it is no more */

/* addresses.c: connections by address. Thread-safe. */
struct http_addresses;
struct http_addresses *http_addresses_new(void);
void http_addresses_free(struct http_addresses *a);
/* False: it has max already, or there is no memory. */
bool http_addresses_enter(struct http_addresses *a, uint64_t address, int max);
void http_addresses_leave(struct http_addresses *a, uint64_t address);
