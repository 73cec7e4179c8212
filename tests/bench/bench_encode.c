/* bench_encode.c - how much faster than it plays a sound is encoded by one core, for each rendition
 * and for all at once, beside the ffmpeg command line on the same WAV file with the same settings.
 *
 *   bench_encode [seconds of sound, default 120] [rounds, default 3; the fastest counts]
 *
 * Times are of the processor, user and system, each way in a process of its own; ffmpeg's include
 * what its start takes (printed first).
 */
#include "audio/encode/rendition.h"
#include "core/arena.h"
#include "tests/support/packaging.h"
#include "tests/support/scratch.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RATE = 44100 };

struct cost {
    double seconds, peak_mb;
};

static const char *const ffmpeg_options[SG_RENDITIONS] = {
    "-c:a aac -b:a 64k -ar 48000 -movflags frag_keyframe+empty_moov -frag_duration 3840000 "
    "%s/%d.mp4",
    "-c:a aac -b:a 128k -ar 48000 -movflags frag_keyframe+empty_moov -frag_duration 3840000 "
    "%s/%d.mp4",
    "-c:a aac -b:a 320k -ar 48000 -movflags frag_keyframe+empty_moov -frag_duration 3840000 "
    "%s/%d.mp4",
    "-c:a libopus -vbr constrained -b:a 96k -ar 48000 -movflags frag_keyframe+empty_moov "
    "-frag_duration 3840000 %s/%d.mp4",
    "-c:a libopus -vbr constrained -b:a 160k -ar 48000 -movflags frag_keyframe+empty_moov "
    "-frag_duration 3840000 %s/%d.mp4",
    "-c:a libvorbis -b:a 160k -ar 48000 %s/%d.ogg",
    "-c:a flac -frame_size 4032 -strict -2 -movflags frag_keyframe+empty_moov "
    "-frag_duration 3840000 %s/%d.mp4",
};

/* Samples of the WAV file through the packager, as the decoder would hand them on. */
static int encode(const char *wav, const char *dir, unsigned renditions)
{
    static struct sg_tree tree;
    static float room[2][SG_PCM_FRAMES_MAX];
    static int16_t in[SG_PCM_FRAMES_MAX][2];
    const float *planes[2] = {room[0], room[1]};
    struct sg_arena arena = {0};
    struct sg_package_job job = {.renditions = renditions, .threads = 1};
    struct sg_packager *p = NULL;
    struct sg_error e = SG_ERROR_INIT;
    mkdir(dir, 0755);
    FILE *f = fopen(wav, "rb");
    if (!f || fseek(f, 44, SEEK_SET) || sg_tree_init(&tree, open(dir, O_RDONLY), &arena, &e) ||
        sg_packager_new(&p, &tree, &job, &e))
        return 1;
    struct sg_pcm_sink sink = sg_packager_sink(p);
    int rc = sink.begin(sink.ctx, &(struct sg_pcm_format){RATE, 2, 0x3, 16}, &e);
    for (size_t n; !rc && (n = fread(in, sizeof *in, SG_PCM_FRAMES_MAX, f)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            room[0][i] = (float)in[i][0] / 32768;
            room[1][i] = (float)in[i][1] / 32768;
        }
        rc = sink.block(sink.ctx, planes, n, &e);
    }
    rc = rc ? rc : sink.end(sink.ctx, &e);
    if (rc)
        fprintf(stderr, "%s\n", e.text);
    sg_packager_free(p);
    sg_tree_close(&tree);
    fclose(f);
    return rc != 0;
}

static struct cost wait_for(pid_t pid)
{
    struct rusage u;
    int status = 1;
    if (wait4(pid, &status, 0, &u) < 0 || status) {
        fprintf(stderr, "bench_encode: one failed\n");
        exit(1);
    }
    return (struct cost){(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                             (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
                         (double)u.ru_maxrss / 1024};
}

static struct cost ours(const char *wav, unsigned renditions)
{
    static int runs;
    char dir[600];
    snprintf(dir, sizeof dir, "%s/ours%d", test_scratch(), runs++);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr)) /* libavcodec's remarks */
            _exit(1);
        _exit(encode(wav, dir, renditions));
    }
    return wait_for(pid);
}

static struct cost theirs(const char *wav, unsigned renditions)
{
    char command[4096];
    int n = snprintf(command, sizeof command,
                     "exec ffmpeg -v quiet -y -threads 1 -filter_threads 1 -i %s", wav);
    for (int i = 0; i < SG_RENDITIONS; i++)
        if (renditions >> i & 1) {
            n += snprintf(command + n, sizeof command - (size_t)n, " -threads 1 ");
            n += snprintf(command + n, sizeof command - (size_t)n, ffmpeg_options[i],
                          test_scratch(), i);
        }
    if (!renditions)
        snprintf(command + n, sizeof command - (size_t)n, " -t 0.01 -f null -");
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return wait_for(pid);
}

static struct cost least(struct cost (*way)(const char *, unsigned), const char *wav, unsigned what,
                         int rounds)
{
    struct cost best = way(wav, what);
    while (--rounds > 0) {
        struct cost c = way(wav, what);
        best = c.seconds < best.seconds ? c : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 120;
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    if (system("command -v ffmpeg >/dev/null")) {
        puts("bench_encode: SKIPPED, there is no ffmpeg");
        return 0;
    }
    struct test_sound sound = {RATE, 2, 16, (int64_t)(seconds * RATE)};
    char wav[600];
    snprintf(wav, sizeof wav, "%s/sound.wav", test_scratch());
    test_sound_wav(&sound, wav);
    printf("%.0f s of stereo at %d Hz; ffmpeg's start takes %.3f s\n", seconds, RATE,
           least(theirs, wav, 0, rounds).seconds);
    printf("%-8s %14s %14s %7s %10s %10s\n", "", "Segue", "ffmpeg", "times", "Segue", "ffmpeg");
    for (int i = 0; i <= SG_RENDITIONS; i++) {
        unsigned what = i < SG_RENDITIONS ? 1u << i : SG_RENDITIONS_ALL;
        struct cost a = least(ours, wav, what, rounds), b = least(theirs, wav, what, rounds);
        printf("%-8s %8.1f x real %8.1f x real %7.2f %7.1f MB %7.1f MB\n",
               i < SG_RENDITIONS ? sg_renditions[i].name : "all", seconds / a.seconds,
               seconds / b.seconds, a.seconds / b.seconds, a.peak_mb, b.peak_mb);
    }
    return 0;
}
