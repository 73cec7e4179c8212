/* throttle.c - see throttle.h. */
#include "api/accounts/throttle.h"
#include <pthread.h>
#include <stdlib.h>

#define ROWS   4096
#define PLACES 8 /* 32,768 keys; 1.3 MiB */

static const struct {
    double free, drain_s, longest_s;
} rules[SG_THROTTLE_KINDS] = {
    [SG_THROTTLE_ACCOUNT] = {10, 60, 900},
    [SG_THROTTLE_ADDRESS] = {60, 6, 900},
    [SG_THROTTLE_MAIL] = {5, 600, 3600},
    [SG_THROTTLE_SENDER] = {30, 60, 3600},
};

struct place {
    uint64_t key; /* with its kind */
    double level; /* attempts in the bucket */
    int64_t at_us, wait_until_us;
    enum sg_throttle_kind kind;
    bool used;
};
struct sg_throttle {
    pthread_mutex_t lock;
    struct place v[ROWS][PLACES];
};

struct sg_throttle *sg_throttle_open(void)
{
    struct sg_throttle *t = calloc(1, sizeof *t);
    if (t)
        pthread_mutex_init(&t->lock, NULL);
    return t;
}

void sg_throttle_close(struct sg_throttle *t)
{
    if (t)
        pthread_mutex_destroy(&t->lock);
    free(t);
}

static void drain(struct place *p, int64_t now_us)
{
    p->level -= (double)(now_us - p->at_us) / 1e6 / rules[p->kind].drain_s;
    p->level = p->level > 0 ? p->level : 0;
    p->at_us = now_us;
}

/* How much it would cost to forget it: seconds to wait, then what is in the bucket. */
static double weight(const struct place *p, int64_t now_us)
{
    double wait = p->wait_until_us > now_us ? (double)(p->wait_until_us - now_us) / 1e6 : 0;
    return p->used ? 1 + wait + p->level / rules[p->kind].free : 0;
}

static struct place *place_of(struct sg_throttle *t, enum sg_throttle_kind kind, uint64_t key,
                              int64_t now_us, bool take)
{
    uint64_t mixed = (key ^ (uint64_t)kind << 60) * 0x9e3779b97f4a7c15u;
    struct place *row = t->v[mixed >> 32 & (ROWS - 1)], *least = row;
    for (size_t i = 0; i < PLACES; i++) {
        if (row[i].used && row[i].key == key && row[i].kind == kind) {
            drain(&row[i], now_us);
            return &row[i];
        }
        if (weight(&row[i], now_us) < weight(least, now_us))
            least = &row[i];
    }
    if (!take)
        return NULL;
    *least = (struct place){.key = key, .kind = kind, .at_us = now_us, .used = true};
    return least;
}

int64_t sg_throttle_try(struct sg_throttle *t, enum sg_throttle_kind kind, uint64_t key,
                        int64_t now_us)
{
    pthread_mutex_lock(&t->lock);
    struct place *p = place_of(t, kind, key, now_us, true);
    int64_t wait = p->wait_until_us > now_us ? (p->wait_until_us - now_us + 999999) / 1000000 : 0;
    if (!wait) {
        double beyond = ++p->level - rules[kind].free, seconds = 1;
        while (beyond > 1 && seconds < rules[kind].longest_s) {
            seconds *= 2;
            beyond--;
        }
        seconds = seconds < rules[kind].longest_s ? seconds : rules[kind].longest_s;
        if (beyond > 0)
            p->wait_until_us = now_us + (int64_t)(seconds * 1e6);
    }
    pthread_mutex_unlock(&t->lock);
    return wait;
}

void sg_throttle_good(struct sg_throttle *t, enum sg_throttle_kind kind, uint64_t key,
                      int64_t now_us)
{
    pthread_mutex_lock(&t->lock);
    struct place *p = place_of(t, kind, key, now_us, false);
    if (p && kind == SG_THROTTLE_ACCOUNT)
        p->used = false;
    else if (p)
        p->level = p->level > 1 ? p->level - 1 : 0;
    pthread_mutex_unlock(&t->lock);
}
