/* cenc.h - common encryption of samples (ISO/IEC 23001-7), and AES-128 of whole segments (RFC
 * 8216).
 *
 *   cenc  AES-CTR over the whole sample, counter block = IV 8 | block 8
 *           IV = rendition 8 | random 24, anew each run | sample 32
 *         One key serves all renditions of an asset, so no two samples of any may have one IV; the
 *         random part keeps a second run of the same job apart from what the first one wrote.
 *   cbcs  AES-CBC over the sample's whole blocks, the rest stays clear; one IV of 16 random bytes
 *         for all samples of a rendition (no pattern: it is for video)
 *
 * The cipher is libcrypto's. Thread-compatible.
 */
#pragma once
#include "audio/package/package.h"

#define SG_CENC_IV 8

struct sg_cenc;

/* rendition: below 256, another for each file under the key. SG_EINTERNAL: no randomness. */
int sg_cenc_open(struct sg_cenc **out, enum sg_protection scheme, const uint8_t key[16],
                 uint8_t rendition, struct sg_error *e);
void sg_cenc_close(struct sg_cenc *c);
/* Encrypts the next sample where it is. cenc: its IV goes to iv; cbcs: iv is left alone. */
int sg_cenc_sample(struct sg_cenc *c, uint8_t *p, size_t n, uint8_t iv[SG_CENC_IV],
                   struct sg_error *e);
enum sg_protection sg_cenc_scheme(const struct sg_cenc *c);
const uint8_t *sg_cenc_constant_iv(const struct sg_cenc *c); /* cbcs: 16 bytes */

/* A segment of HLS with METHOD=AES-128: CBC with PKCS#7, IV the segment's number as EXT-X-KEY
 * without an IV means it. out has room for n rounded up to the next 16, at least n + 1; returns how
 * many bytes came, 0 when libcrypto failed. */
size_t sg_hls_encrypt(const uint8_t key[16], uint64_t number, const uint8_t *p, size_t n,
                      uint8_t *out);
