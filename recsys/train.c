/* train.c - see train.h. A model is made in a folder of its own and becomes the served one
 * by one rename of CURRENT, after the gate.
 */
#include "recsys/train.h"
#include "core/clock.h"
#include "core/service.h"
#include "index/generation.h"
#include "recsys/generations.h"
#include "recsys/model.h"
#include "recsys/train/gate.h"
#include "recsys/train/parameters.h"
#include "recsys/train/write.h"
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void name_generation(char name[SG_GENERATION_NAME])
{
    struct tm utc;
    int64_t now_us = sg_wall_us();
    time_t now = (time_t)(now_us / 1000000);
    strftime(name, SG_GENERATION_NAME, "gen-%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    snprintf(name + strlen(name), SG_GENERATION_NAME - strlen(name), "-%06d",
             (int)(now_us % 1000000));
}

/* The served model, when it can be read: what the gate compares with. */
static struct sg_model *open_served(const char *models)
{
    char name[SG_GENERATION_NAME];
    struct sg_model *m = NULL;
    struct sg_error e = SG_ERROR_INIT;
    if (sg_current_read(models, name, NULL) == 0 && sg_model_open(&m, models, name, &e))
        fprintf(stderr, "training: nothing to compare with: %s\n", e.text);
    return m;
}

static int pass_gate(const struct sg_config *config, const struct sg_train_input *in,
                     const char *name, double *recall, struct sg_error *e)
{
    struct sg_model *fresh = NULL, *before = open_served(config->recsys.dir);
    int rc = sg_model_open(&fresh, config->recsys.dir, name, e);
    if (!rc)
        rc = sg_gate_compare(config, fresh, before, in, recall, e);
    sg_models_give(fresh);
    sg_models_give(before);
    return rc;
}

static int build(const struct sg_config *config, const struct sg_train_input *in,
                 const struct sg_als_options *als, const char *name, struct sg_error *e)
{
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%s/%s", config->recsys.dir, name);
    int rc = mkdir(dir, 0755) ? sg_fail_errno(e, "make %s", dir) : 0;
    if (!rc)
        rc = sg_model_write(config, in, als, dir, e);
    return rc ? rc : sg_model_write_manifest(dir, name, in->n_songs, -1, e);
}

static int judge_and_publish(const struct sg_config *config, const struct sg_train_input *in,
                             bool force, const char *name, bool *refused, struct sg_error *e)
{
    char dir[PATH_MAX];
    double recall = -1;
    struct sg_error why = SG_ERROR_INIT;
    int rc = pass_gate(config, in, name, &recall, &why);
    *refused = rc == SG_ELIMIT && !force;
    if (rc == SG_ELIMIT && force) {
        fprintf(stderr, "gate: %s; published all the same\n", why.text);
        rc = 0;
    }
    if (rc)
        return sg_fail(e, rc, "%s", why.text);
    snprintf(dir, sizeof dir, "%s/%s", config->recsys.dir, name);
    rc = sg_model_write_manifest(dir, name, in->n_songs, recall, e);
    return rc ? rc : sg_current_publish(config->recsys.dir, name, e);
}

static int make_model(const struct sg_config *config, const struct sg_train_options *o,
                      bool *refused, struct sg_error *e)
{
    char name[SG_GENERATION_NAME];
    int threads = o->threads > 0 ? o->threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct sg_train_input in;
    int rc = sg_train_input_read(config, &in, e);
    if (rc)
        return rc;
    fprintf(stderr,
            "training: %zu songs, %zu of them played by %zu users, %zu pairs; a panel's %zu plays "
            "are kept aside\n",
            in.n_songs, in.plays.items.n, in.plays.users.n, in.plays.n, in.n_panel);
    name_generation(name);
    struct sg_train_parameters with;
    if (o->factors)
        rc = sg_own_factors_read(&in.own, o->factors, o->ids, in.songs, in.n_songs, e);
    if (!rc)
        rc = sg_train_parameters(&with, config, &in.plays, threads, o->tune_us, e);
    if (!rc)
        rc = build(config, &in, &with.als, name, e);
    if (!rc)
        rc = judge_and_publish(config, &in, o->force, name, refused, e);
    if (rc && *refused)
        sg_generation_refuse(config->recsys.dir, name);
    else if (rc)
        (void)sg_generation_remove(config->recsys.dir, name, NULL);
    else
        fprintf(stderr, "published %s\n", name);
    sg_train_input_free(&in);
    return rc;
}

int sg_recsys_train(const struct sg_config *config, const struct sg_train_options *o, bool *refused,
                    struct sg_error *e)
{
    char path[PATH_MAX];
    *refused = false;
    if (mkdir(config->recsys.dir, 0755) && access(config->recsys.dir, W_OK))
        return sg_fail_errno(e, "make %s", config->recsys.dir);
    snprintf(path, sizeof path, "%s/LOCK", config->recsys.dir);
    FILE *lock = fopen(path, "w");
    if (!lock)
        return sg_fail_errno(e, "open %s", path);
    int rc = flock(fileno(lock), LOCK_EX | LOCK_NB)
                 ? sg_fail(e, SG_EBUSY, "another training is running (%s)", path)
                 : make_model(config, o, refused, e);
    if (!rc)
        sg_generations_retire(config->recsys.dir, (size_t)config->recsys.keep);
    fclose(lock);
    return rc;
}
