/* cones.h - rows shared out to axes. Private to index/vectors. */
#pragma once
#include "core/err.h"
#include <stddef.h>
#include <stdint.h>

/* rows: n x stride floats of length 1 (or 0). Finds axes (n_cones x stride floats of length
 * 1), and each row's nearest axis and cosine to it. Alike for the same rows and threads. */
int vectors_find_cones(const float *rows, size_t n, size_t stride, size_t n_cones, int threads,
                       float *axes, uint32_t *cone, float *cosine, struct sg_error *e);
