/* writer.h - somebody who changes the catalogue at random: inserts, renames,
 * deletes, new credits, swaps of credits, plays, playlists going private. Leaves
 * ids from 1,000,000 alone.
 */
#pragma once
#include "tests/support/pg.h"
#include <pthread.h>
#include <stdint.h>

struct test_writer {
    const struct test_pg *pg;
    uint64_t random, changes, target;
    unsigned per_second;
    pthread_t thread;
};

uint64_t test_random(uint64_t *state); /* xorshift64* */
/* Empties the catalogue and puts a small one: 10 genres, 200 artists and albums,
 * 2,000 songs, 50 playlists. */
void test_writer_seed(PGconn *c);
/* Writes until `target` rows were changed, about so many a second; survives the
 * database's death, reconnecting. */
void test_writer_start(struct test_writer *w, const struct test_pg *pg, uint64_t random,
                       uint64_t target, unsigned per_second);
/* Waits: rows changed. */
uint64_t test_writer_join(struct test_writer *w);
