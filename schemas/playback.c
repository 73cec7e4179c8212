/* playback.c - field tables of playback.h. */
#include "schemas/playback.h"
#include "schemas/audio.h"

#define ABSENT      (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define POSITION_MS INT64_C(86400000)
#define QUEUE_MAX   500
#define HELP(T, S, m, lo, hi, f, text)                                                             \
    {                                                                                              \
        .name = #m, .type = T, .flags = f, .since = 1, .offset = offsetof(S, m), .min = lo,        \
        .max = hi, .help = text                                                                    \
    }

static const char *const qualities[] = {"low", "normal", "high", "lossless", NULL},
                         *const formats[] = {"aac", "opus", "vorbis", "flac", NULL},
                         *const protections[] = {"none", "cenc", "cbcs", NULL},
                         *const states[] = {"playing", "paused", NULL},
                         *const commands[] = {"play", "pause", "seek", "next", "previous", NULL};

#define DEVICE_ID(S, f)                                                                            \
    HELP(SG_T_STR, S, device_id, 1, 64, f,                                                         \
         "Of the device that plays, as the player names it. Absent: the login is the device.")
#define DEVICE(S, f) HELP(SG_T_STR, S, device, 1, 100, f, "Its name, for people: Kitchen")

#define Q struct sg_stream_request
static const struct sg_field request[] = {
    SG_FIELD_CHOICE(Q, quality, qualities, SG_OPTIONAL),
    SG_FIELD_CHOICE(Q, format, formats, SG_OPTIONAL),
    DEVICE_ID(Q, SG_OPTIONAL),
    DEVICE(Q, SG_OPTIONAL),
    SG_FIELD_STR(Q, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_BOOL(Q, take_over, SG_OPTIONAL),
};
const struct sg_record sg_stream_request_record = SG_RECORD("StreamParams", Q, request);

#define UNTOLD(S, m, text)                                                                         \
    {                                                                                              \
        .name = #m, .type = SG_T_F64, .flags = ABSENT, .since = 1, .offset = offsetof(S, m),       \
        .min = INT64_MIN, .max = INT64_MAX, .dflt = SG_AUDIO_UNTOLD, .help = text                  \
    }
#define URL_MAX 1000
#define R       struct sg_stream_reply
static const struct sg_field reply[] = {
    SG_FIELD_U64(R, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(R, title, 1, 2000, SG_REQUIRED),
    SG_FIELD_STR(R, artist, 1, 2000, SG_REQUIRED),
    HELP(SG_T_I64, R, duration, 0, 86400, SG_REQUIRED, "Seconds"),
    HELP(SG_T_STR, R, stream_url, 1, URL_MAX, SG_REQUIRED,
         "The rendition as one file, for players without manifests. Where protection is not none "
         "and the file lies below p/, it is encrypted. Relative to this API unless media are "
         "served from elsewhere."),
    SG_FIELD_TIME(R, expires_at, SG_REQUIRED),
    HELP(SG_T_I64, R, bitrate, 0, 1000000, SG_REQUIRED,
         "Of stream_url, kb/s: what the rendition is called after; of Vorbis and FLAC as measured"),
    SG_FIELD_CHOICE(R, format, formats, SG_REQUIRED),
    SG_FIELD_CHOICE(R, quality, qualities, SG_REQUIRED),
    HELP(SG_T_BOOL, R, capped, 0, 1, SG_REQUIRED, "The subscription has less than was asked for"),
    {.name = "asset_id",
     .type = SG_T_STR,
     .since = 1,
     .offset = offsetof(R, asset_id),
     .min = 36,
     .max = 36,
     .format = "uuid",
     .help = "Of the recording; its 16 bytes are the key id of protected renditions"},
    SG_FIELD_I64(R, duration_ms, 1, INT32_MAX, SG_REQUIRED),
    HELP(SG_T_U64, R, bytes, 0, INT64_MAX, SG_REQUIRED, "Of stream_url"),
    SG_FIELD_CHOICE(R, protection, protections, SG_REQUIRED),
    HELP(SG_T_STR, R, manifest_url, 1, URL_MAX, SG_OPTIONAL,
         "DASH: all renditions that the subscription has"),
    HELP(SG_T_STR, R, hls_url, 1, URL_MAX, SG_OPTIONAL, "HLS, the same"),
    HELP(SG_T_STR, R, hls_fallback_url, 1, URL_MAX, SG_OPTIONAL,
         "HLS with AES-128 segments, for premium players without EME"),
    HELP(SG_T_STR, R, waveform_url, 1, URL_MAX, SG_OPTIONAL, "Peaks, for display"),
    HELP(SG_T_STR, R, licence_url, 1, URL_MAX, SG_OPTIONAL,
         "Where the keys of protected renditions are asked for (EME, ClearKey)"),
    UNTOLD(R, loudness, "LUFS (EBU R128, integrated), of the rendition"),
    UNTOLD(R, true_peak, "dBTP, of the rendition"),
    UNTOLD(R, replay_gain, "dB to ReplayGain 2.0's -18 LUFS"),
    HELP(SG_T_STR, R, gapless, 1, 20, SG_OPTIONAL,
         "Where the file says how much of its beginning and end is filling: edit-list (MP4), "
         "pre-skip (Ogg)"),
    HELP(SG_T_U64, R, session_id, 1, INT64_MAX, SG_REQUIRED, "Of playback: tell it how it goes"),
    HELP(SG_T_I64, R, heartbeat_s, 1, 600, SG_REQUIRED,
         "PUT the session so often; one that is silent for three times as long ends"),
};
const struct sg_record sg_stream_reply_record = SG_RECORD("Stream", R, reply);

#define B struct sg_playback_begin
static const struct sg_field begin[] = {
    SG_FIELD_U64(B, song_id, 1, INT64_MAX, SG_REQUIRED),
    DEVICE_ID(B, SG_OPTIONAL),
    DEVICE(B, SG_OPTIONAL),
    SG_FIELD_LIST(B, queue, SG_T_U64, NULL, QUEUE_MAX),
    HELP(SG_T_BOOL, B, take_over, 0, 1, SG_OPTIONAL,
         "End the oldest when as many play as the account may have"),
};
const struct sg_record sg_playback_begin_record = SG_RECORD("PlaybackBegin", B, begin);

#define W struct sg_playback_word
static const struct sg_field word[] = {
    SG_FIELD_I64(W, position_ms, 0, POSITION_MS, SG_REQUIRED),
    SG_FIELD_CHOICE(W, state, states, SG_REQUIRED),
    HELP(SG_T_U64, W, song_id, 0, INT64_MAX, ABSENT, "When it is another one now"),
    HELP(SG_T_STR, W, device_id, 1, 64, SG_OPTIONAL,
         "Of the device that tells: it is refused when another one goes on with the session"),
};
const struct sg_record sg_playback_word_record = SG_RECORD("PlaybackWord", W, word);

#define S struct sg_playback_session
static const struct sg_field session[] = {
    SG_FIELD_U64(S, session_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(S, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(S, device_id, 1, 64, SG_REQUIRED),
    SG_FIELD_STR(S, device, 0, 100, SG_REQUIRED),
    SG_FIELD_CHOICE(S, state, states, SG_REQUIRED),
    SG_FIELD_I64(S, position_ms, 0, POSITION_MS, SG_REQUIRED),
    SG_FIELD_LIST(S, queue, SG_T_U64, NULL, QUEUE_MAX),
    SG_FIELD_TIME(S, started_at, SG_REQUIRED),
    SG_FIELD_TIME(S, heard_at, SG_REQUIRED),
    HELP(SG_T_BOOL, S, this_login, 0, 1, SG_REQUIRED, "It was begun with the token's own login"),
};
const struct sg_record sg_playback_session_record = SG_RECORD("PlaybackSession", S, session);
static const struct sg_field sessions[] = {
    SG_FIELD_LIST(struct sg_playback_sessions, sessions, SG_T_RECORD, &sg_playback_session_record,
                  1000),
};
const struct sg_record sg_playback_sessions_record =
    SG_RECORD("PlaybackSessions", struct sg_playback_sessions, sessions);

#define T struct sg_playback_transfer
static const struct sg_field transfer[] = {
    HELP(SG_T_STR, T, device_id, 1, 64, SG_REQUIRED, "The device that goes on"),
    DEVICE(T, SG_OPTIONAL),
};
const struct sg_record sg_playback_transfer_record = SG_RECORD("PlaybackTransfer", T, transfer);

#define C struct sg_playback_command
static const struct sg_field command[] = {
    SG_FIELD_CHOICE(C, command, commands, SG_REQUIRED),
    HELP(SG_T_I64, C, position_ms, 0, POSITION_MS, ABSENT, "Of seek"),
};
const struct sg_record sg_playback_command_record = SG_RECORD("PlaybackCommand", C, command);

static const struct sg_field events_request[] = {
    DEVICE_ID(struct sg_playback_events_request, SG_OPTIONAL),
};
const struct sg_record sg_playback_events_request_record =
    SG_RECORD("PlaybackEventsParams", struct sg_playback_events_request, events_request);

static const struct sg_field check[] = {
    SG_FIELD_STR(struct sg_media_check, token, 1, 200, SG_REQUIRED),
    SG_FIELD_STR(struct sg_media_check, object, 1, 300, SG_REQUIRED),
};
const struct sg_record sg_media_check_record =
    SG_RECORD("MediaCheck", struct sg_media_check, check);

#define F struct sg_asset_file
static const struct sg_field file[] = {
    SG_FIELD_STR(F, path, 1, 200, SG_REQUIRED),
    SG_FIELD_U64(F, bytes, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(F, content_type, 1, 200, SG_REQUIRED),
    SG_FIELD_BOOL(F, sealed, SG_REQUIRED),
    SG_FIELD_STR(F, codec, 1, 40, SG_OPTIONAL),
    SG_FIELD_U64(F, bitrate, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_BYTES, F, sha256, 32, 32, SG_REQUIRED, 0, NULL),
};
static const struct sg_record file_record = SG_RECORD("AssetFile", F, file);
#define A struct sg_asset
static const struct sg_field asset[] = {
    SG_FIELD_(SG_T_BYTES, A, content_key, 1, 200, SG_OPTIONAL, 0, NULL),
    SG_FIELD_I64(A, duration_ms, 1, INT32_MAX, SG_REQUIRED),
    SG_FIELD_I64(A, created_s, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_F64(A, loudness, SG_REQUIRED),
    SG_FIELD_F64(A, true_peak, SG_REQUIRED),
    SG_FIELD_LIST(A, files, SG_T_RECORD, &file_record, SG_AUDIO_FILES_MAX),
    UNTOLD(A, loudness_stereo, NULL),
    UNTOLD(A, true_peak_stereo, NULL),
    SG_FIELD_STR(A, protection, 1, 20, SG_OPTIONAL),
    HELP(SG_T_I64, A, out_day, INT32_MIN, SG_ASSET_WITHDRAWN, ABSENT, NULL),
};
const struct sg_record sg_asset_record = SG_RECORD("Asset", A, asset);
