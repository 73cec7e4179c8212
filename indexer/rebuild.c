/* rebuild.c - see rebuild.h. */
#include "indexer/rebuild.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/service.h"
#include "indexer/embeddings.h"
#include "indexer/folder.h"
#include "indexer/gate.h"
#include "indexer/pump.h"
#include "indexer/retire.h"
#include "indexer/snapshot.h"
#include "indexer/source_pg.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CATCH_UP_S 600 /* a database that outruns us for so long does not get a generation */

struct rebuild {
    const struct sg_config *config;
    const char *dir;
    char id[9];
    int lock;
    PGconn *connection; /* for small questions; NULL: JSONL */
    struct sg_snapshot snapshot;
    struct sg_manifest manifest, *before; /* before NULL: nothing serves */
    struct sg_manifest before_storage;
    char folder[SG_GENERATION_NAME]; /* building-... */
    char path[PATH_MAX];
    struct sg_buf gaps;
    struct sg_progress progress;
};

static int prepare(struct rebuild *r, struct sg_error *e)
{
    int rc = sg_folder_prepare(r->dir, r->id, e);
    if (!rc)
        rc = sg_folder_lock(r->dir, "REBUILD.lock", &r->lock, e);
    if (rc == SG_EBUSY)
        return sg_wrap(e, "another rebuild is running");
    if (!rc)
        rc = sg_folder_await_sweep(r->lock, e);
    if (!rc && sg_source_is_postgres(r->config))
        rc = sg_pg_connect(&r->connection, r->config->pg.dsn, e);
    return rc ? rc : sg_retire_unfinished(r->dir, r->id, r->connection, e);
}

static void read_before(struct rebuild *r)
{
    char name[SG_GENERATION_NAME], path[PATH_MAX];
    if (!sg_current_read(r->dir, name, NULL) && !sg_folder_path(path, r->dir, name, NULL) &&
        !sg_manifest_read(&r->before_storage, path, NULL))
        r->before = &r->before_storage;
}

static int name_generation(struct rebuild *r, struct sg_error *e)
{
    char utc[24];
    struct tm tm;
    time_t now = (time_t)(sg_wall_us() / 1000000);
    strftime(utc, sizeof utc, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    uint64_t at = r->snapshot.lsn ? r->snapshot.lsn : r->snapshot.sequence;
    snprintf(r->manifest.name, sizeof r->manifest.name, "gen-%s-%llx", utc, (unsigned long long)at);
    snprintf(r->folder, sizeof r->folder, SG_BUILDING "%s", r->manifest.name + strlen("gen-"));
    return sg_folder_path(r->path, r->dir, r->folder, e);
}

static void on_progress(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
    sg_progress_update(ctx, phase, done, total);
}

static int threads_of(const struct sg_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return config->indexer.threads ? (int)config->indexer.threads : cores > 0 ? (int)cores : 1;
}

static int build_with(struct rebuild *r, const struct sg_embedding_source *embeddings,
                      struct sg_error *e)
{
    struct sg_builder *b = NULL;
    struct sg_builder_options o = {.dir = r->path,
                                   .threads = threads_of(r->config),
                                   .progress = on_progress,
                                   .progress_ctx = &r->progress,
                                   .embeddings = embeddings->client,
                                   .embeddings_cache = embeddings->cache};
    char name[SG_GENERATION_NAME];
    memcpy(name, r->manifest.name, sizeof name);
    int rc = sg_builder_open(&b, &o, e);
    if (rc)
        return rc;
    rc = sg_snapshot_feed(&r->snapshot, b, &r->progress, &r->gaps, e);
    if (rc || sg_stopping()) {
        sg_builder_abort(b);
        return rc ? rc : sg_fail(e, SG_ECANCELED, "stopped");
    }
    rc = sg_builder_finish(b, &r->manifest, e);
    memcpy(r->manifest.name, name, sizeof name);
    return rc;
}

static int build(struct rebuild *r, struct sg_error *e)
{
    struct sg_embedding_source embeddings;
    sg_embedding_source_open(&embeddings, r->config);
    int rc = build_with(r, &embeddings, e);
    sg_embedding_source_close(&embeddings);
    return rc;
}

static int write_manifest(struct rebuild *r, struct sg_error *e)
{
    struct sg_manifest *m = &r->manifest;
    m->format = SG_GENERATION_FORMAT;
    memcpy(m->slot, r->snapshot.slot, sizeof m->slot);
    m->lsn = r->snapshot.lsn;
    m->sequence = r->snapshot.sequence;
    m->created_us = sg_wall_us();
    m->canary_mrr = -1;
    sg_progress_update(&r->progress, "checksums", 0, 0);
    int rc = sg_manifest_sum(m, r->path, e);
    return rc ? rc : sg_manifest_write(m, r->path, e);
}

/* Until the delta has what the database had when the base was done. */
static int catch_up(struct rebuild *r, struct sg_error *e)
{
    struct sg_pump *p = NULL;
    struct sg_pump_state state = {0};
    uint64_t target = 0;
    int64_t until = sg_now_us() + (int64_t)CATCH_UP_S * 1000000;
    int rc = r->connection ? sg_source_pg_lsn(r->connection, &target, e) : 0;
    if (!rc)
        rc = sg_pump_open(&p, r->config, r->dir, r->folder, e);
    if (p)
        sg_pump_allow_large(p);
    bool done = false;
    while (!rc && !done && !sg_stopping()) {
        rc = sg_pump_step(p, r->connection ? 100 : 0, e);
        sg_pump_state(p, &state);
        done = r->connection ? state.lsn >= target : rc == 0;
        sg_progress_update(&r->progress, "catch up", state.documents, 0);
        if (rc >= 0)
            rc = sg_now_us() > until
                     ? sg_fail(e, SG_ETIMEOUT, "changes come faster than they are applied")
                     : 0;
    }
    sg_pump_close(p);
    if (!rc && sg_stopping())
        rc = sg_fail(e, SG_ECANCELED, "stopped");
    return rc ? sg_wrap(e, "catch up") : 0;
}

static int refuse(struct rebuild *r, const char *why, struct sg_error *e)
{
    char name[SG_GENERATION_NAME];
    snprintf(name, sizeof name, SG_REFUSED "%s", r->manifest.name + strlen("gen-"));
    int rc = sg_folder_write(r->dir, r->folder, "REFUSED", sg_str(why), e);
    if (!rc)
        rc = sg_manifest_write(&r->manifest, r->path, e);
    if (!rc)
        rc = sg_folder_rename(r->dir, r->folder, name, e);
    if (!rc && r->connection && r->snapshot.slot[0])
        rc = sg_slot_end(r->connection, r->snapshot.slot, "refused", e);
    return rc;
}

static int publish(struct rebuild *r, struct sg_error *e)
{
    int rc = sg_manifest_write(&r->manifest, r->path, e);
    if (!rc)
        rc = sg_folder_rename(r->dir, r->folder, r->manifest.name, e);
    if (!rc)
        rc = sg_current_publish(r->dir, r->manifest.name, e);
    if (rc)
        return sg_wrap(e, "publish");
    const uint64_t *n = r->manifest.counts;
    sg_log(SG_LOG_INFO, "generation published",
           "gen=%s songs=%llu artists=%llu albums=%llu playlists=%llu canary_mrr=%.3f",
           r->manifest.name, (unsigned long long)n[SG_SONG], (unsigned long long)n[SG_ARTIST],
           (unsigned long long)n[SG_ALBUM], (unsigned long long)n[SG_PLAYLIST],
           r->manifest.canary_mrr);
    struct sg_error why = SG_ERROR_INIT;
    if (sg_retire_old(r->dir, r->config->index.keep, r->connection, &why))
        sg_log(SG_LOG_WARN, "old generations not retired", "why=%s", why.text);
    return 0;
}

/* 0: to be published; 1: refused, why says it; negative: could not be judged. */
static int judge(struct rebuild *r, bool force, struct sg_error *why, struct sg_error *e)
{
    sg_progress_update(&r->progress, "gate", 0, 0);
    int rc = sg_gate_check(r->config, r->dir, r->folder, &r->manifest, r->before, why);
    sg_progress_finish(&r->progress);
    if (rc == 0)
        return 0;
    if (rc != SG_ELIMIT && rc != SG_ECORRUPT)
        return sg_fail(e, rc, "gate: %s", why->text);
    sg_log(SG_LOG_ERROR, force ? "gate overruled by --force" : "generation refused by the gate",
           "gen=%s why=%s", r->manifest.name, why->text);
    return force && rc == SG_ELIMIT ? 0 : 1;
}

static int make(struct rebuild *r, struct sg_error *e)
{
    read_before(r);
    int rc = sg_snapshot_open(&r->snapshot, r->config, r->id, e);
    if (!rc)
        rc = name_generation(r, e);
    if (!rc)
        rc = build(r, e);
    sg_snapshot_close(&r->snapshot);
    if (!rc)
        rc = write_manifest(r, e);
    if (!rc)
        rc = sg_snapshot_note(&r->snapshot, &r->gaps, r->path, e);
    return rc ? rc : catch_up(r, e);
}

/* Unless it did become current, and only making sure of that failed. */
static void sweep_failed(struct rebuild *r)
{
    char current[SG_GENERATION_NAME];
    sg_snapshot_close(&r->snapshot);
    if (!sg_current_read(r->dir, current, NULL) && !strcmp(current, r->manifest.name))
        return;
    if (r->folder[0]) {
        sg_folder_remove(r->dir, r->folder, NULL);
        sg_folder_remove(r->dir, r->manifest.name, NULL);
    }
    if (r->snapshot.slot[0] && r->connection)
        sg_slot_end(r->connection, r->snapshot.slot, "rebuild failed", NULL);
}

static int run(struct rebuild *r, bool force, bool *refused, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    int rc = prepare(r, e);
    if (rc)
        return rc;
    rc = make(r, e);
    int verdict = rc ? rc : judge(r, force, &why, e);
    if (verdict > 0) {
        *refused = true;
        rc = refuse(r, why.text, e);
        return rc ? rc : sg_fail(e, SG_ELIMIT, "%s", why.text);
    }
    rc = verdict ? verdict : publish(r, e);
    if (rc)
        sweep_failed(r);
    return rc;
}

int sg_rebuild(const struct sg_config *config, bool force, bool *refused,
               char name[SG_GENERATION_NAME], struct sg_error *e)
{
    *refused = false;
    struct rebuild *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "rebuild");
    r->config = config;
    r->dir = config->index.dir;
    r->lock = -1;
    sg_progress_init(&r->progress);
    int rc = run(r, force, refused, e);
    sg_progress_finish(&r->progress);
    if (!rc)
        memcpy(name, r->manifest.name, SG_GENERATION_NAME);
    PQfinish(r->connection);
    sg_buf_free(&r->gaps);
    sg_buf_free(&r->snapshot.levers);
    sg_buf_free(&r->snapshot.popular);
    if (r->lock >= 0)
        close(r->lock);
    free(r);
    return rc;
}
