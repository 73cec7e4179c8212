/* io.h - the file for libavformat: one descriptor, and no way to any other.
 *
 * Whatever a container names (a play list's entries, a reference to another file) cannot be opened.
 */
#pragma once
#include "core/err.h"
#include <libavformat/avformat.h>
#include <stdbool.h>

struct sg_io {
    int fd;
    int64_t at, size;
    int64_t budget; /* bytes that may still be read; less than 0: over it */
    AVIOContext *avio;
};

/* fd: a regular file, the caller's. SG_EINVAL: it cannot be sought in. */
int sg_io_open(struct sg_io *io, int fd, struct sg_error *e);
void sg_io_close(struct sg_io *io);
/* Puts it below a format context that is not open yet. */
void sg_io_attach(struct sg_io *io, AVFormatContext *format);
