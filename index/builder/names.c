/* names.c - names of artists and albums by id: 40 bytes and the text each, in
 * an open-addressing hash over a growing array. */
#include "index/builder/parts.h"
#include "index/document.h"
#include <stdlib.h>

void sg_names_free(struct sg_names *t)
{
    free(t->v);
    free(t->slots);
    sg_buf_free(&t->text);
    *t = (struct sg_names){0};
}

static size_t slot_of(const struct sg_names *t, uint64_t id)
{
    size_t i = (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (t->n_slots - 1);
    while (t->slots[i] && t->v[t->slots[i] - 1].id != id)
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

const struct sg_name *sg_names_find(const struct sg_names *t, uint64_t id)
{
    uint32_t at = t->n_slots ? t->slots[slot_of(t, id)] : 0;
    return at ? &t->v[at - 1] : NULL;
}

static bool grow_slots(struct sg_names *t)
{
    size_t n = t->n_slots ? t->n_slots * 2 : 1024;
    uint32_t *slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (uint32_t i = 0; i < t->n; i++)
        t->slots[slot_of(t, t->v[i].id)] = i + 1;
    return true;
}

static bool grow(struct sg_names *t)
{
    if (t->n == t->cap) {
        uint32_t cap = t->cap ? t->cap + t->cap / 2 : 1024;
        struct sg_name *v = cap > t->cap ? realloc(t->v, cap * sizeof *v) : NULL;
        if (!v)
            return false;
        t->v = v;
        t->cap = cap;
    }
    return t->n < t->n_slots / 3 * 2 || grow_slots(t);
}

struct sg_name *sg_names_add(struct sg_names *t, uint64_t id)
{
    if (!grow(t))
        return NULL;
    size_t slot = slot_of(t, id);
    if (!t->slots[slot]) {
        t->v[t->n++] = (struct sg_name){.id = id};
        t->slots[slot] = t->n;
    }
    return &t->v[t->slots[slot] - 1];
}

bool sg_names_set(struct sg_names *t, enum sg_kind kind, uint64_t id, const void *record)
{
    struct sg_name *n = sg_names_add(t, id);
    if (!n)
        return false;
    n->at = t->text.n;
    sg_document_put_names(&t->text, kind, record);
    n->bytes = (uint32_t)(t->text.n - n->at);
    return !sg_buf_failed(&t->text);
}
