/* pause.c - see pause.h. By the monotonic clock: setting the time must not stretch a sleep. */
#include "core/pause.h"
#include <time.h>

void sg_pause_init(struct sg_pause *p)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->change, &attr);
    pthread_condattr_destroy(&attr);
    p->woken = p->ended = false;
}

void sg_pause_destroy(struct sg_pause *p)
{
    pthread_cond_destroy(&p->change);
    pthread_mutex_destroy(&p->lock);
}

bool sg_pause_for(struct sg_pause *p, int ms, bool wakeful)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&p->lock);
    int rc = 0;
    while (!rc && !p->ended && !(wakeful && p->woken))
        rc = pthread_cond_timedwait(&p->change, &p->lock, &until);
    p->woken = p->woken && !wakeful;
    bool ended = p->ended;
    pthread_mutex_unlock(&p->lock);
    return ended;
}

static void change(struct sg_pause *p, bool *what)
{
    pthread_mutex_lock(&p->lock);
    *what = true;
    pthread_cond_broadcast(&p->change);
    pthread_mutex_unlock(&p->lock);
}

void sg_pause_wake(struct sg_pause *p)
{
    change(p, &p->woken);
}

void sg_pause_end(struct sg_pause *p)
{
    change(p, &p->ended);
}
