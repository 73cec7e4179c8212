/* crowd.h - people who ask a server on and on, each on one connection until told to close it. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { CROWD_MAX = 16 };

struct crowd {
    int port;
    const char *text;                 /* the request */
    atomic_int answered, reconnected; /* with 200; connections given up, told to or not */
    atomic_int lost, refused;         /* asked, and not answered with 200; nobody listened */
    int n;
    atomic_bool over;
    pthread_t threads[CROWD_MAX];
    atomic_int of_each[CROWD_MAX]; /* answered */
    atomic_int next;
};

void crowd_start(struct crowd *c, int port, const char *text, int n);
/* Until there are n answers more, of them one to each; fails after two minutes. */
void crowd_await(struct crowd *c, int n);
void crowd_end(struct crowd *c);

/* A connection; -1: nobody listens. */
int crowd_dial(int port);
