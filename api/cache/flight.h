/* flight.h - private to api/cache: who is loading which key, so that it is loaded once.
 * Thread-safe. */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <pthread.h>

struct flight;
struct flights {
    pthread_mutex_t lock;
    struct flight *first;
};
void flights_init(struct flights *f);
void flights_fini(struct flights *f);

/* True: the caller loads, and must end it (*out NULL: out of memory, nobody waits for it). False:
 * somebody does; flight_wait. */
bool flight_begin(struct flights *f, uint64_t hash, struct sg_str key, struct flight **out);
/* rc and e: what came of it; who waits gets them. */
void flight_end(struct flights *f, struct flight *x, int rc, const struct sg_error *e);
/* The result of the loading, or SG_ETIMEOUT. */
int flight_wait(struct flights *f, struct flight *x, int64_t deadline_us, struct sg_error *e);
/* What is being loaded of this hash may be old: who comes now does not wait for it. */
void flights_detach(struct flights *f, uint64_t hash);
void flights_detach_all(struct flights *f);
