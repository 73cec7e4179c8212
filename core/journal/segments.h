/* segments.h - the files of a journal; private to core/journal. */
#pragma once
#include "core/buf.h"
#include "core/err.h"

struct segment {
    uint64_t first, bytes;
};
struct segments {
    size_t n, cap;
    struct segment *v; /* oldest first; malloc'ed */
};
/* What lies in the folder: every start begins one more, so that they may be many. */
int segments_list(int dir, struct segments *out, struct sg_error *e);
/* A new one for appending, its name synced: its descriptor, or a negative error. */
int segments_create(int dir, uint64_t first, struct sg_error *e);
void segments_remove(int dir, uint64_t first);
/* Replaces *out by the segment's bytes from `from` on. */
int segments_read(int dir, uint64_t first, uint64_t from, struct sg_buf *out, struct sg_error *e);

/* The acknowledged sequence; 0 when there is no readable one. Makes the file, so that writing it
 * later needs no room. */
uint64_t position_open(int dir);
/* The same of somebody else's: makes nothing. */
uint64_t position_read(int dir);
int position_write(int dir, uint64_t sequence, struct sg_error *e);
