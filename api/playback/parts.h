/* parts.h - the inside of api/playback; private to it. */
#pragma once
#include "api/http/stream.h"
#include "api/params.h"
#include "api/playback/live.h"
#include "core/metrics.h"
#include <pthread.h>
#include <stdatomic.h>

/* One who listens to events. */
struct playback_viewer {
    struct sg_playback *all;
    struct playback_viewer *next;
    struct sg_http_stream *stream;
    uint64_t user_id, login_id;
    int64_t until_us;
    bool ended;
};

struct sg_playback {
    struct sg_api *api;
    struct sg_media_keys *keys;
    struct playback_live *live;
    struct sg_metric *streamed, *active;
    pthread_t thread;
    bool has_thread;
    int wake; /* eventfd */
    atomic_bool stop;
    pthread_mutex_t lock; /* of viewers */
    struct playback_viewer *viewers;
};

extern const struct sg_param sg_stream_params[];

/* follow.c */
void *playback_follow(void *playback);
/* events.c: to the user's devices that listen here. */
void playback_publish(struct sg_playback *p, uint64_t user_id, struct sg_str event,
                      struct sg_str data);
void playback_end_viewers(struct sg_playback *p); /* those whose time or login is over */

/* begin.c: a stream of the caller begins. */
struct playback_wish {
    uint64_t song_id;
    struct sg_str device_id, device;
    const uint64_t *queue; /* NULL: as it was */
    size_t n_queue;
    bool take_over;
};
/* device_id: the login when it has none. SG_ECONFLICT of the kind "too-many-streams", naming the
 * devices. While the database is away it begins without being counted. */
int playback_begin(struct sg_api *api, struct sg_http_request *q, const struct playback_wish *w,
                   struct playback_entry *out, struct sg_error *e);
/* Names of devices hold no NUL, which PostgreSQL has none of: SG_EINVAL. */
int playback_device_check(struct sg_str device_id, struct sg_str device, struct sg_error *e);
