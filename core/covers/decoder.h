/* decoder.h - runs segue-images over one picture. */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <stdint.h>

struct sg_decoded {
    char type[8];
    int width, height;
};
/* program: path of segue-images; command: "render" or "mosaic". The renditions are in folder when
 * it returns 0. SG_EMEDIA: the picture's fault; SG_ETIMEOUT: killed at the deadline; SG_EIO. */
int sg_decode(const char *program, const char *command, struct sg_str picture, const char *folder,
              int64_t deadline_us, struct sg_decoded *out, struct sg_error *e);
