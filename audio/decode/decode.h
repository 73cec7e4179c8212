/* decode.h - a stranger's file, opened and decoded whole.
 *
 * libavformat and libavcodec do it, with lists of the containers and codecs that are taken;
 * anything that names other files (play lists, concatenations, HLS) is none of them. Thread-bound.
 * A fault of the file is SG_EMEDIA with a code of schemas/audio.h as kind.
 */
#pragma once
#include "audio/decode/io.h"
#include "audio/pcm.h"

struct sg_decoder;

/* What the container and the codec say, before anything is decoded. */
struct sg_decoder_facts {
    const char *container; /* libavformat's first name: "mov" */
    const char *codec;     /* "aac" */
    double declared_s;     /* how long it says it is; 0: it doesn't */
    int bits;              /* of a sample; 0: lossy */
};

/* fd is the caller's and stays open as long as the decoder. */
int sg_decoder_open(struct sg_decoder **out, int fd, struct sg_error *e);
void sg_decoder_close(struct sg_decoder *d);
void sg_decoder_facts(const struct sg_decoder *d, struct sg_decoder_facts *out);
/* For tags and covers; the decoder's. */
const AVFormatContext *sg_decoder_container(const struct sg_decoder *d);
const AVStream *sg_decoder_stream(const struct sg_decoder *d);

/* What decoding showed. */
struct sg_decoded {
    struct sg_pcm_format format;
    uint64_t frames;          /* samples of one channel */
    uint64_t packets, failed; /* how many of them could not be decoded */
    uint64_t not_finite;      /* samples */
    float peak;               /* of all channels */
    bool ended_early;         /* the reader met an error instead of the end */
};

struct sg_decode_options {
    const struct sg_pcm_sink *sinks;
    size_t n_sinks;
    uint64_t max_seconds;
    void (*progress)(void *ctx, int percent); /* may be NULL */
    void *ctx;
};
/* Once. Sinks have begun and got all blocks; end is not called. */
int sg_decoder_run(struct sg_decoder *d, const struct sg_decode_options *o, struct sg_decoded *out,
                   struct sg_error *e);
