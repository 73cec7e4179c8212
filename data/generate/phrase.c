/* phrase.c - see phrase.h. Voices read one period of their timbre from a table. */
#include "data/generate/phrase.h"
#include "data/generate/rng.h"
#include <math.h>
#include <stdlib.h>

#define RATE   SG_PHRASE_RATE
#define TABLE  2048
#define PEAK   0.708f /* -3 dBFS */
#define PHRASE 77     /* purpose of random streams */

/* Steps of the scale from the tonic on; triads stand on them. */
static const int scales[2][7] = {{0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}};
static const int progressions[2][4][4] = {
    {{0, 4, 5, 3}, {0, 5, 3, 4}, {0, 3, 4, 0}, {0, 3, 0, 4}},
    {{0, 5, 3, 4}, {0, 3, 4, 0}, {0, 5, 2, 4}, {0, 3, 0, 4}},
};
static const int walks[2][5] = {{0, 1, 2, 4, 5}, {0, 2, 3, 4, 6}}; /* pentatonic */

/* Strengths of overtones, and how fast a note dies away (a second; 0: it is held). */
static const struct {
    double partials[8], decay;
} timbres[] = {
    {{1, 0.5, 0.33, 0.25, 0.2, 0.16, 0.14, 0.12}, 1.5}, /* a bowed string */
    {{1, 0.02, 0.3, 0.01, 0.15, 0, 0.08, 0}, 0},        /* a clarinet */
    {{1, 0.4, 0.15, 0.05, 0.02, 0, 0, 0}, 4},           /* a plucked string */
    {{1, 0.7, 0.1, 0.4, 0, 0, 0, 0.2}, 0},              /* an organ */
    {{1, 0.05, 0.02, 0.25, 0, 0, 0, 0}, 3},             /* a bell */
};
#define TIMBRES (sizeof timbres / sizeof *timbres)

struct score {
    const struct sg_phrase *p;
    float *out; /* stereo */
    size_t frames;
    double beat; /* frames */
    float table[TABLE + 1], bass[TABLE + 1];
};

void sg_phrase_draw(uint64_t seed, uint64_t genre, struct sg_phrase *out)
{
    struct sg_rng kind = sg_rng_at(seed, PHRASE, genre, 0), one = sg_rng_at(seed, PHRASE, genre, 1);
    double usual = 92 + 64 * sg_rng_unit(&kind);
    *out = (struct sg_phrase){
        .tempo = rint(usual + 16 * (sg_rng_unit(&one) - 0.5)),
        .tonic = (int)sg_rng_below(&one, 12),
        .minor = sg_rng_chance(&one, sg_rng_unit(&kind)),
        .progression = (int)sg_rng_below(&one, 4),
        .timbre = (int)((sg_rng_below(&kind, TIMBRES) + sg_rng_below(&one, 2)) % TIMBRES),
        .drums = 0.3 + 0.6 * sg_rng_unit(&kind),
        .seed = sg_rng_next(&one),
    };
    out->bars = out->tempo < 121 ? 4 : out->tempo < 151 ? 5 : 6;
}

static void make_table(float *table, const double *partials)
{
    double sum = 0;
    for (int k = 0; k < 8; k++)
        sum += partials[k];
    for (int i = 0; i <= TABLE; i++) {
        double v = 0;
        for (int k = 0; k < 8; k++)
            v += partials[k] * sin(2 * M_PI * (k + 1) * i / TABLE);
        table[i] = (float)(v / sum);
    }
}

static void add(struct score *s, size_t at, double v, double pan)
{
    s->out[2 * at] += (float)(v * (1 - pan));
    s->out[2 * at + 1] += (float)(v * pan);
}

struct note {
    double from, beats; /* in beats */
    int pitch;          /* MIDI: 69 is A at 440 Hz */
    double gain, pan, decay;
    const float *table;
};

static void play(struct score *s, const struct note *n)
{
    size_t from = (size_t)(n->from * s->beat), length = (size_t)(n->beats * s->beat);
    double step = 440 * exp2((n->pitch - 69) / 12.0) * TABLE / RATE, phase = 0;
    double fall = exp(-n->decay / RATE), level = n->gain;
    for (size_t i = 0; i < length && from + i < s->frames; i++, level *= fall) {
        double rise = fmin(1, (double)i / (0.005 * RATE));
        double end = fmin(1, (double)(length - i) / (0.02 * RATE));
        size_t k = (size_t)phase;
        double part = phase - (double)k;
        add(s, from + i, level * rise * end * (n->table[k] * (1 - part) + n->table[k + 1] * part),
            n->pan);
        phase += step;
        if (phase >= TABLE)
            phase -= TABLE;
    }
}

static int degree(const struct sg_phrase *p, int step)
{
    return p->tonic + scales[p->minor][step % 7] + 12 * (step / 7);
}

static void play_chords(struct score *s)
{
    const struct sg_phrase *p = s->p;
    for (int bar = 0; bar < p->bars; bar++) {
        int root = progressions[p->minor][p->progression][bar % 4];
        for (int k = 0; k < 3; k++)
            for (int half = 0; half < 2; half++)
                play(s, &(struct note){4 * bar + 2 * half, 1.95, 48 + degree(p, root + 2 * k), 0.16,
                                       0.35 + 0.15 * k, timbres[p->timbre].decay / 2, s->table});
        for (int beat = 0; beat < 4; beat++)
            play(s,
                 &(struct note){4 * bar + beat, 0.9, 36 + degree(p, root), 0.3, 0.5, 2, s->bass});
    }
}

static void play_melody(struct score *s)
{
    const struct sg_phrase *p = s->p;
    struct sg_rng r = sg_rng_at(p->seed, PHRASE, 0, 2);
    int at = 5;
    for (int eighth = 0; eighth < 8 * p->bars; eighth++) {
        at += (int)sg_rng_below(&r, 5) - 2;
        at = at < 0 ? 1 : at > 9 ? 8 : at;
        if (eighth % 8 == 0 && eighth % 16 == 0)
            at = 5; /* home, each second bar */
        if (eighth % 2 && sg_rng_chance(&r, 0.45))
            continue;
        int pitch = 60 + degree(p, walks[p->minor][at % 5]) + 12 * (at / 5);
        play(s, &(struct note){eighth * 0.5, 0.48, pitch, 0.22, 0.6, timbres[p->timbre].decay,
                               s->table});
    }
}

/* Noise (bright) or a falling sine that dies away. */
static void hit(struct score *s, double beat, double gain, double seconds, bool noise,
                struct sg_rng *r)
{
    size_t from = (size_t)(beat * s->beat), length = (size_t)(seconds * RATE);
    double phase = 0, last = 0;
    for (size_t i = 0; i < length && from + i < s->frames; i++) {
        double t = (double)i / RATE, level = gain * exp(-6 * t / seconds);
        double v = noise ? sg_rng_unit(r) * 2 - 1 : sin(phase);
        phase += 2 * M_PI * (45 + 120 * exp(-t * 40)) / RATE;
        add(s, from + i, level * (noise ? v - 0.5 * last : v), 0.5);
        last = v;
    }
}

static void play_drums(struct score *s)
{
    const struct sg_phrase *p = s->p;
    struct sg_rng r = sg_rng_at(p->seed, PHRASE, 0, 3);
    for (int beat = 0; beat < 4 * p->bars; beat++) {
        if (beat % 2 == 0)
            hit(s, beat, 0.6 * p->drums, 0.18, false, &r);
        else
            hit(s, beat, 0.3 * p->drums, 0.12, true, &r);
        hit(s, beat, 0.12 * p->drums, 0.04, true, &r);
        hit(s, beat + 0.5, 0.08 * p->drums, 0.03, true, &r);
    }
}

static void finish(struct score *s)
{
    float peak = 1e-9f;
    size_t fade = RATE / 2;
    for (size_t i = 0; i < 2 * s->frames; i++)
        peak = fmaxf(peak, fabsf(s->out[i]));
    for (size_t i = 0; i < s->frames; i++) {
        size_t left = s->frames - i;
        float gain = PEAK / peak * (left < fade ? (float)left / (float)fade : 1);
        s->out[2 * i] *= gain;
        s->out[2 * i + 1] *= gain;
    }
}

int sg_phrase_render(const struct sg_phrase *p, float **samples, size_t *frames, struct sg_error *e)
{
    static const double bass[8] = {1, 0.3, 0.1};
    struct score *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "a phrase");
    s->p = p;
    s->beat = 60.0 * RATE / p->tempo;
    s->frames = (size_t)(4 * p->bars * s->beat) + RATE / 4;
    s->out = calloc(s->frames, 2 * sizeof *s->out);
    int rc = s->out ? 0 : sg_fail(e, SG_ENOMEM, "a phrase");
    if (!rc) {
        make_table(s->table, timbres[p->timbre % (int)TIMBRES].partials);
        make_table(s->bass, bass);
        play_chords(s);
        play_melody(s);
        play_drums(s);
        finish(s);
        *samples = s->out;
        *frames = s->frames;
    }
    free(s);
    return rc;
}
