/* child.h - a rebuild in a process of its own, beside the tail. */
#pragma once
#include "core/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sg_child {
    pid_t pid;             /* 0: none is running */
    int failures;          /* in a row */
    int64_t not_before_us; /* back-off after failures */
};
/* Starts `rebuild` with this program's own configuration unless one runs or the
 * back-off after a failure is not over: true when one is running now. */
bool sg_child_start(struct sg_child *c, const char *why);
/* Looks whether it ended: 1 it published, -1 it failed, 0 nothing to tell. */
int sg_child_poll(struct sg_child *c);
/* Asks it to stop and waits. */
void sg_child_stop(struct sg_child *c);
