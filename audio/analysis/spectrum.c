/* spectrum.c - see spectrum.h. */
#include "audio/analysis/spectrum.h"
#include "audio/analysis/chroma.h"
#include "audio/analysis/onsets.h"
#include "audio/analysis/tempo.h"
#include <aubio/aubio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW  2048
#define BINS    1025                            /* WINDOW / 2 + 1 */
#define HZ      ((double)SG_MONO_RATE / WINDOW) /* of a bin */
#define FILTERS 40
#define QUIET   (-70.0)                                 /* dBFS */
#define HOPS    (SG_MONO_RATE * 3600 / SG_MONO_HOP + 2) /* of the longest song */

/* Welford's running moments. */
struct running {
    double n, mean, squares;
};

enum { CENTROID, SPREAD, ROLLOFF, FLATNESS, FLUX, CROSSINGS, LEVEL, QUANTITIES };

struct sg_audio_spectrum {
    aubio_pvoc_t *vocoder;
    aubio_mfcc_t *mfcc;
    aubio_specdesc_t *centroid, *spread, *rolloff;
    fvec_t *in, *coefficients, *one;
    cvec_t *grain;
    float last[BINS]; /* log magnitudes of the hop before */
    struct running cepstrum[SG_MFCC], of[QUANTITIES];
    double bands[3], chroma[12];
    float *strength; /* of onsets, a hop each */
    size_t hops, room;
};

int sg_audio_spectrum_new(struct sg_audio_spectrum **out, struct sg_error *e)
{
    struct sg_audio_spectrum *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "analysis");
    s->vocoder = new_aubio_pvoc(WINDOW, SG_MONO_HOP);
    s->mfcc = new_aubio_mfcc(WINDOW, FILTERS, SG_MFCC, SG_MONO_RATE);
    s->centroid = new_aubio_specdesc("centroid", WINDOW);
    s->spread = new_aubio_specdesc("spread", WINDOW);
    s->rolloff = new_aubio_specdesc("rolloff", WINDOW);
    s->in = new_fvec(SG_MONO_HOP);
    s->coefficients = new_fvec(SG_MFCC);
    s->one = new_fvec(1);
    s->grain = new_cvec(WINDOW);
    if (!s->vocoder || !s->mfcc || !s->centroid || !s->spread || !s->rolloff || !s->in ||
        !s->coefficients || !s->one || !s->grain) {
        sg_audio_spectrum_free(s);
        return sg_fail(e, SG_ENOMEM, "analysis");
    }
    *out = s;
    return 0;
}

void sg_audio_spectrum_free(struct sg_audio_spectrum *s)
{
    if (!s)
        return;
    if (s->vocoder)
        del_aubio_pvoc(s->vocoder);
    if (s->mfcc)
        del_aubio_mfcc(s->mfcc);
    if (s->centroid)
        del_aubio_specdesc(s->centroid);
    if (s->spread)
        del_aubio_specdesc(s->spread);
    if (s->rolloff)
        del_aubio_specdesc(s->rolloff);
    if (s->in)
        del_fvec(s->in);
    if (s->coefficients)
        del_fvec(s->coefficients);
    if (s->one)
        del_fvec(s->one);
    if (s->grain)
        del_cvec(s->grain);
    free(s->strength);
    free(s);
}

static void run(struct running *r, double v)
{
    double away = v - r->mean;
    r->n++;
    r->mean += away / r->n;
    r->squares += away * (v - r->mean);
}

static double level_of(const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < SG_MONO_HOP; i++)
        sum += (double)x[i] * x[i];
    return 10 * log10(sum / SG_MONO_HOP + 1e-12);
}

static double crossings_of(const float *x)
{
    size_t n = 0;
    for (size_t i = 1; i < SG_MONO_HOP; i++)
        n += (x[i] < 0) != (x[i - 1] < 0);
    return (double)n / SG_MONO_HOP;
}

static int add_strength(struct sg_audio_spectrum *s, float v, struct sg_error *e)
{
    if (s->hops == s->room) {
        size_t room = s->room ? 2 * s->room : 1024;
        float *more = s->hops < HOPS ? realloc(s->strength, room * sizeof *more) : NULL;
        if (!more)
            return sg_fail(e, SG_ENOMEM, "analysis");
        s->strength = more;
        s->room = room;
    }
    s->strength[s->hops++] = v;
    return 0;
}

/* By how much magnitudes rise, on a compressed scale that hears soft notes beside loud ones
 * (Klapuri, "Sound onset detection by applying psychoacoustic knowledge", 1999). */
static float rise(struct sg_audio_spectrum *s)
{
    float sum = 0;
    for (size_t i = 1; i < BINS; i++) {
        float v = logf(1 + 100 * s->grain->norm[i] / (WINDOW / 4.0f));
        sum += fmaxf(v - s->last[i], 0);
        s->last[i] = v;
    }
    return s->hops ? sum / BINS : 0;
}

static double described(struct sg_audio_spectrum *s, aubio_specdesc_t *what)
{
    aubio_specdesc_do(what, s->grain, s->one);
    return isfinite(s->one->data[0]) ? s->one->data[0] : 0;
}

static double flatness_of(const float *m)
{
    double logs = 0, sum = 0;
    for (size_t i = 1; i < BINS; i++) {
        double power = (double)m[i] * m[i] + 1e-12;
        logs += log(power);
        sum += power;
    }
    return exp(logs / (BINS - 1)) / (sum / (BINS - 1));
}

static void add_bands(struct sg_audio_spectrum *s)
{
    for (size_t i = 1; i < BINS; i++) {
        double hz = (double)i * HZ, power = (double)s->grain->norm[i] * s->grain->norm[i];
        s->bands[hz < 250 ? 0 : hz < 2000 ? 1 : 2] += power;
    }
}

static void look(struct sg_audio_spectrum *s, const float *x, double level, double flux)
{
    double centroid = described(s, s->centroid), spread = described(s, s->spread);
    run(&s->of[LEVEL], level);
    run(&s->of[CROSSINGS], crossings_of(x));
    run(&s->of[CENTROID], centroid * HZ);
    run(&s->of[SPREAD], sqrt(fmax(spread, 0)) * HZ);
    run(&s->of[ROLLOFF], described(s, s->rolloff) * HZ);
    run(&s->of[FLATNESS], flatness_of(s->grain->norm));
    run(&s->of[FLUX], flux);
    aubio_mfcc_do(s->mfcc, s->grain, s->coefficients);
    for (size_t i = 0; i < SG_MFCC; i++)
        if (isfinite(s->coefficients->data[i]))
            run(&s->cepstrum[i], s->coefficients->data[i]);
    add_bands(s);
    sg_chroma_add(s->grain->norm, BINS, HZ, s->chroma);
}

static int hop(void *ctx, const float *x, struct sg_error *e)
{
    struct sg_audio_spectrum *s = ctx;
    double level = level_of(x);
    memcpy(s->in->data, x, SG_MONO_HOP * sizeof *x);
    aubio_pvoc_do(s->vocoder, s->in, s->grain);
    float flux = rise(s);
    if (level > QUIET)
        look(s, x, level, flux);
    return add_strength(s, flux, e);
}

struct sg_mono_listener sg_audio_spectrum_listener(struct sg_audio_spectrum *s)
{
    return (struct sg_mono_listener){s, hop};
}

static struct sg_moments moments(const struct running *r)
{
    return (struct sg_moments){r->mean, r->n > 1 ? sqrt(r->squares / (r->n - 1)) : 0};
}

void sg_audio_spectrum_get(const struct sg_audio_spectrum *s, struct sg_audio_spectrum_facts *out)
{
    static const double rate = (double)SG_MONO_RATE / SG_MONO_HOP;
    double all = s->bands[0] + s->bands[1] + s->bands[2], tones = 0;
    *out = (struct sg_audio_spectrum_facts){.centroid = moments(&s->of[CENTROID]),
                                            .spread = moments(&s->of[SPREAD]),
                                            .rolloff = moments(&s->of[ROLLOFF]),
                                            .flatness = moments(&s->of[FLATNESS]),
                                            .flux = moments(&s->of[FLUX]),
                                            .crossings = moments(&s->of[CROSSINGS]),
                                            .level = moments(&s->of[LEVEL])};
    for (size_t i = 0; i < SG_MFCC; i++)
        out->mfcc[i] = moments(&s->cepstrum[i]);
    if (all > 0) {
        out->low = s->bands[0] / all;
        out->middle = s->bands[1] / all;
        out->high = s->bands[2] / all;
    }
    for (size_t i = 0; i < 12; i++)
        tones += s->chroma[i];
    for (size_t i = 0; i < 12 && tones > 0; i++)
        out->chroma[i] = s->chroma[i] / tones;
    if (s->hops)
        out->onset_rate = (double)sg_onsets_count(s->strength, s->hops) * rate / (double)s->hops;
    out->tempo = sg_tempo(s->strength, s->hops, rate, &out->pulse);
}
