/* plan.c - see plan.h. */
#include "recsys/evaluate/plan.h"
#include "recsys/evaluate/command.h"
#include <getopt.h>
#include <string.h>
#include <unistd.h>

const char sg_evaluate_usage[] = "evaluate [--train FILE] [--test FILE] [--model NAME]...";
const char sg_evaluate_help[] =
    "Ranks all items for everybody held back and reports how many of what she went on to\n"
    "play come first, with 95% intervals by bootstrap over users.\n"
    "  --train FILE      plays to learn from, plain or gzip; default: the listening history\n"
    "  --format NAME     pairs (user item [weight] [time]), lists (LightGCN), lastfm (HetRec)\n"
    "  --test FILE       what is held back, of the same format; else --split\n"
    "  --split HOW       random:0.2 (default), time:0.2 (the latest), last (everybody's last)\n"
    "  --playlists DIR   instead: continue playlists from their first half (tracks.tsv,\n"
    "                    playlist_tracks.tsv of spotify-playlist-archive), each asked once, in\n"
    "                    --runs shares (5) of which the others are learned from\n"
    "  --content A,B,W   weights of rows of artists, albums and title words beside the\n"
    "                    playlists (0,0,0: none)\n"
    "  --inner           hold back 0.2 of the training part instead: to choose parameters\n"
    "                    without looking at what they will be judged by\n"
    "  --weights HOW     binary (default), log (1 + ln), count\n"
    "  --model NAME[:parameter=value,...]   may be given many times; default: each of them\n"
    "  --blend           a blend of all models given, too\n"
    "  --at K            length of the lists, 1 to 500 (20)\n"
    "  --runs N          splits of seed, seed + 1, ... pooled by user (1)\n"
    "  --seed N          of the splits, the models and the bootstrap (1)\n"
    "  --resamples N     of the bootstrap, 0 to 100000 (1000)\n"
    "  --threads N       1 to 64; default: one a core\n"
    "  --json            one JSON object instead of the table\n"
    "Models and their parameters (default; bounds): `segue-recsys evaluate --models`.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

enum {
    TRAIN = 1,
    FORMAT,
    TEST,
    SPLIT,
    WEIGHTS,
    MODEL,
    BLEND,
    AT,
    RUNS,
    SEED,
    RESAMPLES,
    THREADS,
    JSON,
    LIST,
    PLAYLISTS,
    CONTENT,
    INNER
};
static const struct option longs[] = {
    {"train", 1, NULL, TRAIN},         {"format", 1, NULL, FORMAT},
    {"test", 1, NULL, TEST},           {"split", 1, NULL, SPLIT},
    {"weights", 1, NULL, WEIGHTS},     {"model", 1, NULL, MODEL},
    {"blend", 0, NULL, BLEND},         {"at", 1, NULL, AT},
    {"runs", 1, NULL, RUNS},           {"seed", 1, NULL, SEED},
    {"resamples", 1, NULL, RESAMPLES}, {"threads", 1, NULL, THREADS},
    {"json", 0, NULL, JSON},           {"models", 0, NULL, LIST},
    {"inner", 0, NULL, INNER},         {"playlists", 1, NULL, PLAYLISTS},
    {"content", 1, NULL, CONTENT},     {0}};

static int read_split(struct sg_evaluate_plan *p, const char *text, struct sg_error *e)
{
    const char *colon = strchr(text, ':');
    struct sg_str name = {text, colon ? (size_t)(colon - text) : strlen(text)};
    p->split_text = text;
    p->split.fraction = 0.2;
    if (sg_str_eq(name, SG_STR("last")) && !colon) {
        p->split.kind = SG_SPLIT_LAST;
        return 0;
    }
    p->split.kind = sg_str_eq(name, SG_STR("time")) ? SG_SPLIT_TIME : SG_SPLIT_RANDOM;
    bool known = p->split.kind == SG_SPLIT_TIME || sg_str_eq(name, SG_STR("random"));
    if (!known || (colon && (!sg_str_to_f64(sg_str(colon + 1), &p->split.fraction) ||
                             !(p->split.fraction > 0 && p->split.fraction < 1))))
        return sg_fail(e, SG_EINVAL, "--split: expected random:F, time:F (0 < F < 1) or last");
    return 0;
}

static int read_weights(struct sg_evaluate_plan *p, const char *text, struct sg_error *e)
{
    static const char *const names[] = {"binary", "log", "count"};
    for (size_t i = 0; i < 3; i++)
        if (!strcmp(text, names[i])) {
            p->weights = (enum sg_pairs_weights)i;
            return 0;
        }
    return sg_fail(e, SG_EINVAL, "--weights: expected binary, log or count");
}

static int read_content(struct sg_evaluate_plan *p, const char *text, struct sg_error *e)
{
    float *weight[] = {&p->content.artist, &p->content.album, &p->content.word};
    for (size_t i = 0; i < 3; i++) {
        double v;
        struct sg_str cell = {text, strcspn(text, ",")};
        if (!sg_str_to_f64(cell, &v) || !(v >= 0 && v <= 1000) || (text[cell.n] == ',') != (i < 2))
            return sg_fail(e, SG_EINVAL, "--content: expected three weights from 0 to 1000");
        *weight[i] = (float)v;
        text += cell.n + (i < 2);
    }
    return 0;
}

static int read_number(const char *option, uint64_t low, uint64_t high, uint64_t *out,
                       struct sg_error *e)
{
    uint64_t v;
    if (!sg_str_to_u64(sg_str(optarg), &v) || v < low || v > high)
        return sg_fail(e, SG_EINVAL, "--%s: expected %llu to %llu, got '%s'", option,
                       (unsigned long long)low, (unsigned long long)high, optarg);
    *out = v;
    return 0;
}

static int read_figure(struct sg_evaluate_plan *p, int option, struct sg_error *e)
{
    uint64_t v = 0;
    int rc;
    switch (option) {
    case AT:
        rc = read_number("at", 1, SG_LIST_DEPTH, &v, e);
        p->evaluate.k = v;
        return rc;
    case RUNS:
        rc = read_number("runs", 1, SG_PLAN_RUNS, &v, e);
        p->runs = v;
        return rc;
    case SEED:
        rc = read_number("seed", 0, UINT64_MAX - SG_PLAN_RUNS, &v, e);
        p->evaluate.seed = v;
        return rc;
    case RESAMPLES:
        rc = read_number("resamples", 0, 100000, &v, e);
        p->evaluate.resamples = v;
        return rc;
    default:
        rc = read_number("threads", 1, 64, &v, e);
        p->evaluate.threads = (int)v;
        return rc;
    }
}

static int read_option(struct sg_evaluate_plan *p, int option, struct sg_error *e)
{
    switch (option) {
    case TRAIN:
        p->train = optarg;
        return 0;
    case TEST:
        p->test = optarg;
        return 0;
    case PLAYLISTS:
        p->playlists = optarg;
        return 0;
    case CONTENT:
        return read_content(p, optarg, e);
    case FORMAT:
        return sg_pairs_format(sg_str(optarg), &p->format, e);
    case SPLIT:
        return read_split(p, optarg, e);
    case WEIGHTS:
        return read_weights(p, optarg, e);
    case MODEL:
        if (p->models == SG_PLAN_MODELS - 1)
            return sg_fail(e, SG_EINVAL, "--model: at most %d", SG_PLAN_MODELS - 1);
        p->model[p->models++] = optarg;
        return 0;
    case BLEND:
        p->blend = true;
        return 0;
    case INNER:
        p->inner = true;
        return 0;
    case JSON:
        p->json = true;
        return 0;
    default:
        return read_figure(p, option, e);
    }
}

static int finish_plan(struct sg_evaluate_plan *p, struct sg_error *e)
{
    static const char *const all[] = {"popularity", "user-knn", "item-knn",
                                      "linear",     "graph",    "als"};
    bool given = p->models > 0;
    if (p->playlists && (p->train || p->test || p->inner))
        return sg_fail(e, SG_EINVAL, "--playlists: not with --train, --test or --inner");
    if (p->playlists) {
        p->runs = p->runs > 1 ? p->runs : 5;
        p->split_text = "later halves of playlists";
    }
    if (p->test && p->runs > 1)
        return sg_fail(e, SG_EINVAL, "--runs: the split is given by --test");
    if (p->test && !p->train)
        return sg_fail(e, SG_EINVAL, "--test: needs --train");
    for (size_t n = 0; !given && n < sizeof all / sizeof *all; n++)
        p->model[p->models++] = all[n];
    if (!p->blend)
        return 0;
    strcpy(p->blended, "blend(");
    for (size_t i = 0; i < p->models; i++) {
        size_t used = strlen(p->blended);
        if (used + strlen(p->model[i]) + 3 > sizeof p->blended)
            return sg_fail(e, SG_EINVAL, "--blend: the models' names are too long");
        snprintf(p->blended + used, sizeof p->blended - used, "%s%s", i ? ";" : "", p->model[i]);
    }
    strcat(p->blended, ")");
    p->model[p->models++] = p->blended;
    return 0;
}

int sg_evaluate_plan_read(struct sg_evaluate_plan *p, int argc, char **argv, struct sg_error *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *p = (struct sg_evaluate_plan){.split_text = "random:0.2",
                                   .split = {SG_SPLIT_RANDOM, 0.2, 1},
                                   .runs = 1,
                                   .evaluate = SG_EVALUATE_DEFAULTS};
    p->evaluate.threads = cores < 1 ? 1 : cores > 64 ? 64 : (int)cores;
    int rc = 0;
    optind = 1;
    for (int c; !rc && (c = getopt_long(argc, argv, "", longs, NULL)) >= 0;) {
        p->listed = c == LIST;
        if (c == LIST)
            sg_scorer_list(stdout);
        if (c == LIST || c == '?')
            return SG_ECANCELED;
        rc = read_option(p, c, e);
    }
    if (!rc && optind < argc)
        rc = sg_fail(e, SG_EINVAL, "'%s': no such argument", argv[optind]);
    return rc ? rc : finish_plan(p, e);
}
