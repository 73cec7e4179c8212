/* upload.c - field tables of upload.h. */
#include "schemas/upload.h"

enum { TEXT = 1000, UPLOADS = 200 };

static const char *const states[] = {"receiving", "processing", "ready", "failed",
                                     "refused",   "cancelled",  NULL};

#define ID(S, m, h)                                                                                \
    {                                                                                              \
        .name = #m, .type = SG_T_U64, .flags = SG_OPTIONAL | SG_OMIT_DEFAULT, .since = 1,          \
        .offset = offsetof(S, m), .min = 0, .max = INT64_MAX, .help = h                            \
    }
#define SAID(S, m, n, h)                                                                           \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .flags = SG_OPTIONAL, .since = 1, .offset = offsetof(S, m),  \
        .min = 1, .max = n, .help = h                                                              \
    }

#define A struct sg_upload_accepted
static const struct sg_field accepted[] = {
    SG_FIELD_STR(A, upload_id, 8, SG_UPLOAD_ID_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(A, status, states, SG_REQUIRED),
    SG_FIELD_U64(A, estimated_time_seconds, 0, INT64_MAX, SG_REQUIRED),
};
const struct sg_record sg_upload_accepted_record = SG_RECORD("UploadAccepted", A, accepted);

#define U struct sg_upload
static const struct sg_field upload[] = {
    SG_FIELD_STR(U, upload_id, 8, SG_UPLOAD_ID_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(U, status, states, SG_REQUIRED),
    SAID(U, stage, 100, "What is being done with it."),
    SG_FIELD_U64(U, progress, 0, 100, SG_REQUIRED),
    SAID(U, title, TEXT, NULL),
    SG_FIELD_U64(U, artist_id, 1, INT64_MAX, SG_REQUIRED),
    ID(U, album_id, NULL),
    SAID(U, genre, TEXT, NULL),
    SAID(U, filename, 4 * 255, NULL),
    SG_FIELD_U64(U, bytes, 0, INT64_MAX, SG_REQUIRED),
    ID(U, total_bytes, "That were announced."),
    SAID(U, reason, 100, "A stable code of why it was refused or failed."),
    SAID(U, error, 4 * TEXT, "The same in words."),
    ID(U, song_id, "Once it is ready."),
    ID(U, duplicate_of, "A song that sounds the same."),
    SG_FIELD_TIME(U, created_at, SG_REQUIRED),
    SG_FIELD_TIME(U, updated_at, SG_REQUIRED),
};
const struct sg_record sg_upload_record = SG_RECORD("Upload", U, upload);

#define L struct sg_upload_list
static const struct sg_field list[] = {
    SG_FIELD_LIST(L, uploads, SG_T_RECORD, &sg_upload_record, UPLOADS),
    SAID(L, next_cursor, 200, NULL),
};
const struct sg_record sg_upload_list_record = SG_RECORD("UploadList", L, list);

#define F struct sg_upload_form
static const struct sg_field form[] = {
    {.name = "audio_file",
     .type = SG_T_STR,
     .since = 1,
     .offset = offsetof(F, audio_file),
     .min = 1,
     .max = INT64_MAX,
     .format = "binary",
     .help = "WAV, FLAC, MP3, AAC, ALAC, Opus or Vorbis of 1 s to 1 h; 500 MiB at most, where not "
             "set otherwise."},
    SAID(F, title, 800, "1 to 200 characters; without it the file's own tag."),
    ID(F, artist_id, "An artist of the caller's; may be left out where there is but one."),
    ID(F, album_id, "An album of that artist's; absent: the one that the file's tags name."),
    SAID(F, genre, 400, "The name of one of `GET /api/v1/genres`, in capitals or not."),
    {.name = "duration",
     .type = SG_T_F64,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(F, duration),
     .min = 1,
     .max = 3600,
     .help = "Seconds; what the file says counts."},
    {.name = "explicit",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(F, is_explicit),
     .max = 1},
    ID(F, track_no, NULL),
    {.name = "release_date",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(F, release_date),
     .min = 10,
     .max = 10,
     .format = "date"},
    {.name = "checksum",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(F, checksum),
     .min = 64,
     .max = 64,
     .help = "SHA-256 of the file in hexadecimal; 422 when it is another."},
};
const struct sg_record sg_upload_form_record = SG_RECORD("UploadForm", F, form);
