/* crew.h - a few threads that do one thing each for several, together; private to the packager. */
#pragma once
#include "core/err.h"
#include <stddef.h>

struct sg_crew;

/* threads: with the caller's. 1: no other is made. */
int sg_crew_open(struct sg_crew **out, int threads, struct sg_error *e);
void sg_crew_close(struct sg_crew *c);
/* Calls work(ctx, 0..n-1), each once, on any thread; returns when all are done. */
void sg_crew_run(struct sg_crew *c, void (*work)(void *ctx, size_t i), void *ctx, size_t n);
