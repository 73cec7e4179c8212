/* train.c - see train.h.
 *
 * Both readings are of one snapshot, so that every played song is also known by
 * its artist and genre. A play under 30 s (when its length is known) is a skip
 * and does not count.
 */
#include "recsys/train.h"
#include "core/clock.h"
#include "core/pg.h"
#include "core/service.h"
#include "index/generation.h"
#include "index/vectors.h"
#include "recsys/als.h"
#include "recsys/songs.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char songs_sql[] =
    "SELECT song_id, artist_id, play_count, coalesce(genre_id, 0) FROM songs ORDER BY song_id";
static const char plays_sql[] = "SELECT user_id, song_id FROM listening_history "
                                "WHERE played_s IS NULL OR played_s >= 30";

struct song_rows {
    struct sg_song_row *v;
    size_t n, cap;
};

static int read_u64(const struct sg_str *cells, size_t n, uint64_t *out, struct sg_error *e)
{
    for (size_t i = 0; i < n; i++)
        if (!sg_str_to_u64(cells[i], &out[i]))
            return sg_fail(e, SG_ECORRUPT, "column %zu: '%.*s' is no whole number", i + 1,
                           SG_FMT(cells[i]));
    return 0;
}

static int take_song(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct song_rows *s = ctx;
    uint64_t v[4];
    if (n != 4)
        return sg_fail(e, SG_EINTERNAL, "songs: %zu columns", n);
    int rc = read_u64(cells, 4, v, e);
    if (rc)
        return rc;
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1 << 14;
        struct sg_song_row *rows = realloc(s->v, cap * sizeof *rows);
        if (!rows)
            return sg_fail(e, SG_ENOMEM, "%zu songs", cap);
        s->v = rows;
        s->cap = cap;
    }
    s->v[s->n++] = (struct sg_song_row){v[0], v[1], v[2], v[3]};
    return 0;
}

static int take_play(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    uint64_t v[2];
    if (n != 2)
        return sg_fail(e, SG_EINTERNAL, "plays: %zu columns", n);
    int rc = read_u64(cells, 2, v, e);
    return rc ? rc : sg_interactions_add(ctx, v[0], v[1], 1, e);
}

static int read_database(const char *dsn, struct song_rows *songs, struct sg_interactions *plays,
                         struct sg_error *e)
{
    PGconn *c = NULL;
    struct sg_interactions_builder *b = NULL;
    int rc = sg_pg_connect(&c, dsn, e);
    if (!rc)
        rc = sg_pg_exec(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_pg_copy_out(c, songs_sql, take_song, songs, e);
    if (!rc)
        rc = sg_interactions_begin(&b, e);
    if (!rc)
        rc = sg_pg_copy_out(c, plays_sql, take_play, b, e);
    if (rc)
        sg_interactions_abort(b);
    else
        rc = sg_interactions_finish(b, plays, e);
    PQfinish(c);
    return rc;
}

static void show_sweep(void *ctx, int sweep, int sweeps)
{
    const int64_t *from = ctx;
    double s = (double)(sg_now_us() - *from) / 1e6;
    fprintf(stderr, "training: sweep %d of %d, %.1f s, about %.1f s to go\n", sweep, sweeps, s,
            s / sweep * (sweeps - sweep));
}

static int train_vectors(const struct sg_config *config, const struct sg_interactions *plays,
                         int threads, const char *path, struct sg_error *e)
{
    int64_t from = sg_now_us();
    struct sg_factors f;
    struct sg_als_options o = SG_ALS_DEFAULTS;
    o.factors = (size_t)config->recsys.factors;
    o.threads = threads;
    o.progress = show_sweep;
    o.ctx = &from;
    int rc = sg_als_train(plays, &o, &f, e);
    if (rc)
        return rc;
    rc = sg_vectors_build(path, f.items, plays->items.id, plays->items.n, f.factors, threads, e);
    sg_factors_free(&f);
    return rc;
}

static int write_model(const struct sg_config *config, const struct song_rows *songs,
                       const struct sg_interactions *plays, int threads, const char *dir,
                       const char *name, struct sg_error *e)
{
    char path[PATH_MAX + 16];
    struct sg_manifest *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "manifest");
    snprintf(path, sizeof path, "%s/songs.seg", dir);
    int rc = sg_songs_write(path, songs->v, songs->n, e);
    snprintf(path, sizeof path, "%s/items.vec", dir);
    if (!rc)
        rc = train_vectors(config, plays, threads, path, e);
    if (!rc)
        rc = sg_manifest_sum(m, dir, e);
    if (!rc) {
        m->format = 1;
        snprintf(m->name, sizeof m->name, "%s", name);
        m->created_us = sg_wall_us();
        m->counts[0] = songs->n;
        m->canary_mrr = -1;
        rc = sg_manifest_write(m, dir, e);
    }
    free(m);
    return rc;
}

/* Complete models beyond the newest `keep` go, never the one being served. */
static void retire(const char *models, size_t keep)
{
    enum { LOOK_AT = 64 };
    char current[SG_GENERATION_NAME];
    struct sg_manifest *list = calloc(LOOK_AT, sizeof *list);
    size_t n = list ? sg_generation_list(models, list, LOOK_AT) : 0;
    bool known = sg_current_read(models, current, NULL) == 0;
    for (size_t i = keep; i < n; i++)
        if (known && strcmp(list[i].name, current) != 0)
            (void)sg_generation_remove(models, list[i].name, NULL);
    free(list);
}

static int build_and_publish(const struct sg_config *config, int threads, struct sg_error *e)
{
    const char *models = config->recsys.dir;
    char name[SG_GENERATION_NAME], dir[SG_CONFIG_TEXT + SG_GENERATION_NAME + 2];
    struct song_rows songs = {0};
    struct sg_interactions plays = {0};
    struct tm utc;
    time_t now = (time_t)(sg_wall_us() / 1000000);
    strftime(name, sizeof name, "gen-%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    snprintf(name + strlen(name), sizeof name - strlen(name), "-%06d",
             (int)(sg_wall_us() % 1000000));
    snprintf(dir, sizeof dir, "%s/%s", models, name);

    int rc = read_database(config->pg.dsn, &songs, &plays, e);
    if (!rc) {
        fprintf(stderr, "training: %zu songs, %zu of them played by %zu users, %zu pairs\n",
                songs.n, plays.items.n, plays.users.n, plays.n);
        rc = mkdir(dir, 0755) ? sg_fail_errno(e, "make %s", dir) : 0;
    }
    if (!rc)
        rc = write_model(config, &songs, &plays, threads, dir, name, e);
    if (!rc)
        rc = sg_current_publish(models, name, e);
    if (rc)
        (void)sg_generation_remove(models, name, NULL);
    else
        fprintf(stderr, "published %s\n", name);
    free(songs.v);
    sg_interactions_free(&plays);
    return rc;
}

int sg_recsys_train(const struct sg_config *config, int threads, struct sg_error *e)
{
    char path[PATH_MAX];
    if (mkdir(config->recsys.dir, 0755) && access(config->recsys.dir, W_OK))
        return sg_fail_errno(e, "make %s", config->recsys.dir);
    snprintf(path, sizeof path, "%s/LOCK", config->recsys.dir);
    FILE *lock = fopen(path, "w");
    if (!lock)
        return sg_fail_errno(e, "open %s", path);
    int rc = flock(fileno(lock), LOCK_EX | LOCK_NB)
                 ? sg_fail(e, SG_EBUSY, "another training is running (%s)", path)
                 : build_and_publish(config,
                                     threads > 0 ? threads : (int)sysconf(_SC_NPROCESSORS_ONLN), e);
    if (!rc)
        retire(config->recsys.dir, (size_t)config->recsys.keep);
    fclose(lock);
    return rc;
}
