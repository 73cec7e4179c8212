/* box.h - boxes of ISO base media files (ISO/IEC 14496-12) into a buffer.
 *
 *   size 32 | type 4 | payload        full boxes: payload begins with version 8 | flags 24
 *
 * Numbers are big-endian. As with sg_buf, writers never check: look at sg_buf_failed once. Boxes of
 * 4 GB and more are refused in the same way.
 */
#pragma once
#include "core/buf.h"

/* Opens a box; its size is put in by sg_box_end(b, what this returned). */
size_t sg_box(struct sg_buf *b, const char type[4]);
size_t sg_full_box(struct sg_buf *b, const char type[4], uint8_t version, uint32_t flags);
void sg_box_end(struct sg_buf *b, size_t from);

void sg_put8(struct sg_buf *b, uint8_t v);
void sg_put16(struct sg_buf *b, uint16_t v);
void sg_put24(struct sg_buf *b, uint32_t v);
void sg_put32(struct sg_buf *b, uint32_t v);
void sg_put64(struct sg_buf *b, uint64_t v);
void sg_put_zeros(struct sg_buf *b, size_t n);
/* Overwrites four bytes at `at`. */
void sg_set32(struct sg_buf *b, size_t at, uint32_t v);
