/* part.h - a change of a part laid over what there is. */
#pragma once
#include "core/record.h"

/* Copies the fields of `change` that were seen (sg_record_from_json_part) onto to. Both are the
 * same struct. True when one of the values is another than before. */
bool sg_part_lay(const struct sg_record *change, const void *from, uint64_t seen, void *to);
/* Whether the field was seen. */
bool sg_part_has(const struct sg_record *change, uint64_t seen, const char *field);
