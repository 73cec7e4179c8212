/* pool.c - see pool.h. */
#include "recsys/candidates/pool.h"

enum { TABLE = 4096 };

int sg_pool_open(struct sg_pool *p, const struct sg_filter *f, struct sg_error *e)
{
    *p = (struct sg_pool){.filter = f};
    p->v = sg_arena_array(f->o->arena, SG_POOL_MAX, sizeof *p->v);
    p->at = sg_arena_array(f->o->arena, TABLE, sizeof *p->at);
    return p->v && p->at ? 0 : sg_fail(e, SG_ENOMEM, "candidates");
}

struct sg_candidate *sg_pool_add(struct sg_pool *p, uint32_t song, enum sg_source source)
{
    size_t i = (size_t)(song * 0x9e3779b97f4a7c15u >> 32) & (TABLE - 1);
    while (p->at[i] && p->v[p->at[i] - 1].song != song)
        i = (i + 1) & (TABLE - 1);
    if (!p->at[i]) {
        if (p->n == SG_POOL_MAX || !sg_filter_allows(p->filter, song))
            return NULL;
        p->v[p->n] = (struct sg_candidate){.song = song, .because = SG_NO_SONG};
        p->at[i] = (uint32_t)++p->n;
    }
    struct sg_candidate *c = &p->v[p->at[i] - 1];
    c->sources |= source;
    return c;
}
