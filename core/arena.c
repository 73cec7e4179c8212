/* arena.c - see arena.h. Blocks double in size; the newest is the head. */
#include "core/arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct sg_arena_block {
    struct sg_arena_block *next;
    size_t cap;
    _Alignas(16) char bytes[];
};

static const size_t first_block = 16 << 10;

static void free_blocks(struct sg_arena_block *b)
{
    while (b) {
        struct sg_arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void sg_arena_free(struct sg_arena *a)
{
    free_blocks(a->head);
    *a = (struct sg_arena){0};
}

void sg_arena_reset(struct sg_arena *a)
{
    if (a->head) {
        free_blocks(a->head->next);
        a->head->next = NULL;
    }
    a->used = 0;
}

void sg_arena_shrink(struct sg_arena *a, size_t keep)
{
    if (a->head && a->head->cap > keep)
        sg_arena_free(a);
    else
        sg_arena_reset(a);
}

static bool grow(struct sg_arena *a, size_t n)
{
    size_t cap = a->head ? a->head->cap * 2 : first_block;
    if (cap < n)
        cap = n;
    struct sg_arena_block *b = malloc(sizeof *b + cap);
    if (!b)
        return false;
    b->next = a->head;
    b->cap = cap;
    a->head = b;
    a->used = 0;
    return true;
}

void *sg_arena_alloc(struct sg_arena *a, size_t n)
{
    if (n > SIZE_MAX / 4)
        return NULL;
    n = (n + 15) & ~(size_t)15;
    if ((!a->head || a->head->cap - a->used < n) && !grow(a, n))
        return NULL;
    void *p = a->head->bytes + a->used;
    a->used += n;
    return memset(p, 0, n);
}

void *sg_arena_array(struct sg_arena *a, size_t count, size_t size)
{
    size_t n;
    return __builtin_mul_overflow(count, size, &n) ? NULL : sg_arena_alloc(a, n);
}

struct sg_str sg_arena_copy(struct sg_arena *a, struct sg_str s)
{
    char *p = sg_arena_alloc(a, s.n + 1);
    if (!p)
        return SG_STR_NONE;
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct sg_str){p, s.n};
}

struct sg_str sg_arena_printf(struct sg_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : sg_arena_alloc(a, (size_t)n + 1);
    if (p)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p ? (struct sg_str){p, (size_t)n} : SG_STR_NONE;
}
