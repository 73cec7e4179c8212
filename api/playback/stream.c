/* stream.c - GET /api/v1/songs/{song_id}/stream: which rendition, and the addresses signed for it.
 */
#include "api/catalogue/read.h"
#include "api/params.h"
#include "api/playback/asset.h"
#include "api/playback/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/instant.h"
#include "core/uuid.h"
#include "schemas/audio.h"
#include "schemas/search.h"

#define REPLAY_GAIN_LUFS (-18.0) /* ReplayGain 2.0's reference */

enum quality { LOW, NORMAL, HIGH, LOSSLESS };
static const char *const names[] = {"low", "normal", "high", "lossless"};
static const uint64_t most_bits[] = {64000, 128000, 320000, UINT64_MAX / 2};

struct choice {
    enum quality quality;
    bool capped, premium;
    const struct sg_asset_file *file;
};

static enum quality quality_of(struct sg_str name)
{
    enum quality q = LOSSLESS;
    while (q > LOW && !sg_str_eq(name, sg_str(names[q])))
        q--;
    return name.p ? q : NORMAL;
}

/* Of lossy renditions as they are called, f/aac128.mp4, whatever the encoder made of it; of others
 * as measured. Bits a second. */
static uint64_t rate_of(const struct sg_asset_file *f)
{
    size_t i = f->path.n, digits;
    uint64_t kbits = 0;
    while (i && f->path.p[i - 1] != '/')
        i--;
    while (i < f->path.n && f->path.p[i] >= 'a' && f->path.p[i] <= 'z')
        i++;
    for (digits = 0; i + digits < f->path.n && digits < 4; digits++)
        if (f->path.p[i + digits] < '0' || f->path.p[i + digits] > '9')
            break;
    return sg_str_to_u64((struct sg_str){f->path.p + i, digits}, &kbits) ? kbits * 1000
                                                                         : f->bitrate;
}

static bool holds(struct sg_str s, const char *part)
{
    return s.n && memmem(s.p, s.n, part, strlen(part));
}

/* The best of this codec that is not above the quality, else the smallest. NULL: there is none that
 * may be had. */
static const struct sg_asset_file *best(const struct sg_asset *a, struct sg_str codec,
                                        const struct choice *c)
{
    const struct sg_asset_file *v = a->files.v, *found = NULL;
    uint64_t most = most_bits[c->quality];
    for (size_t i = 0; i < a->files.n; i++) {
        const struct sg_asset_file *f = &v[i];
        if (!sg_str_eq(f->codec, codec) || holds(f->path, ".hls.") ||
            (!c->premium && !sg_str_starts(f->path, SG_STR("f/"))))
            continue;
        uint64_t rate = rate_of(f), best_rate = found ? rate_of(found) : 0;
        if (!found || (rate <= most ? best_rate > most || rate > best_rate
                                    : best_rate > most && rate < best_rate))
            found = f;
    }
    return found;
}

static int choose(const struct sg_asset *a, const struct sg_stream_request *in, bool premium,
                  struct choice *out, struct sg_error *e)
{
    struct sg_str flac = SG_STR("flac"), aac = SG_STR("aac"), codec = in->format;
    *out = (struct choice){.quality = quality_of(in->quality), .premium = premium};
    if (sg_str_eq(codec, flac))
        out->quality = LOSSLESS;
    if (!premium && out->quality > NORMAL) {
        out->quality = NORMAL;
        out->capped = true;
    }
    if (!codec.p || (sg_str_eq(codec, flac) && out->quality != LOSSLESS))
        codec = out->quality == LOSSLESS ? flac : aac;
    out->file = best(a, codec, out);
    if (!out->file)
        out->file = best(a, aac, out);
    return out->file
               ? 0
               : sg_fail_kind(e, SG_ENOENT, "no-audio-yet", "the song has no such rendition yet");
}

struct addresses {
    struct sg_http_request *q;
    const struct sg_asset *asset;
    struct sg_str base;
};

/* NONE: the asset has no such file. */
static struct sg_str address(const struct addresses *x, struct sg_str path)
{
    return sg_asset_file(x->asset, path)
               ? sg_arena_printf(x->q->arena, "%.*s%.*s", SG_FMT(x->base), SG_FMT(path))
               : SG_STR_NONE;
}

/* Of all of the asset where that is allowed, else of what everybody may have. */
static struct sg_str wide_address(const struct addresses *x, bool premium, struct sg_str whole,
                                  struct sg_str part)
{
    struct sg_str s = premium ? address(x, whole) : SG_STR_NONE;
    return s.p ? s : address(x, part);
}

/* As it was made; of those from before that was noted, as they would be made now. */
static struct sg_str protection_of(struct sg_api *api, const struct sg_asset *a)
{
    const struct sg_asset_file *v = a->files.v;
    if (a->protection.p)
        return a->protection;
    for (size_t i = 0; i < a->files.n; i++)
        if (sg_asset_is_protected(a, &v[i]))
            return api->config->playback.protect == 2 ? SG_STR("cbcs") : SG_STR("cenc");
    return SG_STR("none");
}

static void fill_addresses(struct sg_api *api, const struct addresses *x, const struct choice *c,
                           struct sg_stream_reply *out)
{
    bool locked = !sg_str_eq(out->protection, SG_STR("none"));
    out->stream_url = address(x, c->file->path);
    out->manifest_url =
        wide_address(x, c->premium, SG_STR("manifest.mpd"), SG_STR("f/manifest.mpd"));
    out->hls_url = wide_address(x, c->premium, SG_STR("master.m3u8"), SG_STR("f/master.m3u8"));
    if (c->premium && locked)
        out->hls_fallback_url = address(x, SG_STR("p/hls.m3u8"));
    out->waveform_url = address(x, SG_STR("f/waveform.json"));
    if (c->premium && locked)
        out->licence_url = SG_STR("/api/v1/licences/clearkey");
    (void)api;
}

/* Of more than two channels lossy renditions are a downmix, quieter than FLAC. */
static void fill_loudness(const struct sg_asset *a, const struct sg_asset_file *f,
                          struct sg_stream_reply *out)
{
    bool mixed = a->true_peak_stereo > SG_AUDIO_UNTOLD && !sg_str_eq(f->codec, SG_STR("flac"));
    out->loudness = mixed ? a->loudness_stereo : a->loudness;
    out->true_peak = mixed ? a->true_peak_stereo : a->true_peak;
    if (out->loudness > SG_AUDIO_UNTOLD)
        out->replay_gain = REPLAY_GAIN_LUFS - out->loudness;
}

static void fill(struct sg_api *api, const struct sg_asset *a, const struct choice *c,
                 const struct sg_hit *song, struct sg_stream_reply *out)
{
    sg_record_init(&sg_stream_reply_record, out);
    out->song_id = song->song_id;
    out->title = song->title;
    out->artist = song->artist ? song->artist->name : SG_STR("");
    out->duration = (a->duration_ms + 500) / 1000;
    out->bitrate = (int64_t)(rate_of(c->file) + 500) / 1000;
    out->format = c->file->codec;
    out->quality = sg_str(names[c->quality]);
    out->capped = c->capped;
    out->duration_ms = a->duration_ms;
    out->bytes = c->file->bytes;
    out->protection = protection_of(api, a);
    fill_loudness(a, c->file, out);
    out->gapless = holds(c->file->content_type, "mp4")   ? SG_STR("edit-list")
                   : holds(c->file->content_type, "ogg") ? SG_STR("pre-skip")
                                                         : SG_STR_NONE;
    out->heartbeat_s = api->config->playback.heartbeat_s;
}

int64_t sg_media_expiry(const struct sg_api *api, const struct sg_caller *who)
{
    int64_t at = sg_wall_us() / 1000000 + api->config->playback.url_s;
    return who->subscription_until_s && who->subscription_until_s < at ? who->subscription_until_s
                                                                       : at;
}

static int sign(struct sg_api *api, struct sg_http_request *q, const unsigned char id[16],
                const struct sg_asset *a, const struct choice *c, const struct playback_entry *x,
                struct sg_stream_reply *out, struct sg_error *e)
{
    char text[SG_MEDIA_TOKEN_CHARS + 1], uuid[SG_UUID_CHARS + 1];
    struct sg_media_token t = {.user_id = q->caller.user_id,
                               .session_id = q->caller.session_id,
                               .playback_id = x->playback_id,
                               .expires_s = sg_media_expiry(api, &q->caller),
                               .premium = c->premium,
                               .preview = !sg_asset_is_out(a)};
    sg_uuid_text(id, uuid);
    sg_media_sign(sg_playback_keys(api->playback), &t, id, text);
    struct addresses addresses = {q, a,
                                  sg_arena_printf(q->arena, "%s/media/%s/audio/%s/",
                                                  api->config->playback.public_url, text, uuid)};
    fill_addresses(api, &addresses, c, out);
    out->asset_id = sg_arena_copy(q->arena, sg_str(uuid));
    out->expires_at = sg_instant_str(q->arena, t.expires_s * 1000000);
    out->session_id = x->playback_id;
    return out->stream_url.p && out->asset_id.p && out->expires_at.p
               ? 0
               : sg_fail(e, SG_ENOMEM, "an address");
}

static int find_song(struct sg_api *api, struct sg_http_request *q, struct sg_hit *out,
                     struct sg_error *e)
{
    struct sg_list hits;
    uint64_t song_id = sg_route_id(q, 0);
    int rc = sg_songs_read(api, q, &song_id, 1, &hits, e);
    if (!rc && !hits.n)
        rc = sg_fail(e, SG_ENOENT, "there is no song %llu", (unsigned long long)song_id);
    if (!rc)
        *out = *(struct sg_hit *)hits.v;
    return rc;
}

static int answer(struct sg_api *api, struct sg_http_request *q, struct sg_stream_reply *out,
                  struct sg_error *e)
{
    struct sg_stream_request in = {0};
    struct sg_hit song = {0};
    struct sg_asset a;
    struct choice c;
    struct playback_entry x;
    unsigned char id[16];
    int rc = sg_params_read(q, sg_stream_params, &sg_stream_request_record, &in, e);
    if (!rc)
        rc = find_song(api, q, &song, e);
    if (!rc)
        rc = sg_asset_of_song(api, q, song.song_id, id, e);
    if (!rc)
        rc = sg_asset_read(api, q, id, false, &a, e);
    if (!rc)
        rc = choose(&a, &in, q->caller.subscription == SG_PREMIUM, &c, e);
    struct playback_wish w = {song.song_id, in.device_id, in.device, NULL, 0, in.take_over};
    if (!rc)
        rc = playback_begin(api, q, &w, &x, e);
    if (!rc)
        fill(api, &a, &c, &song, out);
    return rc ? rc : sign(api, q, id, &a, &c, &x, out, e);
}

void sg_stream_get(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_stream_reply out;
    if (answer(api, q, &out, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    sg_metric_add(api->playback->streamed, names[quality_of(out.quality)], 1);
    sg_http_header(r, "Cache-Control", SG_STR("private, no-store"));
    sg_api_answer(r, &sg_stream_reply_record, &out);
}
