/* main.c - segue-recsys. */
#include "core/service.h"
#include "recsys/evaluate/command.h"
#include "recsys/experiments/report.h"
#include "recsys/generations.h"
#include "recsys/serve.h"
#include "recsys/train.h"
#include "recsys/train/parameters.h"
#include <stdio.h>
#include <string.h>

static int report(int rc, const struct sg_error *e)
{
    if (rc)
        fprintf(stderr, "segue-recsys: %s\n", e->text);
    return rc ? 1 : 0;
}

static int serve(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    (void)argc;
    (void)argv;
    return report(sg_recsys_serve(config, &e), &e);
}

#define EXIT_REFUSED 3

static int misuse_of_train(void)
{
    fprintf(stderr, "segue-recsys train: usage: train [--threads 1..64] [--force] "
                    "[--tune DURATION, as 90s, 10m or 1h] [--factors SONGS.npy --ids IDS.npy]\n");
    return 2;
}

static int train(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_train_options o = {0};
    bool refused;
    int64_t threads;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--force") == 0) {
            o.force = true;
        } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc &&
                   sg_str_to_i64(sg_str(argv[i + 1]), &threads) && threads >= 1 && threads <= 64) {
            o.threads = (int)threads;
            i++;
        } else if (strcmp(argv[i], "--tune") == 0 && i + 1 < argc &&
                   sg_tune_duration(sg_str(argv[i + 1]), &o.tune_us)) {
            i++;
        } else if (strcmp(argv[i], "--factors") == 0 && i + 1 < argc) {
            o.factors = argv[++i];
        } else if (strcmp(argv[i], "--ids") == 0 && i + 1 < argc) {
            o.ids = argv[++i];
        } else {
            return misuse_of_train();
        }
    if (!o.factors != !o.ids)
        return misuse_of_train();
    int rc = sg_recsys_train(config, &o, &refused, &e);
    report(rc, &e);
    return refused ? EXIT_REFUSED : rc ? 1 : 0;
}

static const struct sg_command commands[] = {
    {"serve", "serve", "answer trending, similar and recommended songs until stopped",
     "Listens on recsys.listen. Follows the newest model and the plays as they happen.", serve},
    {"train", "train [--threads N] [--force] [--tune DURATION] [--factors F.npy --ids I.npy]",
     "train a model from the listening history and publish it",
     "Reads songs, plays and feedback in one snapshot of the database, factorises who played\n"
     "what (implicit alternating least squares, recsys.factors factors), finds neighbours,\n"
     "writes a model below recsys.dir and makes it the served one: when the gate finds it no\n"
     "worse by listeners kept aside. A refused one (exit code 3) stays as refused-<name>;\n"
     "--force publishes it. A running server takes a new model up by itself.\n"
     "--tune first looks so long (90s, 10m, 1h) for the parameters that rank plays held out\n"
     "best; later trainings keep them, and a search that was interrupted goes on. A training\n"
     "that was killed goes on from its last sweep when nothing has been played since.\n"
     "--factors takes songs' factors trained elsewhere: NumPy arrays of floats, a row a song, and\n"
     "of the song id of each row. Listeners are folded in by their plays.",
     train},
    {"evaluate", sg_evaluate_usage, "measure how well models recommend what was held back",
     sg_evaluate_help, sg_evaluate_command},
    {"report", "report [EXPERIMENT] [--days N] [--within HOURS] [--json]",
     "what came of the experiments",
     "For each A/B experiment what people of each variant played and liked of what they were "
     "shown\n"
     "(plays within 24 hours of it, exposures of the last 30 days), with the lift over the first\n"
     "variant by name; for interleaved ones which of the two people prefer.",
     sg_experiments_report_command},
    {"rollback", "rollback [GENERATION]", "serve an older model again",
     "The newest one older than the served, or the one named, after its files were checked.",
     sg_cmd_model_rollback},
    {"status", "status", "the models that are kept, the served one with a star",
     "Exit code 1 when none is published, or the published one cannot be read.",
     sg_cmd_model_status},
    {0},
};

int main(int argc, char **argv)
{
    static const struct sg_program program = {"segue-recsys", "Segue's recommender", commands,
                                              "serve"};
    return sg_program_main(&program, argc, argv);
}
