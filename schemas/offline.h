/* offline.h - songs that a device keeps, to play without a network. */
#pragma once
#include "core/record.h"

#define SG_OFFLINE_ASK_MAX    500   /* songs named in one request */
#define SG_OFFLINE_PAGE_MAX   500   /* songs of one answer */
#define SG_OFFLINE_SONGS_MAX  10000 /* of a device */
#define SG_OFFLINE_KEPT_MAX   1000  /* albums and playlists of a device */
#define SG_OFFLINE_ASSETS_MAX 50    /* that one licence is about */

struct sg_offline_request { /* POST /offline/downloads: one of the three */
    struct sg_str device_id;
    struct sg_list song_ids; /* uint64_t */
    uint64_t album_id, playlist_id;
    struct sg_str quality; /* low, normal, high (default), lossless */
};
struct sg_offline_device { /* POST /offline/renew */
    struct sg_str device_id;
};
struct sg_offline_params { /* GET, DELETE /offline/downloads */
    struct sg_str device_id, cursor;
    int64_t limit;
    uint64_t song_id, album_id, playlist_id; /* 0: absent */
};

struct sg_offline_song {
    uint64_t song_id;
    struct sg_str state; /* kept, added, expired, revoked, removed; the last has nothing else */
    struct sg_str title, artist, album;
    int64_t duration_ms;
    struct sg_str asset_id, rendition, codec, content_type;
    int64_t bitrate, bytes;
    bool is_protected;
    struct sg_str kid;                                       /* base64url, when it is protected */
    struct sg_str base_url, url, manifest_url, waveform_url; /* signed */
    struct sg_str lyrics_url, cover_art_url;
    double loudness, true_peak; /* LUFS, dBTP; SG_LOUDNESS_NONE: not known */
    struct sg_str licence_id, expires_at;
};
#define SG_LOUDNESS_NONE 1000

struct sg_offline_licence {
    struct sg_str licence_id, given_at, expires_at;
    struct sg_list assets; /* sg_str */
    struct sg_str token;   /* compact JWS */
};
struct sg_offline_kept {
    struct sg_str type; /* album, playlist */
    uint64_t id;
    struct sg_str name, quality, kept_at;
};
struct sg_offline_reply {
    struct sg_str device_id;
    struct sg_list songs;       /* sg_offline_song */
    struct sg_list licences;    /* sg_offline_licence: those of the songs */
    struct sg_list kept;        /* sg_offline_kept, on the first page */
    struct sg_list unavailable; /* uint64_t: asked for, and not to be had */
    int64_t total;
    struct sg_str next_cursor;
};

extern const struct sg_record sg_offline_request_record, sg_offline_device_record,
    sg_offline_params_record, sg_offline_reply_record;
