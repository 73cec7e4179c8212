/* png.h - pictures for tests. */
#pragma once
#include "core/buf.h"
#include <stdbool.h>
#include <stdint.h>

/* A PNG of w x h pixels of one grey, into b. rows: how many it really has; animated: it says that
 * it is. */
struct sg_str test_png(struct sg_buf *b, uint32_t w, uint32_t h, uint32_t rows, int grey,
                       bool animated);
