/* command.c - `segue-recsys report`: see report.h. */
#include "core/str.h"
#include "recsys/experiments/report.h"
#include <string.h>

static bool whole(const char *text, int low, int high, int *out)
{
    int64_t v;
    if (!text || !sg_str_to_i64(sg_str(text), &v) || v < low || v > high)
        return false;
    *out = (int)v;
    return true;
}

static bool read_options(int argc, char **argv, struct sg_report_options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (strcmp(argv[i], "--days") == 0 && whole(next, 1, 3650, &o->days))
            i++;
        else if (strcmp(argv[i], "--within") == 0 && whole(next, 1, 8760, &o->within_h))
            i++;
        else if (*argv[i] != '-' && !o->experiment)
            o->experiment = argv[i];
        else
            return false;
    }
    return true;
}

int sg_experiments_report_command(const struct sg_config *config, int argc, char **argv)
{
    struct sg_report_options o = {.days = 30, .within_h = 24};
    struct sg_error e = SG_ERROR_INIT;
    if (!read_options(argc, argv, &o)) {
        fprintf(stderr, "segue-recsys report: usage: report [EXPERIMENT] [--days 1..3650] "
                        "[--within HOURS, 1..8760] [--json]\n");
        return 2;
    }
    if (sg_experiments_report(config, &o, stdout, &e)) {
        fprintf(stderr, "segue-recsys: %s\n", e.text);
        return 1;
    }
    return 0;
}
