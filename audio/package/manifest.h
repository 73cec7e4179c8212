/* manifest.h - HLS playlists (RFC 8216, version 7) and DASH manifests (ISO/IEC 23009-1, on-demand
 * profile) of files made by cmaf.h, from the facts of their segments alone.
 *
 * Both address byte ranges of the same files. A manifest lies at the asset's root or below f/;
 * addresses in it are relative to where it lies.
 */
#pragma once
#include "audio/package/cmaf.h"
#include "core/buf.h"

struct sg_track {
    const struct sg_rendition *rendition;
    const char *path;     /* of the file, below the asset's root */
    const char *playlist; /* of its media playlist */
    int sample_rate, channels;
    const struct sg_cmaf_facts *facts;
    enum sg_protection protection; /* by CENC; of a file for HLS alone: none */
    const uint8_t *kid;            /* when protected */
};

/* Bits a second. Peak: of any run of segments between half and one and a half target durations
 * long, as HLS counts it. */
uint32_t sg_track_average(const struct sg_track *t);
uint32_t sg_track_peak(const struct sg_track *t);

/* key: the address of an AES-128 key, or NULL. */
void sg_hls_media(struct sg_buf *b, const struct sg_track *t, const char *key);
/* folder: where the manifest lies, "" or "f/". */
void sg_hls_master(struct sg_buf *b, const struct sg_track *tracks, size_t n, const char *folder);
/* duration of the sound in samples of rate. */
void sg_dash(struct sg_buf *b, const struct sg_track *tracks, size_t n, const char *folder,
             int64_t duration, int rate);
