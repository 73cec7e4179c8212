/* main.c - segue-audio: a stranger's sound, decoded in a process of its own.
 *
 * A decoder that is led astray by what it reads ends this process, not the service; it holds no
 * connection, no master key and no file but the sound and the folder it writes to. schemas/audio.h
 * says what goes in and out.
 */
#include "audio/confine.h"
#include "audio/prepare.h"
#include "audio/report.h"
#include "core/buf.h"
#include "core/service.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define JOB_FD 3
/* Of checking: decoding an hour of eight channels at 192 kHz takes a minute; the answer may go
 * into a file. */
static const struct sg_confine_bounds check_bounds = {
    .cpu_s = 600, .memory_bytes = 1ull << 30, .file_bytes = 1 << 20};
static const struct sg_confine_bounds prepare_bounds = {
    .cpu_s = 7200, .memory_bytes = 2ull << 30, .file_bytes = 4ull << 30};

static void tell(void *ctx, int percent, const char *stage)
{
    (void)ctx;
    fprintf(stderr, "progress %d %s\n", percent, stage);
}

/* The one line of standard output, and the exit code. */
static int answer(int rc, const struct sg_audio_facts *facts, const struct sg_error *e)
{
    struct sg_buf out = {0};
    int code = 0;
    if (!rc) {
        sg_record_to_json(&sg_audio_facts_record, facts, &out);
    } else if (rc == SG_EMEDIA && e->kind) {
        struct sg_audio_refusal r = {sg_str(e->kind), sg_str(e->text)};
        sg_record_to_json(&sg_audio_refusal_record, &r, &out);
        code = SG_AUDIO_REFUSED;
    } else {
        fprintf(stderr, "segue-audio: %s\n", e->text);
        code = 1;
    }
    if (sg_buf_failed(&out))
        code = 1;
    else if (out.n)
        printf("%.*s\n", SG_FMT(sg_buf_str(&out)));
    sg_buf_free(&out);
    return fflush(stdout) ? 1 : code;
}

/* check [--max-seconds N]: 0 when it is neither this nor that. */
static uint64_t seconds_of(int argc, char **argv)
{
    uint64_t n = SG_AUDIO_SECONDS_MAX;
    bool told = argc == 3 && strcmp(argv[1], "--max-seconds") == 0;
    if (argc != 1 && (!told || !sg_str_to_u64(sg_str(argv[2]), &n) || n > SG_AUDIO_SECONDS_MAX))
        return 0;
    return n;
}

static int check(const struct sg_config *config, int argc, char **argv)
{
    struct sg_audio_job bounds = {.max_seconds = seconds_of(argc, argv)};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_audio_facts facts;
    struct sg_arena arena = {0};
    int none;
    (void)config;
    if (!bounds.max_seconds) {
        fprintf(stderr, "segue-audio: %s [--max-seconds 1..%d] < FILE\n", argv[0],
                SG_AUDIO_SECONDS_MAX);
        return 2;
    }
    int rc = sg_confine(NULL, &check_bounds, &none, &e);
    if (!rc)
        rc = sg_prepare(STDIN_FILENO, &bounds, NULL, tell, NULL, &arena, &facts, &e);
    int code = answer(rc, &facts, &e);
    sg_arena_free(&arena);
    return code;
}

static int read_job(struct sg_buf *text, struct sg_arena *arena, struct sg_audio_job *job,
                    struct sg_error *e)
{
    ssize_t n = 1;
    while (n != 0 && text->n <= SG_AUDIO_LINE_MAX) {
        char *at = sg_buf_reserve(text, 1 << 14);
        if (!at)
            return sg_fail(e, SG_ENOMEM, "reading the job");
        n = read(JOB_FD, at, 1 << 14);
        if (n < 0 && errno != EINTR)
            return sg_fail_errno(e, "reading the job from descriptor %d", JOB_FD);
        text->n += n > 0 ? (size_t)n : 0;
    }
    return sg_audio_job_read(sg_buf_str(text), arena, job, e);
}

static int prepare(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_audio_facts facts;
    struct sg_audio_job job;
    struct sg_arena arena = {0};
    struct sg_buf text = {0};
    static struct sg_tree tree;
    int dir = -1;
    (void)config;
    if (argc != 2) {
        fprintf(stderr, "segue-audio: %s OUTDIR < FILE 3< JOB\n", argv[0]);
        return 2;
    }
    int rc = sg_confine(argv[1], &prepare_bounds, &dir, &e);
    if (!rc)
        rc = read_job(&text, &arena, &job, &e);
    if (!rc)
        rc = sg_tree_init(&tree, dir, &arena, &e);
    if (!rc)
        rc = sg_prepare(STDIN_FILENO, &job, &tree, tell, NULL, &arena, &facts, &e);
    int code = answer(rc, &facts, &e);
    sg_tree_close(&tree);
    sg_buf_free(&text);
    sg_arena_free(&arena);
    return code;
}

static int analyse(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_audio_facts facts;
    struct sg_arena arena = {0};
    int none;
    (void)config;
    if (argc != 2) {
        fprintf(stderr, "segue-audio: %s FILE\n", argv[0]);
        return 2;
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 ? sg_fail_errno(&e, "%s", argv[1]) : sg_confine(NULL, &check_bounds, &none, &e);
    if (!rc)
        rc = sg_prepare(fd, NULL, NULL, NULL, NULL, &arena, &facts, &e);
    if (!rc)
        sg_report(&facts, stdout);
    else if (rc == SG_EMEDIA && e.kind)
        printf("refused (%s): %s\n", e.kind, e.text);
    else
        fprintf(stderr, "segue-audio: %s\n", e.text);
    sg_arena_free(&arena);
    if (fd >= 0)
        close(fd);
    return !rc ? 0 : rc == SG_EMEDIA ? SG_AUDIO_REFUSED : 1;
}

static const struct sg_command commands[] = {
    {"check", "check [--max-seconds N]", "say whether a file is a song",
     "Reads a sound file from standard input, which must be a regular file, decodes all of it and\n"
     "prints one line of JSON: what it is and how it sounds. Exit code 3: it was refused; the "
     "line\n"
     "has a code and a text. One that is longer than N seconds (3600) is refused as soon as so "
     "much\n"
     "is decoded.",
     check},
    {"prepare", "prepare OUTDIR", "make everything that is served of a song",
     "As check; besides, fills the empty folder OUTDIR with renditions, manifests, waveform and\n"
     "cover. Descriptor 3 gives the job as JSON (schemas/audio.h). Progress goes to standard "
     "error.",
     prepare},
    {"analyse", "analyse FILE", "tell people what check tells programs", NULL, analyse},
    {0},
};

int main(int argc, char **argv)
{
    static const struct sg_program program = {"segue-audio", "Segue's reader of sound", commands,
                                              NULL};
    return sg_program_main(&program, argc, argv);
}
