/* generations.c - see generations.h. */
#include "recsys/generations.h"
#include "index/generation.h"
#include "recsys/model.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_AT = 64 };

/* Removes a folder of files, whatever its name. */
static void remove_folder(const char *models, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", models, name);
    DIR *d = opendir(path);
    if (!d)
        return;
    for (struct dirent *x; (x = readdir(d));)
        if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
            (void)unlinkat(dirfd(d), x->d_name, 0);
    closedir(d);
    (void)rmdir(path);
}

static bool is_complete(const struct sg_manifest *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return true;
    return false;
}

static void sweep(const char *models, const struct sg_manifest *list, size_t n)
{
    DIR *d = opendir(models);
    char refused[NAME_MAX + 1] = "";
    for (struct dirent *x; d && (x = readdir(d));) {
        if (strncmp(x->d_name, "gen-", 4) == 0 && !is_complete(list, n, x->d_name))
            remove_folder(models, x->d_name);
        if (strncmp(x->d_name, "refused-", 8) != 0)
            continue;
        if (strcmp(x->d_name, refused) > 0) { /* names order by time */
            if (refused[0])
                remove_folder(models, refused);
            snprintf(refused, sizeof refused, "%s", x->d_name);
        } else {
            remove_folder(models, x->d_name);
        }
    }
    if (d)
        closedir(d);
}

void sg_generations_retire(const char *models, size_t keep)
{
    char current[SG_GENERATION_NAME];
    struct sg_manifest *list = calloc(LOOK_AT, sizeof *list);
    if (!list || sg_current_read(models, current, NULL)) {
        free(list);
        return;
    }
    size_t n = sg_generation_list(models, list, LOOK_AT);
    for (size_t i = keep; i < n; i++)
        if (strcmp(list[i].name, current) != 0)
            (void)sg_generation_remove(models, list[i].name, NULL);
    if (n < LOOK_AT)
        sweep(models, list, n);
    free(list);
}

void sg_generation_refuse(const char *models, const char *name)
{
    char from[PATH_MAX], to[PATH_MAX];
    snprintf(from, sizeof from, "%s/%s", models, name);
    snprintf(to, sizeof to, "%s/refused-%s", models, name);
    if (rename(from, to))
        (void)sg_generation_remove(models, name, NULL);
}

static int find_previous(const char *models, char out[SG_GENERATION_NAME], struct sg_error *e)
{
    char current[SG_GENERATION_NAME];
    struct sg_manifest *list = calloc(LOOK_AT, sizeof *list);
    int rc = list ? sg_current_read(models, current, e) : sg_fail(e, SG_ENOMEM, "models");
    size_t n = rc ? 0 : sg_generation_list(models, list, LOOK_AT), i = 0;
    while (i < n && strcmp(list[i].name, current) != 0)
        i++;
    if (!rc && i + 1 >= n)
        rc = sg_fail(e, SG_ENOENT, "no model older than %s is kept", current);
    if (!rc)
        snprintf(out, SG_GENERATION_NAME, "%s", list[i + 1].name);
    free(list);
    return rc;
}

int sg_cmd_model_rollback(const struct sg_config *config, int argc, char **argv)
{
    char name[SG_GENERATION_NAME];
    struct sg_model *m;
    struct sg_error e = SG_ERROR_INIT;
    int rc = 0;
    if (argc > 2) {
        fprintf(stderr, "segue-recsys rollback: usage: rollback [GENERATION]\n");
        return 2;
    }
    if (argc == 2 && (strncmp(argv[1], "gen-", 4) != 0 || strchr(argv[1], '/') ||
                      strlen(argv[1]) >= sizeof name))
        rc = sg_fail(&e, SG_EINVAL, "'%s' names no model", argv[1]);
    else if (argc == 2)
        snprintf(name, sizeof name, "%s", argv[1]);
    else
        rc = find_previous(config->recsys.dir, name, &e);
    if (!rc)
        rc = sg_model_open(&m, config->recsys.dir, name, &e);
    if (!rc) {
        sg_models_give(m);
        rc = sg_current_publish(config->recsys.dir, name, &e);
    }
    if (rc)
        fprintf(stderr, "segue-recsys rollback: %s\n", e.text);
    else
        printf("%s\n", name);
    return rc ? 1 : 0;
}

static void show(const struct sg_manifest *m, bool served)
{
    char at[32];
    struct tm utc;
    time_t t = (time_t)(m->created_us / 1000000);
    uint64_t bytes = 0;
    for (size_t i = 0; i < m->n_files; i++)
        bytes += m->files[i].bytes;
    strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &utc));
    printf("%c %s  %s UTC  %llu songs  %.1f MB", served ? '*' : ' ', m->name, at,
           (unsigned long long)m->counts[0], (double)bytes / 1e6);
    if (m->canary_mrr >= 0)
        printf("  recall@20 %.4f", m->canary_mrr);
    printf("\n");
}

int sg_cmd_model_status(const struct sg_config *config, int argc, char **argv)
{
    char current[SG_GENERATION_NAME] = "";
    struct sg_error e = SG_ERROR_INIT;
    struct sg_model *m = NULL;
    struct sg_manifest *list = calloc(LOOK_AT, sizeof *list);
    (void)argv;
    if (argc > 1) {
        free(list);
        fprintf(stderr, "segue-recsys status: takes no arguments\n");
        return 2;
    }
    int rc =
        list ? sg_current_read(config->recsys.dir, current, &e) : sg_fail(&e, SG_ENOMEM, "models");
    size_t n = list ? sg_generation_list(config->recsys.dir, list, LOOK_AT) : 0;
    for (size_t i = 0; i < n; i++)
        show(&list[i], strcmp(list[i].name, current) == 0);
    if (!rc)
        rc = sg_model_open(&m, config->recsys.dir, current, &e);
    if (rc)
        fprintf(stderr, "segue-recsys status: %s\n", e.text);
    sg_models_give(m);
    free(list);
    return rc ? 1 : 0;
}
