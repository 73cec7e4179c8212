/* imports.c - see imports.h. */
#include "api/playlists/imports.h"
#include <pthread.h>

#define TOGETHER_MAX 256 /* a quarter of as many workers as can be configured */

static struct {
    pthread_mutex_t lock;
    uint64_t users[TOGETHER_MAX];
    size_t n;
} under_way = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t find(uint64_t user_id)
{
    size_t i = 0;
    while (i < under_way.n && under_way.users[i] != user_id)
        i++;
    return i;
}

int playlist_import_begin(uint64_t user_id, int64_t workers, struct sg_error *e)
{
    size_t most = workers < 8 ? 1 : (size_t)workers / 4;
    int rc = 0;
    most = most < TOGETHER_MAX ? most : TOGETHER_MAX;
    pthread_mutex_lock(&under_way.lock);
    if (find(user_id) < under_way.n)
        rc = sg_fail(e, SG_ERATE, "another of your imports is under way: wait for its end");
    else if (under_way.n >= most)
        rc = sg_fail(e, SG_EBUSY, "others import right now: try again in a while");
    else
        under_way.users[under_way.n++] = user_id;
    pthread_mutex_unlock(&under_way.lock);
    return rc;
}

void playlist_import_end(uint64_t user_id)
{
    pthread_mutex_lock(&under_way.lock);
    size_t at = find(user_id);
    if (at < under_way.n)
        under_way.users[at] = under_way.users[--under_way.n];
    pthread_mutex_unlock(&under_way.lock);
}
