/* main.c - segue-indexer: keeps the search index equal to the catalogue. */
#include "core/service.h"
#include "indexer/commands.h"
#include "indexer/folder.h"
#include "indexer/run.h"
#include "indexer/status.h"
#include "indexer/verify.h"

static int check(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    char id[9];
    if (argc > 1) {
        fprintf(stderr, "segue-indexer check: unexpected argument '%s'\n", argv[1]);
        return 2;
    }
    if (!sg_folder_prepare(config->index.dir, id, &e))
        return 0;
    fprintf(stderr, "segue-indexer: %s\n", e.text);
    return 1;
}

static const struct sg_command commands[] = {
    {"run", "run", "follow the catalogue's changes (the service)",
     "Applies committed changes to the current generation, makes the first generation, and\n"
     "has a new one made when the old one cannot go on. Stops on SIGTERM.",
     sg_cmd_run},
    {"check", "check", "whether `run` would start, whoever runs now",
     "Makes index.dir when there is none. Exit code 1, and why, when it cannot be used.", check},
    {"rebuild", "rebuild [--force]", "make and publish a new generation",
     "Exit codes: 0 published, 1 failed or another rebuild runs, 3 refused by the gate.\n"
     "  --force  publish whatever the gate says of counts and canaries (never a corrupt one)",
     sg_cmd_rebuild},
    {"status", "status [--json]", "generations, lag, slots", NULL, sg_cmd_status},
    {"verify", "verify [--limit N] [--wait SECONDS] [--search]",
     "compare the live index with the database",
     "Compares every record; prints differences. Exit codes: 0 none, 1 some.\n"
     "  --limit N       print at most N differences (default 20)\n"
     "  --wait SECONDS  for the index to reach the database's state (default 30)\n"
     "  --search        also ask for every record by its own words (slow)",
     sg_cmd_verify},
    {"rollback", "rollback [NAME]", "serve the previous generation, or the named one",
     "A rebuild publishes a new generation again.", sg_cmd_rollback},
    {"gate", "gate [NAME]", "check a generation as before publishing", NULL, sg_cmd_gate},
    {0},
};

static const struct sg_program program = {
    "segue-indexer", "keeps the search index equal to the catalogue", commands, "run"};

int main(int argc, char **argv)
{
    return sg_program_main(&program, argc, argv);
}
