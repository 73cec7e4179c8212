/* sound.c - segue-data demo-audio. */
#include "data/generate/sound.h"
#include "core/clock.h"
#include "core/pg.h"
#include "data/command.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECORDINGS 20 /* 18 s of one core */

const char sg_data_sound_help[] =
    "Makes short pieces of music and gives each song that has no audio one of its\n"
    "genre. They go through segue-audio and into the object store as uploads do.\n"
    "\n"
    "  --recordings N  different pieces (20)\n"
    "  --seed S        (demo.seed)\n"
    "  --all           all renditions, not AAC's alone\n"
    "  --progress      report progress also when stderr is no terminal";

static const char *take(struct sg_sound_options *o, const char *name, const char *value)
{
    uint64_t v = 0;
    bool whole = value && sg_str_to_u64(sg_str(value), &v);
    if (!strcmp(name, "--recordings")) {
        if (!whole || v < 1 || v > SG_SOUND_RECORDINGS_MAX)
            return "--recordings: 1 to 1000";
        o->recordings = (uint32_t)v;
    } else if (!strcmp(name, "--seed")) {
        if (!whole)
            return "--seed: a whole number";
        o->seed = v;
    } else {
        return "what is that?";
    }
    return NULL;
}

static int run(const struct sg_sound_options *o, struct sg_progress *p, struct sg_error *e)
{
    PGconn *c = NULL;
    uint64_t songs = 0;
    int64_t began = sg_now_us();
    int rc = sg_pg_connect(&c, o->config->pg.dsn, e);
    if (!rc)
        rc = sg_generate_sound(c, o, p, &songs, e);
    if (c)
        PQfinish(c);
    if (!rc)
        printf("%" PRIu64 " songs have sound now (%.1f s)\n", songs,
               (double)(sg_now_us() - began) / 1e6);
    return rc;
}

int sg_data_sound(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_progress progress;
    struct sg_sound_options o = {
        .config = config, .seed = (uint64_t)config->demo.seed, .recordings = RECORDINGS};
    bool forced = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--all")) {
            o.all_renditions = true;
        } else if (!strcmp(argv[i], "--progress")) {
            forced = true;
        } else {
            const char *wrong = take(&o, argv[i], argv[i + 1]);
            if (wrong)
                return sg_data_misused(argv[0], "%s", wrong);
            i++;
        }
    }
    sg_progress_init(&progress, forced);
    return run(&o, &progress, &e) ? sg_data_failed(argv[0], &e) : 0;
}
