/* hearing.h - private to audio_child (and fuzzed): what a process says that may be anybody's. */
#pragma once
#include "core/audio_child/audio_child.h"

#define AUDIO_LINE_MAX 400

struct audio_hearing {
    void (*progress)(void *ctx, int percent, struct sg_str stage); /* may be NULL */
    void *ctx;
    struct sg_buf answer;
    char line[AUDIO_LINE_MAX + 1]; /* of its progress, as far as it has come */
    size_t line_n;
    char last[AUDIO_LINE_MAX + 1]; /* line that was no progress: for the log */
    bool too_long;
};
void audio_hear_answer(struct audio_hearing *h, const char *p, size_t n);
void audio_hear_progress(struct audio_hearing *h, const char *p, size_t n);
void audio_hear_end(struct audio_hearing *h); /* of the last line */

/* SG_EMEDIA, with *why. */
int audio_refused(struct sg_audio_verdict *why, const char *code, const char *detail,
                  struct sg_error *e);
/* The same from its answer; SG_ECORRUPT. */
int audio_read_refusal(struct sg_str answer, struct sg_arena *a, struct sg_audio_verdict *why,
                       struct sg_error *e);
