/* fuzz_audio_records.c - any line as what segue-audio says: facts or a job. */
#include "schemas/audio.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path that is used must stay in its folder. */
static void look_at(const struct sg_audio_facts *f)
{
    const struct sg_audio_file *file = f->files.v;
    for (size_t i = 0; i < f->files.n; i++) {
        if (memmem(file[i].path.p, file[i].path.n, "..", 2) == file[i].path.p ||
            file[i].path.p[0] == '/' || memchr(file[i].path.p, 0, file[i].path.n))
            abort();
    }
    if (f->features.n != SG_AUDIO_FEATURES || !f->tags)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_str in = {(const char *)data, size};
    struct sg_arena arena = {0};
    struct sg_audio_facts facts;
    struct sg_audio_job job;
    if (!sg_audio_facts_read(in, &arena, &facts, NULL))
        look_at(&facts);
    if (!sg_audio_job_read(in, &arena, &job, NULL) && !sg_audio_job_wants(&job, "aac64") &&
        !job.renditions.n)
        abort();
    sg_arena_free(&arena);
    return 0;
}
