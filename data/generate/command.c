/* command.c - segue-data generate. */
#include "data/command.h"
#include "core/clock.h"
#include "core/pg.h"
#include "data/calendar.h"
#include "data/generate/generate.h"
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

const char sg_data_generate_help[] =
    "Makes a demo catalogue with listeners: titles and names in nine scripts,\n"
    "long-tailed popularity, histories drawn from latent tastes. The same options\n"
    "give the same data. Without --out it goes into PostgreSQL, in one transaction.\n"
    "\n"
    "  --songs N      songs (default: demo.songs of the configuration)\n"
    "  --users M      listeners (demo.users); 0 for a catalogue alone\n"
    "  --seed S       (demo.seed)\n"
    "  --plays N      mean plays of a user (100)\n"
    "  --days N       length of the histories (90)\n"
    "  --lyrics N     per cent of the songs that have lyrics (5)\n"
    "  --until DATE   histories end at this midnight UTC (default: today)\n"
    "  --append       add to a catalogue that is not empty\n"
    "  --out FILE     write JSONL instead ('-': standard output): genres, artists,\n"
    "                 albums, songs and public playlists; no users, no plays\n"
    "  --progress     report progress also when stderr is no terminal";

struct options {
    struct sg_world_options world;
    const char *out;
    bool append, progress;
};

static bool whole(const char *z, uint64_t lo, uint64_t hi, uint64_t *out)
{
    return sg_str_to_u64(sg_str(z), out) && *out >= lo && *out <= hi;
}

/* What was expected of option c's value, or NULL when it was good. */
static const char *take(struct options *o, int c, const char *value)
{
    uint64_t v = 0;
    switch (c) {
    case 's':
        return whole(value, 1, 100000000, &o->world.songs) ? NULL : "--songs: 1 to 100000000";
    case 'u':
        return whole(value, 0, 10000000, &o->world.users) ? NULL : "--users: 0 to 10000000";
    case 'S':
        return whole(value, 0, INT64_MAX, &o->world.seed) ? NULL : "--seed: a whole number";
    case 'p':
        if (!whole(value, 0, SG_DEMO_PLAYS_MAX / 2, &v))
            return "--plays: 0 to 1000";
        o->world.plays_per_user = (double)v;
        return NULL;
    case 'd':
        if (!whole(value, 1, 3650, &v))
            return "--days: 1 to 3650";
        o->world.history_days = (int)v;
        return NULL;
    case 'l':
        if (!whole(value, 0, 100, &v))
            return "--lyrics: 0 to 100";
        o->world.lyrics = (double)v / 100;
        return NULL;
    case 't':
        if (!sg_date_parse(sg_str(value), &o->world.until) || o->world.until < 0)
            return "--until: a date YYYY-MM-DD from 1970 on";
        return NULL;
    case 'o':
        o->out = value;
        return NULL;
    case 'a':
        o->append = true;
        return NULL;
    case 'P':
        o->progress = true;
        return NULL;
    default:
        return "an option named above";
    }
}

static int parse(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"songs", 1, NULL, 's'},
                                          {"users", 1, NULL, 'u'},
                                          {"seed", 1, NULL, 'S'},
                                          {"plays", 1, NULL, 'p'},
                                          {"days", 1, NULL, 'd'},
                                          {"lyrics", 1, NULL, 'l'},
                                          {"until", 1, NULL, 't'},
                                          {"out", 1, NULL, 'o'},
                                          {"append", 0, NULL, 'a'},
                                          {"progress", 0, NULL, 'P'},
                                          {0}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) >= 0;) {
        const char *wrong = take(o, c, optarg);
        if (wrong)
            return sg_data_misused("generate", "expected %s", wrong);
    }
    if (optind < argc)
        return sg_data_misused("generate", "unexpected argument '%s'", argv[optind]);
    if (o->append && o->out)
        return sg_data_misused("generate", "--append is for the database, not for --out");
    return 0;
}

static int to_file(struct options *o, struct sg_progress *p, struct sg_error *e)
{
    bool standard = !strcmp(o->out, "-");
    FILE *f = standard ? stdout : fopen(o->out, "w");
    if (!f)
        return sg_fail_errno(e, "%s", o->out);
    int rc = sg_generate_jsonl(f, &o->world, p, e);
    if (!standard && fclose(f) && !rc)
        rc = sg_fail_errno(e, "%s", o->out);
    return rc;
}

static int to_database(const struct sg_config *config, struct options *o, struct sg_progress *p,
                       struct sg_error *e)
{
    PGconn *c = NULL;
    int rc = sg_pg_connect(&c, config->pg.dsn, e);
    if (!rc)
        rc = sg_generate_load(c, &o->world, o->append, p, e);
    PQfinish(c);
    return rc;
}

int sg_data_generate(const struct sg_config *config, int argc, char **argv)
{
    struct options o = {.world = {.songs = (uint64_t)config->demo.songs,
                                  .users = (uint64_t)config->demo.users,
                                  .seed = (uint64_t)config->demo.seed,
                                  .until = sg_wall_us() / 86400000000,
                                  .history_days = 90,
                                  .plays_per_user = 100,
                                  .lyrics = 0.05}};
    int code = parse(&o, argc, argv);
    if (code)
        return code;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_progress p;
    sg_progress_init(&p, o.progress);
    int64_t started = sg_now_us();
    if (o.out ? to_file(&o, &p, &e) : to_database(config, &o, &p, &e))
        return sg_data_failed("generate", &e);
    fprintf(stderr, "%" PRIu64 " songs and %" PRIu64 " users in %.1f s\n", o.world.songs,
            o.out ? 0 : o.world.users, (double)(sg_now_us() - started) / 1e6);
    return 0;
}
