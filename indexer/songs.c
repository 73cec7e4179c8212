/* songs.c - see songs.h. A hash table of slots into a list of songs. */
#include "indexer/songs.h"
#include "indexer/row.h"
#include <stdlib.h>

#define SLOTS 65536 /* a power of two, at least twice SONGS */
#define SONGS 20000 /* flush is forced above it */

struct sg_songs {
    struct sg_delta *delta;
    struct sg_arena arena;
    struct sg_work_song **list; /* SONGS of them */
    size_t n;
    uint32_t slots[SLOTS]; /* place in list + 1; 0: free */
};

int sg_songs_open(struct sg_songs **out, struct sg_delta *d, struct sg_error *e)
{
    struct sg_songs *s = calloc(1, sizeof *s);
    struct sg_work_song **list = calloc(SONGS, sizeof(struct sg_work_song *));
    if (!s || !list) {
        free(s);
        free(list);
        return sg_fail(e, SG_ENOMEM, "songs in work");
    }
    s->delta = d;
    s->list = list;
    *out = s;
    return 0;
}

void sg_songs_close(struct sg_songs *s)
{
    if (!s)
        return;
    sg_arena_free(&s->arena);
    free(s->list);
    free(s);
}

struct sg_arena *sg_songs_arena(struct sg_songs *s)
{
    return &s->arena;
}

size_t sg_songs_count(const struct sg_songs *s)
{
    return s->n;
}

/* The slot that holds song_id, or the free one where it belongs. */
static uint32_t *slot_of(struct sg_songs *s, uint64_t song_id)
{
    size_t i = (song_id * UINT64_C(0x9E3779B97F4A7C15)) >> 48;
    while (s->slots[i] && s->list[s->slots[i] - 1]->song_id != song_id)
        i = (i + 1) % SLOTS;
    return &s->slots[i];
}

static int load(struct sg_songs *s, struct sg_work_song *w, struct sg_error *e)
{
    int rc = sg_delta_get(s->delta, SG_SONG, w->song_id, &s->arena, &w->loaded, e);
    if (rc == SG_ENOENT) {
        sg_record_init(&sg_song_record, &w->song);
        return 0;
    }
    if (!rc)
        rc = sg_record_own(&sg_song_record, &w->loaded, &s->arena, e);
    if (!rc)
        rc = sg_credits_load(&w->credits, s->delta, w->song_id, &w->loaded.artist_ids, &w->noted,
                             &s->arena, e);
    if (rc)
        return rc;
    w->song = w->loaded;
    w->existed = w->exists = true;
    return 0;
}

int sg_songs_touch(struct sg_songs *s, uint64_t song_id, struct sg_work_song **out,
                   struct sg_error *e)
{
    uint32_t *slot = slot_of(s, song_id);
    if (*slot) {
        *out = s->list[*slot - 1];
        return 0;
    }
    if (s->n == SONGS) {
        int rc = sg_songs_flush(s, e);
        if (rc)
            return rc;
        slot = slot_of(s, song_id);
    }
    struct sg_work_song *w = sg_arena_alloc(&s->arena, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "songs in work");
    w->song_id = song_id;
    int rc = load(s, w, e);
    if (rc)
        return rc;
    s->list[s->n++] = w;
    *slot = (uint32_t)s->n;
    *out = w;
    return 0;
}

static int flush_removed(struct sg_songs *s, struct sg_work_song *w, struct sg_error *e)
{
    int rc = w->existed ? sg_delta_remove(s->delta, SG_SONG, w->song_id, e) : 0;
    if (!rc && w->noted)
        rc = sg_credits_forget(s->delta, w->song_id, e);
    return rc;
}

/* Plays move all the time and need no new document. */
static int put_what_changed(struct sg_songs *s, struct sg_work_song *w, struct sg_error *e)
{
    struct sg_song before = w->loaded;
    before.play_count = w->song.play_count;
    if (!w->existed || sg_record_differs(&sg_song_record, &before, &w->song, NULL))
        return sg_delta_put(s->delta, SG_SONG, &w->song, e);
    if (w->loaded.play_count != w->song.play_count)
        return sg_delta_plays(s->delta, w->song_id, w->song.play_count, e);
    return 0;
}

static int flush_song(struct sg_songs *s, struct sg_work_song *w, struct sg_error *e)
{
    if (!w->exists)
        return flush_removed(s, w, e);
    int rc = sg_credits_list(&w->credits, &w->song.artist_ids, &s->arena, e);
    if (!rc)
        rc = put_what_changed(s, w, e);
    if (!rc)
        rc = sg_credits_save(&w->credits, s->delta, w->song_id, w->noted, e);
    return rc;
}

static void forget_all(struct sg_songs *s)
{
    if (s->n)
        memset(s->slots, 0, sizeof s->slots);
    s->n = 0;
    sg_arena_reset(&s->arena);
}

int sg_songs_flush(struct sg_songs *s, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; i < s->n && !rc; i++)
        rc = flush_song(s, s->list[i], e);
    forget_all(s);
    return rc;
}
