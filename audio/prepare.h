/* prepare.h - one pass over a file: decoded, judged, analysed, and encoded if there is a job. */
#pragma once
#include "audio/tree.h"

typedef void (*sg_prepare_progress)(void *ctx, int percent, const char *stage);

/* fd: a regular file. tree NULL: it is judged and analysed, nothing is written, and of the job only
 * max_seconds counts; job NULL then: SG_AUDIO_SECONDS_MAX. Texts and lists of the facts are in a.
 * SG_EMEDIA: refused, with a code of schemas/audio.h as kind. */
int sg_prepare(int fd, const struct sg_audio_job *job, struct sg_tree *tree,
               sg_prepare_progress progress, void *ctx, struct sg_arena *a,
               struct sg_audio_facts *out, struct sg_error *e);
