/* segment.h - the frame of our mapped files: a checked header and sections.
 *
 *   header | section 0 | section 1 | ...     sections aligned to 8 bytes
 *
 * The header tells the file's whole size, eight numbers and the sections'
 * places, and carries its own checksum, so that opening reads one page only.
 * What lies in the sections is checked by whoever reads it. Little-endian.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <stdio.h>

#define SG_SEGMENT_VALUES   8
#define SG_SEGMENT_SECTIONS 8

struct sg_segment {
    uint64_t value[SG_SEGMENT_VALUES];
    struct sg_str section[SG_SEGMENT_SECTIONS]; /* views into the bytes */
};

/* magic: 8 characters. SG_ECORRUPT: another magic, checksum, size, a section outside. */
int sg_segment_parse(struct sg_segment *out, struct sg_str bytes, const char *magic,
                     struct sg_error *e);

/* False: a section lies where numbers may not be read; ours never do. */
static inline bool sg_segment_is_aligned(const struct sg_segment *g)
{
    for (int i = 0; i < SG_SEGMENT_SECTIONS; i++)
        if ((uintptr_t)g->section[i].p % 8)
            return false;
    return true;
}

struct sg_segment_header {
    char magic[8];
    uint64_t bytes;
    uint64_t value[SG_SEGMENT_VALUES];
    uint64_t offset[SG_SEGMENT_SECTIONS], size[SG_SEGMENT_SECTIONS];
    uint64_t xxh3; /* of all before */
};

/* Writes path.tmp; commit makes it path. Errors are kept until commit. */
struct sg_segment_writer {
    FILE *file;
    char *path, *tmp;
    struct sg_segment_header header;
    uint64_t at;
    int section, failed; /* errno of the first failure */
};
int sg_segment_create(struct sg_segment_writer *w, const char *path, const char *magic,
                      struct sg_error *e);
void sg_segment_begin(struct sg_segment_writer *w, int section);
void sg_segment_put(struct sg_segment_writer *w, const void *p, size_t n);
uint64_t sg_segment_size(const struct sg_segment_writer *w); /* of the open section so far */
/* Syncs the file, makes it read-only, renames it, syncs the directory. Frees, whatever it returns.
 */
int sg_segment_commit(struct sg_segment_writer *w, struct sg_error *e);
void sg_segment_abort(struct sg_segment_writer *w); /* harmless after commit */

static inline uint16_t sg_load16(const char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint32_t sg_load32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint64_t sg_load64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
