/* token.h - the part of a media address that lets its bearer read.
 *
 *   /media/<token>/audio/<asset_id>/f/aac128.mp4
 *   token, 50 bytes in base64url:
 *     version 1 | premium 1, preview 2 u8 | key id u32 | expires u32 | user u64 | login u64 |
 * stream u64 | MAC 16 MAC: HMAC-SHA-256, its first half, of "segue media 1", the 34 bytes before
 * it, and the prefix "audio/<asset_id>/" (premium) or "audio/<asset_id>/f/"
 *
 * So one token opens everything below its prefix and nothing else, and the relative addresses in
 * manifests work. It names the login and the stream (or, of what is kept offline, the device) it
 * was given to: ending either ends it, which whoever verifies has to look up. Numbers are
 * big-endian. Only the canonical text is read.
 */
#pragma once
#include "api/playback/keys.h"

#define SG_MEDIA_TOKEN_BYTES 50
#define SG_MEDIA_TOKEN_CHARS 67

struct sg_media_token {
    uint64_t user_id, session_id;
    uint64_t playback_id; /* the stream, or the device that keeps it offline; 0: of neither */
    int64_t expires_s;    /* since 1970 */
    bool premium;         /* p/ too */
    bool preview;         /* given to who may hear it before it is out */
};
/* What stands for a device where a stream's id would: the 62 bits of its id that are random, and
 * one above, as ids of streams lie below 2^53. */
uint64_t sg_media_of_device(const unsigned char device_id[16]);
bool sg_media_is_of_device(uint64_t playback_id);

/* asset: its 16 bytes. By the newest key; out: the text and a zero. */
void sg_media_sign(struct sg_media_keys *k, const struct sg_media_token *t,
                   const unsigned char asset[16], char out[SG_MEDIA_TOKEN_CHARS + 1]);
/* path: below audio/<asset_id>/, "f/aac64.mp4". SG_EPERM with the kind "media-token" (not signed
 * by us for this) or "media-expired". The MAC is compared in constant time and before anything
 * that it covers is looked at. */
int sg_media_verify(struct sg_media_keys *k, struct sg_str text, const unsigned char asset[16],
                    struct sg_str path, int64_t now_s, struct sg_media_token *out,
                    struct sg_error *e);
/* Letters, digits, '.', '_', '-' between single slashes, no part that begins with a point, at most
 * 200 bytes. */
bool sg_media_path_ok(struct sg_str path);
