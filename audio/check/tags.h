/* tags.h - what a file says of its song: defaults for the one who uploads it, and nothing more. */
#pragma once
#include "audio/decode/decode.h"
#include "schemas/audio.h"

/* Texts are UTF-8 without control characters, cut to SG_AUDIO_TAG_MAX; what is not UTF-8 is read as
 * Latin-1 (ID3v1). *out is in a. SG_EMEDIA: too-large. */
int sg_tags_read(const struct sg_decoder *d, struct sg_arena *a, struct sg_audio_tags **out,
                 struct sg_error *e);
/* The first attached JPEG or PNG: its bytes into cover (may be NULL), its type, static; absent:
 * there is none. SG_EMEDIA: too-large. */
int sg_cover_read(const struct sg_decoder *d, struct sg_buf *cover, struct sg_str *type,
                  struct sg_error *e);
