/* render.h - one picture that a stranger sent, to the sizes that are served; four of those as one.
 *
 *   bytes -> sniffed -> header: sides, pixels -> decoded once, turned, sRGB -> 1200 -> 640, 300, 64
 *                                                                     each as WebP and JPEG
 *
 * Nothing of the original is kept: no metadata, no profile, nothing that was hidden behind its
 * end. Only the decoders of JPEG, PNG and WebP can be reached. Thread-bound: made for a
 * process that decodes one picture and ends (main.c), whose memory and time are bounded.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <stdint.h>

#define SG_IMAGE_BYTES_MAX  (10u << 20)
#define SG_IMAGE_PIXELS_MAX 50000000 /* checked before a pixel is decoded */
#define SG_IMAGE_SIDE_MIN   64
#define SG_IMAGE_SIDE_MAX   16384
#define SG_IMAGE_RATIO_MAX  2 /* longer side to shorter */

struct sg_image_facts {
    const char *type; /* "jpeg", "png", "webp"; static */
    int width, height;
};

/* Once a process, before the first render. */
int sg_image_start(const char *program, struct sg_error *e);
/* Writes SIZE.webp and SIZE.jpg into folder, each fitting in a square of SIZE, never enlarged.
 * SG_EMEDIA: not one of the types, broken, animated, too large or too narrow, and why. */
int sg_image_render(struct sg_str bytes, const char *folder, struct sg_image_facts *out,
                    struct sg_error *e);
/* The same of one picture, cut to a square, or of four, in two rows. bytes: each picture behind
 * its length (32 bits, big-endian). *out: the first one's type, the whole's sides. */
int sg_image_mosaic(struct sg_str bytes, const char *folder, struct sg_image_facts *out,
                    struct sg_error *e);
