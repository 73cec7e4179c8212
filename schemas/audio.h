/* audio.h - what goes between segue-audio and the one who starts it.
 *
 *   fd 0   the file, seekable           stdout  one line of JSON: sg_audio_facts (exit code 0)
 *   fd 3   sg_audio_job as JSON                 or sg_audio_refusal (exit code 3)
 *          (of prepare alone)           stderr  "progress <0..100> <stage>" lines; any other line
 *                                               is text for the log
 *
 * Exit codes: 0 done, 2 wrong usage, 3 refused (the file's fault; trying again is no use), anything
 * else failed (ours). What a decoder of strangers' files says is hostile too: read it by
 * sg_audio_facts_read, never by the record alone.
 */
#pragma once
#include "core/record.h"

#define SG_AUDIO_REFUSED  3            /* exit code */
#define SG_AUDIO_LINE_MAX (256u << 10) /* bytes of the line on standard output, and of a job */

#define SG_AUDIO_SECONDS_MIN  1
#define SG_AUDIO_SECONDS_MAX  3600 /* unless the job says less */
#define SG_AUDIO_CHANNELS_MAX 8
#define SG_AUDIO_RATE_MIN     8000
#define SG_AUDIO_RATE_MAX     192000
#define SG_AUDIO_COVER_MAX    (8u << 20) /* bytes */
#define SG_AUDIO_FILES_MAX    64
#define SG_AUDIO_PATH_MAX     200
#define SG_AUDIO_TAG_MAX      1000 /* bytes of a text */
#define SG_AUDIO_FEATURES     48   /* audio/analysis/features.h names them */
#define SG_AUDIO_PRINT_MAX    8192 /* bytes of a compressed fingerprint */
#define SG_AUDIO_TERMS_MAX    256  /* audio/fingerprint/terms.h */

/* What cannot be told: instead of an absent number. */
#define SG_AUDIO_UNTOLD (-1000)

struct sg_audio_job {
    struct sg_str asset_id;    /* UUID; its 16 bytes are the key id of CENC */
    struct sg_str protection;  /* of what lies below p/: none, cenc, cbcs */
    struct sg_str cenc_key;    /* 32 hex digits; absent: protection is none */
    struct sg_str hls_key;     /* 32 hex digits; absent: no fallback is made */
    struct sg_list renditions; /* sg_str of aac64 aac128 aac320 opus96 opus160 vorbis flac; */
                               /* empty: all */
    uint64_t max_seconds;
};

struct sg_audio_tags {
    struct sg_str title, artist, album, album_artist, genre; /* absent: not told */
    uint64_t year, track, disc;                              /* 0: not told */
    bool is_explicit; /* field "explicit": the file says so */
};

struct sg_audio_file {
    struct sg_str path; /* below audio/<asset_id>/: "f/aac64.mp4" */
    uint64_t bytes;
    struct sg_str content_type;
    bool sealed;          /* to be encrypted at rest */
    struct sg_str codec;  /* of a rendition: aac, opus, vorbis, flac; absent: none */
    uint64_t bitrate;     /* bits a second of a rendition; 0: none */
    struct sg_str sha256; /* 64 hex digits */
};

struct sg_audio_facts {
    struct sg_str container, codec; /* libavformat's and libavcodec's short names */
    uint64_t sample_rate, channels;
    uint64_t bits; /* of a sample; 0: lossy, has none */
    uint64_t duration_ms, samples;
    struct sg_audio_tags *tags; /* never NULL once read */
    bool has_cover;
    struct sg_str cover_type;        /* image/jpeg, image/png; absent: no cover */
    double loudness, loudness_range; /* LUFS, LU; SG_AUDIO_UNTOLD: too short or too quiet */
    double true_peak;                /* dBTP */
    /* Of the stereo that lossy renditions have of more than two channels; SG_AUDIO_UNTOLD: of one
     * or two, which are as they were. */
    double loudness_stereo, true_peak_stereo;
    double tempo;                     /* beats a minute; 0: none was found */
    struct sg_str musical_key;        /* "C# minor"; absent: none was found */
    struct sg_list features;          /* double, SG_AUDIO_FEATURES of them */
    struct sg_str fingerprint;        /* Chromaprint, compressed; in JSON base64 */
    struct sg_list fingerprint_terms; /* int64_t within 32 bits */
    struct sg_list files;             /* sg_audio_file; check gives none */
};

struct sg_audio_refusal {
    struct sg_str code;   /* enum sg_audio_why by name */
    struct sg_str detail; /* for people */
};

/* Stable codes of why a file is refused. */
enum sg_audio_why {
    SG_AUDIO_UNSUPPORTED, /* no container or codec that is taken */
    SG_AUDIO_TOO_SHORT,
    SG_AUDIO_TOO_LONG,
    SG_AUDIO_SILENT,
    SG_AUDIO_TRUNCATED, /* it promises more than there is */
    SG_AUDIO_DAMAGED,
    SG_AUDIO_POLYGLOT,  /* it is something else besides */
    SG_AUDIO_TOO_LARGE, /* decoded, or its tags or cover */
    SG_AUDIO_NO_AUDIO,
    SG_AUDIO_STREAMS, /* several sounds, or moving pictures */
    SG_AUDIO_CHANNELS,
    SG_AUDIO_SAMPLE_RATE,
    SG_AUDIO_ENCRYPTED,
    SG_AUDIO_WHYS
};
/* "too-short" ... */
const char *sg_audio_why_name(enum sg_audio_why why);

/* Parse and check whole: paths are plain and told once, digits are hex, lists are of their length.
 * Strings are views into json or in a. SG_EINVAL, SG_ELIMIT, SG_ENOMEM. */
int sg_audio_facts_read(struct sg_str json, struct sg_arena *a, struct sg_audio_facts *out,
                        struct sg_error *e);
int sg_audio_job_read(struct sg_str json, struct sg_arena *a, struct sg_audio_job *out,
                      struct sg_error *e);

/* Whether a rendition is to be made. */
bool sg_audio_job_wants(const struct sg_audio_job *j, const char *rendition);

extern const struct sg_record sg_audio_job_record, sg_audio_tags_record, sg_audio_file_record,
    sg_audio_facts_record, sg_audio_refusal_record;
