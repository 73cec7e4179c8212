/* journals.c - segue-data journals: what services have acknowledged and the database has not yet.
 */
#include "core/clock.h"
#include "core/journal.h"
#include "data/command.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_US = 50000, WAIT_MAX_S = 86400 };

const char sg_data_journals_help[] =
    "Plays, the log of searches and what experiments showed lie in journals below var_dir before\n"
    "they are in the database, where the service that runs brings them within plays.every_ms.\n"
    "Shows how many records have not arrived. Exit code 0 when all that there were at the\n"
    "beginning have, 1 when not.\n"
    "  --wait SECONDS  for them at most (default 0)";

static const struct {
    const char *what, *dir;
} journals[] = {
    {"plays", "plays"},
    {"searches", "searchlog"},
    {"exposures", "experiments"},
};
enum { JOURNALS = sizeof journals / sizeof *journals };

struct seen {
    uint64_t last, acknowledged;
};

static int look(const struct sg_config *c, size_t i, struct seen *s, struct sg_error *e)
{
    char path[SG_CONFIG_TEXT + 48];
    snprintf(path, sizeof path, "%s/%s/journal", c->var_dir, journals[i].dir);
    return sg_journal_look(path, &s->last, &s->acknowledged, e);
}

/* Until those of *s are there, or it is time: what has not arrived of them in *left. */
static int await(const struct sg_config *c, size_t i, int64_t until_us, uint64_t *left,
                 struct sg_error *e)
{
    struct seen first, now;
    int rc = look(c, i, &first, e);
    for (now = first; !rc && now.acknowledged < first.last && sg_now_us() < until_us;
         rc = look(c, i, &now, e))
        if (sg_wait_stop(LOOK_US / 1000))
            until_us = 0;
    *left = rc || now.acknowledged >= first.last ? 0 : first.last - now.acknowledged;
    return rc;
}

static bool read_arguments(int argc, char **argv, int64_t *wait_s)
{
    return argc == 1 ||
           (argc == 3 && !strcmp(argv[1], "--wait") && sg_str_to_i64(sg_str(argv[2]), wait_s) &&
            *wait_s >= 0 && *wait_s <= WAIT_MAX_S);
}

int sg_data_journals(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    int64_t wait_s = 0;
    uint64_t left, all = 0;
    if (!read_arguments(argc, argv, &wait_s))
        return sg_data_misused("journals", "expected --wait 0..%d, or nothing", WAIT_MAX_S);
    int64_t until_us = sg_now_us() + wait_s * 1000000;
    for (size_t i = 0; i < JOURNALS; i++) {
        if (await(config, i, until_us, &left, &e))
            return sg_data_failed("journals", &e);
        printf("%-10s %" PRIu64 " not in the database\n", journals[i].what, left);
        all += left;
    }
    return all ? 1 : 0;
}
