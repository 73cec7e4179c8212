/* playback.h - where a song's sound is to be had, and what is playing where. */
#pragma once
#include "core/record.h"

/* GET /api/v1/songs/{song_id}/stream */
struct sg_stream_request {
    struct sg_str quality, format, device_id, device, market;
    bool take_over;
};
struct sg_stream_reply {
    uint64_t song_id;
    struct sg_str title, artist;
    int64_t duration;
    struct sg_str stream_url, expires_at;
    int64_t bitrate; /* kb/s */
    struct sg_str format;
    struct sg_str quality; /* what is given */
    bool capped;           /* more was asked for than the subscription has */
    struct sg_str asset_id;
    int64_t duration_ms;
    uint64_t bytes;           /* of stream_url */
    struct sg_str protection; /* of what lies below p/ */
    struct sg_str manifest_url, hls_url, hls_fallback_url, waveform_url, licence_url;
    double loudness, true_peak, replay_gain; /* SG_AUDIO_UNTOLD: not known */
    struct sg_str gapless;
    uint64_t session_id;
    int64_t heartbeat_s;
};
extern const struct sg_record sg_stream_request_record, sg_stream_reply_record;

/* /api/v1/playback/sessions */
struct sg_playback_begin {
    uint64_t song_id;
    struct sg_str device_id, device;
    struct sg_list queue; /* uint64_t: songs that follow */
    bool take_over;
};
struct sg_playback_word {
    int64_t position_ms;
    struct sg_str state; /* playing, paused */
    uint64_t song_id;    /* 0: the same */
    struct sg_str device_id;
};
struct sg_playback_session {
    uint64_t session_id;
    uint64_t song_id;
    struct sg_str device_id, device, state;
    int64_t position_ms;
    struct sg_list queue; /* uint64_t */
    struct sg_str started_at, heard_at;
    bool this_login;
};
struct sg_playback_sessions {
    struct sg_list sessions; /* sg_playback_session, newest first */
};
struct sg_playback_transfer {
    struct sg_str device_id, device;
};
struct sg_playback_command {
    struct sg_str command; /* play, pause, seek, next, previous */
    int64_t position_ms;
};
extern const struct sg_record sg_playback_begin_record, sg_playback_word_record,
    sg_playback_session_record, sg_playback_sessions_record, sg_playback_transfer_record,
    sg_playback_command_record;

/* GET /api/v1/playback/events */
struct sg_playback_events_request {
    struct sg_str device_id;
};
/* GET /media-check */
struct sg_media_check {
    struct sg_str token, object; /* "audio/<asset_id>/f/aac64.mp4" */
};
extern const struct sg_record sg_playback_events_request_record, sg_media_check_record;

/* What is kept of an asset: only when it is out changes. Not for anybody outside. */
struct sg_asset_file {
    struct sg_str path;
    uint64_t bytes;
    struct sg_str content_type;
    bool sealed;
    struct sg_str codec; /* NONE: not a rendition */
    uint64_t bitrate;    /* bits a second */
    struct sg_str sha256;
};
struct sg_asset {
    struct sg_str content_key; /* wrapped; NONE: nothing of it is encrypted */
    int64_t duration_ms, created_s;
    double loudness, true_peak; /* of the original and FLAC; SG_AUDIO_UNTOLD */
    struct sg_list files;       /* sg_asset_file */
    /* Of lossy renditions; the peak is SG_AUDIO_UNTOLD: they are as the original. */
    double loudness_stereo, true_peak_stereo;
    struct sg_str protection; /* none, cenc, cbcs; NONE: it was not noted */
    int64_t out_day;          /* since 1970, from which on one of its songs is out */
};
#define SG_ASSET_WITHDRAWN INT32_MAX /* out_day: no song has it any more */
extern const struct sg_record sg_asset_record;
