/* change.c - one change of a person, and looking things up in one: see people.h. */
#include "recsys/people/pack.h"
#include <stdlib.h>

#define HOUR_US   3600000000
#define SECOND_US 1000000
#define DAY_US    86400000000
#define LIST_MAX  50000 /* ids of one list */

/* The first place that is not below id. */
static size_t place_of_id(struct sg_ids ids, uint64_t id)
{
    size_t from = 0, to = ids.n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (ids.v[mid] < id)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

bool sg_ids_hold(struct sg_ids ids, uint64_t id)
{
    size_t at = place_of_id(ids, id);
    return at < ids.n && ids.v[at] == id;
}

static size_t place_of_song(const struct sg_person *p, uint64_t song_id)
{
    size_t from = 0, to = p->n_songs;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (p->songs[mid].song_id < song_id)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

const struct sg_person_song *sg_person_song(const struct sg_person *p, uint64_t song_id)
{
    size_t at = place_of_song(p, song_id);
    return at < p->n_songs && p->songs[at].song_id == song_id ? &p->songs[at] : NULL;
}

bool sg_person_heard(const struct sg_person *p, uint64_t song_id, int64_t heard_days,
                     int64_t now_us)
{
    const struct sg_person_song *s = heard_days > 0 ? sg_person_song(p, song_id) : NULL;
    return s && s->last_us > now_us - heard_days * DAY_US;
}

static void take_out(struct sg_ids *ids, uint64_t id)
{
    uint64_t *v = (uint64_t *)ids->v;
    size_t at = place_of_id(*ids, id);
    if (at == ids->n || v[at] != id)
        return;
    memmove(v + at, v + at + 1, (ids->n - at - 1) * sizeof *v);
    ids->n--;
}

static void put_in(struct sg_ids *ids, uint64_t id)
{
    uint64_t *v = (uint64_t *)ids->v;
    size_t at = place_of_id(*ids, id);
    if ((at < ids->n && v[at] == id) || ids->n >= LIST_MAX)
        return;
    memmove(v + at + 1, v + at, (ids->n - at) * sizeof *v);
    v[at] = id;
    ids->n++;
}

static void out_of_verdicts(struct sg_person *p, uint64_t song_id)
{
    for (int k = SG_PERSON_LIKES; k <= SG_PERSON_NOT_INTERESTED; k++)
        take_out(&p->lists[k], song_id);
}

static void change_list(struct sg_person *p, const struct sg_person_change *c)
{
    if (c->on && c->list <= SG_PERSON_NOT_INTERESTED)
        out_of_verdicts(p, c->id);
    if (c->on)
        put_in(&p->lists[c->list], c->id);
    else
        take_out(&p->lists[c->list], c->id);
}

/* False: it is there already. */
static bool put_play(struct sg_person *p, const struct sg_person_play *x)
{
    struct sg_person_play *v = (struct sg_person_play *)p->plays;
    size_t at = 0;
    while (at < p->n_plays && v[at].at_us / SECOND_US > x->at_us / SECOND_US)
        at++;
    for (size_t i = at; i < p->n_plays && v[i].at_us / SECOND_US == x->at_us / SECOND_US; i++)
        if (v[i].song_id == x->song_id)
            return false;
    memmove(v + at + 1, v + at, (p->n_plays - at) * sizeof *v);
    v[at] = *x;
    if (++p->n_plays > SG_PERSON_PLAYS)
        p->n_plays = SG_PERSON_PLAYS;
    return true;
}

static void count(struct sg_person_song *s, const struct sg_person_play *x)
{
    int64_t hour = (x->at_us + HOUR_US - 1) / HOUR_US * HOUR_US;
    if (hour > s->last_us)
        s->last_us = hour;
    if (sg_play_is_skip(x->played_s))
        s->skips++;
    else
        s->plays++;
}

static void put_song(struct sg_person *p, const struct sg_person_play *x)
{
    struct sg_person_song *v = (struct sg_person_song *)p->songs;
    size_t at = place_of_song(p, x->song_id);
    if (at == p->n_songs || v[at].song_id != x->song_id) {
        memmove(v + at + 1, v + at, (p->n_songs - at) * sizeof *v);
        v[at] = (struct sg_person_song){.song_id = x->song_id};
        p->n_songs++;
    }
    count(&v[at], x);
}

/* The one heard longest ago goes, when there are more than are kept for ever and nobody asks
 * for it any more. */
static void drop_oldest(struct sg_person *p, int64_t heard_days, int64_t now_us)
{
    struct sg_person_song *v = (struct sg_person_song *)p->songs;
    size_t oldest = 0;
    if (p->n_songs <= SG_PERSON_SONGS)
        return;
    for (size_t i = 1; i < p->n_songs; i++)
        if (v[i].last_us < v[oldest].last_us)
            oldest = i;
    if (v[oldest].last_us > now_us - heard_days * DAY_US)
        return;
    memmove(v + oldest, v + oldest + 1, (p->n_songs - oldest - 1) * sizeof *v);
    p->n_songs--;
}

void person_apply(struct sg_person *p, const struct sg_person_change *c, int64_t heard_days,
                  int64_t now_us)
{
    struct sg_person_play x = {c->id, c->at_us < now_us ? c->at_us : now_us, c->played_s};
    switch (c->kind) {
    case SG_CHANGED_PLAY:
        if (x.played_s < -1)
            x.played_s = -1;
        if (put_play(p, &x)) {
            put_song(p, &x);
            drop_oldest(p, heard_days, now_us);
        }
        break;
    case SG_CHANGED_LIST:
        change_list(p, c);
        break;
    case SG_CHANGED_SONG:
        out_of_verdicts(p, c->id);
        break;
    case SG_CHANGED_UNSAID:
        break;
    }
}

static int by_song(const void *a, const void *b)
{
    const struct sg_person_song *x = a, *y = b;
    return (x->song_id > y->song_id) - (x->song_id < y->song_id);
}

int person_take_plays(struct sg_person *p, const struct sg_person_play *v, size_t n,
                      struct sg_arena *a, struct sg_error *e)
{
    struct sg_person_song *songs = sg_arena_array(a, n + 1, sizeof *songs);
    size_t kept = 0;
    if (!songs)
        return sg_fail(e, SG_ENOMEM, "%zu plays of a person", n);
    for (size_t i = 0; i < n; i++) {
        songs[i].song_id = v[i].song_id;
        count(&songs[i], &v[i]);
    }
    if (n)
        qsort(songs, n, sizeof *songs, by_song);
    for (size_t i = 0; i < n; i++) {
        if (!kept || songs[kept - 1].song_id != songs[i].song_id) {
            songs[kept++] = songs[i];
            continue;
        }
        songs[kept - 1].plays += songs[i].plays;
        songs[kept - 1].skips += songs[i].skips;
        if (songs[i].last_us > songs[kept - 1].last_us)
            songs[kept - 1].last_us = songs[i].last_us;
    }
    p->songs = songs;
    p->n_songs = kept;
    p->plays = v;
    p->n_plays = n < SG_PERSON_PLAYS ? n : SG_PERSON_PLAYS;
    return 0;
}
