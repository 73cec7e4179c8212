/* npy.h - an array as NumPy saves it (.npy, format versions 1 to 3; NEP 1), mapped.
 *
 * Of one dimension (a column) or two, in C order, little endian: floats of 4 or 8 bytes,
 * whole numbers of 4 or 8. Any bytes at all are read within bounds (fuzzed).
 */
#pragma once
#include "core/map.h"
#include <stdbool.h>

struct sg_npy {
    size_t rows, columns;
    char kind;    /* 'f', 'i', 'u' */
    size_t bytes; /* of a number */
    const unsigned char *data;
    struct sg_map map; /* {NULL, 0}: the bytes are somebody else's */
};
/* Of bytes that outlive it. SG_ECORRUPT: no such array. */
int sg_npy_parse(struct sg_npy *out, struct sg_str bytes, struct sg_error *e);
int sg_npy_open(struct sg_npy *out, const char *path, struct sg_error *e);
void sg_npy_close(struct sg_npy *a);
/* An element. False: of another kind than asked for, negative, not finite as a float. */
bool sg_npy_float(const struct sg_npy *a, size_t row, size_t column, float *out);
bool sg_npy_whole(const struct sg_npy *a, size_t row, size_t column, uint64_t *out);
