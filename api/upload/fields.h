/* fields.h - what is said of an upload: a form's fields, and the same as tus's Upload-Metadata. */
#pragma once
#include "api/upload/digests.h"
#include "core/arena.h"

#define UPLOAD_FIELD_MAX    4096 /* bytes of a field */
#define UPLOAD_FILENAME_MAX 255  /* characters */

struct upload_fields {
    struct sg_str title, genre, release_date; /* absent: not told */
    struct sg_str filename;                   /* its last part; "" when it cannot be shown */
    uint64_t artist_id, album_id, track_no;   /* 0: not told */
    bool is_explicit;
    struct upload_digest checksum;
    unsigned seen; /* bit set of the fields */
};

/* One field, any bytes; copied into a. SG_EINVAL: unknown, told twice, not what it may be. */
int upload_field(struct upload_fields *f, struct sg_arena *a, struct sg_str name,
                 struct sg_str value, struct sg_error *e);
/* "name base64,name base64": the fields, filename, and what clients of tus tell besides, which is
 * passed over. */
int upload_metadata(struct upload_fields *f, struct sg_arena *a, struct sg_str header,
                    struct sg_error *e);
/* The last part of a path of any system. */
void upload_filename(struct upload_fields *f, struct sg_arena *a, struct sg_str told);
