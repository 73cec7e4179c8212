/* sound.c - see sound.h. */
#include "data/generate/sound.h"
#include "core/audio_child/audio_child.h"
#include "core/pg.h"
#include "data/generate/phrase.h"
#include "worker/asset.h"
#include "worker/scratch.h"
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 4
#define GENRES      28 /* of the demo: recording i is of genre i % GENRES */
#define WALL_S      600
#define CPU_S       300

struct recording {
    struct sg_asset asset;
    struct sg_audio_facts facts;
    struct sg_arena arena;
};

struct studio {
    const struct sg_sound_options *o;
    struct sg_vault *vault;
    struct sg_objects *objects;
    struct sg_scratch *scratch;
    struct recording *recordings;
    atomic_uint next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of what follows */
    struct sg_progress *progress;
    struct sg_error error;
};

static void put_le(struct sg_buf *b, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        sg_buf_putc(b, (char)(v >> 8 * i));
}

/* A WAVE file of 16 bits. */
static void put_wav(struct sg_buf *b, const float *stereo, size_t frames)
{
    uint32_t data = (uint32_t)frames * 4;
    sg_buf_puts(b, "RIFF");
    put_le(b, 36 + data, 4);
    sg_buf_puts(b, "WAVEfmt ");
    put_le(b, 16, 4);
    put_le(b, 1, 2); /* PCM */
    put_le(b, 2, 2);
    put_le(b, SG_PHRASE_RATE, 4);
    put_le(b, SG_PHRASE_RATE * 4, 4);
    put_le(b, 4, 2);
    put_le(b, 16, 2);
    sg_buf_puts(b, "data");
    put_le(b, data, 4);
    for (size_t i = 0; i < 2 * frames; i++)
        put_le(b, (uint32_t)lrintf(stereo[i] * 32767), 2);
}

/* *fd: a file in memory, the caller's. */
static int play_into(uint64_t seed, unsigned i, int *fd, struct sg_error *e)
{
    struct sg_phrase phrase;
    float *stereo = NULL;
    size_t frames = 0;
    struct sg_buf wav = {0};
    sg_phrase_draw(seed + i / GENRES, i % GENRES, &phrase);
    int rc = sg_phrase_render(&phrase, &stereo, &frames, e);
    if (rc)
        return rc;
    put_wav(&wav, stereo, frames);
    free(stereo);
    int made = sg_buf_failed(&wav) ? -1 : memfd_create("phrase", MFD_CLOEXEC);
    for (size_t at = 0; !rc && made >= 0 && at < wav.n;) {
        ssize_t n = write(made, wav.p + at, wav.n - at);
        if (n < 0 && errno != EINTR)
            rc = sg_fail_errno(e, "a phrase");
        at += n > 0 ? (size_t)n : 0;
    }
    sg_buf_free(&wav);
    *fd = made;
    return made < 0 ? sg_fail(e, SG_ENOMEM, "a phrase") : rc;
}

/* The job as the worker's, but for the renditions. */
static int make_job(const struct studio *s, struct recording *r, struct sg_buf *out,
                    struct sg_error *e)
{
    static struct sg_str quick[] = {SG_STR("aac64"), SG_STR("aac128"), SG_STR("aac320")};
    struct sg_buf json = {0};
    struct sg_audio_job job;
    int rc = sg_asset_job(&r->asset, s->o->config, &json, e);
    if (!rc)
        rc = sg_audio_job_read(sg_buf_str(&json), &r->arena, &job, e);
    if (!rc && !s->o->all_renditions)
        job.renditions = (struct sg_list){quick, sizeof quick / sizeof *quick};
    if (!rc)
        sg_record_to_json(&sg_audio_job_record, &job, out);
    sg_buf_free(&json);
    return rc ? rc : sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "a job") : 0;
}

static int read_facts(struct sg_str json, struct sg_arena *a, void *out, struct sg_error *e)
{
    return sg_audio_facts_read(json, a, out, e);
}

static int prepare(const struct studio *s, struct recording *r, int fd, const char *dir,
                   struct sg_error *e)
{
    struct sg_buf job = {0};
    struct sg_audio_verdict why;
    int rc = make_job(s, r, &job, e);
    struct sg_audio_child child = {.program = s->o->program,
                                   .command = "prepare",
                                   .out_dir = dir,
                                   .input = fd,
                                   .job = sg_buf_str(&job),
                                   .wall_s = WALL_S,
                                   .cpu_s = CPU_S};
    if (!rc)
        rc = sg_audio_child_run(&child, read_facts, &r->facts, &r->arena, &why, e);
    if (rc == SG_EMEDIA)
        rc = sg_fail(e, SG_EINTERNAL, "a phrase was refused: %s", why.detail);
    sg_buf_free(&job);
    return rc;
}

static int record_one(struct studio *s, unsigned i, struct sg_error *e)
{
    struct recording *r = &s->recordings[i];
    char dir[800];
    int fd = -1;
    int rc = sg_asset_new(&r->asset, s->vault, s->o->config, e);
    if (!rc)
        rc = play_into(s->o->seed, i, &fd, e);
    if (rc)
        return rc;
    rc = sg_scratch_make(s->scratch, dir, sizeof dir, e);
    if (!rc) {
        rc = prepare(s, r, fd, dir, e);
        if (!rc)
            rc = sg_asset_put(&r->asset, &(struct sg_asset_put){.objects = s->objects, .dir = dir},
                              &r->facts, e);
        sg_scratch_remove(dir);
    }
    close(fd);
    return rc;
}

static void *work(void *ctx)
{
    struct studio *s = ctx;
    unsigned i;
    while (!atomic_load(&s->failed) && (i = atomic_fetch_add(&s->next, 1)) < s->o->recordings) {
        struct sg_error e = SG_ERROR_INIT;
        int rc = record_one(s, i, &e);
        pthread_mutex_lock(&s->lock);
        if (rc && !atomic_exchange(&s->failed, true))
            s->error = e;
        sg_progress_add(s->progress, 1);
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

static int record_all(struct studio *s, struct sg_error *e)
{
    pthread_t threads[THREADS_MAX];
    sg_progress_start(s->progress, "recordings", s->o->recordings);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int wanted = s->o->threads ? s->o->threads : (int)cores, n = 0;
    for (; n < wanted && n < THREADS_MAX; n++)
        if (pthread_create(&threads[n], NULL, work, s))
            break;
    if (!n)
        return sg_fail(e, SG_EIO, "no thread can be made");
    while (n)
        pthread_join(threads[--n], NULL);
    sg_progress_end(s->progress);
    if (!atomic_load(&s->failed))
        return 0;
    *e = s->error;
    return e->code;
}

/* $1: the recordings' ids in order; those of a genre lie 28 apart. */
static const char give[] =
    "INSERT INTO song_audio (song_id, asset_id) SELECT s.song_id, ids[1 + (coalesce(s.genre_id, 0) "
    "+ "
    "28 * (s.song_id % 1000000 * 2654435761 % 4294967296 / 65536)) % cardinality(ids)] "
    "FROM songs s, (SELECT $1::uuid[] AS ids) x "
    "WHERE NOT EXISTS (SELECT FROM song_audio a WHERE a.song_id = s.song_id)";

static int give_all(PGconn *c, struct studio *s, uint64_t *songs, struct sg_error *e)
{
    struct sg_buf ids = {0};
    PGresult *r = NULL;
    int rc = 0;
    for (uint32_t i = 0; !rc && i < s->o->recordings; i++) {
        sg_buf_printf(&ids, "%c%s", i ? ',' : '{', s->recordings[i].asset.id);
        rc = sg_asset_insert(c, &s->recordings[i].asset, &s->recordings[i].facts, e);
    }
    sg_buf_putc(&ids, '}');
    sg_buf_putc(&ids, 0);
    if (!rc && sg_buf_failed(&ids))
        rc = sg_fail(e, SG_ENOMEM, "recordings");
    if (!rc)
        rc = sg_pg_exec(c, give, 1, (const char *const[]){ids.p}, &r, e);
    if (!rc)
        *songs = strtoull(PQcmdTuples(r), NULL, 10);
    PQclear(r);
    sg_buf_free(&ids);
    return rc;
}

static int publish(PGconn *c, struct studio *s, uint64_t *songs, struct sg_error *e)
{
    int rc = sg_pg_exec(c, "BEGIN", 0, NULL, NULL, e);
    if (rc)
        return rc;
    rc = give_all(c, s, songs, e);
    if (!rc)
        return sg_pg_exec(c, "COMMIT", 0, NULL, NULL, e);
    sg_pg_exec(c, "ROLLBACK", 0, NULL, NULL, NULL);
    return rc;
}

static int any_is_silent(PGconn *c, bool *any, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c,
                        "SELECT EXISTS (SELECT FROM songs s WHERE NOT EXISTS "
                        "(SELECT FROM song_audio a WHERE a.song_id = s.song_id))",
                        0, NULL, &r, e);
    if (!rc)
        *any = PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    return rc;
}

static void close_all(struct studio *s)
{
    for (uint32_t i = 0; s->recordings && i < s->o->recordings; i++) {
        sg_asset_wipe(&s->recordings[i].asset);
        sg_arena_free(&s->recordings[i].arena);
    }
    free(s->recordings);
    if (s->scratch)
        sg_scratch_close(s->scratch);
    if (s->objects)
        sg_objects_close(s->objects);
    if (s->vault)
        sg_vault_close(s->vault);
    pthread_mutex_destroy(&s->lock);
}

int sg_generate_sound(PGconn *c, const struct sg_sound_options *o, struct sg_progress *p,
                      uint64_t *songs, struct sg_error *e)
{
    struct studio s = {.o = o, .progress = p, .lock = PTHREAD_MUTEX_INITIALIZER};
    bool any = false;
    *songs = 0;
    int rc = any_is_silent(c, &any, e);
    if (rc || !any)
        return rc;
    s.recordings = calloc(o->recordings, sizeof *s.recordings);
    if (!s.recordings)
        rc = sg_fail(e, SG_ENOMEM, "recordings");
    if (!rc)
        rc = sg_vault_open(&s.vault, o->config, e);
    if (!rc)
        rc = sg_objects_open(&s.objects, o->config, e);
    if (!rc)
        rc = sg_scratch_open(&s.scratch, o->config->var_dir, e);
    if (!rc)
        rc = record_all(&s, e);
    if (!rc)
        rc = publish(c, &s, songs, e);
    close_all(&s);
    return rc;
}
