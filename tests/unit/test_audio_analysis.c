/* test_audio_analysis.c - what is measured of music whose tempo, key and level are known. */
#include "audio/analysis/features.h"
#include "audio/analysis/loudness.h"
#include "audio/analysis/tempo.h"
#include "audio/analysis/waveform.h"
#include "core/record.h"
#include "data/generate/phrase.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>

static struct sg_error err;

/* Gives n frames of interleaved sound to a sink, in blocks of odd lengths. */
static void feed(struct sg_pcm_sink sink, const float *stereo, size_t n, int channels, int rate)
{
    static float planes[2][SG_PCM_FRAMES_MAX];
    const float *both[] = {planes[0], planes[1]};
    struct sg_pcm_format f = {rate, channels, channels == 2 ? 3 : 4, 16};
    ck_assert_int_eq(sink.begin(sink.ctx, &f, &err), 0);
    for (size_t at = 0, k = 1; at < n; k = k * 7 % 4093 + 1) {
        size_t m = n - at < k ? n - at : k;
        for (size_t i = 0; i < m; i++)
            for (int c = 0; c < channels; c++)
                planes[c][i] = stereo[(at + i) * (size_t)channels + (size_t)c];
        ck_assert_int_eq(sink.block(sink.ctx, both, m, &err), 0);
        at += m;
    }
    ck_assert_int_eq(sink.end(sink.ctx, &err), 0);
}

static void listen(const float *stereo, size_t n, int rate, struct sg_audio_spectrum_facts *out)
{
    struct sg_audio_spectrum *s = NULL;
    struct sg_mono *m = NULL;
    ck_assert_int_eq(sg_audio_spectrum_new(&s, &err), 0);
    struct sg_mono_listener l = sg_audio_spectrum_listener(s);
    ck_assert_int_eq(sg_mono_new(&m, &l, 1, &err), 0);
    feed(sg_mono_sink(m), stereo, n, 2, rate);
    sg_audio_spectrum_get(s, out);
    sg_mono_free(m);
    sg_audio_spectrum_free(s);
}

static void hear(const struct sg_phrase *p, struct sg_audio_spectrum_facts *out)
{
    float *sound = NULL;
    size_t n = 0;
    ck_assert_int_eq(sg_phrase_render(p, &sound, &n, &err), 0);
    listen(sound, n, SG_PHRASE_RATE, out);
    free(sound);
}

static bool is_tempo(double told, double true_one)
{
    double ratio = told / true_one;
    return fabs(ratio - 1) < 0.02 || fabs(ratio * 2 - 1) < 0.02 || fabs(ratio / 2 - 1) < 0.02;
}

START_TEST(tempo_and_key_of_known_music_are_found)
{
    for (int i = 0; i < 24; i++) {
        struct sg_phrase p;
        struct sg_audio_spectrum_facts s;
        struct sg_key key;
        sg_phrase_draw(7, (uint64_t)i, &p);
        p.tonic = i % 12;
        p.minor = i >= 12;
        p.bars = 4;
        hear(&p, &s);
        sg_key_find(s.chroma, &key);
        ck_assert_msg(is_tempo(s.tempo, p.tempo), "phrase %d of %.0f: %.2f", i, p.tempo, s.tempo);
        ck_assert_msg(key.tonic == p.tonic && key.minor == p.minor,
                      "phrase %d (progression %d) in %d %d: %s", i, p.progression, p.tonic, p.minor,
                      sg_key_name(&key));
    }
}
END_TEST

START_TEST(noise_has_neither_tempo_nor_key)
{
    size_t n = 8 * 44100;
    float *sound = calloc(n, 2 * sizeof *sound);
    struct sg_audio_spectrum_facts s;
    struct sg_key key;
    uint32_t r = 1;
    for (size_t i = 0; i < 2 * n; i++)
        sound[i] = (float)(int32_t)(r = r * 1664525u + 1013904223u) / 4e9f;
    listen(sound, n, 44100, &s);
    sg_key_find(s.chroma, &key);
    ck_assert_msg(s.tempo == 0, "%.1f, pulse %.2f", s.tempo, s.pulse);
    ck_assert_msg(s.flatness.mean > 0.3, "%f", s.flatness.mean);
    free(sound);
}
END_TEST

START_TEST(vectors_tell_kinds_of_music_apart)
{
    /* two of the same kind are nearer to each other than to another kind */
    double v[3][SG_AUDIO_FEATURES], near = 0, far = 0;
    struct sg_phrase kinds[3] = {{100, 0, false, 4, 0, 2, 0.1, 1},
                                 {104, 2, false, 4, 1, 2, 0.1, 2},
                                 {150, 5, true, 4, 2, 0, 0.9, 3}};
    for (int i = 0; i < 3; i++) {
        struct sg_audio_spectrum_facts s;
        struct sg_key key;
        hear(&kinds[i], &s);
        sg_key_find(s.chroma, &key);
        sg_features_make(&(struct sg_features_from){&s, &key, -14, 3, -3}, v[i]);
        for (int k = 0; k < SG_AUDIO_FEATURES; k++)
            ck_assert(v[i][k] >= -3 && v[i][k] <= 3);
    }
    for (int k = 0; k < SG_AUDIO_FEATURES; k++) {
        near += pow(v[0][k] - v[1][k], 2);
        far += fmin(pow(v[0][k] - v[2][k], 2), pow(v[1][k] - v[2][k], 2));
    }
    ck_assert_msg(near < far / 2, "%.1f, %.1f", near, far);
    ck_assert_ptr_null(sg_features_name(SG_AUDIO_FEATURES));
}
END_TEST

START_TEST(loudness_is_that_of_the_standard)
{
    /* EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS is -23 LUFS */
    size_t n = 20 * 48000;
    float *sound = calloc(n, 2 * sizeof *sound);
    struct sg_loudness *l = NULL;
    double integrated, range, peak;
    for (size_t i = 0; i < n; i++)
        sound[2 * i] = sound[2 * i + 1] =
            (float)(pow(10, -23.0 / 20) * sin(2 * M_PI * 1000 * (double)i / 48000));
    ck_assert_int_eq(sg_loudness_new(&l, &err), 0);
    feed(sg_loudness_sink(l), sound, n, 2, 48000);
    sg_loudness_get(l, &integrated, &range, &peak);
    ck_assert_double_eq_tol(integrated, -23, 0.1);
    ck_assert_double_eq_tol(peak, -23, 0.4);
    ck_assert_double_eq_tol(range, 0, 0.1);
    sg_loudness_free(l);
    free(sound);
}
END_TEST

START_TEST(a_waveform_has_its_thousand_peaks)
{
    static const size_t lengths[] = {8000, 44100, 12345678};
    for (size_t k = 0; k < 3; k++) {
        size_t n = lengths[k], i;
        float *sound = calloc(n, sizeof *sound);
        struct sg_waveform *w = NULL;
        struct sg_buf json = {0};
        for (i = n / 2; i < n; i++)
            sound[i] = i % 2 ? 0.5f : -1;
        ck_assert_int_eq(sg_waveform_new(&w, &err), 0);
        feed(sg_waveform_sink(w), sound, n, 1, 8000);
        sg_waveform_json(w, &json);
        sg_buf_putc(&json, 0);
        const char *length = strstr(json.p, "\"length\":");
        long count = length ? strtol(length + 9, NULL, 10) : 0;
        ck_assert_msg(count > 800 && count <= 1000, "%ld of %zu", count, n);
        ck_assert_ptr_nonnull(strstr(json.p, "\"data\":[0,0,0,0,"));
        ck_assert_ptr_nonnull(strstr(json.p, "-127,64]}"));
        sg_buf_free(&json);
        sg_waveform_free(w);
        free(sound);
    }
}
END_TEST

static Suite *audio_analysis_suite(void)
{
    Suite *s = suite_create("audio_analysis");
    TCase *t = tcase_create("audio_analysis");
    tcase_add_test(t, tempo_and_key_of_known_music_are_found);
    tcase_add_test(t, noise_has_neither_tempo_nor_key);
    tcase_add_test(t, vectors_tell_kinds_of_music_apart);
    tcase_add_test(t, loudness_is_that_of_the_standard);
    tcase_add_test(t, a_waveform_has_its_thousand_peaks);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(audio_analysis_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
