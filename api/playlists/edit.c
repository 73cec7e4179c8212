/* edit.c - see edit.h. */
#include "api/playlists/edit.h"
#include "api/playlists/position.h"

#define SPREAD_FIRST 32 /* items on either side that are spread, doubled as needed */

static int no_memory(struct sg_error *e)
{
    return sg_fail(e, SG_ENOMEM, "a playlist");
}

/* Items at from to to - 1 get evenly spread keys. */
static int spread(struct sg_edit *x, size_t from, size_t to, struct sg_error *e)
{
    struct sg_str low = from ? x->v[from - 1].position : SG_STR(""),
                  high = to < x->n ? x->v[to].position : SG_STR_NONE;
    struct sg_str *keys = sg_arena_array(x->arena, to - from + 1, sizeof *keys);
    if (!keys || !sg_positions_spread(low, high, to - from, x->arena, keys))
        return keys ? sg_fail(e, SG_ELIMIT, "no room between %zu and %zu", from, to) : no_memory(e);
    for (size_t i = from; i < to; i++) {
        x->v[i].position = keys[i - from];
        if (x->v[i].state == SG_LISTED_SAME)
            x->v[i].state = SG_LISTED_MOVED;
    }
    return 0;
}

/* Around worn keys at from to to - 1, until they are short again. */
static int refresh(struct sg_edit *x, size_t from, size_t to, struct sg_error *e)
{
    for (size_t reach = SPREAD_FIRST;; reach *= 2) {
        size_t first = from > reach ? from - reach : 0, end = x->n - to > reach ? to + reach : x->n;
        bool whole = !first && end == x->n;
        int rc = spread(x, first, end, e);
        if (whole || (!rc && x->v[from].position.n <= SG_POSITION_LONG / 2))
            return rc;
    }
}

int sg_edit_begin(struct sg_edit *x, struct sg_listed *items, size_t n, size_t adding,
                  struct sg_error *e)
{
    size_t cap = n + adding + 1;
    x->v = sg_arena_array(x->arena, cap, sizeof *x->v);
    x->removed = sg_arena_array(x->arena, 3 * (n + SG_PLAYLIST_CHANGES_MAX), sizeof *x->removed);
    x->skipped = sg_arena_array(x->arena, adding + 1, sizeof *x->skipped);
    x->removed_from = sg_arena_array(x->arena, n + 1, sizeof *x->removed_from);
    if (!x->v || !x->removed || !x->skipped || !x->removed_from)
        return no_memory(e);
    x->missing = x->removed + n + SG_PLAYLIST_CHANGES_MAX;
    if (n)
        memcpy(x->v, items, n * sizeof *items);
    x->n = n;
    x->cap = cap;
    bool sound = true;
    for (size_t i = 0; i < n; i++)
        sound = sound && sg_position_valid(x->v[i].position) &&
                (!i || sg_str_cmp(x->v[i - 1].position, x->v[i].position) < 0);
    return sound ? 0 : spread(x, 0, n, e);
}

static size_t find_item(const struct sg_edit *x, uint64_t item_id)
{
    size_t i = 0;
    while (i < x->n && x->v[i].item_id != item_id)
        i++;
    return i;
}

static bool holds_song(const struct sg_edit *x, uint64_t song_id)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].song_id == song_id)
            return true;
    return false;
}

/* Removed just now, or before. */
static int find_gone(struct sg_edit *x, uint64_t item_id, struct sg_str *was, struct sg_error *e)
{
    for (size_t i = 0; i < x->n_removed; i++)
        if (x->removed[i] == item_id) {
            *was = x->removed_from[i];
            return 0;
        }
    return x->gone(x->ctx, item_id, was, e);
}

/* The place that an item named: before or behind it, or where it was. */
static int place_beside(struct sg_edit *x, uint64_t item_id, bool behind, size_t *at,
                        struct sg_error *e)
{
    size_t i = find_item(x, item_id);
    if (i < x->n) {
        *at = i + behind;
        return 0;
    }
    struct sg_str was;
    int rc = find_gone(x, item_id, &was, e);
    if (rc == SG_ENOENT)
        return sg_fail_kind(e, SG_ECONFLICT, "stale-list",
                            "item %llu is not in the playlist, and where it was is forgotten: read "
                            "the playlist again",
                            (unsigned long long)item_id);
    if (rc)
        return rc;
    for (i = 0; i < x->n && sg_str_cmp(x->v[i].position, was) < 0; i++)
        ;
    *at = i;
    return 0;
}

static int find_place(struct sg_edit *x, const struct sg_playlist_operation *o, size_t *at,
                      struct sg_error *e)
{
    int ways = (o->before_item_id != 0) + (o->after_item_id != 0) + (o->index >= 0);
    if (ways > 1)
        return sg_fail_field(e, "after_item_id",
                             "one of before_item_id, after_item_id and index can be given");
    if (o->before_item_id || o->after_item_id)
        return place_beside(x, o->before_item_id ? o->before_item_id : o->after_item_id,
                            o->after_item_id != 0, at, e);
    *at = o->index >= 0 && (size_t)o->index < x->n ? (size_t)o->index : x->n;
    return 0;
}

/* n items, their positions yet to be made, come to stand at `at`. */
static int put(struct sg_edit *x, size_t at, const struct sg_listed *items, size_t n,
               struct sg_error *e)
{
    struct sg_str low = at ? x->v[at - 1].position : SG_STR(""),
                  high = at < x->n ? x->v[at].position : SG_STR_NONE;
    enum sg_position_lean lean = !at && at == x->n                         ? SG_LEAN_MIDDLE
                                 : at == x->n                              ? SG_LEAN_LOW
                                 : !at                                     ? SG_LEAN_HIGH
                                 : x->v[at - 1].item_id > x->v[at].item_id ? SG_LEAN_LOW
                                                                           : SG_LEAN_HIGH;
    struct sg_str *keys = sg_arena_array(x->arena, n + 1, sizeof *keys);
    if (!keys || x->n + n > x->cap)
        return no_memory(e);
    bool made = sg_positions_between(low, high, lean, x->seed++, n, x->arena, keys);
    size_t longest = 0;
    memmove(x->v + at + n, x->v + at, (x->n - at) * sizeof *x->v);
    for (size_t i = 0; i < n; i++) {
        x->v[at + i] = items[i];
        x->v[at + i].position = keys[i];
        longest = keys[i].n > longest ? keys[i].n : longest;
    }
    x->n += n;
    return made && longest <= SG_POSITION_LONG ? 0 : refresh(x, at, at + n, e);
}

static int add(struct sg_edit *x, const struct sg_playlist_operation *o, struct sg_error *e)
{
    const uint64_t *songs = o->song_ids.v;
    struct sg_listed *items = sg_arena_array(x->arena, o->song_ids.n + 1, sizeof *items);
    size_t n = 0, at;
    if (!items)
        return no_memory(e);
    if (!o->song_ids.n)
        return sg_fail_field(e, "song_ids", "song_ids: expected at least one song to add");
    for (size_t i = 0; i < o->song_ids.n; i++) {
        bool there = x->on_duplicate != SG_DUPLICATE_ADD && holds_song(x, songs[i]);
        for (size_t k = 0; x->on_duplicate != SG_DUPLICATE_ADD && k < n; k++)
            there = there || items[k].song_id == songs[i];
        if (there && x->on_duplicate == SG_DUPLICATE_REFUSE)
            return sg_fail_kind(e, SG_EEXIST, "song-in-playlist",
                                "song %llu is in the playlist already",
                                (unsigned long long)songs[i]);
        if (there) {
            x->skipped[x->n_skipped++] = songs[i];
            continue;
        }
        items[n++] = (struct sg_listed){.item_id = x->ids[x->ids_used++],
                                        .song_id = songs[i],
                                        .added_by = x->added_by,
                                        .state = SG_LISTED_ADDED};
    }
    if (x->n + n > SG_PLAYLIST_MAX)
        return sg_fail(e, SG_ELIMIT, "a playlist holds at most %d songs", SG_PLAYLIST_MAX);
    int rc = find_place(x, o, &at, e);
    return rc || !n ? rc : put(x, at, items, n, e);
}

static struct sg_listed take_out(struct sg_edit *x, size_t at)
{
    struct sg_listed item = x->v[at];
    x->n--;
    memmove(x->v + at, x->v + at + 1, (x->n - at) * sizeof *x->v);
    return item;
}

static int move(struct sg_edit *x, const struct sg_playlist_operation *o, struct sg_error *e)
{
    const uint64_t *ids = o->item_ids.v;
    struct sg_listed *items = sg_arena_array(x->arena, o->item_ids.n + 1, sizeof *items);
    size_t n = 0, at;
    if (!items)
        return no_memory(e);
    for (size_t i = 0; i < o->item_ids.n; i++) {
        if (ids[i] == o->before_item_id || ids[i] == o->after_item_id)
            return sg_fail_field(e, "item_ids", "item %llu cannot be put beside itself",
                                 (unsigned long long)ids[i]);
        at = find_item(x, ids[i]);
        if (at == x->n) {
            x->missing[x->n_missing++] = ids[i];
            continue;
        }
        items[n] = take_out(x, at);
        if (items[n].state == SG_LISTED_SAME)
            items[n].state = SG_LISTED_MOVED;
        n++;
    }
    int rc = find_place(x, o, &at, e);
    return rc || !n ? rc : put(x, at, items, n, e);
}

static void drop(struct sg_edit *x, size_t at)
{
    struct sg_listed item = take_out(x, at);
    if (item.state == SG_LISTED_ADDED)
        return;
    x->removed_from[x->n_removed] = item.position;
    x->removed[x->n_removed++] = item.item_id;
}

static void remove_items(struct sg_edit *x, const struct sg_playlist_operation *o)
{
    const uint64_t *ids = o->item_ids.v, *songs = o->song_ids.v;
    for (size_t i = 0; i < o->item_ids.n; i++) {
        size_t at = find_item(x, ids[i]);
        if (at < x->n)
            drop(x, at);
        else
            x->missing[x->n_missing++] = ids[i];
    }
    for (size_t i = 0; i < o->song_ids.n; i++)
        for (size_t at = x->n; at--;)
            if (x->v[at].song_id == songs[i])
                drop(x, at);
}

int sg_edit_apply(struct sg_edit *x, const struct sg_playlist_operation *o, struct sg_error *e)
{
    if (sg_str_eq(o->op, SG_STR("add")))
        return o->item_ids.n ? sg_fail_field(e, "item_ids", "item_ids: songs are added, not items")
                             : add(x, o, e);
    if (sg_str_eq(o->op, SG_STR("move")))
        return o->song_ids.n || !o->item_ids.n
                   ? sg_fail_field(e, "item_ids", "item_ids: expected the items to move")
                   : move(x, o, e);
    if (!sg_str_eq(o->op, SG_STR("remove")))
        return sg_fail_field(e, "op", "op: expected add, move or remove");
    if (!o->item_ids.n && !o->song_ids.n)
        return sg_fail_field(e, "item_ids", "item_ids: expected the items to remove");
    remove_items(x, o);
    return 0;
}
