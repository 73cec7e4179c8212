/* rendition.c - see rendition.h. */
#include "audio/encode/rendition.h"

const struct sg_rendition sg_renditions[SG_RENDITIONS] = {
    {"aac64", SG_CODEC_AAC, 64000, false},    {"aac128", SG_CODEC_AAC, 128000, false},
    {"aac320", SG_CODEC_AAC, 320000, true},   {"opus96", SG_CODEC_OPUS, 96000, false},
    {"opus160", SG_CODEC_OPUS, 160000, true}, {"vorbis", SG_CODEC_VORBIS, 160000, false},
    {"flac", SG_CODEC_FLAC, 0, true},
};

const char *sg_codec_name(enum sg_codec codec)
{
    static const char *const names[] = {"aac", "opus", "vorbis", "flac"};
    return names[codec];
}

const char *sg_codec_string(enum sg_codec codec)
{
    static const char *const strings[] = {"mp4a.40.2", "opus", "vorbis", "fLaC"};
    return strings[codec];
}

int sg_rendition_bitrate(const struct sg_rendition *r, int channels)
{
    return channels == 1 && r->bitrate > SG_BITRATE_MONO_MAX ? SG_BITRATE_MONO_MAX : r->bitrate;
}
