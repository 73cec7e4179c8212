/* package.h - from decoded sound to everything that players fetch of it.
 *
 *   blocks --+-- 48 kHz, mono or stereo --+--> AAC, Opus --> fragmented MP4 (cmaf.h) --+
 *            |                            +--> Vorbis ------> Ogg                      +-->
 * manifests
 *            +-- as it came -----------------> FLAC --------> fragmented MP4 ----------+
 *
 * One file a rendition, one decode for all of them. Segments of 3.84 s begin at the same sample in
 * every rendition; what is left of the sound at the end joins the last segment when it is shorter
 * than half a second. What lies below f/ is for everybody; below p/, for premium, encrypted as the
 * job says; docs/audio-delivery-formats.md has the layout.
 *
 * Thread-compatible; encodes on up to job.threads threads, the caller's one of them.
 */
#pragma once
#include "audio/pcm.h"
#include "audio/tree.h"

enum sg_protection { SG_PROTECT_NONE, SG_PROTECT_CENC, SG_PROTECT_CBCS };

struct sg_package_job {
    unsigned renditions; /* a bit for each of sg_renditions (audio/encode/rendition.h) */
    enum sg_protection protection;
    uint8_t kid[16], cenc_key[16]; /* unless protection is none */
    bool fallback;                 /* also aac320 for HLS players without EME, by AES-128 .. */
    uint8_t hls_key[16];           /* .. with this key; only when there is a protection */
    int threads;                   /* 1: the caller's alone */
};

/* From a job that sg_audio_job_read has checked. SG_EINVAL: it does not hold together. */
int sg_package_job_from(const struct sg_audio_job *from, struct sg_package_job *out,
                        struct sg_error *e);

struct sg_packager;

/* The tree outlives the packager; its folders are there. */
int sg_packager_new(struct sg_packager **out, struct sg_tree *tree,
                    const struct sg_package_job *job, struct sg_error *e);
/* begin: SG_EINVAL (a format that nothing can be made of). block: SG_ENOSPC, SG_EIO, SG_ENOMEM.
 * end: writes the manifests and puts every file into the tree's list. After an error only
 * sg_packager_free is allowed; files not in the list are then the caller's to throw away. */
struct sg_pcm_sink sg_packager_sink(struct sg_packager *p);
void sg_packager_free(struct sg_packager *p);

/* Of what the lossy renditions are quieter than the original, in dB (<= 0): more than two channels
 * are mixed down so that they cannot clip. Valid from begin on. */
double sg_packager_downmix_db(const struct sg_packager *p);
