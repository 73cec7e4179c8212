/* digest.h - SHA-256 and HMAC-SHA-256 (RFC 2104), of what must not be kept itself. */
#pragma once
#include "core/str.h"

#define SG_SHA256_BYTES 32
void sg_sha256(struct sg_str s, unsigned char out[SG_SHA256_BYTES]);
void sg_hmac_sha256(struct sg_str key, struct sg_str s, unsigned char out[SG_SHA256_BYTES]);
/* Two small digits a byte, zero-terminated. */
void sg_hex(const unsigned char *bytes, size_t n, char *out);
