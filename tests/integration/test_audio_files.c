/* test_audio_files.c - files of every common kind, made by ffmpeg and by hand, are taken or refused
 * rightly. */
#include "audio/check/check.h"
#include "audio/prepare.h"
#include "tests/support/scratch.h"
#include "tests/support/sound.h"
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_error err;
static struct sg_arena arena;
static struct sg_audio_facts facts;
static const char *dir;
static struct sg_buf bytes, more;

/* What ffmpeg makes of base.wav (1.2 s, 44.1 kHz, stereo); taken with this codec and rate. */
static const struct {
    const char *options, *name, *codec;
    int rate, channels, bits;
} kinds[] = {
    {"-c:a pcm_u8", "u8.wav", "pcm_u8", 44100, 2, 8},
    {"-c:a pcm_s16le", "s16.wav", "pcm_s16le", 44100, 2, 16},
    {"-c:a pcm_s24le", "s24.wav", "pcm_s24le", 44100, 2, 24},
    {"-c:a pcm_s32le", "s32.wav", "pcm_s32le", 44100, 2, 32},
    {"-c:a pcm_f32le", "f32.wav", "pcm_f32le", 44100, 2, 32},
    {"-c:a pcm_f64le", "f64.wav", "pcm_f64le", 44100, 2, 64},
    {"-c:a pcm_alaw", "alaw.wav", "pcm_alaw", 44100, 2, 16},
    {"-c:a pcm_mulaw", "mulaw.wav", "pcm_mulaw", 44100, 2, 16},
    {"-c:a adpcm_ms", "adpcm_ms.wav", "adpcm_ms", 44100, 2, 0},
    {"-c:a adpcm_ima_wav", "adpcm_ima.wav", "adpcm_ima_wav", 44100, 2, 0},
    {"-c:a pcm_s16le -rf64 always", "rf64.wav", "pcm_s16le", 44100, 2, 16},
    {"-c:a pcm_s16le", "s16.w64", "pcm_s16le", 44100, 2, 16},
    {"-c:a pcm_s16le -ar 8000 -ac 1", "8k.wav", "pcm_s16le", 8000, 1, 16},
    {"-c:a pcm_s16le -ar 11025", "11k.wav", "pcm_s16le", 11025, 2, 16},
    {"-c:a pcm_s16le -ar 22050", "22k.wav", "pcm_s16le", 22050, 2, 16},
    {"-c:a pcm_s16le -ar 32000", "32k.wav", "pcm_s16le", 32000, 2, 16},
    {"-c:a pcm_s24le -ar 96000", "96k.wav", "pcm_s24le", 96000, 2, 24},
    {"-c:a pcm_s24le -ar 192000", "192k.wav", "pcm_s24le", 192000, 2, 24},
    {"-c:a pcm_s16le -ac 1", "mono.wav", "pcm_s16le", 44100, 1, 16},
    {"-c:a pcm_s16le -ac 4", "quad.wav", "pcm_s16le", 44100, 4, 16},
    {"-c:a pcm_s16le -ac 6", "51.wav", "pcm_s16le", 44100, 6, 16},
    {"-c:a pcm_s16le -ac 8", "71.wav", "pcm_s16le", 44100, 8, 16},
    {"-c:a flac", "16.flac", "flac", 44100, 2, 16},
    {"-c:a flac -sample_fmt s32", "24.flac", "flac", 44100, 2, 24},
    {"-c:a flac -compression_level 0", "fast.flac", "flac", 44100, 2, 16},
    {"-c:a flac -compression_level 12", "small.flac", "flac", 44100, 2, 16},
    {"-c:a flac -ar 96000 -sample_fmt s32", "96k.flac", "flac", 96000, 2, 24},
    {"-c:a flac -ar 192000 -sample_fmt s32", "192k.flac", "flac", 192000, 2, 24},
    {"-c:a flac -ac 6", "51.flac", "flac", 44100, 6, 16},
    {"-c:a flac -ac 1", "mono.flac", "flac", 44100, 1, 16},
    {"-c:a flac", "flac.ogg", "flac", 44100, 2, 16},
    {"-c:a flac -strict -2", "flac.mp4", "flac", 44100, 2, 16},
    {"-c:a flac", "flac.mka", "flac", 44100, 2, 16},
    {"-c:a libmp3lame -b:a 32k", "32.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -b:a 128k", "128.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -b:a 320k", "320.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -q:a 0", "v0.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -q:a 9", "v9.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0", "bare.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -abr 1 -b:a 96k", "abr.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -ac 1 -b:a 64k", "mono.mp3", "mp3", 44100, 1, 0},
    {"-c:a libmp3lame -ar 22050 -b:a 64k", "lsf.mp3", "mp3", 22050, 2, 0},
    {"-c:a libmp3lame -ar 8000 -b:a 16k", "25.mp3", "mp3", 8000, 2, 0},
    {"-c:a libmp3lame -joint_stereo 0 -b:a 192k", "stereo.mp3", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame -id3v2_version 3 -write_id3v1 1 -metadata title=Old", "id3.mp3", "mp3", 44100,
     2, 0},
    {"-c:a libmp3lame -id3v2_version 4 -metadata title=New", "id4.mp3", "mp3", 44100, 2, 0},
    {"-c:a mp2 -b:a 192k", "layer2.mp2", "mp2", 44100, 2, 0},
    {"-c:a aac -b:a 64k", "64.aac", "aac", 44100, 2, 0},
    {"-c:a aac -b:a 128k", "128.m4a", "aac", 44100, 2, 0},
    {"-c:a aac -b:a 256k -ac 6", "51.m4a", "aac", 44100, 6, 0},
    {"-c:a aac -ar 96000", "96k.m4a", "aac", 96000, 2, 0},
    {"-c:a aac -ac 1 -ar 8000", "8k.m4a", "aac", 8000, 1, 0},
    {"-c:a aac -movflags +faststart", "front.m4a", "aac", 44100, 2, 0},
    {"-c:a aac -movflags +frag_keyframe+empty_moov", "pieces.mp4", "aac", 44100, 2, 0},
    {"-c:a aac", "aac.mov", "aac", 44100, 2, 0},
    {"-c:a aac", "aac.mka", "aac", 44100, 2, 0},
    {"-c:a alac", "16.m4a", "alac", 44100, 2, 16},
    {"-c:a alac -sample_fmt s32p", "24.m4a", "alac", 44100, 2, 24},
    {"-c:a alac -ac 6", "alac51.m4a", "alac", 44100, 6, 16},
    {"-c:a alac", "alac.caf", "alac", 44100, 2, 16},
    {"-c:a libopus -b:a 32k", "32.opus", "opus", 48000, 2, 0},
    {"-c:a libopus -b:a 160k", "160.opus", "opus", 48000, 2, 0},
    {"-c:a libopus -ac 6 -mapping_family 1", "51.opus", "opus", 48000, 6, 0},
    {"-c:a libopus -ac 1 -application voip -b:a 16k", "voice.opus", "opus", 48000, 1, 0},
    {"-c:a libopus", "opus.webm", "opus", 48000, 2, 0},
    {"-c:a libopus -strict -2", "opus.mp4", "opus", 48000, 2, 0},
    {"-c:a libvorbis -q:a 0", "q0.ogg", "vorbis", 44100, 2, 0},
    {"-c:a libvorbis -q:a 9", "q9.ogg", "vorbis", 44100, 2, 0},
    {"-c:a libvorbis -ac 6", "51.ogg", "vorbis", 44100, 6, 0},
    {"-c:a libvorbis -ac 1 -ar 16000 -b:a 32k", "16k.ogg", "vorbis", 16000, 1, 0},
    {"-c:a libvorbis", "vorbis.webm", "vorbis", 44100, 2, 0},
    {"-c:a pcm_s16be", "16.aiff", "pcm_s16be", 44100, 2, 16},
    {"-c:a pcm_s24be", "24.aiff", "pcm_s24be", 44100, 2, 24},
    {"-c:a pcm_s8", "8.aiff", "pcm_s8", 44100, 2, 8},
    {"-c:a pcm_f32be -f aiff", "float.aifc", "pcm_f32be", 44100, 2, 32},
    {"-c:a pcm_s16be", "16.au", "pcm_s16be", 44100, 2, 16},
    {"-c:a pcm_s24le", "24.caf", "pcm_s24le", 44100, 2, 24},
    {"-c:a pcm_f32le", "float.caf", "pcm_f32le", 44100, 2, 32},
    {"-c:a wavpack", "16.wv", "wavpack", 44100, 2, 16},
    {"-c:a wavpack -sample_fmt fltp", "float.wv", "wavpack", 44100, 2, 32},
    {"-c:a wavpack -ac 6", "51.wv", "wavpack", 44100, 6, 16},
    {"-c:a pcm_s16le", "pcm.mka", "pcm_s16le", 44100, 2, 16},
    {"-c:a pcm_s16le", "pcm.mov", "pcm_s16le", 44100, 2, 16},
    {"-c:a libmp3lame", "mp3.mka", "mp3", 44100, 2, 0},
    {"-c:a libmp3lame", "mp3.mp4", "mp3", 44100, 2, 0},
    {"-c:a flac -f flac", "flac.mp3", "flac", 44100, 2, 16}, /* wrong names */
    {"-c:a libmp3lame -f mp3", "mp3.wav", "mp3", 44100, 2, 0},
    {"-c:a libopus -f ogg", "opus.txt", "opus", 48000, 2, 0},
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* Kinds that are refused, with the stable code. */
static const struct {
    const char *options, *name, *code;
} refused_kinds[] = {
    {"-f lavfi -i testsrc=d=1.2:s=64x64:r=5 -map 0 -map 1 -c:v mpeg4 -c:a aac", "film.mp4",
     "streams"},
    {"-map 0 -map 0 -c:a aac", "two.m4a", "streams"},
    {"-map 0 -map 0 -c:a libvorbis", "two.mka", "streams"},
    {"-c:a aac -encryption_scheme cenc-aes-ctr -encryption_key "
     "00112233445566778899aabbccddeeff -encryption_kid 00112233445566778899aabbccddeeff",
     "locked.mp4", "encrypted"},
    {"-c:a ac3", "sound.ac3", "unsupported"},
    {"-c:a ac3", "ac3.mka", "unsupported"},
    {"-c:a wmav2", "sound.wma", "unsupported"},
};
#define REFUSED_KINDS (sizeof refused_kinds / sizeof *refused_kinds)

static void shell(const char *options, const char *name)
{
    sg_buf_reset(&more);
    sg_buf_printf(&more, "cd %s && ffmpeg -nostdin -v error -y -i base.wav %s %s 2>ffmpeg.log", dir,
                  options, name);
    sg_buf_putc(&more, 0);
    ck_assert_msg(system(more.p) == 0, "%s", more.p);
}

/* One run of ffmpeg makes many files of one reading. */
static void make_kinds(void)
{
    for (size_t from = 0; from < KINDS; from += 22) {
        struct sg_buf all = {0};
        for (size_t i = from; i < KINDS && i < from + 22; i++)
            sg_buf_printf(&all, "%s %s ", kinds[i].options, kinds[i].name);
        sg_buf_putc(&all, 0);
        shell(all.p, "");
        sg_buf_free(&all);
    }
}

static int look(const char *name)
{
    int fd = open(test_path(dir, name), O_RDONLY);
    ck_assert_msg(fd >= 0, "%s", name);
    err = (struct sg_error)SG_ERROR_INIT;
    sg_arena_reset(&arena);
    int rc = sg_prepare(fd, NULL, NULL, NULL, NULL, &arena, &facts, &err);
    close(fd);
    return rc;
}

static void taken(const char *name)
{
    ck_assert_msg(look(name) == 0, "%s: %s (%s)", name, err.text, err.kind);
}

static void refused(const char *name, const char *code)
{
    ck_assert_msg(look(name) == SG_EMEDIA, "%s was taken", name);
    ck_assert_msg(err.kind && !strcmp(err.kind, code), "%s: %s (%s)", name, err.kind, err.text);
}

START_TEST(common_kinds_are_taken_for_what_they_are)
{
    for (size_t i = 0; i < KINDS; i++) {
        taken(kinds[i].name);
        ck_assert_msg(sg_str_eq(facts.codec, sg_str(kinds[i].codec)) &&
                          (int)facts.sample_rate == kinds[i].rate &&
                          (int)facts.channels == kinds[i].channels &&
                          (int)facts.bits == kinds[i].bits,
                      "%s: %.*s %d Hz %d channels %d bits", kinds[i].name, SG_FMT(facts.codec),
                      (int)facts.sample_rate, (int)facts.channels, (int)facts.bits);
        ck_assert_msg(facts.duration_ms >= 1195 && facts.duration_ms <= 1300, "%s: %llu ms",
                      kinds[i].name, (unsigned long long)facts.duration_ms);
    }
}
END_TEST

/* HE-AAC by libfdk-aac, of which no build of ffmpeg here makes any: spectral band replication that
 * the frames alone tell of, and parametric stereo. The rate is that of what is heard. */
START_TEST(aac_with_its_upper_half_replicated_is_taken)
{
    static const char *const coded[] = {"he", "hev2"};
    for (size_t i = 0; i < 4; i++) {
        char options[PATH_MAX + 100], name[40];
        snprintf(name, sizeof name, "%s.%s", coded[i / 2], i % 2 ? "m4a" : "aac");
        snprintf(options, sizeof options,
                 "-i \"$OLDPWD/tests/integration/sounds/%s.aac\" -map 1 "
                 "-c copy",
                 coded[i / 2]);
        shell(options, name);
        taken(name);
        ck_assert_msg(facts.sample_rate == 44100 && facts.channels == 2 &&
                          facts.duration_ms >= 1200 && facts.duration_ms <= 1300 &&
                          facts.loudness > -20,
                      "%s: %d Hz %d channels %d ms %f LUFS", name, (int)facts.sample_rate,
                      (int)facts.channels, (int)facts.duration_ms, facts.loudness);
    }
}
END_TEST

START_TEST(what_is_no_song_is_refused)
{
    for (size_t i = 0; i < REFUSED_KINDS; i++) {
        shell(refused_kinds[i].options, refused_kinds[i].name);
        refused(refused_kinds[i].name, refused_kinds[i].code);
    }
    test_file_put(dir, "empty", SG_STR_NONE);
    refused("empty", "unsupported");
    test_file_put(dir, "text.mp3", SG_STR("This is no music at all, only words.\n"));
    refused("text.mp3", "unsupported");
    sg_buf_reset(&more);
    sg_buf_printf(&more, "ffconcat version 1.0\nfile '%s'\n", test_path(dir, "base.wav"));
    test_file_put(dir, "list.wav", sg_buf_str(&more));
    refused("list.wav", "unsupported");
    sg_buf_reset(&more);
    sg_buf_printf(&more, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\n%s\n",
                  test_path(dir, "base.wav"));
    test_file_put(dir, "list.m3u8", sg_buf_str(&more));
    refused("list.m3u8", "unsupported");
}
END_TEST

static void wav(const char *name, struct test_wav w)
{
    sg_buf_reset(&bytes);
    test_wav_put(&bytes, &w);
    test_file_put(dir, name, sg_buf_str(&bytes));
}

START_TEST(bounds_are_kept)
{
    wav("short.wav", (struct test_wav){44100, 2, 16, false, 0.99, 1});
    refused("short.wav", "too-short");
    wav("silent.wav", (struct test_wav){44100, 2, 16, false, 1.2, 0});
    refused("silent.wav", "silent");
    wav("faint.wav", (struct test_wav){44100, 2, 24, false, 1.2, 0.0005});
    refused("faint.wav", "silent");
    wav("soft.wav", (struct test_wav){44100, 2, 24, false, 1.2, 0.001});
    taken("soft.wav");
    wav("nine.wav", (struct test_wav){44100, 9, 16, false, 1.2, 1});
    refused("nine.wav", "channels");
    wav("slow.wav", (struct test_wav){7999, 1, 16, false, 1.2, 1});
    refused("slow.wav", "sample-rate");
    wav("fast.wav", (struct test_wav){384000, 1, 16, false, 1.2, 1});
    refused("fast.wav", "sample-rate");
    int fd = open(test_path(dir, "base.wav"), O_RDONLY);
    struct sg_check_options o = {.decode.max_seconds = 1, .arena = &arena};
    ck_assert_int_eq(sg_check(fd, &o, &facts, &err), SG_EMEDIA);
    ck_assert_str_eq(err.kind, "too-long");
    close(fd);
}
END_TEST

START_TEST(samples_that_are_no_numbers_are_refused)
{
    wav("nan.wav", (struct test_wav){44100, 1, 32, true, 1.2, 1});
    for (size_t i = 44; i + 4 <= bytes.n; i += 400)
        memcpy(bytes.p + i, (const uint32_t[]){0x7fc00000}, 4);
    test_file_put(dir, "nan.wav", sg_buf_str(&bytes));
    refused("nan.wav", "damaged");
    wav("one.wav", (struct test_wav){44100, 1, 32, true, 1.2, 1});
    memcpy(bytes.p + 444, (const uint32_t[]){0x7f800000}, 4);
    test_file_put(dir, "one.wav", sg_buf_str(&bytes));
    taken("one.wav");
    ck_assert(facts.true_peak < 0 && facts.loudness > -60);
}
END_TEST

START_TEST(a_file_whose_end_is_missing_is_refused)
{
    static const char *const whole[] = {"s16.wav", "s16.w64",   "16.flac", "v0.mp3",    "128.m4a",
                                        "q9.ogg",  "160.opus",  "16.aiff", "16.wv",     "24.caf",
                                        "16.m4a",  "opus.webm", "128.mp3", "front.m4a", "aac.mka"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        test_file_get(dir, whole[i], &bytes);
        test_file_put(dir, "cut", (struct sg_str){bytes.p, bytes.n * 6 / 10 + 1});
        ck_assert_msg(look("cut") == SG_EMEDIA, "%s without its end was taken", whole[i]);
        ck_assert_msg(!strcmp(err.kind, "truncated"), "%s: %s", whole[i], err.kind);
    }
    /* a header that promises years */
    test_file_get(dir, "s16.wav", &bytes);
    char *data = memmem(bytes.p, bytes.n, "data", 4);
    memcpy(bytes.p + 4, "\xf0\xff\xff\x7f", 4);
    memcpy(data + 4, "\x80\xff\xff\x7f", 4);
    test_file_put(dir, "years.wav", sg_buf_str(&bytes));
    refused("years.wav", "truncated");
}
END_TEST

static const char *const hosts[] = {"s16.wav", "16.flac",   "128.mp3", "bare.mp3", "128.m4a",
                                    "q9.ogg",  "160.opus",  "16.aiff", "16.wv",    "24.caf",
                                    "64.aac",  "opus.webm", "16.au",   "s16.w64"};
#define HOSTS (sizeof hosts / sizeof *hosts)

START_TEST(a_guest_behind_the_sound_is_refused)
{
    static const struct sg_str guests[] = {
        SG_STR("PK\3\4\24\0\0\0\0\0aaaaaaaaaaaaaaaaaaaaaaPK\5\6\0\0\0\0\1\0\1\0\1\0\0\0\2\0\0\0"
               "\0\0"),
        SG_STR("<html><script>alert(document.domain)</script></html>"),
        SG_STR("MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40This program"),
        SG_STR("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"),
    };
    for (size_t i = 0; i < HOSTS; i++)
        for (size_t k = 0; k < sizeof guests / sizeof *guests; k++) {
            test_file_get(dir, hosts[i], &bytes);
            sg_buf_str_put(&bytes, guests[k]);
            test_file_put(dir, "guest", sg_buf_str(&bytes));
            ck_assert_msg(look("guest") == SG_EMEDIA, "%s with guest %zu was taken", hosts[i], k);
            ck_assert_msg(!strcmp(err.kind, "polyglot"), "%s, guest %zu: %s", hosts[i], k,
                          err.kind);
        }
}
END_TEST

START_TEST(a_guest_before_or_within_is_refused)
{
    test_file_get(dir, "bare.mp3", &more);
    sg_buf_reset(&bytes);
    sg_buf_puts(&bytes, "<!doctype html><title>x</title><script src=//evil.example></script>");
    sg_buf_str_put(&bytes, sg_buf_str(&more));
    test_file_put(dir, "page.mp3", sg_buf_str(&bytes));
    ck_assert_int_eq(look("page.mp3"), SG_EMEDIA);
    /* an archive in a comment: its directory at the very end */
    test_file_get(dir, "bare.mp3", &bytes);
    static const char end[] = "PK\5\6\0\0\0\0\1\0\1\0\1\0\0\0\2\0\0\0\x80\0";
    char tag[128] = "TAGtitle";
    sg_buf_puts(&bytes, "\0\0\0\0");
    sg_buf_put(&bytes, end, sizeof end - 1);
    sg_buf_put(&bytes, tag, sizeof tag);
    test_file_put(dir, "zip.mp3", sg_buf_str(&bytes));
    refused("zip.mp3", "polyglot");
}
END_TEST

START_TEST(tags_of_every_kind_are_read)
{
    shell("-metadata title=Morgenröte -metadata artist=Ä -metadata album=愛 -metadata genre=Jazz "
          "-metadata date=1987-05-01 -metadata track=3/12 -metadata disc=2",
          "tags.flac");
    shell("-metadata title=Morgenröte -metadata track=7 -metadata date=2001", "tags.mp3");
    shell("-metadata title=Morgenröte -metadata artist=Ä -c:a aac", "tags.m4a");
    taken("tags.flac");
    ck_assert(sg_str_eq(facts.tags->title, SG_STR("Morgenröte")));
    ck_assert(sg_str_eq(facts.tags->artist, SG_STR("Ä")));
    ck_assert(sg_str_eq(facts.tags->album, SG_STR("愛")));
    ck_assert(sg_str_eq(facts.tags->genre, SG_STR("Jazz")));
    ck_assert(facts.tags->year == 1987 && facts.tags->track == 3 && facts.tags->disc == 2);
    taken("tags.mp3");
    ck_assert(sg_str_eq(facts.tags->title, SG_STR("Morgenröte")));
    ck_assert(facts.tags->year == 2001 && facts.tags->track == 7);
    taken("tags.m4a");
    ck_assert(sg_str_eq(facts.tags->title, SG_STR("Morgenröte")));
}
END_TEST

/* bare.mp3 with this behind it. */
static void behind(const char *name, struct sg_str tag)
{
    test_file_get(dir, "bare.mp3", &bytes);
    sg_buf_str_put(&bytes, tag);
    test_file_put(dir, name, sg_buf_str(&bytes));
}

START_TEST(odd_tags_are_borne)
{
    char v1[128] = "TAGGr\xfc\xdf"
                   "e"; /* Latin-1, as ID3v1 has it */
    behind("v1.mp3", (struct sg_str){v1, sizeof v1});
    taken("v1.mp3");
    ck_assert(sg_str_eq(facts.tags->title, SG_STR("Grüße")));

    static const char ape[] = "\x0b\0\0\0\0\0\0\0Comment\0hello world"
                              "APETAGEX\xd0\7\0\0\x3b\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    behind("ape.mp3", (struct sg_str){ape, sizeof ape - 1});
    taken("ape.mp3");

    test_file_get(dir, "tags.flac", &bytes);
    char *at = memmem(bytes.p, bytes.n, "Morgenr\xc3\xb6te", 11);
    ck_assert_ptr_nonnull(at);
    memcpy(at, "\xff\xfe\x80 bad \1\2\3", 11);
    test_file_put(dir, "bad.flac", sg_buf_str(&bytes));
    taken("bad.flac");
    ck_assert(sg_str_is_utf8(facts.tags->title) && facts.tags->title.n > 5);

    char *longer = malloc(11000);
    memset(longer, 'x', 10999);
    memcpy(longer, "-metadata title=", 16);
    longer[10999] = 0;
    shell(longer, "long.flac");
    shell("-metadata title= -metadata artist=", "none.mp3");
    free(longer);
    taken("long.flac");
    ck_assert_uint_eq(facts.tags->title.n, SG_AUDIO_TAG_MAX);
    taken("none.mp3");
    ck_assert(!facts.tags->title.p);
}
END_TEST

START_TEST(covers_are_read_and_bounded)
{
    shell("-f lavfi -i color=red:s=32x32:d=1 -map 0 -map 1 -frames:v 1 -c:v mjpeg "
          "-disposition:v attached_pic",
          "cover.mp3");
    shell("-f lavfi -i color=red:s=32x32:d=1 -map 0 -map 1 -frames:v 1 -c:v png "
          "-disposition:v attached_pic",
          "cover.flac");
    taken("cover.mp3");
    ck_assert(facts.has_cover && sg_str_eq(facts.cover_type, SG_STR("image/jpeg")));
    taken("cover.flac");
    ck_assert(facts.has_cover && sg_str_eq(facts.cover_type, SG_STR("image/png")));
    /* an ID3v2 tag of 100 MB, which costs no more than a hole in the file */
    sg_buf_reset(&bytes);
    sg_buf_put(&bytes, "ID3\3\0\0\x2f\x2f\x2f\x2fTXXX\6\0\0\0\0\0", 20);
    test_file_put(dir, "hole.mp3", sg_buf_str(&bytes));
    ck_assert_int_eq(truncate(test_path(dir, "hole.mp3"), 120 << 20), 0);
    ck_assert_int_eq(look("hole.mp3"), SG_EMEDIA);
}
END_TEST

static Suite *audio_files_suite(void)
{
    Suite *s = suite_create("audio_files");
    TCase *t = tcase_create("audio_files");
    tcase_add_unchecked_fixture(t, make_kinds, NULL);
    tcase_add_test(t, common_kinds_are_taken_for_what_they_are);
    tcase_add_test(t, aac_with_its_upper_half_replicated_is_taken);
    tcase_add_test(t, what_is_no_song_is_refused);
    tcase_add_test(t, bounds_are_kept);
    tcase_add_test(t, samples_that_are_no_numbers_are_refused);
    tcase_add_test(t, a_file_whose_end_is_missing_is_refused);
    tcase_add_test(t, a_guest_behind_the_sound_is_refused);
    tcase_add_test(t, a_guest_before_or_within_is_refused);
    tcase_add_test(t, tags_of_every_kind_are_read);
    tcase_add_test(t, odd_tags_are_borne);
    tcase_add_test(t, covers_are_read_and_bounded);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    dir = test_scratch();
    wav("base.wav", (struct test_wav){44100, 2, 16, false, 1.2, 1});
    SRunner *r = srunner_create(audio_files_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    sg_buf_free(&bytes);
    sg_buf_free(&more);
    sg_arena_free(&arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
