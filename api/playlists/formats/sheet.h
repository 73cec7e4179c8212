/* sheet.h - a playlist as a file: what M3U8, XSPF and JSPF have in common.
 *
 * Readers take any bytes: at most SG_SHEET_ENTRIES entries, texts cut to SG_SHEET_TEXT bytes on
 * a character, control characters made spaces, bytes that are no UTF-8 made U+FFFD. Writers take
 * any texts: what would end a line, an element or a string is escaped or a space. What is
 * written is read back the same, but for control characters and what a format has no place for.
 * Everything lives in the arena. Thread-safe.
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_SHEET_ENTRIES 10000
#define SG_SHEET_TEXT    1000
#define SG_SHEET_BYTES   (4u << 20) /* of a file */

struct sg_sheet_entry {
    struct sg_str title, artist, album, location, isrc; /* n 0: not told */
    uint64_t song_id;                                   /* from a segue:song: name; 0: none */
    int64_t duration_s;                                 /* 0: not told */
};
struct sg_sheet {
    struct sg_str title, description;
    struct sg_sheet_entry *v;
    size_t n;
};

/* SG_EINVAL: not that format at all; SG_ELIMIT: more entries or bytes than that; SG_ENOMEM. */
int sg_m3u8_read(struct sg_str file, struct sg_arena *a, struct sg_sheet *out, struct sg_error *e);
int sg_xspf_read(struct sg_str file, struct sg_arena *a, struct sg_sheet *out, struct sg_error *e);
int sg_jspf_read(struct sg_str file, struct sg_arena *a, struct sg_sheet *out, struct sg_error *e);
void sg_m3u8_write(const struct sg_sheet *s, struct sg_buf *out);
void sg_xspf_write(const struct sg_sheet *s, struct sg_buf *out);
void sg_jspf_write(const struct sg_sheet *s, struct sg_buf *out);
