/* aliases.h - rows of the table aliases, and the lists of them that the records
 * of their owners carry: sorted by bytes, as COLLATE "C" does.
 */
#pragma once
#include "core/change_tail.h"
#include "indexer/songs.h"

/* Between the aliases of one cell of a snapshot. */
#define SG_ALIASES_BREAK '\x1f'

/* The cell's first SG_ALIASES_MAX aliases, views into it; the list is in a. */
int sg_aliases_parse(struct sg_str cell, struct sg_list *out, struct sg_arena *a,
                     struct sg_error *e);
/* Adds or removes one; the list becomes another one in a, the alias a copy there.
 * SG_EINVAL: as many as a record holds. */
int sg_aliases_set(struct sg_list *l, struct sg_str alias, struct sg_arena *a, struct sg_error *e);
int sg_aliases_unset(struct sg_list *l, struct sg_str alias, struct sg_arena *a,
                     struct sg_error *e);

/* A change of the table, onto its owner's record: a song among those in work, or
 * an artist or album in the delta. Without owner it is ignored: it goes with it.
 * a: of this call. */
int sg_aliases_apply(struct sg_delta *d, struct sg_songs *songs, const struct sg_change *c,
                     struct sg_arena *a, struct sg_error *e);
/* The owner's aliases all go. */
int sg_aliases_clear(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                     struct sg_error *e);
