/* parts.h - private to images: steps of render.c that mosaic.c goes too. */
#pragma once
#include "images/render.h"
#include <vips/vips.h>

/* The last line that libvips said: SG_EMEDIA. */
int image_refused(struct sg_error *e, const char *type);
/* Reads the header only: type, sides, whether it is still. */
int image_look_at(struct sg_str bytes, struct sg_image_facts *facts, struct sg_error *e);
/* For one pass from top to bottom. shrink: of a JPEG, 1, 2, 4 or 8. */
int image_open(struct sg_str bytes, const char *type, int shrink, VipsImage **out,
               struct sg_error *e);
/* All that is not pixels goes. */
void image_strip(VipsImage *image);
/* The sizes and formats that are served. */
int image_write(VipsImage *image, const char *folder, struct sg_error *e);
