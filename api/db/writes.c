/* writes.c - see writes.h. */
#include "api/db/writes.h"
#include "core/clock.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 1 << 16 };

struct slot {
    _Atomic uint64_t lsn;
    _Atomic int64_t until_us;
};
struct db_writes {
    struct slot slots[SLOTS];
};

struct db_writes *db_writes_new(void)
{
    return calloc(1, sizeof(struct db_writes));
}

void db_writes_free(struct db_writes *w)
{
    free(w);
}

static struct slot *slot_of(struct db_writes *w, uint64_t user_id)
{
    return &w->slots[(user_id * UINT64_C(0x9e3779b97f4a7c15)) >> 48];
}

void db_writes_note(struct db_writes *w, uint64_t user_id, uint64_t lsn)
{
    struct slot *s = slot_of(w, user_id);
    int64_t now_us = sg_now_us();
    uint64_t had = s->lsn;
    if (s->until_us < now_us) /* what it had is over; a race with another writer keeps the larger */
        atomic_compare_exchange_strong(&s->lsn, &had, 0);
    had = s->lsn;
    while (had < lsn && !atomic_compare_exchange_weak(&s->lsn, &had, lsn))
        ;
    s->until_us = now_us + DB_WRITES_KEEP_US;
}

uint64_t db_writes_of(struct db_writes *w, uint64_t user_id)
{
    struct slot *s = slot_of(w, user_id);
    return s->until_us >= sg_now_us() ? s->lsn : 0;
}

void db_token_write(uint64_t lsn, char out[DB_TOKEN_MAX])
{
    snprintf(out, DB_TOKEN_MAX, "1-%llx", (unsigned long long)lsn);
}

uint64_t db_token_read(struct sg_str s)
{
    uint64_t v = 0;
    if (s.n < 3 || s.n > 18 || s.p[0] != '1' || s.p[1] != '-')
        return 0;
    for (size_t i = 2; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return 0;
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return v;
}
