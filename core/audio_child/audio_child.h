/* audio_child.h - runs segue-audio over one file, as one lets a stranger into the house.
 *
 *   caller --file, fd 0--> segue-audio --one line of JSON, fd 1--> read by a record's table
 *            --job, fd 3-->            --"progress 37 encode", fd 2--> progress
 *
 * The process beside this program's own gets no environment, no open file but these and a process
 * group of its own; it runs within bounds of processor, time and output, and dies with the
 * thread that started it. It confines itself further (audio/confine.h) before it reads a byte. What
 * it says is believed as little as the file: bounded, and read by the record's bounds.
 */
#pragma once
#include "core/record.h"
#include <stdatomic.h>

#define SG_AUDIO_ANSWER_MAX (512u << 10) /* bytes of its answer */

struct sg_audio_child {
    const char *program; /* NULL: segue-audio beside this program */
    const char *command; /* "check" or "prepare" */
    const char *out_dir; /* of prepare: an empty folder; NULL */
    int input;           /* of a file: read from its start; whose it was it stays, offset and all */
    struct sg_str job;   /* JSON; SG_STR_NONE: none */
    int max_seconds;     /* of check: longer sounds are refused; 0: segue-audio's own bound */
    int wall_s, cpu_s;   /* 0: without bound */
    bool gentle;         /* lets others have the processors first */
    const atomic_bool *cut; /* NULL, or: once true it is killed within 50 ms; SG_ECANCELED */
    void (*progress)(void *ctx, int percent, struct sg_str stage); /* NULL, or in this thread */
    void *ctx;
};

/* Why it refused: code is a stable slug of schemas/audio.h, detail is for people. */
struct sg_audio_verdict {
    char code[48], detail[512];
};

/* Reads what it answered into *out, with texts and lists in a or views into json: as
 * sg_audio_facts_read (schemas/audio.h). */
typedef int (*sg_audio_read_fn)(struct sg_str json, struct sg_arena *a, void *out,
                                struct sg_error *e);

/* Waits for its end. What it answered is copied into a and given to read_it. SG_EMEDIA: the file's
 * fault, *why is filled ("crashed" and "too-costly" are ours: it ended by a fault, or used up cpu_s
 * or what it may write). SG_ETIMEOUT: killed after wall_s. SG_ECANCELED. SG_EIO, SG_ENOMEM: this
 * machine's fault, another time may be better. SG_ECORRUPT: it answered nonsense. Any thread; the
 * process ends with the thread. */
int sg_audio_child_run(const struct sg_audio_child *o, sg_audio_read_fn read_it, void *out,
                       struct sg_arena *a, struct sg_audio_verdict *why, struct sg_error *e);
