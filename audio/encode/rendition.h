/* rendition.h - the ways a sound is coded, each one file.
 *
 * Lossy ones are at 48 kHz, mono or stereo; FLAC is as the original was.
 */
#pragma once
#include <stdbool.h>

enum sg_codec { SG_CODEC_AAC, SG_CODEC_OPUS, SG_CODEC_VORBIS, SG_CODEC_FLAC };

struct sg_rendition {
    const char *name; /* of the file, and in jobs */
    enum sg_codec codec;
    int bitrate;  /* bits a second of stereo; 0: as it comes */
    bool premium; /* lies below p/ */
};

enum { SG_RENDITIONS = 7, SG_RENDITIONS_ALL = (1 << SG_RENDITIONS) - 1 };
extern const struct sg_rendition sg_renditions[SG_RENDITIONS];

/* One channel is given at most so many bits a second: mono of a high rendition needs fewer. */
#define SG_BITRATE_MONO_MAX 160000

/* "aac", "opus", "vorbis", "flac" */
const char *sg_codec_name(enum sg_codec codec);
/* As manifests and browsers tell it (RFC 6381): "mp4a.40.2", "opus", "fLaC", "vorbis" */
const char *sg_codec_string(enum sg_codec codec);
int sg_rendition_bitrate(const struct sg_rendition *r, int channels);
