/* test_packaging.c - what segue-audio makes of a sound, judged by ffmpeg and ffprobe and by a
 * strict reader. SEGUE_TEST_PACKAGING=full: every length, rate and number of channels. */
#include "core/arena.h"
#include "tests/support/packaged.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct test_sound quick[] = {{44100, 2, 16, 44100 * 20 + 123},
                                          {48000, 1, 16, 184321},
                                          {96000, 6, 24, 420000},
                                          {8000, 2, 16, 8000},
                                          {22050, 2, 16, 84672}};

static struct test_packaged made;

static struct test_sound case_of(int i, bool full)
{
    static const int rates[] = {8000, 22050, 44100, 48000, 96000, 192000};
    static const int channels[] = {1, 2, 6};
    static const double lengths[] = {1, 3.84, 3.84, 10.1, 60};
    if (!full)
        return quick[i];
    struct test_sound s = {rates[i / 15], channels[i / 5 % 3], i % 2 ? 24 : 16, 0};
    s.samples = llrint(lengths[i % 5] * s.rate) + (i % 5 == 2);
    return s;
}

static bool is_full(void)
{
    const char *size = getenv("SEGUE_TEST_PACKAGING");
    return size && strcmp(size, "full") == 0;
}

/* ---- as ffmpeg reads it -------------------------------------------------------------------- */

/* Samples that it plays of a file; whatever it complains about fails the test. */
static struct sg_str decode(const char *path, const char *format)
{
    const char *to = sg_arena_printf(&made.arena, "%s/decoded.%s", made.dir, format).p;
    struct sg_str said = test_output(&made.arena,
                                     "ffmpeg -nostdin -v warning -y -copyts -i %s/%s -af "
                                     "atrim=start=0 -c:a pcm_%s -f %s %s 2>&1",
                                     made.dir, path, format, format, to);
    ck_assert_msg(said.n == 0, "%s: %.*s", path, SG_FMT(said));
    struct sg_error e = SG_ERROR_INIT;
    struct sg_map m;
    ck_assert(sg_map_open(&m, to, 1, &e) == 0);
    struct sg_str bytes = sg_arena_copy(&made.arena, (struct sg_str){(const char *)m.p, m.n});
    sg_map_close(&m);
    return bytes;
}

static void check_length(const struct sg_rendition *r, const struct test_sound *s)
{
    bool flac = r->codec == SG_CODEC_FLAC;
    int channels = !flac && s->channels > 2 ? 2 : s->channels, rate = flac ? s->rate : 48000;
    double frame = r->codec == SG_CODEC_AAC ? 1024 : r->codec == SG_CODEC_OPUS ? 960 : 1;
    double due = (double)s->samples * rate / s->rate;
    struct sg_str pcm = decode(test_rendition_path(r), "f32le");
    double got = (double)pcm.n / 4 / channels;
    ck_assert_msg(got >= due - 0.01 && got < due + frame, "%s: %.0f of %.1f samples", r->name, got,
                  due);
    struct sg_str told = test_output(&made.arena,
                                     "ffprobe -v warning -of csv=p=0 -show_entries "
                                     "format=duration %s/%s 2>&1",
                                     made.dir, test_rendition_path(r));
    double seconds = strtod(told.p, NULL);
    ck_assert_msg(fabs(seconds * rate - due) <= frame + 1, "%s: %.*s s of %.6f", r->name,
                  SG_FMT(told), due / rate);
}

/* ---- segments ------------------------------------------------------------------------------ */

static size_t segments_due(const struct test_sound *s)
{
    size_t n = 1;
    while ((double)s->samples / s->rate - 3.84 * (double)n >= 0.5)
        n++;
    return n;
}

/* Every codec's segment k begins at 3.84 k seconds, to the sample. */
static void check_segments(const struct sg_rendition *r, const struct test_sound *s)
{
    struct sg_map map;
    struct test_cmaf m = test_packaged_cmaf(&made, &map, test_rendition_path(r));
    ck_assert_uint_eq(m.n, segments_due(s));
    for (size_t i = 1; i < m.n; i++)
        ck_assert_uint_eq((m.segments[i].decode - m.lead) * 25, i * 96 * m.timescale);
    const struct test_segment *last = &m.segments[m.n - 1];
    uint64_t sound = last->decode + last->samples - m.lead;
    uint64_t due = ((uint64_t)s->samples * m.timescale + (uint64_t)s->rate - 1) / (uint64_t)s->rate;
    ck_assert_uint_eq(sound, due);
    ck_assert_uint_eq(m.extent, due);
    ck_assert(m.lead == 0 || m.edit == due);
    ck_assert_uint_eq(test_packaged_listed(&made, test_rendition_path(r))->bytes, map.n);
    test_cmaf_free(&m);
    sg_map_close(&map);
}

/* ---- playlists ----------------------------------------------------------------------------- */

static void check_playlist(const struct sg_rendition *r, const struct test_sound *s)
{
    struct sg_map map;
    struct test_cmaf m = test_packaged_cmaf(&made, &map, test_rendition_path(r));
    const char *at = test_packaged_text(
        &made, sg_arena_printf(&made.arena, "%s/%s.m3u8", r->premium ? "p" : "f", r->name).p);
    unsigned init = 0, target = 0;
    ck_assert(strncmp(at, "#EXTM3U\n#EXT-X-VERSION:7\n", 25) == 0 && strstr(at, "#EXT-X-ENDLIST"));
    ck_assert_int_eq(
        sscanf(strstr(at, "#EXT-X-TARGETDURATION:"), "#EXT-X-TARGETDURATION:%u", &target), 1);
    ck_assert_int_eq(sscanf(strstr(at, "BYTERANGE=\""), "BYTERANGE=\"%u@0\"", &init), 1);
    ck_assert_uint_eq(init, m.init_bytes);
    double sum = 0;
    size_t n = 0;
    for (; (at = strstr(at, "#EXTINF:")); at++, n++) {
        double seconds;
        unsigned long bytes, from;
        ck_assert_int_eq(
            sscanf(at, "#EXTINF:%lf,\n#EXT-X-BYTERANGE:%lu@%lu\n", &seconds, &bytes, &from), 3);
        ck_assert(n < m.n && bytes == m.segments[n].bytes && from == m.segments[n].from);
        ck_assert(seconds <= target + 0.5);
        sum += seconds;
    }
    ck_assert_uint_eq(n, m.n);
    ck_assert_double_eq_tol(sum, (double)s->samples / s->rate, 1.0 / 8000);
    test_cmaf_free(&m);
    sg_map_close(&map);
}

/* A representation's ranges and bandwidth are those of its file. */
static void check_representation(const char *mpd, const struct sg_rendition *r)
{
    struct sg_map map;
    struct test_cmaf m = test_packaged_cmaf(&made, &map, test_rendition_path(r));
    const char *at =
        strstr(mpd, sg_arena_printf(&made.arena, "<Representation id=\"%s\"", r->name).p);
    ck_assert_msg(at != NULL, "%s is not in the manifest", r->name);
    unsigned long bandwidth, from, to, init;
    ck_assert_int_eq(sscanf(strstr(at, "bandwidth="), "bandwidth=\"%lu\"", &bandwidth), 1);
    ck_assert_int_eq(sscanf(strstr(at, "indexRange="), "indexRange=\"%lu-%lu\"", &from, &to), 2);
    ck_assert_int_eq(
        sscanf(strstr(at, "Initialization range="), "Initialization range=\"0-%lu\"", &init), 1);
    ck_assert_uint_eq(init + 1, m.init_bytes);
    ck_assert(from == m.init_bytes && to + 1 - from == m.index_bytes);
    for (size_t i = 0; i + 1 < m.n; i++) /* whole segments are no faster than it tells */
        ck_assert((double)m.segments[i].bytes * 8 / 3.84 <= (double)bandwidth + 1);
    test_cmaf_free(&m);
    sg_map_close(&map);
}

static void check_manifests(void)
{
    const char *all = test_packaged_text(&made, "manifest.mpd"),
               *free_ones = test_packaged_text(&made, "f/manifest.mpd");
    const char *master = test_packaged_text(&made, "master.m3u8"),
               *free_master = test_packaged_text(&made, "f/master.m3u8");
    ck_assert(!strstr(free_ones, "../") && !strstr(free_ones, "aac320") &&
              !strstr(free_ones, "flac"));
    ck_assert(!strstr(free_master, "p/") && !strstr(free_master, "aac320"));
    for (int i = 0; i < SG_RENDITIONS; i++) {
        const struct sg_rendition *r = &sg_renditions[i];
        if (r->codec == SG_CODEC_VORBIS)
            continue;
        check_representation(all, r);
        if (!r->premium)
            check_representation(free_ones, r);
        const char *line =
            sg_arena_printf(&made.arena, "CODECS=\"%s\"\n%s/%s.m3u8\n", sg_codec_string(r->codec),
                            r->premium ? "p" : "f", r->name)
                .p;
        ck_assert_msg(strstr(master, line) != NULL, "%s", line);
    }
}

START_TEST(renditions_decode_last_as_long_as_the_sound_and_begin_segments_together)
{
    struct test_sound s = case_of(_i, is_full());
    test_packaged_make(&made, &s, SG_PROTECT_NONE, sg_arena_printf(&made.arena, "case%d", _i).p);
    for (int i = 0; i < SG_RENDITIONS; i++) {
        const struct sg_rendition *r = &sg_renditions[i];
        check_length(r, &s);
        if (r->codec == SG_CODEC_VORBIS)
            continue;
        check_segments(r, &s);
        check_playlist(r, &s);
    }
    check_manifests();
}
END_TEST

/* ---- sound --------------------------------------------------------------------------------- */

START_TEST(lossless_is_the_original_bit_by_bit)
{
    static const struct test_sound sounds[] = {{44100, 2, 16, 100000}, {48000, 3, 24, 100001}};
    const struct test_sound *s = &sounds[_i];
    test_packaged_make(&made, s, SG_PROTECT_NONE, "flac");
    struct sg_str pcm = decode("p/flac.mp4", "s32le");
    ck_assert_uint_eq(pcm.n, (size_t)(s->samples * s->channels * 4));
    static float room[8][128];
    float *planes[8];
    for (int c = 0; c < 8; c++)
        planes[c] = room[c];
    for (int64_t at = 0; at + 128 <= s->samples; at += 128) {
        test_sound_fill(s, at, planes, 128);
        for (int i = 0; i < 128 * s->channels; i++) {
            int32_t got;
            memcpy(&got, pcm.p + ((size_t)at * (size_t)s->channels + (size_t)i) * 4, 4);
            int32_t due =
                (int32_t)lrint((double)room[i % s->channels][i / s->channels] * 2147483648.0);
            ck_assert_int_eq(got, due);
        }
    }
}
END_TEST

/* How alike the decoded sound is to the original when it is moved by so many samples. */
static double likeness(const float *pcm, const float *sound, int n, int by)
{
    double sum = 0;
    for (int i = 200; i + 200 < n; i++)
        sum += (double)pcm[i + by] * (double)sound[i];
    return sum;
}

START_TEST(lossy_renditions_are_neither_early_nor_late_by_a_sample)
{
    enum { N = 24000 };
    struct test_sound s = {48000, 1, 16, 2 * N};
    test_packaged_make(&made, &s, SG_PROTECT_NONE, "late");
    static float sound[2 * N];
    test_sound_fill(&s, 0, (float *[]){sound}, 2 * N);
    for (int i = 0; i < SG_RENDITIONS; i++) {
        struct sg_str pcm = decode(test_rendition_path(&sg_renditions[i]), "f32le");
        float *got = sg_arena_array(&made.arena, 2 * N, sizeof *got);
        memcpy(got, pcm.p, 2 * N * sizeof *got);
        int best = -200;
        for (int by = -200; by <= 200; by++)
            if (likeness(got + N / 2, sound + N / 2, N, by) >
                likeness(got + N / 2, sound + N / 2, N, best))
                best = by;
        ck_assert_msg(best == 0, "%s: %d samples", sg_renditions[i].name, best);
    }
}
END_TEST

START_TEST(music_takes_the_bits_it_was_given)
{
    struct test_sound s = {44100, 2, 16, 44100 * (is_full() ? 60 : 20)};
    test_packaged_make(&made, &s, SG_PROTECT_NONE, "bits");
    for (int i = 0; i < SG_RENDITIONS; i++) {
        const struct sg_rendition *r = &sg_renditions[i];
        if (!r->bitrate)
            continue;
        double got = (double)test_packaged_listed(&made, test_rendition_path(r))->bitrate;
        ck_assert_msg(fabs(got / r->bitrate - 1) < 0.1, "%s: %.0f b/s", r->name, got);
    }
}
END_TEST

START_TEST(more_than_two_channels_are_mixed_without_clipping)
{
    /* Full scale on all six channels at once is full scale of stereo, no more. */
    struct sg_package_job job = test_packaged_job(SG_PROTECT_NONE);
    struct sg_packager *p = NULL;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_tree t = {.dir = -1, .arena = &made.arena};
    job.renditions = 1;
    ck_assert_int_eq(sg_packager_new(&p, &t, &job, &e), 0);
    struct sg_pcm_sink sink = sg_packager_sink(p);
    struct sg_pcm_format f = {48000, 6, 0x3f, 16};
    sink.begin(sink.ctx, &f, &e); /* no folder is there */
    ck_assert_double_eq_tol(sg_packager_downmix_db(p), -20 * log10(1 + 2 * M_SQRT1_2), 0.01);
    sg_packager_free(p);
}
END_TEST

/* Files of floats may have anything in them: it is a bad sound, and no failure. */
START_TEST(sounds_far_over_full_scale_are_encoded)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_arena a = {0};
    struct sg_package_job job = test_packaged_job(SG_PROTECT_NONE);
    struct sg_packager *p = NULL;
    static struct sg_tree t;
    static float loud[4096];
    int fd = open(test_scratch(), O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(sg_tree_init(&t, fd, &a, &e), 0);
    ck_assert_int_eq(sg_packager_new(&p, &t, &job, &e), 0);
    struct sg_pcm_sink sink = sg_packager_sink(p);
    for (int i = 0; i < 4096; i++)
        loud[i] = i % 3 ? 3e38f : -3e38f;
    int rc = sink.begin(sink.ctx, &(struct sg_pcm_format){44056, 3, 0x7, 0}, &e);
    for (int i = 0; i < 20 && !rc; i++)
        rc = sink.block(sink.ctx, (const float *[]){loud, loud, loud}, 4096, &e);
    rc = rc ? rc : sink.end(sink.ctx, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
    sg_packager_free(p);
    sg_tree_close(&t);
    sg_arena_free(&a);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packaging");
    TCase *t = tcase_create("packaging");
    tcase_add_loop_test(t, renditions_decode_last_as_long_as_the_sound_and_begin_segments_together,
                        0, is_full() ? 90 : (int)(sizeof quick / sizeof *quick));
    tcase_add_loop_test(t, lossless_is_the_original_bit_by_bit, 0, 2);
    tcase_add_test(t, lossy_renditions_are_neither_early_nor_late_by_a_sample);
    tcase_add_test(t, music_takes_the_bits_it_was_given);
    tcase_add_test(t, sounds_far_over_full_scale_are_encoded);
    tcase_add_test(t, more_than_two_channels_are_mixed_without_clipping);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    sg_arena_free(&made.arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
