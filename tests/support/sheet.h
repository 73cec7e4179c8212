/* sheet.h - playlists' files read, written and read again: for fuzzing. */
#pragma once
#include "api/playlists/formats/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Aborts when what was read is not valid UTF-8 within its bounds, when its own file is not read,
 * or has another number of entries or other songs. */
void test_sheet_round_trip(struct sg_str file,
                           int (*read)(struct sg_str, struct sg_arena *, struct sg_sheet *,
                                       struct sg_error *),
                           void (*write)(const struct sg_sheet *, struct sg_buf *));
