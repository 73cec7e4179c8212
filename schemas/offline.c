/* offline.c - field tables of offline.h. */
#include "schemas/offline.h"
#include "schemas/catalogue.h"

#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define URL    2000

#define TEXT(S, m, hi, h)                                                                          \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = 1, .max = hi,   \
        .flags = SG_OPTIONAL, .help = h                                                            \
    }
#define UUID(S, m, f)                                                                              \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = 36, .max = 36,  \
        .flags = f, .format = "uuid"                                                               \
    }
#define WHICH(S, m) SG_FIELD_U64(S, m, 1, INT64_MAX, ABSENT)
#define CHOICE(S, m, c, f, h)                                                                      \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = 1, .max = 64,   \
        .choices = c, .flags = f, .help = h                                                        \
    }

static const char *const qualities[] = {"low", "normal", "high", "lossless", NULL};
#define R struct sg_offline_request
static const struct sg_field request[] = {
    UUID(R, device_id, SG_REQUIRED),
    {.name = "song_ids",
     .type = SG_T_U64,
     .flags = SG_OPTIONAL | SG_LIST,
     .since = 1,
     .offset = offsetof(R, song_ids),
     .max = SG_OFFLINE_ASK_MAX,
     .help = "Songs, or else an album or a playlist: one of the three."},
    WHICH(R, album_id),
    WHICH(R, playlist_id),
    CHOICE(R, quality, qualities, SG_OPTIONAL,
           "`high` by default; a song that does not have it is kept in the next lower one."),
};
const struct sg_record sg_offline_request_record = SG_RECORD("OfflineRequest", R, request);

static const struct sg_field device[] = {UUID(struct sg_offline_device, device_id, SG_REQUIRED)};
const struct sg_record sg_offline_device_record =
    SG_RECORD("OfflineDevice", struct sg_offline_device, device);

#define P struct sg_offline_params
static const struct sg_field params[] = {
    UUID(P, device_id, SG_REQUIRED),
    SG_FIELD_(SG_T_I64, P, limit, 1, SG_OFFLINE_PAGE_MAX, SG_OPTIONAL, 100, NULL),
    SG_FIELD_STR(P, cursor, 1, 20, SG_OPTIONAL),
    WHICH(P, song_id),
    WHICH(P, album_id),
    WHICH(P, playlist_id),
};
const struct sg_record sg_offline_params_record = SG_RECORD("OfflineParams", P, params);

static const char *const states[] = {"kept", "added", "expired", "revoked", "removed", NULL};
#define S struct sg_offline_song
static const struct sg_field song[] = {
    SG_FIELD_U64(S, song_id, 1, INT64_MAX, SG_REQUIRED),
    CHOICE(S, state, states, SG_REQUIRED,
           "`kept`: may be played until expires_at. `added`: is new, or sounds anew; a renewal "
           "licenses it. `expired`: a renewal gives it back. `revoked`, `removed`: delete it."),
    SG_FIELD_STR(S, title, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_STR(S, artist, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_STR(S, album, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_I64(S, duration_ms, 0, INT32_MAX, ABSENT),
    UUID(S, asset_id, SG_OPTIONAL),
    TEXT(S, rendition, 200, "`aac320`"),
    TEXT(S, codec, 64, NULL),
    TEXT(S, content_type, 200, NULL),
    SG_FIELD_I64(S, bitrate, 0, INT32_MAX, ABSENT),
    SG_FIELD_I64(S, bytes, 0, INT64_MAX, ABSENT),
    {.name = "protected",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(S, is_protected),
     .max = 1,
     .help = "Its key is asked for at /api/v1/licences/clearkey."},
    TEXT(S, kid, 22, NULL),
    TEXT(S, base_url, URL, "Of the asset's folder, signed as all of these."),
    TEXT(S, url, URL, "The rendition, one file."),
    TEXT(S, manifest_url, URL, NULL),
    TEXT(S, waveform_url, URL, NULL),
    TEXT(S, lyrics_url, URL, NULL),
    TEXT(S, cover_art_url, URL, NULL),
    SG_FIELD_(SG_T_F64, S, loudness, INT64_MIN, INT64_MAX, ABSENT, SG_LOUDNESS_NONE, NULL),
    SG_FIELD_(SG_T_F64, S, true_peak, INT64_MIN, INT64_MAX, ABSENT, SG_LOUDNESS_NONE, NULL),
    UUID(S, licence_id, SG_OPTIONAL),
    SG_FIELD_TIME(S, expires_at, SG_OPTIONAL),
};
static const struct sg_record song_record = SG_RECORD("OfflineSong", S, song);

#define L struct sg_offline_licence
static const struct sg_field licence[] = {
    UUID(L, licence_id, SG_REQUIRED),
    SG_FIELD_TIME(L, given_at, SG_REQUIRED),
    SG_FIELD_TIME(L, expires_at, SG_REQUIRED),
    SG_FIELD_LIST(L, assets, SG_T_STR, NULL, SG_OFFLINE_ASSETS_MAX),
    TEXT(L, token, 8192,
         "The same as a JWT of the keys at /.well-known/jwks.json, which are to be kept beside "
         "it: what may be played can be told without a network."),
};
static const struct sg_record licence_record = SG_RECORD("OfflineLicence", L, licence);

#define K struct sg_offline_kept
static const char *const types[] = {"album", "playlist", NULL};
static const struct sg_field kept[] = {
    SG_FIELD_CHOICE(K, type, types, SG_REQUIRED),
    SG_FIELD_U64(K, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(K, name, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_CHOICE(K, quality, qualities, SG_REQUIRED),
    SG_FIELD_TIME(K, kept_at, SG_REQUIRED),
};
static const struct sg_record kept_record = SG_RECORD("OfflineCollection", K, kept);

#define A struct sg_offline_reply
static const struct sg_field reply[] = {
    UUID(A, device_id, SG_REQUIRED),
    SG_FIELD_LIST(A, songs, SG_T_RECORD, &song_record, SG_OFFLINE_PAGE_MAX),
    SG_FIELD_LIST(A, licences, SG_T_RECORD, &licence_record, SG_OFFLINE_PAGE_MAX),
    SG_FIELD_LIST(A, kept, SG_T_RECORD, &kept_record, SG_OFFLINE_KEPT_MAX),
    SG_FIELD_LIST(A, unavailable, SG_T_U64, NULL, SG_OFFLINE_ASK_MAX),
    SG_FIELD_I64(A, total, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_STR(A, next_cursor, 1, 20, SG_OPTIONAL),
};
const struct sg_record sg_offline_reply_record = SG_RECORD("OfflineReply", A, reply);
