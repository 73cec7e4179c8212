/* pause.h - the sleep of a thread that looks after something every now and then: another
 * thread may cut it short, once, or end it for good. Thread-safe.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>

struct sg_pause {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool woken, ended;
};
void sg_pause_init(struct sg_pause *p);
void sg_pause_destroy(struct sg_pause *p);
/* Sleeps ms, or until woken when wakeful (also by a wake since the last such sleep).
 * True: it has ended, and every later one ends at once. */
bool sg_pause_for(struct sg_pause *p, int ms, bool wakeful);
void sg_pause_wake(struct sg_pause *p);
void sg_pause_end(struct sg_pause *p);
