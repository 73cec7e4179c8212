/* now.c - see now.h. A user has one of the places behind the hash of the id. */
#include "api/plays/now.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define GROUP_BITS 14
#define WAYS       4
#define SLACK_US   30000000 /* a player's next word may be late */
#define UNKNOWN_S  600      /* a song of unknown length lasts no longer */
#define LONGEST_S  86400

struct place {
    struct sg_now_play play; /* user_id 0: free */
    int64_t until_us;
};
struct sg_now {
    pthread_mutex_t lock;
    struct place v[1 << GROUP_BITS][WAYS];
};

struct sg_now *sg_now_open(void)
{
    struct sg_now *n = calloc(1, sizeof *n);
    if (n)
        pthread_mutex_init(&n->lock, NULL);
    return n;
}

void sg_now_close(struct sg_now *n)
{
    if (!n)
        return;
    pthread_mutex_destroy(&n->lock);
    free(n);
}

static struct place *group_of(struct sg_now *n, uint64_t user_id)
{
    return n->v[user_id * 0x9e3779b97f4a7c15u >> (64 - GROUP_BITS)];
}

static struct place *place_of(struct place *group, uint64_t user_id)
{
    for (int i = 0; i < WAYS; i++)
        if (group[i].play.user_id == user_id)
            return &group[i];
    return NULL;
}

static struct place *oldest_of(struct place *group)
{
    struct place *oldest = group;
    for (int i = 1; i < WAYS; i++)
        if (group[i].until_us < oldest->until_us)
            oldest = &group[i];
    return oldest;
}

void sg_now_set(struct sg_now *n, uint64_t user_id, uint64_t song_id, int64_t began_us,
                int64_t left_s)
{
    int64_t now = sg_wall_us();
    int64_t s = left_s <= 0 ? UNKNOWN_S : left_s < LONGEST_S ? left_s : LONGEST_S;
    if (!n || !user_id)
        return;
    pthread_mutex_lock(&n->lock);
    struct place *group = group_of(n, user_id), *p = place_of(group, user_id);
    if (!p)
        p = oldest_of(group);
    bool same = p->play.user_id == user_id && p->play.song_id == song_id;
    if (same && p->play.began_us < began_us)
        began_us = p->play.began_us;
    *p = (struct place){{user_id, song_id, began_us, now}, now + s * 1000000 + SLACK_US};
    pthread_mutex_unlock(&n->lock);
}

void sg_now_end(struct sg_now *n, uint64_t user_id, uint64_t song_id)
{
    if (!n || !user_id)
        return;
    pthread_mutex_lock(&n->lock);
    struct place *p = place_of(group_of(n, user_id), user_id);
    if (p && (!song_id || p->play.song_id == song_id))
        *p = (struct place){0};
    pthread_mutex_unlock(&n->lock);
}

size_t sg_now_find(struct sg_now *n, const uint64_t *users, size_t n_users, struct sg_now_play *out)
{
    int64_t now = sg_wall_us();
    size_t found = 0;
    if (!n)
        return 0;
    pthread_mutex_lock(&n->lock);
    for (size_t i = 0; i < n_users; i++) {
        const struct place *p = users[i] ? place_of(group_of(n, users[i]), users[i]) : NULL;
        if (p && p->until_us > now)
            out[found++] = p->play;
    }
    pthread_mutex_unlock(&n->lock);
    return found;
}
