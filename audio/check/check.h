/* check.h - whether a file is a song: everything that must hold, found by decoding all of it once.
 *
 * Whoever wants the sound is a sink (pcm.h); they end only when the file holds.
 */
#pragma once
#include "audio/decode/decode.h"
#include "schemas/audio.h"

struct sg_check_options {
    struct sg_decode_options decode;
    struct sg_arena *arena; /* for texts in the facts */
    struct sg_buf *cover;   /* takes the cover as it lies in the file; may be NULL */
};

/* Fills what the file says of itself: container to cover_type; the rest is the analysis's.
 * SG_EMEDIA: refused, by code and text. */
int sg_check(int fd, const struct sg_check_options *o, struct sg_audio_facts *out,
             struct sg_error *e);
