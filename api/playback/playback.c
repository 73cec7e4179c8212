/* playback.c - see playback.h: its parts, opened and closed. */
#include "api/playback/playback.h"
#include "api/playback/parts.h"
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int start(struct sg_playback *p, struct sg_error *e)
{
    const struct sg_config *c = p->api->config;
    int rc = sg_media_keys_open(&p->keys, c, e);
    if (rc)
        return rc;
    p->live = playback_live_open(3 * c->playback.heartbeat_s * 1000000,
                                 (c->playback.url_s + 60) * 1000000);
    if (!p->live || p->wake < 0)
        return sg_fail(e, SG_ENOMEM, "playback");
    p->has_thread = pthread_create(&p->thread, NULL, playback_follow, p) == 0;
    return p->has_thread ? 0 : sg_fail(e, SG_EIO, "playback: no thread");
}

int sg_playback_open(struct sg_playback **out, struct sg_api *api, struct sg_error *e)
{
    struct sg_playback *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "playback");
    p->api = api;
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&p->lock, NULL);
    p->streamed = sg_metric_new(SG_COUNTER, "segue_songs_streamed_total",
                                "Songs whose addresses were asked for", "quality");
    p->active = sg_metric_new(SG_GAUGE, "segue_active_streams",
                              "Streams that this process has heard of and that play", NULL);
    int rc = start(p, e);
    if (rc)
        sg_playback_close(p);
    else
        *out = p;
    return rc;
}

void sg_playback_close(struct sg_playback *p)
{
    uint64_t one = 1;
    if (!p)
        return;
    p->stop = true;
    if (p->has_thread && write(p->wake, &one, sizeof one) > 0)
        pthread_join(p->thread, NULL);
    playback_live_close(p->live);
    sg_media_keys_close(p->keys);
    if (p->wake >= 0)
        close(p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void sg_playback_revoke(struct sg_playback *p, uint64_t playback_id)
{
    playback_live_end(p, playback_id);
}

struct sg_media_keys *sg_playback_keys(struct sg_playback *p)
{
    return p->keys;
}
