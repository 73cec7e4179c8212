/* record.h - a record's frame; private to core/journal. */
#pragma once
#include "core/buf.h"
#include "core/journal.h"

#define JOURNAL_HEADER 24

void journal_frame(struct sg_buf *out, uint64_t sequence, struct sg_str bytes);
