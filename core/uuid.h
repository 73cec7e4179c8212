/* uuid.h - UUIDs (RFC 9562): version 7 is what is made here, any is read. */
#pragma once
#include "core/str.h"

#define SG_UUID_CHARS 36

/* 48 bits of milliseconds, 74 random ones (section 5.7). */
void sg_uuid_make(unsigned char id[16]);
void sg_uuid_text(const unsigned char id[16], char out[SG_UUID_CHARS + 1]);
/* Small or capital hex digits with hyphens, nothing around them; false: it is none, or the nil
 * or max UUID. */
bool sg_uuid_parse(struct sg_str text, unsigned char id[16]);
bool sg_uuid_is_v7(const unsigned char id[16]);
int64_t sg_uuid_ms(const unsigned char id[16]); /* of version 7: when it was made */
