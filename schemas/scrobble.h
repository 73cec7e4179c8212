/* scrobble.h - what ListenBrainz' API answers. */
#pragma once
#include "core/record.h"

/* A submission, for its description; what players send is read by api/plays/listenbrainz.c. */
struct sg_scrobble_submission {
    struct sg_str listen_type;
    struct sg_list payload; /* sg_scrobble_listen */
};
struct sg_scrobble_status {
    struct sg_str status; /* "ok" */
};
struct sg_scrobble_error {
    int64_t code;
    struct sg_str error;
};
struct sg_scrobble_valid {
    int64_t code;
    struct sg_str message;
    bool valid;
    struct sg_str user_name; /* absent: not valid */
};
struct sg_scrobble_listens_request {
    int64_t count, max_ts, min_ts;
    struct sg_str token;
};
struct sg_scrobble_info {
    uint64_t song_id; /* 0: not known yet */
};
struct sg_scrobble_track {
    struct sg_str artist_name, track_name, release_name;
    struct sg_scrobble_info *additional_info;
};
struct sg_scrobble_listen {
    int64_t listened_at;
    struct sg_scrobble_track *track_metadata;
};
struct sg_scrobble_payload {
    int64_t count;
    struct sg_str user_id;
    int64_t latest_listen_ts;
    struct sg_list listens; /* sg_scrobble_listen, newest first */
};
struct sg_scrobble_listens {
    struct sg_scrobble_payload *payload;
};
struct sg_scrobble_count_payload {
    int64_t count;
};
struct sg_scrobble_count {
    struct sg_scrobble_count_payload *payload;
};

extern const struct sg_record sg_scrobble_submission_record, sg_scrobble_status_record,
    sg_scrobble_error_record, sg_scrobble_valid_record, sg_scrobble_listens_request_record,
    sg_scrobble_listens_record, sg_scrobble_count_record;
