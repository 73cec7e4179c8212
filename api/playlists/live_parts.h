/* live_parts.h - private to live*.c: who looks on, and what they are told. */
#pragma once
#include "api/http/stream.h"
#include "api/playlists/live.h"
#include <pthread.h>

struct playlist_viewer {
    struct sg_playlist_live *live;
    struct playlist_viewer *next;
    struct sg_http_stream *stream;
    uint64_t playlist_id, user_id; /* user_id 0: nobody */
    uint64_t login_id;             /* her session: the stream ends with it */
    uint64_t snapshot_id;          /* the last told */
    bool is_admin, ended;
    bool told;  /* where it begins */
    bool asked; /* whether she may see it: in this round */
    int64_t until_us;
};

struct sg_playlist_live {
    struct sg_api *api;
    pthread_t thread;
    pthread_mutex_t lock; /* of viewers and fresh */
    struct playlist_viewer *viewers;
    bool fresh; /* somebody came: bring her up to date */
    int wake;   /* eventfd */
    atomic_bool stop;
};

/* Tells the playlist's viewers what they have not heard, and ends those who may not see it any
 * longer. On the thread. */
int playlist_live_refresh(struct sg_playlist_live *l, uint64_t playlist_id, struct sg_error *e);
