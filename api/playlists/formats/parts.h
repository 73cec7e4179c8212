/* parts.h - private to formats/: entries one by one, and texts made safe. */
#pragma once
#include "api/playlists/formats/sheet.h"

struct sheet_reader {
    struct sg_sheet *sheet;
    struct sg_arena *arena;
    size_t cap;
    struct sg_error *e;
};

/* A copy: valid UTF-8, trimmed, no control characters, at most SG_SHEET_TEXT bytes. */
int sheet_text(struct sheet_reader *r, struct sg_str raw, struct sg_str *out);
/* SG_ELIMIT past SG_SHEET_ENTRIES. */
int sheet_add(struct sheet_reader *r, const struct sg_sheet_entry *entry);
/* Takes from a name or address what is known of it: segue:song:12, isrc:..., urn:isrc:... */
void sheet_identify(struct sg_sheet_entry *entry, struct sg_str name);
/* Text with control characters as spaces. */
void sheet_put_line(struct sg_buf *out, struct sg_str text);
