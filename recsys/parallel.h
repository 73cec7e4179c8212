/* parallel.h - numbered pieces of work shared out to threads. */
#pragma once
#include <stddef.h>

/* Does the pieces from..to - 1; worker: 0 .. threads - 1, one at a time each. Returns 0, or
 * an error, after which no further pieces are given out. */
typedef int (*sg_parallel_fn)(void *ctx, size_t from, size_t to, int worker);

/* 0 .. n - 1 in chunks, in ascending order of their start, on up to `threads` (1..64) threads,
 * the caller's among them. The first error, or SG_ECANCELED when sg_stopping(). */
int sg_parallel(int threads, size_t n, size_t chunk, sg_parallel_fn fn, void *ctx);
