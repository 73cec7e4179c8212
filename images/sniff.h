/* sniff.h - what bytes are, by their beginning, whatever anybody said of them. */
#pragma once
#include "core/str.h"

/* "jpeg", "png" or "webp"; NULL: none of them. */
const char *sg_image_sniff(struct sg_str bytes);
/* A PNG with an animation control chunk (APNG), which decoders of PNG pass over. */
bool sg_image_is_apng(struct sg_str bytes);
