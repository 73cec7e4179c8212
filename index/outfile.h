/* outfile.h - a file written once from front to back, through a buffer.
 *
 * Private to index. Every failure names the path; a full disk is SG_ENOSPC. On
 * error the file is left for the owner of its folder to remove.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct sg_outfile {
    char *path;
    char *buffer;
    size_t used;
    uint64_t written; /* bytes put so far, buffered ones included */
    int fd;
};

/* Makes path anew, as another file than the one that was there. *f needs sg_outfile_close or
 * sg_outfile_abort only when 0. */
int sg_outfile_open(struct sg_outfile *f, const char *path, struct sg_error *e);
int sg_outfile_put(struct sg_outfile *f, const void *p, size_t n, struct sg_error *e);
int sg_outfile_flush(struct sg_outfile *f, struct sg_error *e);
/* Appends all bytes of another file. */
int sg_outfile_copy(struct sg_outfile *f, const char *from, struct sg_error *e);
/* Overwrites n bytes at `at`, which lie before what was flushed. */
int sg_outfile_patch(struct sg_outfile *f, uint64_t at, const void *p, size_t n,
                     struct sg_error *e);
/* Flushes and closes, whatever it returns; with sync, to the disk, and for reading only
 * from then on: others will map it. */
int sg_outfile_close(struct sg_outfile *f, bool sync, struct sg_error *e);
void sg_outfile_abort(struct sg_outfile *f); /* of a zeroed *f too */
