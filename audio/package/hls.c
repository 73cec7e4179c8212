/* hls.c - playlists, see manifest.h. */
#include "audio/package/manifest.h"

static double seconds(const struct sg_track *t, uint64_t samples)
{
    return (double)samples / t->sample_rate;
}

static uint32_t whole(double rate)
{
    return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

static double target(const struct sg_track *t)
{
    uint32_t most = 0;
    for (size_t i = 0; i < t->facts->n; i++)
        most = t->facts->segments[i].samples > most ? t->facts->segments[i].samples : most;
    double s = (double)(int64_t)(seconds(t, most) + 0.5);
    return s < 1 ? 1 : s;
}

uint32_t sg_track_average(const struct sg_track *t)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < t->facts->n; i++)
        bytes += t->facts->segments[i].bytes;
    return whole((double)bytes * 8 / seconds(t, (uint64_t)t->facts->samples) + 0.5);
}

uint32_t sg_track_peak(const struct sg_track *t)
{
    double length = target(t), peak = sg_track_average(t);
    for (size_t i = 0; i < t->facts->n; i++) {
        uint64_t bytes = 0, samples = 0;
        for (size_t j = i; j < t->facts->n && j < i + 3; j++) {
            bytes += t->facts->segments[j].bytes;
            samples += t->facts->segments[j].samples;
            double s = seconds(t, samples), rate = (double)bytes * 8 / s;
            if (s >= length * 0.5 && s <= length * 1.5 && rate > peak)
                peak = rate;
        }
    }
    return whole(peak + 0.999);
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void sg_hls_media(struct sg_buf *b, const struct sg_track *t, const char *key)
{
    const char *file = base(t->path);
    sg_buf_printf(b,
                  "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%.0f\n"
                  "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
                  "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%u@0\"\n",
                  target(t), file, t->facts->init_bytes);
    if (key) /* behind the map: which is clear */
        sg_buf_printf(b, "#EXT-X-KEY:METHOD=AES-128,URI=\"%s\"\n", key);
    for (size_t i = 0; i < t->facts->n; i++) {
        const struct sg_segment *s = &t->facts->segments[i];
        sg_buf_printf(b, "#EXTINF:%.6f,\n#EXT-X-BYTERANGE:%u@%llu\n%s\n", seconds(t, s->samples),
                      s->bytes, (unsigned long long)s->from, file);
    }
    sg_buf_puts(b, "#EXT-X-ENDLIST\n");
}

void sg_hls_master(struct sg_buf *b, const struct sg_track *tracks, size_t n, const char *folder)
{
    sg_buf_puts(b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (size_t i = 0; i < n; i++)
        sg_buf_printf(b, "#EXT-X-STREAM-INF:BANDWIDTH=%u,AVERAGE-BANDWIDTH=%u,CODECS=\"%s\"\n%s\n",
                      sg_track_peak(&tracks[i]), sg_track_average(&tracks[i]),
                      sg_codec_string(tracks[i].rendition->codec),
                      tracks[i].playlist + strlen(folder));
}
