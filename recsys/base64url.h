/* base64url.h - bytes as text that an address may hold, without padding (RFC 4648 section 5). */
#pragma once
#include "core/str.h"

static inline size_t sg_base64url_length(size_t bytes)
{
    return (bytes * 4 + 2) / 3;
}
/* Writes sg_base64url_length(bytes.n) characters; returns how many. */
size_t sg_base64url_write(struct sg_str bytes, char *out);
/* False: another character, an impossible length, bits left over, or more than cap bytes. */
bool sg_base64url_read(struct sg_str text, unsigned char *out, size_t cap, size_t *n);
