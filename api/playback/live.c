/* live.c - see live.h. One table by open addressing, at most half full. */
#include "api/playback/live.h"
#include "api/playback/parts.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdlib.h>

enum { LEAST = 256, MOST = 1 << 20 };

struct playback_live {
    pthread_mutex_t lock; /* guards all below */
    struct playback_entry *v;
    size_t cap, n, taken; /* cap: a power of two; taken: where the last take ended */
    int64_t silent_us, ended_us;
};

struct playback_live *playback_live_open(int64_t silent_us, int64_t ended_us)
{
    struct playback_live *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    *l = (struct playback_live){.silent_us = silent_us, .ended_us = ended_us, .cap = LEAST};
    l->v = calloc(l->cap, sizeof *l->v);
    pthread_mutex_init(&l->lock, NULL);
    if (!l->v) {
        free(l);
        return NULL;
    }
    return l;
}

void playback_live_close(struct playback_live *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l->v);
    free(l);
}

static struct playback_entry *place_of(struct playback_entry *v, size_t cap, uint64_t id)
{
    size_t i = (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & (cap - 1);
    while (v[i].playback_id && v[i].playback_id != id)
        i = (i + 1) & (cap - 1);
    return &v[i];
}

static struct playback_entry *find(struct playback_live *l, uint64_t id)
{
    struct playback_entry *x = id ? place_of(l->v, l->cap, id) : NULL;
    return x && x->playback_id ? x : NULL;
}

static bool is_over(const struct playback_live *l, const struct playback_entry *x, int64_t now)
{
    return x->ended_us ? x->ended_us < now
                       : x->heard_us + l->silent_us < now && !x->fresh && !x->changed;
}

/* Into a table with room for as many again, without what is over. False: no memory. */
static bool move(struct playback_live *l)
{
    int64_t now = sg_wall_us();
    size_t left = 0, cap = LEAST;
    for (size_t i = 0; i < l->cap; i++)
        left += l->v[i].playback_id && !is_over(l, &l->v[i], now);
    while (cap < 4 * (left + 1))
        cap *= 2;
    struct playback_entry *to = calloc(cap, sizeof *to);
    if (!to)
        return false;
    for (size_t i = 0; i < l->cap; i++)
        if (l->v[i].playback_id && !is_over(l, &l->v[i], now))
            *place_of(to, cap, l->v[i].playback_id) = l->v[i];
    free(l->v);
    l->v = to;
    l->cap = cap;
    l->n = left;
    l->taken = 0;
    return true;
}

/* NULL: no memory, or as many as there may be. */
static struct playback_entry *find_or_add(struct playback_live *l, uint64_t id)
{
    struct playback_entry *x = find(l, id);
    if (x || !id)
        return x;
    if (2 * (l->n + 1) > l->cap && (!move(l) || l->n >= MOST))
        return NULL;
    x = place_of(l->v, l->cap, id);
    *x = (struct playback_entry){.playback_id = id};
    l->n++;
    return x;
}

static void keep_word(struct playback_entry *x, const struct playback_entry *was)
{
    x->song_id = was->song_id;
    x->state = was->state;
    x->position_ms = was->position_ms;
    x->told_us = was->told_us;
    x->fresh |= was->fresh;
    x->changed |= was->changed;
}

void playback_live_put(struct sg_playback *p, const struct playback_entry *e)
{
    struct playback_live *l = p->live;
    pthread_mutex_lock(&l->lock);
    struct playback_entry *x = find_or_add(l, e->playback_id);
    if (x && !x->ended_us) {
        struct playback_entry was = *x;
        *x = *e;
        if (was.user_id == e->user_id && was.told_us > e->told_us)
            keep_word(x, &was);
    }
    pthread_mutex_unlock(&l->lock);
}

bool playback_live_find(struct sg_playback *p, uint64_t playback_id, struct playback_entry *out)
{
    struct playback_live *l = p->live;
    pthread_mutex_lock(&l->lock);
    const struct playback_entry *x = find(l, playback_id);
    if (x)
        *out = *x;
    pthread_mutex_unlock(&l->lock);
    return x != NULL;
}

void playback_live_heard(struct sg_playback *p, uint64_t playback_id, uint64_t user_id)
{
    struct playback_live *l = p->live;
    (void)user_id;
    if (sg_media_is_of_device(playback_id))
        return;
    pthread_mutex_lock(&l->lock);
    struct playback_entry *x = find_or_add(l, playback_id);
    if (x)
        x->heard_us = sg_wall_us();
    pthread_mutex_unlock(&l->lock);
}

/* Whether it is the device of this object; one that is spelled otherwise there is another one. */
static bool names(struct sg_str json, const char *device_id)
{
    static const char name[] = "\"device_id\": \"";
    const char *at = memmem(json.p, json.n, name, sizeof name - 1);
    size_t n = strlen(device_id);
    at = at ? at + sizeof name - 1 : NULL;
    return at && (size_t)(json.p + json.n - at) > n && memcmp(at, device_id, n) == 0 &&
           at[n] == '"';
}

enum playback_told playback_live_tell(struct sg_playback *p, uint64_t playback_id,
                                      const struct playback_word *w)
{
    struct playback_live *l = p->live;
    enum playback_told told = PLAYBACK_UNKNOWN;
    pthread_mutex_lock(&l->lock);
    struct playback_entry *x = find(l, playback_id);
    if (x && x->user_id == w->user_id && !x->ended_us)
        told = w->device_id.p && !sg_str_eq(w->device_id, sg_str(x->device_id)) ? PLAYBACK_ELSEWHERE
                                                                                : PLAYBACK_TOLD;
    if (told == PLAYBACK_TOLD) {
        x->changed |= x->state != w->state || (w->song_id && x->song_id != w->song_id);
        x->state = w->state;
        x->position_ms = w->position_ms;
        x->song_id = w->song_id ? w->song_id : x->song_id;
        x->heard_us = x->told_us = sg_wall_us();
        x->fresh = true;
    }
    pthread_mutex_unlock(&l->lock);
    return told;
}

void playback_live_moved(struct sg_playback *p, uint64_t playback_id, struct sg_str json)
{
    struct playback_live *l = p->live;
    pthread_mutex_lock(&l->lock);
    struct playback_entry *x = find(l, playback_id);
    if (x && x->user_id && !x->ended_us && !names(json, x->device_id)) {
        x->user_id = 0;
        x->fresh = x->changed = false;
    }
    pthread_mutex_unlock(&l->lock);
}

void playback_live_end(struct sg_playback *p, uint64_t playback_id)
{
    struct playback_live *l = p->live;
    pthread_mutex_lock(&l->lock);
    struct playback_entry *x = find_or_add(l, playback_id);
    if (x) {
        x->ended_us = sg_wall_us() + l->ended_us;
        x->fresh = x->changed = false;
    }
    pthread_mutex_unlock(&l->lock);
}

bool playback_live_ended(struct sg_playback *p, uint64_t playback_id)
{
    struct playback_live *l = p->live;
    pthread_mutex_lock(&l->lock);
    const struct playback_entry *x = find(l, playback_id);
    bool ended = x && x->ended_us;
    pthread_mutex_unlock(&l->lock);
    return ended;
}

/* What only touches heard_us is written when half of the silence has passed since. */
static bool is_news(const struct playback_live *l, const struct playback_entry *x)
{
    return x->playback_id && !x->ended_us &&
           (x->fresh || x->changed || x->heard_us - x->written_us > l->silent_us / 4);
}

size_t playback_live_take(struct sg_playback *p, struct playback_entry *out, size_t max)
{
    struct playback_live *l = p->live;
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->cap && n < max; i++) {
        struct playback_entry *x = &l->v[(l->taken + i) & (l->cap - 1)];
        if (!is_news(l, x))
            continue;
        out[n++] = *x;
        x->written_us = x->heard_us;
        x->fresh = x->changed = false;
        if (n == max)
            l->taken = (l->taken + i + 1) & (l->cap - 1);
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}

void playback_live_give_back(struct sg_playback *p, const struct playback_entry *v, size_t n)
{
    struct playback_live *l = p->live;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < n; i++) {
        struct playback_entry *x = find(l, v[i].playback_id);
        if (!x || x->ended_us)
            continue;
        x->fresh |= v[i].fresh;
        x->changed |= v[i].changed;
        x->written_us = v[i].written_us;
    }
    pthread_mutex_unlock(&l->lock);
}

size_t playback_live_tidy(struct sg_playback *p)
{
    struct playback_live *l = p->live;
    int64_t now = sg_wall_us();
    size_t over = 0, playing = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->cap; i++) {
        const struct playback_entry *x = &l->v[i];
        bool gone = x->playback_id && is_over(l, x, now);
        over += gone;
        playing += x->playback_id && !gone && !x->ended_us && x->heard_us + l->silent_us >= now &&
                   x->state == PLAYBACK_PLAYING;
    }
    if (over > l->n / 4)
        move(l);
    pthread_mutex_unlock(&l->lock);
    return playing;
}
