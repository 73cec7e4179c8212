/* upload.h - what artists upload, as the API tells it. */
#pragma once
#include "core/record.h"

#define SG_UPLOAD_ID_MAX 71 /* "upload_" and 64 */

struct sg_upload_accepted {
    struct sg_str upload_id, status;
    uint64_t estimated_time_seconds;
};
struct sg_upload {
    struct sg_str upload_id;
    struct sg_str status; /* receiving, processing, ready, failed, refused, cancelled */
    struct sg_str stage;  /* of processing, for people */
    uint64_t progress;    /* 0 to 100 */
    struct sg_str title;  /* absent: the file's own tag is to give it */
    uint64_t artist_id, album_id;
    struct sg_str genre, filename;
    uint64_t bytes, total_bytes; /* that came; that were announced, 0: not */
    struct sg_str reason, error; /* a stable code, and words, of why not */
    uint64_t song_id;            /* once it is ready; 0: none */
    uint64_t duplicate_of;       /* a song that sounds the same; 0: none */
    struct sg_str created_at, updated_at;
};
struct sg_upload_list {
    struct sg_list uploads; /* sg_upload, newest first */
    struct sg_str next_cursor;
};
/* A form's fields, for the document alone: they are read by api/upload/fields.h. */
struct sg_upload_form {
    struct sg_str audio_file, title, genre, release_date, checksum;
    uint64_t artist_id, album_id, track_no;
    double duration;
    bool is_explicit;
};

extern const struct sg_record sg_upload_accepted_record, sg_upload_record, sg_upload_list_record,
    sg_upload_form_record;
