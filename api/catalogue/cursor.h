/* cursor.h - where a list goes on: the last row's key, opaque to whoever carries it.
 *
 *   version u8 | sort u8 | question u32 | number i64 | id u64 | text ...      base64url (RFC 4648)
 *
 * It holds nothing that the rows before it did not show, and opens nothing: whatever somebody
 * makes of it is a position in the same list. One of another question is refused.
 */
#pragma once
#include "core/arena.h"
#include "core/err.h"

#define SG_PLACE_TEXT_MAX 2000 /* bytes: the longest title that the database takes */
#define SG_CURSOR_TEXT    2700 /* bytes of a cursor, at most */

struct sg_place {
    char sort;         /* the list's order */
    uint32_t question; /* hash of the filters */
    int64_t number;
    uint64_t id; /* from 1 */
    struct sg_str text;
};
/* {NULL, 0}: no memory. */
struct sg_str sg_place_write(struct sg_arena *a, const struct sg_place *p);
/* sort and question must be those given. SG_EINVAL, field "cursor". */
int sg_place_read(struct sg_arena *a, struct sg_str cursor, char sort, uint32_t question,
                  struct sg_place *out, struct sg_error *e);
