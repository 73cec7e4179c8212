/* nearest.h - the "did you mean" of command lines and configuration. */
#pragma once
#include <stddef.h>

/* Edits (insert, delete, replace, swap neighbours) between two short names;
 * SIZE_MAX when either is longer than 63 bytes. */
size_t sg_edit_distance(const char *a, const char *b);

/* Whether a name this far from a typed word is worth suggesting. */
static inline int sg_is_near(size_t distance, size_t typed_bytes)
{
    return distance <= typed_bytes / 3 + 1;
}
