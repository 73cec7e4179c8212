/* fuzz_audio.c - any bytes as a sound file: opened, its structure walked, its tags read, decoded.
 *
 * FFmpeg's own libraries are not instrumented (they have fuzzers of their own); what is looked for
 * is wrong use of them, and errors of our walks over containers, which are tried by every kind.
 */
#include "audio/check/check.h"
#include "audio/check/foreign.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sg_peek peek;

static void walk(int fd, size_t size)
{
    static const char *const kinds[] = {"wav",           "w64", "aiff", "caf", "au",   "mov,mp4",
                                        "matroska,webm", "ogg", "mp3",  "aac", "flac", "wv",
                                        "other"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sg_extent x;
        sg_peek_init(&peek, fd, size);
        sg_extent_find(&peek, kinds[i], &x);
        if (x.end > size || x.tags > size || x.begin > size || x.end > x.tags)
            abort();
        sg_foreign_check(&peek, &x, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena arena = {0};
    struct sg_buf cover = {0};
    struct sg_audio_facts facts;
    struct sg_error err = SG_ERROR_INIT;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || size > 1 << 20 || write(fd, data, size) != (ssize_t)size)
        goto done;
    walk(fd, size);
    struct sg_check_options o = {.decode.max_seconds = 4, .arena = &arena, .cover = &cover};
    int rc = sg_check(fd, &o, &facts, &err);
    if (rc && (rc != SG_EMEDIA || !err.kind))
        abort();
    if (!rc && (!facts.samples || !facts.channels || facts.channels > SG_AUDIO_CHANNELS_MAX))
        abort();
done:
    close(fd);
    sg_buf_free(&cover);
    sg_arena_free(&arena);
    return 0;
}
