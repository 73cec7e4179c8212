/* edit.h - what a request does to a list, in memory: the list is loaded under its lock, the
 * operations are applied in turn, and what differs afterwards is written back.
 *
 * Operations name items, not places, so that they mean the same whatever others did meanwhile:
 * items that are gone already are told as missing, and a place that was beside an item which is
 * gone is where that item was, as long as its removal is remembered (gone).
 * Everything lives in the arena. Thread-compatible.
 */
#pragma once
#include "core/err.h"
#include "schemas/playlists.h"

#define SG_PLAYLIST_MAX 10000 /* songs of one list */

enum sg_listed_state { SG_LISTED_SAME, SG_LISTED_ADDED, SG_LISTED_MOVED };

struct sg_listed {
    uint64_t item_id, song_id, added_by; /* added_by 0: unknown */
    struct sg_str position, added_at;
    enum sg_listed_state state;
};

enum sg_on_duplicate { SG_DUPLICATE_ADD, SG_DUPLICATE_SKIP, SG_DUPLICATE_REFUSE };

struct sg_edit {
    struct sg_arena *arena;
    struct sg_listed *v; /* in order */
    size_t n, cap;
    uint64_t *removed, *missing, *skipped; /* ids of items, of items, of songs */
    size_t n_removed, n_missing, n_skipped;
    struct sg_str *removed_from; /* the removed ones' positions */
    uint64_t added_by;
    const uint64_t *ids; /* of items to be, as many as songs are added */
    size_t n_ids, ids_used;
    enum sg_on_duplicate on_duplicate;
    uint64_t seed; /* see position.h */
    /* Where an item was that is no longer in the list: SG_ENOENT when that is not known. */
    int (*gone)(void *ctx, uint64_t item_id, struct sg_str *position, struct sg_error *e);
    void *ctx;
};

/* Takes items in the order of their positions; keys that are none of ours are made anew. */
int sg_edit_begin(struct sg_edit *x, struct sg_listed *items, size_t n, size_t adding,
                  struct sg_error *e);
/* SG_EINVAL naming the field, SG_ELIMIT over SG_PLAYLIST_MAX, SG_ECONFLICT for a place beside an
 * item nobody remembers, SG_EEXIST for a song refused as there already. The list is then of
 * no more use. */
int sg_edit_apply(struct sg_edit *x, const struct sg_playlist_operation *o, struct sg_error *e);
