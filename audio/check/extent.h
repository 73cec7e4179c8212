/* extent.h - where in a file the sound begins and ends, by its container's own structure.
 *
 *   | ID3v2 | strange? |  chunks, boxes, pages, frames ...  | strange? | APE, Lyrics3, ID3v1 |
 *            ^begin                                          ^end       ^tags
 *
 * Decoders skip what they don't understand, so a file can be a song and an archive or a program at
 * the same time. Here every byte must belong to the container or to a known tag.
 */
#pragma once
#include "audio/check/peek.h"
#include <stdbool.h>

struct sg_extent {
    uint64_t begin, end;
    uint64_t tags;    /* where the tags behind the sound begin; the file's size: there are none */
    uint64_t lead;    /* bytes before the first frame, and .. */
    uint64_t strange; /* .. in between that belong to nothing; zeros don't count */
    bool cut;         /* something claims to reach beyond the end */
    bool loose;       /* what lies at the end is no end of a frame: cut, or something foreign */
};

/* container: libavformat's name. Those it doesn't know reach from the first to the last byte. */
void sg_extent_find(struct sg_peek *p, const char *container, struct sg_extent *out);

/* Bytes of ID3v2 tags at `at` (id3.org, ID3v2.4.0 structure section 3.1); 0: there is none. */
uint64_t sg_extent_id3v2(struct sg_peek *p, uint64_t at);

/* One for each kind of structure: from x->begin, before x->tags, they set end, strange and cut. */
void sg_extent_chunks(struct sg_peek *p, struct sg_extent *x); /* RIFF, AIFF, W64, CAF, AU */
void sg_extent_boxes(struct sg_peek *p, struct sg_extent *x);  /* ISO 14496-12 */
void sg_extent_ebml(struct sg_peek *p, struct sg_extent *x);   /* RFC 8794 */
void sg_extent_pages(struct sg_peek *p, struct sg_extent *x);  /* Ogg, RFC 3533 */
void sg_extent_mpeg(struct sg_peek *p, struct sg_extent *x);   /* ISO 11172-3, 13818-3 */
void sg_extent_adts(struct sg_peek *p, struct sg_extent *x);   /* ISO 13818-7 */
void sg_extent_flac(struct sg_peek *p, struct sg_extent *x);   /* RFC 9639 */
void sg_extent_wavpack(struct sg_peek *p, struct sg_extent *x);
