/* test_audio_alike.c - the same music is found whatever became of its file, and other music is not.
 */
#include "audio/analysis/mono.h"
#include "audio/fingerprint/lookup.h"
#include "audio/fingerprint/match.h"
#include "audio/fingerprint/print.h"
#include "audio/fingerprint/terms.h"
#include "audio/prepare.h"
#include "data/generate/phrase.h"
#include "tests/support/pg.h"
#include "tests/support/scratch.h"
#include "tests/support/sound.h"
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OTHERS 200

static struct sg_error err;
static struct sg_arena arena;
static const char *dir;
static struct test_pg *pg;

struct sound {
    uint32_t items[SG_PRINT_ITEMS];
    size_t n;
    struct sg_buf packed;
    int64_t terms[SG_TERMS];
    struct sg_list list;
};

static void take_terms(struct sound *s)
{
    int32_t terms[SG_TERMS];
    size_t n = sg_terms(s->items, s->n, terms);
    for (size_t i = 0; i < n; i++)
        s->terms[i] = terms[i];
    s->list = (struct sg_list){s->terms, n};
}

/* 9 s and more. */
static void render(uint64_t seed, float **mono, size_t *n)
{
    struct sg_phrase p;
    sg_phrase_draw(seed, seed % 9, &p);
    p.bars = 6;
    float *stereo = NULL;
    ck_assert_int_eq(sg_phrase_render(&p, &stereo, n, &err), 0);
    for (size_t i = 0; i < *n; i++)
        stereo[i] = (stereo[2 * i] + stereo[2 * i + 1]) / 2;
    *mono = stereo;
}

/* The fingerprint of samples, without a file. */
static void print_of(const float *mono, size_t n, struct sound *out)
{
    struct sg_print *p = NULL;
    struct sg_mono *m = NULL;
    ck_assert_int_eq(sg_print_new(&p, &err), 0);
    struct sg_mono_listener l = sg_print_listener(p);
    ck_assert_int_eq(sg_mono_new(&m, &l, 1, &err), 0);
    struct sg_pcm_sink sink = sg_mono_sink(m);
    sink.begin(sink.ctx, &(struct sg_pcm_format){SG_PHRASE_RATE, 1, 4, 16}, &err);
    for (size_t at = 0; at < n; at += SG_PCM_FRAMES_MAX) {
        const float *plane = mono + at;
        size_t k = n - at < SG_PCM_FRAMES_MAX ? n - at : SG_PCM_FRAMES_MAX;
        ck_assert_int_eq(sink.block(sink.ctx, &plane, k, &err), 0);
    }
    ck_assert_int_eq(sink.end(sink.ctx, &err), 0);
    sg_buf_reset(&out->packed);
    ck_assert_int_eq(sg_print_get(p, &out->packed, out->items, &out->n, &err), 0);
    take_terms(out);
    sg_mono_free(m);
    sg_print_free(p);
}

/* The fingerprint of a file, as the program tells it. */
static void print_of_file(const char *name, struct sound *out)
{
    struct sg_audio_facts f;
    int fd = open(test_path(dir, name), O_RDONLY);
    ck_assert_msg(!sg_prepare(fd, NULL, NULL, NULL, NULL, &arena, &f, &err), "%s: %s", name,
                  err.text);
    close(fd);
    sg_buf_reset(&out->packed);
    sg_buf_str_put(&out->packed, f.fingerprint);
    ck_assert_int_eq(sg_print_unpack(f.fingerprint, out->items, &out->n, &err), 0);
    take_terms(out);
    ck_assert_uint_eq(out->list.n, f.fingerprint_terms.n);
    ck_assert_mem_eq(out->terms, f.fingerprint_terms.v, out->list.n * sizeof *out->terms);
}

static void store(PGconn *c, int id, const struct sound *s)
{
    struct sg_buf b = {0};
    sg_buf_printf(&b,
                  "INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, "
                  "true_peak, features, fingerprint, fingerprint_terms) VALUES "
                  "('018bcfe5-6800-7000-8000-%012d', 16000, 44100, 1, 'flac', -3, '{}', '\\x",
                  id);
    for (size_t i = 0; i < s->packed.n; i++)
        sg_buf_printf(&b, "%02x", (unsigned char)s->packed.p[i]);
    sg_buf_puts(&b, "', '{");
    for (size_t i = 0; i < s->list.n; i++)
        sg_buf_printf(&b, "%s%lld", i ? "," : "", (long long)s->terms[i]);
    sg_buf_puts(&b, "}')");
    sg_buf_putc(&b, 0);
    test_pg_sql(c, "%s", b.p);
    sg_buf_free(&b);
}

/* Pieces 1 to OTHERS, and piece 0, which song 1 of an artist plays. */
static void fill(PGconn *c)
{
    struct sound s = {0};
    for (int id = 0; id <= OTHERS; id++) {
        float *mono;
        size_t n;
        render((uint64_t)id, &mono, &n);
        print_of(mono, n, &s);
        store(c, id, &s);
        free(mono);
    }
    sg_buf_free(&s.packed);
    test_pg_sql(c, "INSERT INTO users (user_id, email, display_name) VALUES "
                   "(5, 'a@segue.example', 'A')");
    test_pg_sql(c, "INSERT INTO artists (artist_id, name, user_id) VALUES (3, 'The First', 5)");
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title) VALUES (3, 1, 'Piece')");
    test_pg_sql(c, "INSERT INTO song_audio VALUES (1, '018bcfe5-6800-7000-8000-000000000000')");
}

static void make_files(void)
{
    float *mono;
    size_t n;
    struct sg_buf b = {0};
    render(0, &mono, &n);
    test_wav_of(&b, mono, n, SG_PHRASE_RATE);
    test_file_put(dir, "piece.wav", sg_buf_str(&b));
    sg_buf_reset(&b);
    sg_buf_printf(&b,
                  "cd %s && ffmpeg -nostdin -v error -y -i piece.wav -b:a 64k 64.mp3 "
                  "-ar 32000 32k.flac -ss 3 cut.flac -b:a 64k -ar 24000 -ss 3 all.mp3 "
                  "-af volume=-9dB soft.opus",
                  dir);
    sg_buf_putc(&b, 0);
    ck_assert_int_eq(system(b.p), 0);
    sg_buf_free(&b);
    free(mono);
}

START_TEST(the_same_music_is_found_and_other_music_is_not)
{
    static const struct {
        const char *name;
        double offset;
    } same[] = {{"piece.wav", 0}, {"64.mp3", 0},  {"32k.flac", 0},
                {"cut.flac", 3},  {"all.mp3", 3}, {"soft.opus", 0}};
    PGconn *c = test_pg_connect(pg);
    struct sound s = {0};
    struct sg_alike found[SG_ALIKE_MAX];
    size_t n;
    fill(c);
    make_files();
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        print_of_file(same[i].name, &s);
        ck_assert_int_eq(
            sg_alike_find(c, sg_buf_str(&s.packed), s.list, NULL, &arena, found, &n, &err), 0);
        ck_assert_msg(n == 1, "%s: %zu", same[i].name, n);
        ck_assert_msg(found[0].song_id == 1 && found[0].artist_id == 3 && found[0].user_id == 5,
                      "%s", same[i].name);
        ck_assert(sg_str_eq(found[0].title, SG_STR("Piece")) &&
                  sg_str_eq(found[0].artist, SG_STR("The First")));
        ck_assert_msg(found[0].offset_s > same[i].offset - 0.3 &&
                          found[0].offset_s < same[i].offset + 0.3,
                      "%s: %.2f s", same[i].name, found[0].offset_s);
    }
    ck_assert_int_eq(sg_alike_find(c, sg_buf_str(&s.packed), s.list,
                                   "018bcfe5-6800-7000-8000-000000000000", &arena, found, &n, &err),
                     0);
    ck_assert_uint_eq(n, 0);
    for (uint64_t id = 1000; id < 1000 + OTHERS / 10; id++) { /* never heard before */
        float *mono;
        size_t frames;
        render(id, &mono, &frames);
        print_of(mono, frames, &s);
        ck_assert_int_eq(
            sg_alike_find(c, sg_buf_str(&s.packed), s.list, NULL, &arena, found, &n, &err), 0);
        ck_assert_msg(n == 0, "%d is like %.*s: %.2f", (int)id, SG_FMT(found[0].asset_id),
                      found[0].score);
        free(mono);
    }
    sg_buf_free(&s.packed);
    PQfinish(c);
}
END_TEST

/* The reference program's items of the same file, whose ways of mixing and resampling differ. */
START_TEST(fingerprints_are_those_of_the_reference_program)
{
    struct sound s = {0};
    make_files();
    print_of_file("piece.wav", &s);
    struct sg_buf b = {0};
    sg_buf_printf(&b, "fpcalc -raw -plain %s 2>/dev/null", test_path(dir, "piece.wav"));
    sg_buf_putc(&b, 0);
    FILE *f = popen(b.p, "r");
    ck_assert_ptr_nonnull(f);
    unsigned wrong = 0, item = 0;
    size_t n = 0;
    for (; fscanf(f, "%u%*[,]", &item) == 1; n++)
        wrong += n < s.n ? (unsigned)__builtin_popcount(item ^ s.items[n]) : 32;
    pclose(f);
    ck_assert_msg(n + 1 >= s.n && n <= s.n && n > 50, "%zu items, theirs %zu", s.n, n);
    ck_assert_msg(wrong < n * 32 / 50, "%u of %zu bits differ", wrong, n * 32);
    sg_buf_free(&b);
    sg_buf_free(&s.packed);
}
END_TEST

START_TEST(damaged_fingerprints_are_refused)
{
    struct sound s = {0};
    float *mono;
    size_t n;
    render(0, &mono, &n);
    print_of(mono, n, &s);
    free(mono);
    uint32_t items[SG_PRINT_ITEMS];
    ck_assert_int_eq(sg_print_unpack(SG_STR_NONE, items, &n, &err), SG_ECORRUPT);
    ck_assert_int_eq(sg_print_unpack(SG_STR("\1\xff\xff\xff"), items, &n, &err), SG_ECORRUPT);
    ck_assert_int_eq(sg_print_unpack((struct sg_str){s.packed.p, s.packed.n / 2}, items, &n, &err),
                     SG_ECORRUPT);
    ck_assert_int_eq(sg_print_unpack(sg_buf_str(&s.packed), items, &n, &err), 0);
    ck_assert_mem_eq(items, s.items, n * sizeof *items);
    sg_buf_free(&s.packed);
}
END_TEST

static Suite *audio_alike_suite(void)
{
    Suite *s = suite_create("audio_alike");
    TCase *t = tcase_create("audio_alike");
    tcase_add_test(t, damaged_fingerprints_are_refused);
    tcase_add_test(t, fingerprints_are_those_of_the_reference_program);
    tcase_add_test(t, the_same_music_is_found_and_other_music_is_not);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    dir = test_scratch();
    pg = test_pg_start_migrated(NULL);
    SRunner *r = srunner_create(audio_alike_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    sg_arena_free(&arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
