/* layout.h - text typed with another keyboard layout than was meant: Russian,
 * Ukrainian, Greek, Hebrew, Arabic and Korean keys for QWERTY ones, and back.
 */
#pragma once
#include "core/str.h"

#define SG_LAYOUTS 6

/* Text as the same keys write it in the layout; 0: nothing changes, or it does not
 * fit. layout: below SG_LAYOUTS. Returns the bytes written. */
size_t sg_layout_text(char *out, size_t cap, struct sg_str text, size_t layout);
