/* commands.c - see commands.h. */
#include "indexer/commands.h"
#include "core/log.h"
#include "indexer/folder.h"
#include "indexer/gate.h"
#include "indexer/rebuild.h"
#include <stdlib.h>

#define GENERATIONS_MAX 64
#define EXIT_REFUSED    3

static int fail(const char *command, const struct sg_error *e)
{
    fprintf(stderr, "segue-indexer %s: %s\n", command, e->text);
    return 1;
}

static int usage(const char *command, const char *argument)
{
    fprintf(stderr, "segue-indexer %s: unexpected argument '%s'\n", command, argument);
    return 2;
}

int sg_cmd_rebuild(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    char name[SG_GENERATION_NAME];
    bool refused, force = argc == 2 && !strcmp(argv[1], "--force");
    if (argc > 1 && !force)
        return usage("rebuild", argv[1]);
    int rc = sg_rebuild(config, force, &refused, name, &e);
    if (rc)
        fail("rebuild", &e);
    else
        printf("%s\n", name);
    return refused ? EXIT_REFUSED : rc ? 1 : 0;
}

/* The newest generation made before the current one. */
static int find_previous(const char *dir, const char *current, char out[SG_GENERATION_NAME],
                         struct sg_error *e)
{
    struct sg_manifest *m = calloc(GENERATIONS_MAX, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "generations");
    size_t n = sg_generation_list(dir, m, GENERATIONS_MAX), i = 0;
    while (i < n && strcmp(m[i].name, current))
        i++;
    int rc = i + 1 < n ? 0 : sg_fail(e, SG_ENOENT, "no generation older than %s is kept", current);
    if (!rc)
        memcpy(out, m[i + 1].name, SG_GENERATION_NAME);
    free(m);
    return rc;
}

static int check_whole(const char *dir, const char *name, struct sg_error *e)
{
    char path[PATH_MAX];
    struct sg_manifest m;
    int rc = strncmp(name, "gen-", 4) || strchr(name, '/')
                 ? sg_fail(e, SG_EINVAL, "%s is not the name of a generation", name)
                 : sg_folder_path(path, dir, name, e);
    if (!rc)
        rc = sg_manifest_read(&m, path, e);
    if (!rc)
        rc = sg_manifest_check(&m, path, true, e);
    return rc ? sg_wrap(e, "%s", name) : 0;
}

int sg_cmd_rollback(const struct sg_config *config, int argc, char **argv)
{
    const char *dir = config->index.dir;
    char current[SG_GENERATION_NAME], to[SG_GENERATION_NAME];
    struct sg_error e = SG_ERROR_INIT;
    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return usage("rollback", argv[argc - 1]);
    int rc = sg_current_read(dir, current, &e);
    if (!rc && argc == 2)
        snprintf(to, sizeof to, "%s", argv[1]);
    else if (!rc)
        rc = find_previous(dir, current, to, &e);
    if (!rc)
        rc = check_whole(dir, to, &e);
    if (!rc)
        rc = sg_current_publish(dir, to, &e);
    if (rc)
        return fail("rollback", &e);
    sg_log(SG_LOG_INFO, "rolled back", "from=%s to=%s", current, to);
    printf("%s\n", to);
    return 0;
}

static int read_manifest(const char *dir, const char *name, struct sg_manifest *m,
                         struct sg_error *e)
{
    char path[PATH_MAX];
    int rc = strchr(name, '/') ? sg_fail(e, SG_EINVAL, "%s is not the name of a generation", name)
                               : sg_folder_path(path, dir, name, e);
    return rc ? rc : sg_manifest_read(m, path, e);
}

int sg_cmd_gate(const struct sg_config *config, int argc, char **argv)
{
    const char *dir = config->index.dir;
    char current[SG_GENERATION_NAME] = "";
    struct sg_manifest m, before;
    struct sg_error e = SG_ERROR_INIT;
    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return usage("gate", argv[argc - 1]);
    int rc = sg_current_read(dir, current, &e);
    const char *name = argc == 2 ? argv[1] : current;
    bool compare = !rc && !read_manifest(dir, current, &before, NULL);
    rc = argc == 2 ? 0 : rc;
    if (!rc)
        rc = read_manifest(dir, name, &m, &e);
    if (!rc)
        rc = sg_gate_check(config, dir, name, &m, compare ? &before : NULL, &e);
    if (rc) {
        fail("gate", &e);
        return rc == SG_ELIMIT || rc == SG_ECORRUPT ? EXIT_REFUSED : 1;
    }
    printf("%s passes: %llu songs, canary mrr %.3f\n", name, (unsigned long long)m.counts[SG_SONG],
           m.canary_mrr);
    return 0;
}
