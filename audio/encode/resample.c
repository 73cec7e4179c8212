/* resample.c - see resample.h. */
#include "audio/encode/resample.h"
#include <libavutil/channel_layout.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <math.h>
#include <stdlib.h>

struct sg_resampler {
    SwrContext *swr; /* NULL: blocks pass through */
    int from_rate, rate, channels;
    uint8_t **planes;
    int room;           /* samples in planes */
    int64_t taken, out; /* samples */
    double gain_db;
};

static int layout_of(const struct sg_pcm_format *from, AVChannelLayout *in, struct sg_error *e)
{
    if (av_channel_layout_from_mask(in, from->layout) || in->nb_channels != from->channels)
        return sg_fail(e, SG_EINVAL, "%d channels in an unknown layout", from->channels);
    return 0;
}

/* ITU-R BS.775's sums (the middle and the surrounds at -3 dB), turned down so that no sum of full
 * channels is over full scale. */
static int downmix(struct sg_resampler *r, const AVChannelLayout *in, const AVChannelLayout *out,
                   struct sg_error *e)
{
    double matrix[2 * 8] = {0}, most = 1;
    int n = in->nb_channels;
    if (n > 8 || out->nb_channels > 2 ||
        swr_build_matrix2(in, out, M_SQRT1_2, M_SQRT1_2, 0, INT_MAX, 1, matrix, n,
                          AV_MATRIX_ENCODING_NONE, NULL) < 0)
        return sg_fail(e, SG_EINVAL, "%d channels cannot be mixed to %d", n, out->nb_channels);
    for (int o = 0; o < out->nb_channels; o++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += fabs(matrix[o * n + i]);
        most = fmax(most, sum);
    }
    for (int i = 0; i < 2 * 8; i++)
        matrix[i] /= most;
    r->gain_db = -20 * log10(most);
    return swr_set_matrix(r->swr, matrix, n) < 0 ? sg_fail(e, SG_EINTERNAL, "downmix") : 0;
}

static int start(struct sg_resampler *r, AVChannelLayout *in, struct sg_error *e)
{
    AVChannelLayout out;
    if (r->channels == in->nb_channels)
        out = *in;
    else
        av_channel_layout_default(&out, r->channels);
    if (swr_alloc_set_opts2(&r->swr, &out, AV_SAMPLE_FMT_FLTP, r->rate, in, AV_SAMPLE_FMT_FLTP,
                            r->from_rate, 0, NULL) < 0)
        return sg_fail(e, SG_ENOMEM, "resampler");
    int rc = r->channels == in->nb_channels ? 0 : downmix(r, in, &out, e);
    if (rc)
        return rc;
    av_opt_set_int(r->swr, "resampler", SWR_ENGINE_SOXR, 0);
    if (swr_init(r->swr) < 0) { /* was built without soxr */
        av_opt_set_int(r->swr, "resampler", SWR_ENGINE_SWR, 0);
        if (swr_init(r->swr) < 0)
            return sg_fail(e, SG_EINVAL, "cannot make %d Hz of %d Hz", r->rate, r->from_rate);
    }
    return 0;
}

int sg_resampler_open(struct sg_resampler **out, const struct sg_pcm_format *from, int rate,
                      int channels, struct sg_error *e)
{
    AVChannelLayout in = {0};
    int rc = layout_of(from, &in, e);
    if (rc)
        return rc;
    struct sg_resampler *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "resampler");
    r->from_rate = from->sample_rate;
    r->rate = rate;
    r->channels = channels < from->channels ? channels : from->channels;
    if (r->rate != r->from_rate || r->channels != from->channels)
        rc = start(r, &in, e);
    if (rc) {
        sg_resampler_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

static void drop_planes(struct sg_resampler *r)
{
    if (r->planes)
        av_freep(&r->planes[0]);
    av_freep(&r->planes);
}

void sg_resampler_close(struct sg_resampler *r)
{
    if (!r)
        return;
    swr_free(&r->swr);
    drop_planes(r);
    free(r);
}

static int make_room(struct sg_resampler *r, int n, struct sg_error *e)
{
    if (n <= r->room)
        return 0;
    drop_planes(r);
    r->room = 0;
    if (av_samples_alloc_array_and_samples(&r->planes, NULL, r->channels, n, AV_SAMPLE_FMT_FLTP,
                                           0) < 0)
        return sg_fail(e, SG_ENOMEM, "resampler");
    r->room = n;
    return 0;
}

static int convert(struct sg_resampler *r, const float *const *planes, size_t n,
                   const float *const **out, size_t *made, struct sg_error *e)
{
    int most = swr_get_out_samples(r->swr, (int)n);
    int rc = make_room(r, most > 64 ? most : 64, e);
    if (rc)
        return rc;
    int got = swr_convert(r->swr, r->planes, r->room, (const uint8_t **)planes, (int)n);
    if (got < 0)
        return sg_fail(e, SG_EINTERNAL, "resampler");
    r->out += got;
    *out = (const float *const *)r->planes;
    *made = (size_t)got;
    return 0;
}

int sg_resampler_feed(struct sg_resampler *r, const float *const *planes, size_t n,
                      const float *const **out, size_t *made, struct sg_error *e)
{
    r->taken += (int64_t)n;
    if (r->swr)
        return convert(r, planes, n, out, made, e);
    *out = planes;
    *made = n;
    return 0;
}

static void fill_silence(struct sg_resampler *r, size_t n)
{
    for (int c = 0; c < r->channels; c++)
        memset(r->planes[c], 0, n * sizeof(float));
}

/* As long as the rates say to the sample: resamplers may give one more or less. */
int sg_resampler_finish(struct sg_resampler *r, const float *const **out, size_t *made,
                        struct sg_error *e)
{
    *made = 0;
    if (!r->swr)
        return 0;
    int64_t due = (r->taken * r->rate + r->from_rate - 1) / r->from_rate;
    int64_t before = r->out;
    if (before >= due)
        return 0;
    int rc = convert(r, NULL, 0, out, made, e);
    if (rc)
        return rc;
    if (!*made) { /* the resampler has no more */
        *made = (size_t)(due - before < r->room ? due - before : r->room);
        fill_silence(r, *made);
        r->out += (int64_t)*made;
    } else if (r->out > due) {
        *made = (size_t)(due - before);
        r->out = due;
    }
    return 0;
}

double sg_resampler_gain_db(const struct sg_resampler *r)
{
    return r->gain_db;
}
