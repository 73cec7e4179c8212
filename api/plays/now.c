/* now.c - see now.h. A user has one of the places behind the hash of the id; a bit for each
 * such group says whether it may have news, so that looking for them costs little. */
#include "api/plays/now.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdlib.h>

#define GROUP_BITS 14
#define WAYS       4
#define WORDS      ((1 << GROUP_BITS) / 64)
#define SLACK_US   30000000 /* a player's next word may be late */
#define UNKNOWN_S  600      /* a song of unknown length lasts no longer */
#define LONGEST_S  86400
#define PAUSE_US   3000000  /* between two news of one user */
#define AHEAD_US   60000000 /* before others think that it has ended they are told again */

struct place {
    struct sg_now_play play; /* user_id 0: free */
    int64_t until_us;        /* 0: ended */
    uint64_t told_song;      /* what others believe, */
    int64_t told_until_us;   /* how long, */
    int64_t told_us;         /* and since when; monotonic */
    bool is_ours, is_news;
};
struct sg_now {
    pthread_mutex_t lock;
    bool others;
    size_t next; /* word of news to look at first */
    uint64_t news[WORDS];
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

static size_t group_of(uint64_t user_id)
{
    return user_id * 0x9e3779b97f4a7c15u >> (64 - GROUP_BITS);
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

/* The user's place, or one that is the user's from now on. */
static struct place *take_place(struct sg_now *n, uint64_t user_id)
{
    struct place *group = n->v[group_of(user_id)], *p = place_of(group, user_id);
    if (p)
        return p;
    p = oldest_of(group);
    *p = (struct place){.play.user_id = user_id};
    return p;
}

static void put_news(struct sg_now *n, struct place *p, bool is_news)
{
    size_t group = group_of(p->play.user_id);
    p->is_news = n->others && is_news;
    if (p->is_news)
        n->news[group / 64] |= UINT64_C(1) << group % 64;
}

void sg_now_set(struct sg_now *n, uint64_t user_id, uint64_t song_id, int64_t began_us,
                int64_t left_s)
{
    int64_t now = sg_wall_us();
    int64_t s = left_s <= 0 ? UNKNOWN_S : left_s < LONGEST_S ? left_s : LONGEST_S;
    if (!n || !user_id)
        return;
    pthread_mutex_lock(&n->lock);
    struct place *p = take_place(n, user_id);
    if (p->until_us > now && p->play.song_id == song_id && p->play.began_us < began_us)
        began_us = p->play.began_us;
    p->play = (struct sg_now_play){user_id, song_id, began_us, now};
    p->until_us = now + s * 1000000 + SLACK_US;
    p->is_ours = true;
    put_news(n, p, p->told_song != song_id || p->told_until_us < now + AHEAD_US);
    pthread_mutex_unlock(&n->lock);
}

void sg_now_end(struct sg_now *n, uint64_t user_id, uint64_t song_id)
{
    int64_t now = sg_wall_us();
    if (!n || !user_id)
        return;
    pthread_mutex_lock(&n->lock);
    struct place *p = place_of(n->v[group_of(user_id)], user_id);
    if (p && p->until_us && (!song_id || p->play.song_id == song_id)) {
        p->play.heard_us = now;
        p->until_us = 0;
        put_news(n, p, p->told_until_us > now);
    }
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
        const struct place *p = users[i] ? place_of(n->v[group_of(users[i])], users[i]) : NULL;
        if (p && p->until_us > now)
            out[found++] = p->play;
    }
    pthread_mutex_unlock(&n->lock);
    return found;
}

void sg_now_share(struct sg_now *n, bool others, bool anew)
{
    int64_t now = sg_wall_us();
    if (!n)
        return;
    pthread_mutex_lock(&n->lock);
    n->others = others;
    for (size_t g = 0; others && anew && g < 1 << GROUP_BITS; g++)
        for (struct place *p = n->v[g]; p < n->v[g] + WAYS; p++)
            if (p->is_ours && p->until_us > now)
                put_news(n, p, true);
    pthread_mutex_unlock(&n->lock);
}

/* Others know a song only as the one they were told: that is the one that ended. */
static struct sg_now_news tell(struct place *p)
{
    struct sg_now_news x = {p->play, p->until_us};
    if (!p->until_us)
        x.play.song_id = p->told_song;
    p->told_song = p->until_us ? p->play.song_id : 0;
    p->told_until_us = p->until_us;
    p->told_us = sg_now_us();
    p->is_news = false;
    return x;
}

/* The bit stays while somebody of the group has to wait. */
static size_t take_group(struct sg_now *n, size_t group, struct sg_now_news *out, size_t room)
{
    int64_t now = sg_now_us();
    size_t taken = 0;
    bool left = false;
    for (struct place *p = n->v[group]; p < n->v[group] + WAYS; p++) {
        bool may = p->is_news && (!p->told_us || now - p->told_us >= PAUSE_US) && taken < room;
        left = left || (p->is_news && !may);
        if (may)
            out[taken++] = tell(p);
    }
    if (!left)
        n->news[group / 64] &= ~(UINT64_C(1) << group % 64);
    return taken;
}

size_t sg_now_take_news(struct sg_now *n, struct sg_now_news *out, size_t cap)
{
    size_t taken = 0;
    if (!n)
        return 0;
    pthread_mutex_lock(&n->lock);
    for (size_t i = 0; i < WORDS && taken < cap; i++) {
        size_t word = n->next;
        for (uint64_t bits = n->news[word]; bits && taken < cap; bits &= bits - 1)
            taken +=
                take_group(n, word * 64 + (size_t)__builtin_ctzll(bits), out + taken, cap - taken);
        if (taken < cap)
            n->next = (word + 1) % WORDS;
    }
    pthread_mutex_unlock(&n->lock);
    return taken;
}

void sg_now_hear(struct sg_now *n, const struct sg_now_news *x)
{
    int64_t now = sg_wall_us(), last = now + (int64_t)LONGEST_S * 1000000 + SLACK_US;
    uint64_t user_id = x->play.user_id;
    if (!n || !user_id)
        return;
    pthread_mutex_lock(&n->lock);
    struct place *p = place_of(n->v[group_of(user_id)], user_id);
    bool later = !p || p->play.heard_us <= x->play.heard_us;
    if (!x->until_us) {
        if (p && later && p->play.song_id == x->play.song_id) {
            p->until_us = 0;
            p->is_news = false;
        }
    } else if (later && x->until_us > now) {
        p = take_place(n, user_id);
        p->play = x->play;
        p->until_us = x->until_us < last ? x->until_us : last;
        p->told_song = x->play.song_id;
        p->told_until_us = p->until_us;
        p->is_ours = p->is_news = false;
    }
    pthread_mutex_unlock(&n->lock);
}
