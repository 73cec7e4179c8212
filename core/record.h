/* record.h - one description per record gives every codec.
 *
 * A record type is a C struct and a table of its fields. From the table come
 * msgpack (maps by field name), JSON, bounds checks, OpenAPI schemas and
 * redacted logs. Unknown fields are skipped, missing optional ones take their
 * default, missing required ones are SG_EINVAL naming the field.
 *
 *   struct sg_artist_ref { uint64_t artist_id; struct sg_str name; };
 *   static const struct sg_field fields[] = {
 *       SG_FIELD_U64(struct sg_artist_ref, artist_id, 1, INT64_MAX, SG_REQUIRED),
 *       SG_FIELD_STR(struct sg_artist_ref, name, 1, 1000, SG_REQUIRED),
 *   };
 *   const struct sg_record sg_artist_ref_record = SG_RECORD("ArtistRef", struct sg_artist_ref,
 * fields);
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

enum sg_field_type {
    SG_T_BOOL,   /* bool */
    SG_T_U64,    /* uint64_t, JSON number (ids stay below 2^53 in JSON readers' reach) */
    SG_T_I64,    /* int64_t */
    SG_T_F64,    /* double; never NaN or infinite */
    SG_T_STR,    /* struct sg_str: valid UTF-8, min..max bytes; p == NULL: absent */
    SG_T_BYTES,  /* struct sg_str: msgpack bin; in JSON base64 */
    SG_T_RECORD, /* pointer to the struct; NULL: absent */
};

enum sg_field_flags {
    SG_REQUIRED = 0,
    SG_OPTIONAL = 1,     /* absent: number takes dflt, string {NULL,0}, record NULL, list empty */
    SG_LIST = 2,         /* the member is a struct sg_list of the type; min..max bound its count */
    SG_SECRET = 4,       /* "***" in logs */
    SG_OMIT_DEFAULT = 8, /* number equal to dflt is not written */
    SG_DATE = 16,        /* a string YYYY-MM-DD: short at rest */
};

struct sg_list {
    void *v; /* array: of sg_str for STR, uint64_t for U64, structs themselves for RECORD ... */
    size_t n;
};

struct sg_record;
struct sg_field {
    const char *name;
    uint8_t type;   /* enum sg_field_type */
    uint8_t flags;  /* enum sg_field_flags */
    uint8_t name_n; /* bytes of name; 0: not counted yet */
    uint8_t since;  /* schema version that brought it, from 1 */
    uint32_t offset;
    int64_t min, max; /* number: value; string: bytes; list: count */
    int64_t dflt;
    const struct sg_record *record; /* for SG_T_RECORD */
    const char *help;               /* for OpenAPI; may be NULL */
    const char *const *choices;     /* the only texts it may be; ends with NULL; or NULL */
    const char *format;             /* for OpenAPI: "date-time", "uuid", "email"; or NULL */
};
struct sg_record {
    const char *name;
    const struct sg_field *fields;
    size_t n_fields;
    size_t size; /* of the struct */
};

#define SG_FIELD_(T, S, m, lo, hi, f, d, r)                                                        \
    {                                                                                              \
        .name = #m, .type = T, .flags = f, .since = 1, .offset = offsetof(S, m), .min = lo,        \
        .max = hi, .dflt = d, .record = r                                                          \
    }
#define SG_FIELD_BOOL(S, m, f)        SG_FIELD_(SG_T_BOOL, S, m, 0, 1, f, 0, NULL)
#define SG_FIELD_U64(S, m, lo, hi, f) SG_FIELD_(SG_T_U64, S, m, lo, hi, f, 0, NULL)
#define SG_FIELD_I64(S, m, lo, hi, f) SG_FIELD_(SG_T_I64, S, m, lo, hi, f, 0, NULL)
#define SG_FIELD_F64(S, m, f)         SG_FIELD_(SG_T_F64, S, m, INT64_MIN, INT64_MAX, f, 0, NULL)
#define SG_FIELD_STR(S, m, lo, hi, f) SG_FIELD_(SG_T_STR, S, m, lo, hi, f, 0, NULL)
#define SG_FIELD_REC(S, m, r, f)      SG_FIELD_(SG_T_RECORD, S, m, 0, 0, f, 0, r)
/* One of these texts: an array that ends with NULL. */
#define SG_FIELD_CHOICE(S, m, c, f)                                                                \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .flags = f, .since = 1, .offset = offsetof(S, m), .min = 1,  \
        .max = 64, .choices = c                                                                    \
    }
/* A time of RFC 3339 in UTC. */
#define SG_FIELD_TIME(S, m, f)                                                                     \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .flags = f, .since = 1, .offset = offsetof(S, m), .min = 1,  \
        .max = 40, .format = "date-time"                                                           \
    }
/* count from 0 to hi */
#define SG_FIELD_LIST(S, m, T, r, hi) SG_FIELD_(T, S, m, 0, hi, SG_OPTIONAL | SG_LIST, 0, r)
#define SG_RECORD(n, S, f)                                                                         \
    {                                                                                              \
        .name = n, .fields = f, .n_fields = sizeof(f) / sizeof *(f), .size = sizeof(S)             \
    }

/* Nesting bound of the decoders, and the most bytes one message may have. */
#define SG_RECORD_DEPTH 16
#define SG_RECORD_BYTES (16u << 20)

void sg_record_pack(const struct sg_record *r, const void *value, struct sg_buf *out);
/* Strings in *out are views into `in`; lists and nested records are in `a`.
 * Hostile input is bounded: SG_EINVAL (field set), SG_ELIMIT, SG_ENOMEM. */
int sg_record_unpack(const struct sg_record *r, struct sg_str in, struct sg_arena *a, void *out,
                     struct sg_error *e);
/* The same for what is kept on disk: a third of the size, by the fields' positions
 * instead of their names. So a table whose records are kept may only grow at its
 * end, by optional fields. Equal records freeze to equal bytes. Dates too are in a. */
void sg_record_freeze(const struct sg_record *r, const void *value, struct sg_buf *out);
int sg_record_thaw(const struct sg_record *r, struct sg_str in, struct sg_arena *a, void *out,
                   struct sg_error *e);
void sg_record_to_json(const struct sg_record *r, const void *value, struct sg_buf *out);
int sg_record_from_json(const struct sg_record *r, struct sg_str json, struct sg_arena *a,
                        void *out, struct sg_error *e);
/* The same for changes of a part: *seen has a bit for each field that was there, in the order of
 * the table. A null is there too, and gives the default: it clears. Missing required fields are
 * no error. */
int sg_record_from_json_part(const struct sg_record *r, struct sg_str json, struct sg_arena *a,
                             void *out, uint64_t *seen, struct sg_error *e);
/* The record's JSON schema as an OpenAPI 3.1 component (an object). */
void sg_record_openapi(const struct sg_record *r, struct sg_buf *out);
/* As JSON, secrets replaced: for logs. */
void sg_record_log(const struct sg_record *r, const void *value, struct sg_buf *out);
/* Sets every field to its default; required ones to zero. */
void sg_record_init(const struct sg_record *r, void *out);
