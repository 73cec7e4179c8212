/* inside.h - private to covers*.c: what is being decoded, and where files are. */
#pragma once
#include "core/covers/covers.h"
#include <pthread.h>

enum { AT_ONCE = 2, JOINING_MAX = 8 };

struct sg_covers {
    char dir[520];
    char program[560];
    pthread_mutex_t lock;
    pthread_cond_t freed;
    char decoding[AT_ONCE][65]; /* names; "": a free place */
    int joining;                /* callers of join, waiting ones too */
};

/* A place among those that decode, once nobody else is at the same name. SG_EBUSY. */
int covers_enter(struct sg_covers *c, const char *name, int64_t deadline_us, char **at,
                 struct sg_error *e);
void covers_leave(struct sg_covers *c, char *at);
/* Aside, while a place is held: made has its folder, type and sides. */
int covers_decode(struct sg_covers *c, const char *command, struct sg_str bytes,
                  int64_t deadline_us, struct sg_cover *made, struct sg_error *e);
void covers_folder(const struct sg_covers *c, const char *name, char *out, size_t cap);
