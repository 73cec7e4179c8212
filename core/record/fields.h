/* fields.h - what the codecs of record.h share: where a field lies, whether it
 * is written, and the one place where values are checked against bounds.
 *
 * `item` tells a list's item from a plain field: a list's min and max bound
 * its count, so its items have the bounds of their type only.
 */
#pragma once
#include "core/record.h"

static inline void *record_at(const struct sg_field *f, void *value)
{
    return (char *)value + f->offset;
}

static inline const void *record_at_const(const struct sg_field *f, const void *value)
{
    return (const char *)value + f->offset;
}

static inline struct sg_str record_name(const struct sg_field *f)
{
    return (struct sg_str){f->name, f->name_n ? f->name_n : strlen(f->name)};
}

/* Bytes of one value of the field's type, of a list's item too. */
size_t record_item_size(const struct sg_field *f);

/* Whether the field is left out when written. */
bool record_is_absent(const struct sg_field *f, const void *at);

void record_set_default(const struct sg_field *f, void *at);

/* The field of that name; *hint is where to look first, and is moved on. */
const struct sg_field *record_find(const struct sg_record *r, struct sg_str name, size_t *hint);

/* Each checks and stores; SG_EINVAL naming the field. */
int record_set_unsigned(const struct sg_field *f, bool item, void *at, uint64_t v,
                        struct sg_error *e);
int record_set_negative(const struct sg_field *f, bool item, void *at, int64_t v,
                        struct sg_error *e);
int record_set_real(const struct sg_field *f, bool item, void *at, double v, struct sg_error *e);
int record_set_bool(const struct sg_field *f, void *at, bool v, struct sg_error *e);
/* Text for STR. The bytes are not copied. */
int record_set_str(const struct sg_field *f, bool item, void *at, struct sg_str v,
                   struct sg_error *e);
int record_set_bytes(const struct sg_field *f, bool item, void *at, struct sg_str v,
                     struct sg_error *e);
int record_check_count(const struct sg_field *f, size_t n, struct sg_error *e);

/* SG_EINVAL: a value of another type came. */
int record_wrong_type(const struct sg_field *f, struct sg_error *e);
/* All fields of r but those in seen (a bit each) must be optional. */
int record_check_missing(const struct sg_record *r, uint64_t seen, struct sg_error *e);
/* Puts the parent's name in front of the field to blame; returns rc. */
int record_inside(const struct sg_field *parent, int rc, struct sg_error *e);

/* Decoded lists and records may take so much memory: messages are not worth
 * many times their own size. */
struct record_memory {
    struct sg_arena *arena;
    size_t left;
};
struct record_memory record_memory_for(struct sg_arena *a, size_t input_bytes);
int record_take(struct record_memory *m, size_t count, size_t size, void **out, struct sg_error *e);

/* Base64 (RFC 4648 section 4). Decoding: false on anything but canonical input;
 * out has room for n / 4 * 3 bytes. */
void record_base64_put(struct sg_buf *out, struct sg_str bytes);
bool record_base64_read(struct sg_str text, char *out, size_t *n);
