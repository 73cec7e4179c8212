/* objects.c - segue-data objects: what is in the object store, the removal of what nothing names,
 * and the move from one store to another.
 */
#include "core/objects/gc.h"
#include "data/command.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char sg_data_objects_help[] =
    "status counts the objects of the store.\n"
    "gc deletes the objects below uploads/ and audio/ that the database does not name:\n"
    "  --dry-run       only lists them\n"
    "  --older HOURS   only what is older (default: worker.gc_h)\n"
    "copy FROM TO copies all objects, each a folder or s3://bucket/prefix; the settings\n"
    "  objects.s3_* serve both. What is there already with the same size is passed over, so it\n"
    "  may be stopped and run again. Then set objects.url and restart the services; run it once\n"
    "  more for what came meanwhile.";

static int count(void *ctx, const char *key, const struct sg_object_info *info, struct sg_error *e)
{
    int64_t *sums = ctx;
    int kind = !strncmp(key, "uploads/", 8) ? 0 : !strncmp(key, "audio/", 6) ? 1 : 2;
    sums[2 * kind]++;
    sums[2 * kind + 1] += info->bytes;
    return sg_stopping() ? sg_fail(e, SG_ECANCELED, "stopped") : 0;
}

static int show(struct sg_objects *o, const struct sg_config *config, struct sg_error *e)
{
    static const char *const names[] = {"originals", "renditions", "others"};
    int64_t sums[6] = {0};
    int rc = sg_objects_is_there(o, e);
    if (!rc)
        rc = sg_objects_list(o, "", NULL, count, sums, e);
    if (rc)
        return rc;
    printf("%s\n", config->objects.url);
    for (int i = 0; i < 3; i++)
        printf("%-10s  %10lld objects  %12.1f MiB\n", names[i], (long long)sums[2 * i],
               (double)sums[2 * i + 1] / (1 << 20));
    return 0;
}

static void tell_orphan(void *ctx, const char *key, int64_t bytes)
{
    (void)ctx;
    printf("%s %lld\n", key, (long long)bytes);
}

static void tell_progress(void *ctx, const struct sg_gc_report *r)
{
    (void)ctx;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%lld looked at, %lld orphans", (long long)r->seen,
                (long long)r->deleted);
}

static int collect(struct sg_objects *o, const struct sg_config *config, struct sg_gc_options *how,
                   struct sg_error *e)
{
    struct sg_gc_report r = {0};
    PGconn *c = NULL;
    how->orphan = how->dry_run ? tell_orphan : NULL;
    how->progress = tell_progress;
    int rc = sg_pg_connect(&c, config->pg.dsn, e);
    if (!rc)
        rc = sg_objects_gc(o, c, how, &r, e);
    PQfinish(c);
    fprintf(stderr, "%s%lld objects, %lld too young, %lld named, %lld %s (%.1f MiB), %lld %s\n",
            isatty(STDERR_FILENO) ? "\r" : "", (long long)r.seen, (long long)r.young,
            (long long)r.kept, (long long)r.deleted, how->dry_run ? "to delete" : "deleted",
            (double)r.deleted_bytes / (1 << 20), (long long)r.swept, "unfinished writes swept");
    return rc;
}

static bool read_gc(int argc, char **argv, struct sg_gc_options *how)
{
    for (int i = 2; i < argc; i++) {
        uint64_t hours;
        if (!strcmp(argv[i], "--dry-run"))
            how->dry_run = true;
        else if (!strcmp(argv[i], "--older") && i + 1 < argc &&
                 sg_str_to_u64(sg_str(argv[i + 1]), &hours) && hours <= 87600) {
            how->older_s = (int64_t)hours * 3600;
            i++;
        } else
            return false;
    }
    return true;
}

struct copy {
    struct sg_objects *from, *to;
    int64_t copied, passed, bytes;
};

static int pass_on(void *ctx, struct sg_str bytes, struct sg_error *e)
{
    return sg_object_write(ctx, bytes, e);
}

/* A folder does not keep types; whoever fetches from a bucket is told them. */
static const char *type_of(const char *key)
{
    static const char *const types[][2] = {
        {".mp4", "audio/mp4"},
        {".ogg", "audio/ogg"},
        {".m3u8", "application/vnd.apple.mpegurl"},
        {".mpd", "application/dash+xml"},
        {".json", "application/json"},
        {".jpg", "image/jpeg"},
        {".png", "image/png"},
    };
    const char *dot = strrchr(key, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (!strcmp(dot, types[i][0]))
            return types[i][1];
    return "application/octet-stream";
}

/* As it lies there: what is sealed stays so, for its key has not changed. */
static int copy_one(void *ctx, const char *key, const struct sg_object_info *info,
                    struct sg_error *e)
{
    struct copy *x = ctx;
    struct sg_object_put *p;
    struct sg_object_info there;
    if (sg_stopping())
        return sg_fail(e, SG_ECANCELED, "stopped; run it again to go on");
    int rc = sg_objects_stat(x->to, key, &there, e);
    if (!rc && there.bytes == info->bytes) {
        x->passed++;
        return 0;
    }
    if (rc && rc != SG_ENOENT)
        return rc;
    rc = sg_objects_put(x->to, key, type_of(key), NULL, 0, &p, e);
    if (rc)
        return rc;
    rc = sg_objects_get(x->from, key, NULL, 0, 0, pass_on, p, e);
    if (rc)
        sg_object_abort(p);
    else
        rc = sg_object_commit(p, NULL, e);
    if (rc == SG_ENOENT) /* deleted since it was listed */
        return 0;
    x->copied += !rc;
    x->bytes += rc ? 0 : info->bytes;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%lld copied", (long long)x->copied);
    return rc;
}

static int copy(const struct sg_config *config, const char *from, const char *to,
                struct sg_error *e)
{
    struct copy x = {0};
    struct sg_config *c = malloc(sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "objects");
    *c = *config;
    snprintf(c->objects.url, sizeof c->objects.url, "%s", from);
    int rc = sg_objects_open(&x.from, c, e);
    snprintf(c->objects.url, sizeof c->objects.url, "%s", to);
    if (!rc)
        rc = sg_objects_open(&x.to, c, e);
    if (!rc)
        rc = sg_objects_list(x.from, "", NULL, copy_one, &x, e);
    fprintf(stderr, "%s%lld objects copied (%.1f MiB), %lld were there\n",
            isatty(STDERR_FILENO) ? "\r" : "", (long long)x.copied, (double)x.bytes / (1 << 20),
            (long long)x.passed);
    sg_objects_close(x.from);
    sg_objects_close(x.to);
    free(c);
    return rc;
}

int sg_data_objects(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_objects *o = NULL;
    struct sg_gc_options how = {.older_s = config->worker.gc_h * 3600};
    const char *verb = argc > 1 ? argv[1] : "";
    bool copies = argc == 4 && !strcmp(verb, "copy");
    bool collects = !strcmp(verb, "gc") && read_gc(argc, argv, &how);
    if (!copies && !collects && !(argc == 2 && !strcmp(verb, "status")))
        return sg_data_misused("objects", "expected status, gc, or copy FROM TO");
    int rc = copies ? copy(config, argv[2], argv[3], &e) : sg_objects_open(&o, config, &e);
    if (!rc && !copies)
        rc = collects ? collect(o, config, &how, &e) : show(o, config, &e);
    sg_objects_close(o);
    return rc ? sg_data_failed("objects", &e) : 0;
}
