/* map.h - a whole file mapped read-only, shared between processes. */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct sg_map {
    const unsigned char *p;
    size_t n;
};

/* SG_ENOENT, SG_EIO, SG_ECORRUPT (shorter than min_bytes). */
int sg_map_open(struct sg_map *m, const char *path, size_t min_bytes, struct sg_error *e);
void sg_map_close(struct sg_map *m); /* and back to {0} */
