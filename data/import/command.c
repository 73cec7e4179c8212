/* command.c - segue-data import. */
#include "data/command.h"
#include "core/clock.h"
#include "core/pg.h"
#include "data/import/import.h"
#include "data/import/lock.h"
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

const char sg_data_import_help[] =
    "Formats:\n"
    "  jsonl FILE...           records of schemas/catalogue.h with a type, one a line,\n"
    "                          and changes {\"seq\":1,\"op\":\"put\"|\"delete\",...}\n"
    "  csv FILE...             songs, with a header line: title, artist, album, genre,\n"
    "                          duration_s, track_no, release_date, explicit, play_count, id,\n"
    "                          aliases, artist_aliases, tags, artist_tags\n"
    "  playlist-archive DIR    tracks.tsv, playlists.tsv, playlist_tracks.tsv; how many\n"
    "                          playlists hold a track becomes its play count\n"
    "  billboard DIR           songs.tsv of the Hot 100; points become the play count;\n"
    "                          dates, albums and genres stay unknown\n"
    "  lastfm DIR              artists, their tags, users, friendships (as follows), and genres\n"
    "                          out of common tags. Plays are counted by artist there, not by song, "
    "and\n"
    "                          cannot become listening history; the recommender reads such\n"
    "                          counts from the file itself.\n"
    "Files may be compressed with gzip. Importing again changes only what differs.\n"
    "\n"
    "  --rejects FILE          rows that cannot be taken: file:line and reason\n"
    "                          (default: only counted)\n"
    "  --source NAME           prefix of external ids (default: the format; archive for\n"
    "                          playlist-archive)\n"
    "  --check                 read every row and say which is no good; change nothing, need\n"
    "                          no database, look up nothing that rows refer to\n"
    "  --resume                go on where an import of the same unchanged file stopped\n"
    "  --no-wait               fail when another import is running, instead of waiting for it\n"
    "  --map title=Name,...    csv: which column is which field\n"
    "  --delimiter C           csv: one character, or 'tab' (default: ,)\n"
    "  --artist-separator S    csv: what stands between several artists\n"
    "  --progress              report progress also when stderr is no terminal";

struct options {
    const char *format, *source, *rejects;
    struct sg_csv_options csv;
    bool check, resume, progress, no_wait;
};

enum format { JSONL, CSV, ARCHIVE, BILLBOARD, LASTFM, FORMATS };
static const struct {
    const char *name, *source;
    bool many;
} formats[FORMATS] = {{"jsonl", "jsonl", true},
                      {"csv", "csv", true},
                      {"playlist-archive", "archive", false},
                      {"billboard", "billboard", false},
                      {"lastfm", "lastfm", false}};

static enum format format_of(const char *name)
{
    int f = 0;
    while (f < FORMATS && strcmp(formats[f].name, name))
        f++;
    return (enum format)f;
}

static bool valid_source(const char *z)
{
    size_t n = strspn(z, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n >= 1 && n <= 40 && !z[n];
}

static const char *take(struct options *o, int c, const char *value)
{
    switch (c) {
    case 'r':
        o->rejects = value;
        return NULL;
    case 's':
        o->source = value;
        return valid_source(value) ? NULL : "--source: 1 to 40 letters, digits, '.', '_' or '-'";
    case 'R':
        o->resume = true;
        return NULL;
    case 'W':
        o->no_wait = true;
        return NULL;
    case 'm':
        o->csv.map = value;
        return NULL;
    case 'd':
        o->csv.delimiter = strcmp(value, "tab") && strcmp(value, "\\t") ? value[0] : '\t';
        return (strlen(value) == 1 || o->csv.delimiter == '\t') && !strchr("\"\r\n", value[0])
                   ? NULL
                   : "--delimiter: one character or 'tab'";
    case 'a':
        o->csv.artist_separator = value;
        return *value ? NULL : "--artist-separator: not empty";
    case 'c':
        o->check = true;
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
    static const struct option longs[] = {
        {"rejects", 1, NULL, 'r'},   {"source", 1, NULL, 's'},
        {"resume", 0, NULL, 'R'},    {"map", 1, NULL, 'm'},
        {"delimiter", 1, NULL, 'd'}, {"artist-separator", 1, NULL, 'a'},
        {"progress", 0, NULL, 'P'},  {"check", 0, NULL, 'c'},
        {"no-wait", 0, NULL, 'W'},   {0}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) >= 0;) {
        const char *wrong = take(o, c, optarg);
        if (wrong)
            return sg_data_misused("import", "expected %s", wrong);
    }
    if (argc - optind < 2)
        return sg_data_misused("import", "expected a format and what to read");
    enum format f = format_of(argv[optind]);
    if (f == FORMATS)
        return sg_data_misused("import", "no format '%s'", argv[optind]);
    if (!formats[f].many && argc - optind > 2)
        return sg_data_misused("import", "%s takes one folder", formats[f].name);
    o->format = argv[optind++];
    if (!o->source)
        o->source = formats[f].source;
    return 0;
}

static int read_one(struct sg_import *i, const struct options *o, const char *path,
                    struct sg_error *e)
{
    switch (format_of(o->format)) {
    case JSONL:
        return sg_import_jsonl(i, path, e);
    case CSV:
        return sg_import_csv(i, path, &o->csv, e);
    case ARCHIVE:
        return sg_import_playlist_archive(i, path, e);
    case BILLBOARD:
        return sg_import_billboard(i, path, e);
    case LASTFM:
        return sg_import_lastfm(i, path, e);
    default:
        return sg_fail(e, SG_EINVAL, "no format '%s'", o->format);
    }
}

static void print_counts(const struct sg_import *i)
{
    printf("%-15s %10s %10s %10s %10s %10s\n", "", "inserted", "updated", "deleted", "unchanged",
           "rejected");
    for (int k = 0; k < SG_I_KINDS; k++) {
        const struct sg_import_count *c = &i->stage.counts[k];
        if (c->inserted + c->updated + c->deleted + c->unchanged + c->rejected)
            printf("%-15s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n",
                   sg_import_kind_names[k], c->inserted, c->updated, c->deleted, c->unchanged,
                   c->rejected);
    }
}

static void print_summary(const struct sg_import *i, const struct options *o, double seconds)
{
    if (!o->check)
        print_counts(i);
    printf("%sin %.1f s", o->check ? "checked " : "", seconds);
    if (i->rejects.n)
        printf("; %" PRIu64 " rows rejected%s%s, the first: %s", i->rejects.n,
               o->rejects ? ", listed in " : "", o->rejects ? o->rejects : "", i->rejects.first);
    putchar('\n');
}

static int read_all(struct sg_import *i, const struct options *o, int n, char **paths,
                    struct sg_error *e)
{
    int rc = 0;
    for (int k = 0; !rc && k < n; k++)
        rc = read_one(i, o, paths[k], e);
    if (!rc && i->rejects.to && fflush(i->rejects.to))
        rc = sg_fail_errno(e, "%s", o->rejects);
    return rc || o->check ? rc
                          : sg_pg_exec(i->stage.c,
                                       "ANALYZE artists, albums, songs, song_artists,"
                                       " playlists, playlist_songs",
                                       0, NULL, NULL, e);
}

static int run(const struct sg_config *config, const struct options *o, struct sg_import *i, int n,
               char **paths, struct sg_error *e)
{
    PGconn *c = NULL;
    int rc = o->check ? 0 : sg_pg_connect(&c, config->pg.dsn, e);
    if (!rc && c)
        rc = sg_import_lock(c, !o->no_wait, e);
    if (!rc && c) /* of what is imported only releases are anybody's news */
        rc = sg_pg_exec(c, "SET segue.acts = 'releases'", 0, NULL, NULL, e);
    if (!rc && o->rejects && !(i->rejects.to = fopen(o->rejects, o->resume ? "a" : "w")))
        rc = sg_fail_errno(e, "%s", o->rejects);
    if (!rc)
        rc = sg_stage_init(&i->stage, c, &i->rejects, e);
    if (!rc)
        rc = read_all(i, o, n, paths, e);
    sg_stage_fini(&i->stage);
    if (i->rejects.to && fclose(i->rejects.to) && !rc)
        rc = sg_fail_errno(e, "%s", o->rejects);
    if (c)
        sg_import_unlock(c);
    PQfinish(c);
    return rc;
}

int sg_data_import(const struct sg_config *config, int argc, char **argv)
{
    struct options o = {.csv = {.delimiter = ','}};
    int code = parse(&o, argc, argv);
    if (code)
        return code;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_progress p;
    sg_progress_init(&p, o.progress);
    struct sg_import i = {.progress = &p, .source = o.source, .resume = o.resume};
    int64_t started = sg_now_us();
    if (run(config, &o, &i, argc - optind, argv + optind, &e))
        return sg_data_failed("import", &e);
    print_summary(&i, &o, (double)(sg_now_us() - started) / 1e6);
    if (format_of(o.format) == LASTFM)
        fprintf(stderr, "lastfm: plays are counted by artist there, not by song: they are not "
                        "imported as listening history\n");
    return 0;
}
