/* publish.c - see publish.h.
 *
 *   f/master.m3u8, f/manifest.mpd    what is for everybody
 *   master.m3u8                      all; of what is encrypted only AES-128, for players without
 * EME manifest.mpd                     all f/aac64.m3u8 ...                 one a file
 */
#include "audio/package/publish.h"
#include <stdio.h>

#define HLS_TYPE  "application/vnd.apple.mpegurl"
#define DASH_TYPE "application/dash+xml"

/* Tracks of the four manifests. */
struct shelf {
    struct sg_track tracks[SG_RENDITIONS + 1];
    size_t n;
};

static void shelve(struct shelf *s, struct sg_track t)
{
    s->tracks[s->n++] = t;
}

static int put(struct sg_tree *tree, const char *path, const char *type, struct sg_buf *b,
               struct sg_error *e)
{
    int rc = sg_buf_failed(b) ? sg_fail(e, SG_ENOMEM, "%s", path)
                              : sg_tree_put(tree, path, type, sg_buf_str(b), e);
    sg_buf_free(b);
    return rc;
}

static int put_playlists(struct sg_tree *tree, const struct shelf *s, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; i < s->n && !rc; i++) {
        struct sg_buf b = {0};
        bool encrypted = !s->tracks[i].facts->index_bytes;
        sg_hls_media(&b, &s->tracks[i], encrypted ? "key" : NULL);
        rc = put(tree, s->tracks[i].playlist, HLS_TYPE, &b, e);
    }
    return rc;
}

static int put_master(struct sg_tree *tree, const struct shelf *s, const char *folder,
                      struct sg_error *e)
{
    if (!s->n)
        return 0;
    char path[32];
    struct sg_buf b = {0};
    sg_hls_master(&b, s->tracks, s->n, folder);
    snprintf(path, sizeof path, "%smaster.m3u8", folder);
    return put(tree, path, HLS_TYPE, &b, e);
}

static int put_dash(struct sg_tree *tree, const struct shelf *s, const char *folder,
                    int64_t duration, int rate, struct sg_error *e)
{
    if (!s->n)
        return 0;
    char path[32];
    struct sg_buf b = {0};
    sg_dash(&b, s->tracks, s->n, folder, duration, rate);
    snprintf(path, sizeof path, "%smanifest.mpd", folder);
    return put(tree, path, DASH_TYPE, &b, e);
}

int sg_publish(struct sg_tree *tree, const struct sg_stream *streams, size_t n,
               const struct sg_package_job *job, int64_t duration, int rate, struct sg_error *e)
{
    struct shelf everybody = {.n = 0}, hls = {.n = 0}, dash = {.n = 0};
    for (size_t i = 0; i < n; i++) {
        const struct sg_stream *s = &streams[i];
        if (!s->cmaf)
            continue;
        struct sg_track t = sg_stream_track(s, job);
        if (!s->rendition->premium)
            shelve(&everybody, t);
        if (!s->cenc)
            shelve(&hls, t);
        else if (*s->fallback_path)
            shelve(&hls, sg_stream_fallback(s));
        shelve(&dash, t);
    }
    int rc = put_playlists(tree, &hls, e);
    if (!rc)
        rc = put_master(tree, &everybody, "f/", e);
    if (!rc)
        rc = put_dash(tree, &everybody, "f/", duration, rate, e);
    if (!rc)
        rc = put_master(tree, &hls, "", e);
    return rc ? rc : put_dash(tree, &dash, "", duration, rate, e);
}
