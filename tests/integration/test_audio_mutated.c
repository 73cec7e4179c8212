/* test_audio_mutated.c - damaged files never crash the reader, hang it or leave anything behind. */
#include "audio/prepare.h"
#include "core/audio_child/audio_child.h"
#include "tests/support/scratch.h"
#include "tests/support/sound.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUTATED 200
#define BATCH   25 /* in one process */
#define CPU_S   60 /* of a batch */

static struct sg_error err;
static const char *dir;

static const char *const kinds[][2] = {
    {"-c:a pcm_s16le", "a.wav"},  {"-c:a flac", "a.flac"},
    {"-c:a libmp3lame", "a.mp3"}, {"-c:a aac", "a.m4a"},
    {"-c:a aac", "a.aac"},        {"-c:a alac", "b.m4a"},
    {"-c:a libopus", "a.opus"},   {"-c:a libvorbis", "a.ogg"},
    {"-c:a pcm_s24be", "a.aiff"}, {"-c:a wavpack", "a.wv"},
    {"-c:a libopus", "a.webm"},   {"-c:a pcm_s16be", "a.caf"},
    {"-c:a libvorbis", "a.mka"},  {"-c:a adpcm_ms", "b.wav"},
    {"-c:a pcm_s16le", "a.w64"},  {"-c:a aac -movflags +frag_keyframe+empty_moov", "a.mp4"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void make_kinds(void)
{
    struct sg_buf b = {0}, wav = {0};
    test_wav_put(&wav, &(struct test_wav){22050, 2, 16, false, 1.1, 1});
    test_file_put(dir, "base.wav", sg_buf_str(&wav));
    sg_buf_printf(&b, "cd %s && ffmpeg -nostdin -v error -y -i base.wav", dir);
    for (size_t i = 0; i < KINDS; i++)
        sg_buf_printf(&b, " -metadata title=x %s %s", kinds[i][0], kinds[i][1]);
    sg_buf_putc(&b, 0);
    ck_assert_int_eq(system(b.p), 0);
    sg_buf_free(&b);
    sg_buf_free(&wav);
}

static uint32_t next(uint32_t *r)
{
    return (*r = *r * 1664525u + 1013904223u) >> 8;
}

/* The n-th of all mutations: flipped bits near the head or anywhere, a cut, a splice of another
 * kind, a stretch of zeros or of 0xff. */
static void mutate(unsigned n, struct sg_buf *b)
{
    struct sg_buf other = {0};
    uint32_t r = n * 2654435761u + 1;
    test_file_get(dir, kinds[n % KINDS][1], b);
    size_t at = next(&r) % b->n, length = 1 + next(&r) % 600;
    length = length < b->n - at ? length : b->n - at;
    switch (n / KINDS % 5) {
    case 0:
        for (int i = 0; i < 12; i++)
            b->p[next(&r) % (b->n < 400 ? b->n : 400)] ^= (char)(1 << next(&r) % 8);
        break;
    case 1:
        for (int i = 0; i < 40; i++)
            b->p[next(&r) % b->n] ^= (char)(1 << next(&r) % 8);
        break;
    case 2:
        b->n = at;
        break;
    case 3:
        test_file_get(dir, kinds[next(&r) % KINDS][1], &other);
        length = length < other.n ? length : other.n;
        memcpy(b->p + at, other.p, length < b->n - at ? length : b->n - at);
        break;
    default:
        memset(b->p + at, n & 1 ? 0xff : 0, length);
    }
    sg_buf_free(&other);
}

/* In a process of its own: 0, or 3 after what is neither taken nor refused. */
static void check_batch(unsigned from)
{
    struct sg_buf b = {0};
    struct sg_arena arena = {0};
    struct sg_audio_facts facts;
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_S, CPU_S});
    for (unsigned n = from; n < from + BATCH; n++) {
        int fd = memfd_create("mutated", MFD_CLOEXEC);
        mutate(n, &b);
        if (fd < 0 || write(fd, b.p, b.n) != (ssize_t)b.n)
            _exit(2);
        int rc = sg_prepare(fd, NULL, NULL, NULL, NULL, &arena, &facts, &err);
        if (rc && (rc != SG_EMEDIA || !err.kind)) {
            fprintf(stderr, "mutation %u: %d %s\n", n, rc, err.text);
            _exit(3);
        }
        close(fd);
        sg_arena_reset(&arena);
    }
    sg_buf_free(&b);
    sg_arena_free(&arena);
    exit(0); /* leaks are looked for */
}

START_TEST(mutated_files_are_taken_or_refused_and_nothing_else)
{
    unsigned from = (unsigned)_i * BATCH;
    pid_t pid = fork();
    if (!pid)
        check_batch(from);
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "from %u: status %x", from,
                  (unsigned)status);
}
END_TEST

static int read_facts(struct sg_str json, struct sg_arena *a, void *out, struct sg_error *e)
{
    return sg_audio_facts_read(json, a, out, e);
}

static size_t count_files(const char *path)
{
    DIR *d = opendir(path);
    size_t n = 0;
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *f; (f = readdir(d));)
        n += f->d_name[0] != '.';
    closedir(d);
    return n;
}

START_TEST(the_program_leaves_nothing_outside_its_folder)
{
    static const char job[] = "{\"asset_id\":\"018bcfe5-6800-7000-8000-000000000001\","
                              "\"protection\":\"none\",\"renditions\":[\"aac64\"]}";
    struct sg_arena arena = {0};
    struct sg_buf b = {0};
    struct sg_audio_facts facts;
    size_t taken = 0, before = 0;
    char program[512];
    snprintf(program, sizeof program, "%s/segue-audio", getenv("SEGUE_BIN"));
    for (unsigned n = 0; n < 8; n++) {
        char name[32];
        struct sg_audio_verdict why;
        snprintf(name, sizeof name, "out%u", n);
        if (n)
            mutate(n * 23, &b);
        else
            test_file_get(dir, "a.flac", &b);
        test_file_put(dir, "mutated", sg_buf_str(&b));
        ck_assert_int_eq(mkdir(test_path(dir, name), 0700), 0);
        before = count_files(dir);
        int fd = open(test_path(dir, "mutated"), O_RDONLY);
        struct sg_audio_child c = {.program = program,
                                   .command = "prepare",
                                   .out_dir = test_path(dir, name),
                                   .input = fd,
                                   .job = {job, sizeof job - 1},
                                   .wall_s = 120,
                                   .cpu_s = CPU_S};
        int rc = sg_audio_child_run(&c, read_facts, &facts, &arena, &why, &err);
        close(fd);
        ck_assert_msg(!rc || rc == SG_EMEDIA, "%u: %d %s", n, rc, err.text);
        ck_assert_msg(!rc || strcmp(why.code, "crashed"), "%u: %s %s", n, why.code, why.detail);
        ck_assert_msg(n || !rc, "a whole file: %s %s", why.code, why.detail);
        ck_assert(rc || facts.files.n);
        taken += !rc;
        ck_assert_uint_eq(count_files(dir), before);
    }
    ck_assert_uint_gt(taken, 0);
    sg_buf_free(&b);
    sg_arena_free(&arena);
}
END_TEST

static Suite *audio_mutated_suite(void)
{
    Suite *s = suite_create("audio_mutated");
    TCase *t = tcase_create("audio_mutated");
    tcase_add_unchecked_fixture(t, make_kinds, NULL);
    tcase_add_loop_test(t, mutated_files_are_taken_or_refused_and_nothing_else, 0, MUTATED / BATCH);
    tcase_add_test(t, the_program_leaves_nothing_outside_its_folder);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    dir = test_scratch();
    SRunner *r = srunner_create(audio_mutated_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
