/* asker.h - somebody who asks the query server without pause, over nng.
 *
 * Landmarks are a song, an artist, an album and a playlist each that no writer
 * touches: every answer about them must be whole, from every generation. What
 * the writer changes is asked for too; of that, an answer must make sense.
 */
#pragma once
#include "tests/support/indexer.h"
#include <pthread.h>
#include <stdatomic.h>

#define TEST_LANDMARKS 20
#define TEST_ASKERS    2

/* After test_writer_seed, whose writer leaves ids from 1,000,000 alone. */
void test_landmarks_put(PGconn *c);

struct test_asker {
    struct sg_rpc_client *client;
    pthread_t threads[TEST_ASKERS];
    atomic_bool stop;
    atomic_bool lenient; /* errors of what is asked now count and do not fail: it was killed */
    atomic_ulong answers, errors; /* right ones; failed calls while lenient */
    _Atomic int64_t slowest_us;   /* of the answers */
    pthread_mutex_t lock;
    char failure[800];        /* of the first; "" */
    char generations[64][96]; /* that answered */
    size_t n_generations;
};

/* The server's health: true when status, generation and detail are (detail: holds) these;
 * NULL: anything. Keeps asking for some minutes. */
bool test_asker_health(struct test_asker *a, const char *status, const char *generation,
                       const char *detail);
/* Asks the server of x's configuration, from now on; waits for its first answer. */
void test_asker_start(struct test_asker *a, const struct test_indexer *x);
/* Ends it; fails the test when an answer was wrong or missing. Prints what was seen as `what`. */
void test_asker_stop(struct test_asker *a, const char *what);
/* Waits for this many more right answers, at most so long. */
bool test_asker_wait(struct test_asker *a, unsigned long answers, int64_t us);
