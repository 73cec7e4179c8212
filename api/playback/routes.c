/* routes.c - playback's paths, and those of media. */
#include "api/params.h"
#include "api/playback/parts.h"
#include "api/route.h"
#include "schemas/playback.h"

const struct sg_param sg_stream_params[] = {
    {"quality", "quality", NULL, "low: 64 kb/s, normal (if nothing is said): 128, high: 320", NULL},
    {"format", "format", NULL, "aac if nothing is said; flac is lossless", NULL},
    {"device_id", "device_id", NULL, "Devices are counted by it; absent: the login is one", NULL},
    {"device", "device", NULL, "Its name, for people", NULL},
    {"market", "market", NULL, "Two capitals (ISO 3166-1)", NULL},
    {"take_over", "take_over", NULL, "End the oldest stream when there are too many", NULL},
    {0}};
static const struct sg_param events_params[] = {
    {"device_id", "device_id", NULL, "Of the device that listens", NULL}, {0}};
static const struct sg_param check_params[] = {
    {"token", "token", NULL, "Of the address", NULL},
    {"object", "object", NULL, "What follows the token in it: audio/...", NULL},
    {0}};

#define MEDIA_HELP                                                                                 \
    "The token is part of an address that the stream, or an offline licence, gave. Range (also "   \
    "several), If-Range, HEAD and validators as RFC 9110 has them. 403: media-token (not for "     \
    "this), media-expired, media-revoked, media-subscription, media-withdrawn, playback-ended, "   \
    "device-removed. 302: to the store itself (playback.presigned)."
#define MEDIA                                                                                      \
    .handle = sg_media_get, .at_once = sg_media_at_once, .access = SG_OPERATIONS, .tag = "Media",  \
    .content_type = "*/*", .help = MEDIA_HELP,                                                     \
    .answers = SG_ANSWERS_206 | SG_ANSWERS_302 | SG_ANSWERS_403 | SG_ANSWERS_404 |                 \
               SG_ANSWERS_412 | SG_ANSWERS_416 | SG_ANSWERS_503

const struct sg_route sg_playback_routes[] = {
    {.path = "/api/v1/songs/{song_id}/stream",
     .name = "streamSong",
     .handle = sg_stream_get,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "Where a song's sound is to be had",
     .help = "Signed addresses that work for whoever has them, until they expire, the login ends, "
             "the subscription changes or the stream is ended. It begins a playback session of the "
             "device, or goes on with the one it has; 409 too-many-streams when as many others "
             "play as the account may have. 404 no-audio-yet: the song has none yet.",
     .params = sg_stream_params,
     .params_of = &sg_stream_request_record,
     .reply = &sg_stream_reply_record,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409},
    {.path = "/api/v1/playback/sessions",
     .name = "listPlaybackSessions",
     .handle = sg_playback_list,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "What plays on the caller's devices now",
     .reply = &sg_playback_sessions_record},
    {.method = "POST",
     .path = "/api/v1/playback/sessions",
     .name = "beginPlayback",
     .handle = sg_playback_begin,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "Begin to play on a device",
     .help = "The device's session goes on when it has one. Asking for a stream does this too.",
     .body = &sg_playback_begin_record,
     .reply = &sg_playback_session_record,
     .status = 201,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409},
    {.method = "PUT",
     .path = "/api/v1/playback/sessions/{playback_id}",
     .name = "tellPlayback",
     .handle = sg_playback_tell,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "It plays on: the heartbeat",
     .help = "Every heartbeat_s seconds, and at once when it is paused or another song begins. A "
             "session of which nothing is heard for three times as long, neither this nor a "
             "request for its media, ends. 409 playback-over: it has ended, or another device than "
             "device_id goes on with it.",
     .body = &sg_playback_word_record,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409},
    {.method = "DELETE",
     .path = "/api/v1/playback/sessions/{playback_id}",
     .name = "endPlayback",
     .handle = sg_playback_end,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "Stop: its addresses are refused from now on",
     .answers = SG_ANSWERS_404},
    {.method = "POST",
     .path = "/api/v1/playback/sessions/{playback_id}/transfer",
     .name = "transferPlayback",
     .handle = sg_playback_transfer,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "Go on with it on another device",
     .help = "All devices are told by the event transfer: the one named there plays on from the "
             "position (of what plays: where it is by now), the others stop.",
     .body = &sg_playback_transfer_record,
     .answers = SG_ANSWERS_404},
    {.method = "POST",
     .path = "/api/v1/playback/sessions/{playback_id}/command",
     .name = "commandPlayback",
     .handle = sg_playback_command,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "Play, pause, seek, next or previous on the device that plays",
     .help = "Told to it by the event command; what it then does is told by its heartbeat.",
     .body = &sg_playback_command_record,
     .answers = SG_ANSWERS_404},
    {.path = "/api/v1/playback/events",
     .name = "playbackEvents",
     .handle = sg_playback_events,
     .access = SG_LISTENER,
     .tag = "Playback",
     .summary = "What happens on the caller's devices, as it happens",
     .help = "Server-sent events, of JSON: here; now (a session plays something else, or is "
             "paused); transfer; command; ended (why: taken-over, ended, transferred). They are "
             "hints: after connecting, list the sessions. The stream ends after a quarter of an "
             "hour.",
     .params = events_params,
     .params_of = &sg_playback_events_request_record,
     .content_type = "text/event-stream"},
    {.path = "/media/{token}/audio/{asset_id}/{file}",
     .name = "getMedia",
     .summary = "A manifest of all renditions of a recording",
     MEDIA},
    {.path = "/media/{token}/audio/{asset_id}/f/{file}",
     .name = "getFreeMedia",
     .summary = "A file of a recording that every listener may have",
     MEDIA},
    {.path = "/media/{token}/audio/{asset_id}/p/{file}",
     .name = "getPremiumMedia",
     .summary = "A file of a recording for premium",
     MEDIA},
    {.path = "/media/{token}/audio/{asset_id}/p/key",
     .name = "getMediaKey",
     .handle = sg_media_key,
     .access = SG_OPERATIONS,
     .tag = "Media",
     .summary = "The key of the HLS fallback (AES-128), 16 bytes",
     .help = "For premium's tokens alone.",
     .content_type = "application/octet-stream",
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404 | SG_ANSWERS_503},
    {.path = "/media-check",
     .name = "checkMedia",
     .handle = sg_media_verify_for_cache,
     .at_once = sg_media_verify_at_once,
     .access = SG_OPERATIONS,
     .tag = "Media",
     .summary = "Whether an address of media is good: for a cache in front, before each answer",
     .params = check_params,
     .params_of = &sg_media_check_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_503},
    {0},
};
