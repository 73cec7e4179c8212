/* archive.h - files into a .tar.gz in memory (POSIX ustar within RFC 1952); private.
 *
 * Bounded: SG_ELIMIT past ARCHIVE_MAX compressed bytes.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"

#define ARCHIVE_MAX (64u << 20)

struct archive;
/* Appends to out, which must outlive it. */
int archive_open(struct archive **a, struct sg_buf *out, struct sg_error *e);
/* name: at most 99 bytes. */
int archive_put(struct archive *a, const char *name, struct sg_str bytes, struct sg_error *e);
/* Frees a, whatever it returns. */
int archive_close(struct archive *a, struct sg_error *e);
