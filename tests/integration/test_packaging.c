/* test_packaging.c - what segue-audio makes of a sound, judged by ffmpeg and ffprobe and by a
 * strict reader. SEGUE_TEST_PACKAGING=full: every length, rate and number of channels. */
#include "audio/encode/rendition.h"
#include "core/arena.h"
#include "core/map.h"
#include "tests/support/cmaf.h"
#include "tests/support/packaging.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY "30313233343536373839616263646566"

static const struct test_sound quick[] = {{44100, 2, 16, 44100 * 20 + 123},
                                          {48000, 1, 16, 184321},
                                          {96000, 6, 24, 420000},
                                          {8000, 2, 16, 8000},
                                          {22050, 2, 16, 84672}};

static struct sg_arena arena;
static struct sg_tree tree;
static const char *dir;

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

static struct sg_package_job job_of(enum sg_protection protection)
{
    struct sg_package_job j = {.renditions = SG_RENDITIONS_ALL,
                               .protection = protection,
                               .threads = 2,
                               .fallback = protection != SG_PROTECT_NONE};
    for (uint8_t i = 0; i < 16; i++) {
        j.kid[i] = (uint8_t)(i + 1);
        j.cenc_key[i] = (uint8_t) "0123456789abcdef"[i];
        j.hls_key[i] = (uint8_t) "fedcba9876543210"[i];
    }
    return j;
}

static void make(const struct test_sound *s, enum sg_protection protection, const char *name)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_package_job job = job_of(protection);
    dir = sg_arena_printf(&arena, "%s/%s", test_scratch(), name).p;
    int rc = test_package(s, &job, dir, &tree, &arena, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
}

static struct sg_map open_file(const char *path)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_map m;
    char at[600];
    snprintf(at, sizeof at, "%s/%s", dir, path);
    ck_assert_msg(sg_map_open(&m, at, 1, &e) == 0, "%s", e.text);
    return m;
}

static struct test_cmaf read_file(struct sg_map *map, const char *path)
{
    *map = open_file(path);
    struct test_cmaf m = test_cmaf_read((struct sg_str){(const char *)map->p, map->n});
    ck_assert_msg(!m.wrong, "%s: %s", path, m.wrong);
    return m;
}

static const struct sg_audio_file *listed(const char *path)
{
    for (size_t i = 0; i < tree.n; i++)
        if (sg_str_eq(tree.files[i].path, sg_str(path)))
            return &tree.files[i];
    ck_abort_msg("%s is not in the list", path);
}

static const char *path_of(const struct sg_rendition *r)
{
    return sg_arena_printf(&arena, "%s/%s.%s", r->premium ? "p" : "f", r->name,
                           r->codec == SG_CODEC_VORBIS ? "ogg" : "mp4")
        .p;
}

/* ---- as ffmpeg reads it -------------------------------------------------------------------- */

/* Samples that it plays of a file; whatever it complains about fails the test. */
static struct sg_str decode(const char *path, const char *format)
{
    const char *to = sg_arena_printf(&arena, "%s/decoded.%s", dir, format).p;
    struct sg_str said = test_output(
        &arena, "ffmpeg -v warning -y -copyts -i %s/%s -af atrim=start=0 -c:a pcm_%s -f %s %s 2>&1",
        dir, path, format, format, to);
    ck_assert_msg(said.n == 0, "%s: %.*s", path, SG_FMT(said));
    struct sg_error e = SG_ERROR_INIT;
    struct sg_map m;
    ck_assert(sg_map_open(&m, to, 1, &e) == 0);
    struct sg_str bytes = sg_arena_copy(&arena, (struct sg_str){(const char *)m.p, m.n});
    sg_map_close(&m);
    return bytes;
}

static void check_length(const struct sg_rendition *r, const struct test_sound *s)
{
    bool flac = r->codec == SG_CODEC_FLAC;
    int channels = !flac && s->channels > 2 ? 2 : s->channels, rate = flac ? s->rate : 48000;
    double frame = r->codec == SG_CODEC_AAC ? 1024 : r->codec == SG_CODEC_OPUS ? 960 : 1;
    double due = (double)s->samples * rate / s->rate;
    struct sg_str pcm = decode(path_of(r), "f32le");
    double got = (double)pcm.n / 4 / channels;
    ck_assert_msg(got >= due - 0.01 && got < due + frame, "%s: %.0f of %.1f samples", r->name, got,
                  due);
    struct sg_str told = test_output(&arena,
                                     "ffprobe -v warning -of csv=p=0 -show_entries "
                                     "format=duration %s/%s 2>&1",
                                     dir, path_of(r));
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
    struct test_cmaf m = read_file(&map, path_of(r));
    ck_assert_uint_eq(m.n, segments_due(s));
    for (size_t i = 1; i < m.n; i++)
        ck_assert_uint_eq((m.segments[i].decode - m.lead) * 25, i * 96 * m.timescale);
    const struct test_segment *last = &m.segments[m.n - 1];
    uint64_t sound = last->decode + last->samples - m.lead;
    uint64_t due = ((uint64_t)s->samples * m.timescale + (uint64_t)s->rate - 1) / (uint64_t)s->rate;
    ck_assert_uint_eq(sound, due);
    ck_assert_uint_eq(m.extent, due);
    ck_assert(m.lead == 0 || m.edit == due);
    ck_assert_uint_eq(listed(path_of(r))->bytes, map.n);
    test_cmaf_free(&m);
    sg_map_close(&map);
}

/* ---- playlists ----------------------------------------------------------------------------- */

static const char *text_of(const char *path)
{
    struct sg_map m = open_file(path);
    const char *z = sg_arena_copy(&arena, (struct sg_str){(const char *)m.p, m.n}).p;
    sg_map_close(&m);
    return z;
}

static void check_playlist(const struct sg_rendition *r, const struct test_sound *s)
{
    struct sg_map map;
    struct test_cmaf m = read_file(&map, path_of(r));
    const char *at =
        text_of(sg_arena_printf(&arena, "%s/%s.m3u8", r->premium ? "p" : "f", r->name).p);
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
    struct test_cmaf m = read_file(&map, path_of(r));
    const char *at = strstr(mpd, sg_arena_printf(&arena, "<Representation id=\"%s\"", r->name).p);
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
    const char *all = text_of("manifest.mpd"), *free_ones = text_of("f/manifest.mpd");
    const char *master = text_of("master.m3u8"), *free_master = text_of("f/master.m3u8");
    ck_assert(!strstr(free_ones, "../") && !strstr(free_ones, "320") && !strstr(free_ones, "flac"));
    ck_assert(!strstr(free_master, "p/") && !strstr(free_master, "320"));
    for (int i = 0; i < SG_RENDITIONS; i++) {
        const struct sg_rendition *r = &sg_renditions[i];
        if (r->codec == SG_CODEC_VORBIS)
            continue;
        check_representation(all, r);
        if (!r->premium)
            check_representation(free_ones, r);
        const char *line =
            sg_arena_printf(&arena, "CODECS=\"%s\"\n%s/%s.m3u8\n", sg_codec_string(r->codec),
                            r->premium ? "p" : "f", r->name)
                .p;
        ck_assert_msg(strstr(master, line) != NULL, "%s", line);
    }
}

START_TEST(renditions_decode_last_as_long_as_the_sound_and_begin_segments_together)
{
    struct test_sound s = case_of(_i, is_full());
    make(&s, SG_PROTECT_NONE, sg_arena_printf(&arena, "case%d", _i).p);
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
    make(s, SG_PROTECT_NONE, "flac");
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
    make(&s, SG_PROTECT_NONE, "late");
    static float sound[2 * N];
    test_sound_fill(&s, 0, (float *[]){sound}, 2 * N);
    for (int i = 0; i < SG_RENDITIONS; i++) {
        struct sg_str pcm = decode(path_of(&sg_renditions[i]), "f32le");
        float *got = sg_arena_array(&arena, 2 * N, sizeof *got);
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
    make(&s, SG_PROTECT_NONE, "bits");
    for (int i = 0; i < SG_RENDITIONS; i++) {
        const struct sg_rendition *r = &sg_renditions[i];
        if (!r->bitrate)
            continue;
        double got = (double)listed(path_of(r))->bitrate;
        ck_assert_msg(fabs(got / r->bitrate - 1) < 0.1, "%s: %.0f b/s", r->name, got);
    }
}
END_TEST

START_TEST(more_than_two_channels_are_mixed_without_clipping)
{
    /* Full scale on all six channels at once is full scale of stereo, no more. */
    struct sg_package_job job = job_of(SG_PROTECT_NONE);
    struct sg_packager *p = NULL;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_tree t = {.dir = -1, .arena = &arena};
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
    struct sg_package_job job = job_of(SG_PROTECT_NONE);
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

/* ---- encryption ---------------------------------------------------------------------------- */

static struct sg_str packets_of(const char *at, const char *path, bool key)
{
    return test_output(
        &arena, "ffmpeg -v error %s -i %s/%s -c copy -f framemd5 - | grep -v '^#' | cut -d, -f1-6",
        key ? "-decryption_key " KEY : "", at, path);
}

static int by_iv(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static size_t gather_ivs(const char *path, unsigned char (*ivs)[8], size_t n)
{
    struct sg_map map;
    struct test_cmaf m = read_file(&map, path);
    ck_assert_str_eq(m.entry, "enca");
    ck_assert_str_eq(m.scheme, "cenc");
    ck_assert_uint_eq(m.kid[0], 1);
    for (size_t i = 0; i < m.packets_n; i++)
        memcpy(ivs[n++], m.packets[i].iv, 8);
    test_cmaf_free(&m);
    sg_map_close(&map);
    return n;
}

/* Two runs of one job: no IV twice, in whatever rendition. */
static void check_ivs(const char *const dirs[2])
{
    static unsigned char ivs[20000][8];
    size_t n = 0;
    for (int i = 0; i < 2; i++) {
        dir = dirs[i];
        n = gather_ivs("p/aac320.mp4", ivs, n);
        n = gather_ivs("p/opus160.mp4", ivs, n);
        n = gather_ivs("p/flac.mp4", ivs, n);
    }
    qsort(ivs, n, 8, by_iv);
    for (size_t i = 1; i < n; i++)
        ck_assert_msg(memcmp(ivs[i - 1], ivs[i], 8) != 0, "an IV was used twice");
}

static void check_decrypts(const char *clear)
{
    static const char *const files[] = {"p/aac320.mp4", "p/opus160.mp4", "p/flac.mp4"};
    for (int i = 0; i < 3; i++) {
        struct sg_str due = packets_of(clear, files[i], false);
        ck_assert_msg(sg_str_eq(packets_of(dir, files[i], true), due), "%s", files[i]);
        ck_assert_msg(!sg_str_eq(packets_of(dir, files[i], false), due), "%s is clear", files[i]);
        ck_assert(!listed(files[i])->sealed);
    }
}

/* Every segment of the fallback is a clear one, AES-128 by its number. */
static void check_fallback(const char *clear)
{
    const char *list = text_of("p/hls.m3u8"), *here = dir;
    ck_assert(strstr(list, "#EXT-X-MAP") < strstr(list, "#EXT-X-KEY:METHOD=AES-128,URI=\"key\""));
    struct sg_map cipher = open_file("p/aac320.hls.mp4"), map;
    dir = clear;
    struct test_cmaf m = read_file(&map, "p/aac320.mp4");
    dir = here;
    size_t n = 0;
    for (const char *at = list; (at = strstr(at, "#EXT-X-BYTERANGE:")); at++, n++) {
        unsigned bytes, from;
        ck_assert_int_eq(sscanf(at, "#EXT-X-BYTERANGE:%u@%u", &bytes, &from), 2);
        unsigned char iv[16] = {[15] = (unsigned char)n}, *out = malloc(bytes + 16);
        int made = 0, rest = 0;
        EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
        EVP_DecryptInit_ex(aes, EVP_aes_128_cbc(), NULL, (const unsigned char *)"fedcba9876543210",
                           iv);
        ck_assert_int_eq(EVP_DecryptUpdate(aes, out, &made, cipher.p + from, (int)bytes), 1);
        ck_assert_int_eq(EVP_DecryptFinal_ex(aes, out + made, &rest), 1);
        ck_assert(n < m.n && (uint64_t)(made + rest) == m.segments[n].bytes);
        ck_assert_mem_eq(out, map.p + m.segments[n].from, made + rest);
        EVP_CIPHER_CTX_free(aes);
        free(out);
    }
    ck_assert_uint_eq(n, m.n);
    test_cmaf_free(&m);
    sg_map_close(&map);
    sg_map_close(&cipher);
}

START_TEST(encrypted_renditions_decrypt_to_the_clear_ones)
{
    struct test_sound s = {44100, 2, 16, 44100 * 9};
    make(&s, SG_PROTECT_NONE, "clear");
    const char *clear = dir, *runs[2];
    make(&s, SG_PROTECT_CENC, "cenc1");
    runs[0] = dir;
    check_decrypts(clear);
    check_fallback(clear);
    make(&s, SG_PROTECT_CENC, "cenc2");
    runs[1] = dir;
    check_ivs(runs);
    make(&s, SG_PROTECT_CBCS, "cbcs");
    check_decrypts(clear);
    ck_assert_ptr_nonnull(
        strstr(text_of("manifest.mpd"),
               "value=\"cbcs\" cenc:default_KID=\"01020304-0506-0708-090a-0b0c0d0e0f10\""));
    ck_assert_ptr_nonnull(strstr(text_of("master.m3u8"), "\np/hls.m3u8\n"));
    ck_assert_ptr_null(strstr(text_of("master.m3u8"), "fLaC"));
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
    tcase_add_test(t, encrypted_renditions_decrypt_to_the_clear_ones);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    sg_arena_free(&arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
