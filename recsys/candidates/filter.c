/* filter.c - see filter.h. What is known by song is one set, asked once a candidate. */
#include "recsys/candidates/filter.h"
#include "recsys/cursor.h"

static const int64_t day_us = 86400ll * 1000000;

static size_t place_of(const struct sg_filter *f, uint32_t song)
{
    size_t i = (size_t)(song * 0x9e3779b97f4a7c15u >> 32) & (f->cap - 1);
    while (f->barred[i] != SG_NO_SONG && f->barred[i] != song)
        i = (i + 1) & (f->cap - 1);
    return i;
}

void sg_filter_bar(struct sg_filter *f, uint32_t song)
{
    if (song == SG_NO_SONG || f->n * 2 > f->cap)
        return;
    size_t i = place_of(f, song);
    f->n += f->barred[i] == SG_NO_SONG;
    f->barred[i] = song;
}

static void bar_all(struct sg_filter *f, struct sg_ids ids)
{
    for (size_t i = 0; i < ids.n; i++)
        sg_filter_bar(f, sg_songs_index(f->o->model->songs, ids.v[i]));
}

static void bar_heard(struct sg_filter *f)
{
    const struct sg_person *p = f->o->person;
    int64_t since = f->o->now_us - f->o->heard_days * day_us;
    for (size_t i = 0; i < p->n_songs && f->o->heard_days > 0; i++)
        if (p->songs[i].last_us >= since)
            sg_filter_bar(f, sg_songs_index(f->o->model->songs, p->songs[i].song_id));
}

int sg_filter_open(struct sg_filter *f, const struct sg_occasion *o, struct sg_error *e)
{
    const struct sg_person *p = o->person;
    size_t most = p->n_songs + p->lists[SG_PERSON_DISLIKES].n +
                  p->lists[SG_PERSON_NOT_INTERESTED].n + o->queue.n + o->leave_out.n +
                  SG_FILTER_MORE;
    *f = (struct sg_filter){.o = o, .cap = 1024};
    while (f->cap < 2 * most + 2)
        f->cap *= 2;
    f->barred = sg_arena_array(o->arena, f->cap, sizeof *f->barred);
    if (!f->barred)
        return sg_fail(e, SG_ENOMEM, "filters");
    memset(f->barred, 0xff, f->cap * sizeof *f->barred);
    bar_heard(f);
    bar_all(f, p->lists[SG_PERSON_DISLIKES]);
    bar_all(f, p->lists[SG_PERSON_NOT_INTERESTED]);
    bar_all(f, o->queue);
    bar_all(f, o->leave_out);
    return 0;
}

static bool is_of_hidden_artist(const struct sg_filter *f, const struct sg_song_row *row)
{
    struct sg_ids hidden = f->o->person->lists[SG_PERSON_HIDDEN];
    size_t n;
    if (!hidden.n)
        return false;
    if (sg_ids_hold(hidden, row->artist_id))
        return true;
    const uint64_t *credits = sg_songs_credits(f->o->model->songs, row, &n);
    for (size_t i = 0; i < n; i++)
        if (sg_ids_hold(hidden, credits[i]))
            return true;
    return false;
}

bool sg_filter_allows(const struct sg_filter *f, uint32_t song)
{
    const struct sg_songs *songs = f->o->model->songs;
    const struct sg_song_row *row = sg_songs_row(songs, song);
    if (!row || f->barred[place_of(f, song)] == song || row->released > f->o->now_us / day_us)
        return false;
    if ((f->o->clean && row->is_explicit) || !sg_songs_is_allowed(songs, row, f->o->region))
        return false;
    return !is_of_hidden_artist(f, row) &&
           !(f->o->played && sg_played_holds(f->o->played, row->song_id));
}
