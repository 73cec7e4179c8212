/* main.c - segue-worker: work that nobody waits for. */
#include "core/service.h"
#include "worker/jobs_command.h"
#include "worker/serve.h"
#include <stdio.h>

static int serve(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    (void)argc, (void)argv;
    if (!sg_worker_serve(config, &e))
        return 0;
    fprintf(stderr, "segue-worker: %s\n", e.text);
    return 1;
}

static const struct sg_command commands[] = {
    {"serve", "serve", "take jobs until stopped",
     "Makes songs of what artists uploaded: fetches the original, has it decoded and encoded by\n"
     "segue-audio in a confined process, stores the renditions and publishes the song. When it is\n"
     "stopped it gives back what it has not done. Several may run, on several machines.",
     serve},
    {"jobs", "jobs list [--all] | show JOB | retry JOB|--all | drop JOB",
     "look after jobs and dead letters", sg_jobs_help, sg_jobs_command},
    {0},
};

int main(int argc, char **argv)
{
    static const struct sg_program program = {"segue-worker", "Segue's worker", commands, "serve"};
    return sg_program_main(&program, argc, argv);
}
