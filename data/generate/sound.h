/* sound.h - the sound of the demo catalogue: phrases (phrase.h), made into recordings by the real
 * segue-audio and stored as an upload's are, so that every song plays.
 *
 * Songs of a genre share its recordings: which of them, a hash of the song's id says.
 */
#pragma once
#include "core/config.h"
#include "data/progress.h"
#include <libpq-fe.h>

struct sg_sound_options {
    const struct sg_config *config;
    const char *program; /* segue-audio; NULL: beside this program */
    uint64_t seed;
    uint32_t recordings; /* 1 to SG_SOUND_RECORDINGS_MAX */
    int threads;         /* 0: one a core, at most four */
    bool all_renditions; /* otherwise those of AAC alone: quick */
};
#define SG_SOUND_RECORDINGS_MAX 1000

/* Songs that have no audio get some. *songs: how many; 0: all had, and nothing was made. Rows come
 * in one transaction at the end; objects of a run that failed go with the worker's next sweep. */
int sg_generate_sound(PGconn *c, const struct sg_sound_options *o, struct sg_progress *p,
                      uint64_t *songs, struct sg_error *e);
