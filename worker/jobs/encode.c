/* encode.c - see encode.h. */
#include "worker/jobs/encode.h"
#include "core/audio_child/audio_child.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "worker/asset.h"
#include "worker/jobs/cover.h"
#include "worker/jobs/duplicate.h"
#include "worker/jobs/original.h"
#include "worker/jobs/song.h"
#include "worker/jobs/upload.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A whole hour is encoded seven times over within this, on a slow machine. */
enum { WALL_S = 4 * 3600, CPU_S = 2 * 3600, TELL_US = 1000000 };
/* Percents of the whole at which a stage ends. */
enum { FETCHED = 5, PREPARED = 90, STORED = 99 };

struct work {
    const struct encode *x;
    struct sg_job *job;
    struct sg_arena a;
    struct encode_upload u;
    struct original original;
    struct sg_asset asset;
    struct sg_audio_facts facts;
    struct sg_audio_verdict verdict; /* code "": it is not refused */
    struct duplicate duplicate;
    struct sg_cover cover;
    char scratch[800], out[820];
    int input;
    int64_t told_us;
    bool begun;
};

struct payload {
    struct sg_str upload_id;
};
static const struct sg_field payload_fields[] = {
    SG_FIELD_STR(struct payload, upload_id, 1, 80, SG_REQUIRED),
};
static const struct sg_record payload_record =
    SG_RECORD("EncodeJob", struct payload, payload_fields);

static struct sg_metric *seconds(void)
{
    return sg_metric_new(SG_HISTOGRAM, "segue_worker_stage_seconds", "Time of an upload's stages.",
                         "stage");
}

/* At most once a second; failing to is no harm. */
static void tell(struct work *w, const char *stage, int percent)
{
    struct sg_error e = SG_ERROR_INIT;
    int64_t now = sg_now_us();
    if (now - w->told_us < TELL_US)
        return;
    w->told_us = now;
    if (encode_upload_tell(w->x->pool, &w->u, w->asset.id, stage, percent, &e))
        sg_log(SG_LOG_WARN, "progress is not told", "error=%s", e.text);
}

static void on_prepare(void *ctx, int percent, struct sg_str stage)
{
    char name[48];
    snprintf(name, sizeof name, "%.*s", SG_FMT(stage));
    tell(ctx, name, FETCHED + percent * (PREPARED - FETCHED) / 100);
}

static void on_store(void *ctx, int percent)
{
    tell(ctx, "store", PREPARED + percent * (STORED - PREPARED) / 100);
}

static int begin(struct work *w, struct sg_error *e)
{
    struct payload p;
    int rc = sg_record_from_json(&payload_record, sg_str(w->job->payload), &w->a, &p, e);
    if (!rc)
        rc = sg_asset_new(&w->asset, w->x->vault, w->x->config, e);
    if (!rc)
        rc = encode_upload_begin(w->x->pool, w->job, p.upload_id, w->asset.id, &w->a, &w->u, e);
    w->begun = rc == 0;
    w->told_us = sg_now_us();
    if (!rc && *w->u.former) /* of an attempt that ended half way: it was never published */
        rc = sg_asset_remove(w->x->objects, w->u.former, e);
    return rc;
}

static int fetch(struct work *w, struct sg_error *e)
{
    char path[820];
    int rc = sg_scratch_make(w->x->scratch, w->scratch, sizeof w->scratch, e);
    snprintf(path, sizeof path, "%s/original", w->scratch);
    snprintf(w->out, sizeof w->out, "%s/out", w->scratch);
    if (!rc && mkdir(w->out, 0700))
        rc = sg_fail_errno(e, "%s", w->out);
    return rc ? rc : encode_original_fetch(&w->original, &w->u, path, &w->input, e);
}

static int read_facts(struct sg_str json, struct sg_arena *a, void *out, struct sg_error *e)
{
    return sg_audio_facts_read(json, a, out, e);
}

static int prepare(struct work *w, struct sg_error *e)
{
    struct sg_buf job = {0};
    struct sg_audio_child child = {.command = "prepare",
                                   .out_dir = w->out,
                                   .input = w->input,
                                   .wall_s = WALL_S,
                                   .cpu_s = CPU_S,
                                   .gentle = true,
                                   .cut = &w->job->lost,
                                   .progress = on_prepare,
                                   .ctx = w};
    int rc = sg_asset_job(&w->asset, w->x->config, &job, e);
    child.job = sg_buf_str(&job);
    if (!rc)
        rc = sg_audio_child_run(&child, read_facts, &w->facts, &w->a, &w->verdict, e);
    if (job.p)
        OPENSSL_cleanse(job.p, job.n);
    sg_buf_free(&job);
    return rc;
}

static int refuse_as_duplicate(struct work *w, struct sg_error *e)
{
    w->verdict = (struct sg_audio_verdict){.code = "duplicate"};
    snprintf(w->verdict.detail, sizeof w->verdict.detail, "%s", w->duplicate.text);
    return sg_fail(e, SG_EMEDIA, "%s", w->verdict.detail);
}

/* Before anything of it is stored; publishing looks once more. */
static int compare(struct work *w, struct sg_error *e)
{
    int rc = encode_find_duplicate(w->x->pool, &w->u, w->asset.id, &w->facts, &w->duplicate, e);
    return rc || !w->duplicate.is_other ? rc : refuse_as_duplicate(w, e);
}

static int picture(struct work *w, struct sg_error *e)
{
    (void)e;
    encode_cover_make(w->x->config->var_dir, w->x->pool, w->out, &w->facts, &w->cover);
    return 0;
}

static int store(struct work *w, struct sg_error *e)
{
    struct sg_asset_put put = {w->x->objects, w->out, &w->job->lost, on_store, w};
    return sg_asset_put(&w->asset, &put, &w->facts, e);
}

static int publish(struct work *w, struct sg_error *e)
{
    char song[24] = "";
    struct encode_song made = {&w->u, &w->asset, &w->facts, &w->cover, &w->duplicate};
    int rc = encode_song_publish(w->x->pool, w->job, &made, song, e);
    if (!rc)
        sg_log(SG_LOG_INFO, "an upload is a song", "upload=%s song=%s asset=%s", w->u.id.p, song,
               w->asset.id);
    return rc == SG_EMEDIA ? refuse_as_duplicate(w, e) : rc;
}

static int refuse(struct work *w, struct sg_error *e)
{
    const char *other = w->duplicate.is_other ? w->duplicate.song_id : NULL;
    struct refusal why = {w->verdict.code, w->verdict.detail, other};
    int rc = encode_upload_refuse(w->x->pool, w->job, &w->u, w->asset.id, &why, e);
    if (!rc)
        sg_log(SG_LOG_INFO, "an upload is refused", "upload=%s reason=%s", w->u.id.p, why.reason);
    return rc;
}

typedef int (*stage_fn)(struct work *w, struct sg_error *e);

/* Only of the upload itself does SG_ENOENT mean that there is nothing to be done. */
static int timed(struct work *w, const char *name, stage_fn stage, struct sg_error *e)
{
    int64_t from_us = sg_now_us();
    if (atomic_load(&w->job->lost))
        return sg_fail(e, SG_ECANCELED, "the job is another's, or the worker stops");
    int rc = stage(w, e);
    sg_metric_observe(seconds(), name, (double)(sg_now_us() - from_us) / 1e6);
    return rc == SG_ENOENT && stage != begin && stage != publish ? SG_EIO : rc;
}

static int go(struct work *w, struct sg_error *e)
{
    int rc = timed(w, "begin", begin, e);
    if (!rc)
        rc = timed(w, "fetch", fetch, e);
    if (!rc)
        rc = timed(w, "prepare", prepare, e);
    if (!rc)
        rc = timed(w, "compare", compare, e);
    if (!rc)
        rc = timed(w, "cover", picture, e);
    if (!rc)
        rc = timed(w, "store", store, e);
    if (!rc)
        rc = timed(w, "publish", publish, e);
    return rc == SG_EMEDIA ? timed(w, "refuse", refuse, e) : rc;
}

/* The original is not needed any more, whichever way it ended; nor is what was stored, unless it
 * was published. What fails here is swept later. */
static void forget(struct work *w, bool published)
{
    struct sg_error e = SG_ERROR_INIT;
    if (!published && sg_asset_remove(w->x->objects, w->asset.id, &e))
        sg_log(SG_LOG_WARN, "renditions are left to the sweep", "asset=%s error=%s", w->asset.id,
               e.text);
    if (encode_original_remove(&w->original, &w->u, &e))
        sg_log(SG_LOG_WARN, "an original is left to the sweep", "upload=%s error=%s", w->u.id.p,
               e.text);
}

static enum sg_job_fate fate_of(int rc, bool lost)
{
    if (rc && lost)
        return SG_JOB_RELEASE;
    switch (rc) {
    case 0:
    case SG_ENOENT: /* cancelled, or ended by another attempt */
        return SG_JOB_DONE;
    case SG_EINVAL:
        return SG_JOB_DEAD;
    default:
        return SG_JOB_AGAIN;
    }
}

enum sg_job_fate encode_run(const struct encode *x, struct sg_job *job, struct sg_error *e)
{
    struct work w = {
        .x = x,
        .job = job,
        .input = -1,
        .original = {x->pool, x->objects, x->vault, x->config->upload.max_mb * INT64_C(1048576)}};
    int rc = go(&w, e);
    if (w.begun && (!rc || rc == SG_ENOENT))
        forget(&w, !rc && !*w.verdict.code);
    if (w.input >= 0)
        close(w.input);
    if (*w.scratch)
        sg_scratch_remove(w.scratch);
    sg_asset_wipe(&w.asset);
    sg_arena_free(&w.a);
    return fate_of(rc, atomic_load(&job->lost));
}
