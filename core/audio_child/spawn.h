/* spawn.h - private to audio_child: the process and its pipes. */
#pragma once
#include "core/audio_child/audio_child.h"
#include <sys/types.h>

struct audio_process {
    pid_t pid; /* and its group; 0: none */
    int pidfd, out, err;
};

int audio_spawn(struct audio_process *p, const struct sg_audio_child *o, struct sg_error *e);
/* Killed when it still runs; awaited. Its wait status, or -1. */
int audio_end(struct audio_process *p, bool kill_it);
