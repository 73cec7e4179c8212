/* arena.h - memory that is freed all at once: one arena a request.
 *
 * Thread-compatible. Nothing taken from it is freed alone. sg_arena_reset
 * keeps the largest block, so a warm arena allocates nothing.
 */
#pragma once
#include "core/str.h"

struct sg_arena_block;
struct sg_arena {
    struct sg_arena_block *head;
    size_t used;
};

void sg_arena_free(struct sg_arena *a);
void sg_arena_reset(struct sg_arena *a);
/* As sg_arena_reset, but a block of more than keep bytes is given back too: for arenas that wait
 * in a list, where one large request would otherwise be remembered by each. */
void sg_arena_shrink(struct sg_arena *a, size_t keep);
/* n zeroed bytes aligned to 16, or NULL when out of memory. */
void *sg_arena_alloc(struct sg_arena *a, size_t n);
/* As above for count things of size each; NULL on overflow too. */
void *sg_arena_array(struct sg_arena *a, size_t count, size_t size);
/* A copy, zero-terminated for convenience (the zero is not counted).
 * {NULL, 0} when out of memory. */
struct sg_str sg_arena_copy(struct sg_arena *a, struct sg_str s);
struct sg_str sg_arena_printf(struct sg_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
