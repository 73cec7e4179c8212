/* move.c - exposures from the journal into the database, and what is at hand from it; see
 * parts.h and core/mover.h. The database takes what comes twice once. While it is away the
 * experiments last read hold.
 */
#include "core/clock.h"
#include "core/mover.h"
#include "recsys/experiments/parts.h"
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define EVERY_MS    1000
#define TIDY_US     3600000000
#define EXPLORED_US 600000000

struct exposure_carrier {
    struct sg_experiments *x;
    struct sg_arena arena;
    struct sg_buf text;
    int64_t tidied_us, explored_us;
};

static int begin_session(void *ctx, PGconn *pg, struct sg_error *e)
{
    (void)ctx;
    return sg_pg_exec(pg,
                      "CREATE TEMP TABLE batch_exposures (LIKE public.exposures) "
                      "ON COMMIT DELETE ROWS",
                      0, NULL, NULL, e);
}

static void put_time(struct sg_pg_copy *w, int64_t us)
{
    char text[64];
    time_t s = us / 1000000;
    struct tm tm;
    gmtime_r(&s, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%06" PRId64 "+00", us % 1000000);
    sg_pg_copy_text(w, sg_str(text));
}

static void put_songs(struct exposure_carrier *m, struct sg_pg_copy *w,
                      const struct exposure_event *x)
{
    const uint64_t *v = x->songs.v;
    sg_buf_reset(&m->text);
    for (size_t i = 0; i < x->songs.n; i++) {
        sg_buf_putc(&m->text, i ? ',' : '{');
        sg_buf_u64(&m->text, v[i]);
    }
    sg_buf_puts(&m->text, x->songs.n ? "}" : "{}");
    sg_pg_copy_text(w, sg_buf_str(&m->text));
}

static void put_teams(struct exposure_carrier *m, struct sg_pg_copy *w,
                      const struct exposure_event *x)
{
    if (!x->teams.n || x->teams.n != x->songs.n) {
        sg_pg_copy_text(w, SG_STR_NONE);
        return;
    }
    sg_buf_reset(&m->text);
    for (size_t i = 0; i < x->teams.n; i++) {
        sg_buf_putc(&m->text, i ? ',' : '{');
        sg_buf_putc(&m->text, x->teams.p[i] ? '1' : '0');
    }
    sg_buf_putc(&m->text, '}');
    sg_pg_copy_text(w, sg_buf_str(&m->text));
}

static int put(struct exposure_carrier *m, struct sg_pg_copy *w, const struct exposure_event *x,
               struct sg_error *e)
{
    sg_pg_copy_i64(w, (int64_t)x->user_id);
    put_time(w, x->at_us);
    sg_pg_copy_i64(w, (int64_t)x->id);
    sg_pg_copy_text(w, x->experiment);
    sg_pg_copy_text(w, x->variant);
    sg_pg_copy_text(w, x->surface);
    put_songs(m, w, x);
    put_teams(m, w, x);
    return sg_pg_copy_row(w, e);
}

static int copy(struct exposure_carrier *m, PGconn *pg, const struct exposure_event *v, size_t n,
                struct sg_error *e)
{
    struct sg_pg_copy *w;
    int rc = sg_pg_copy_begin(&w, pg,
                              "COPY batch_exposures (user_id, exposed_at, exposure_id, "
                              "experiment, variant, surface, songs, teams) FROM STDIN",
                              e);
    if (rc)
        return rc;
    for (size_t i = 0; i < n && !rc; i++)
        rc = put(m, w, &v[i], e);
    if (!rc)
        return sg_pg_copy_end(w, e);
    sg_pg_copy_abort(w);
    return rc;
}

static int take(void *ctx, PGconn *pg, const struct sg_journal_record *r, size_t n,
                struct sg_error *e)
{
    struct exposure_carrier *m = ctx;
    size_t events = 0;
    sg_arena_reset(&m->arena);
    struct exposure_event *v = sg_arena_array(&m->arena, n, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "exposures");
    for (size_t i = 0; i < n; i++)
        events += !sg_record_thaw(&exposure_event_record, r[i].bytes, &m->arena, &v[events], NULL);
    int rc = copy(m, pg, v, events, e);
    return rc ? rc
              : sg_pg_exec(pg,
                           "INSERT INTO exposures SELECT * FROM batch_exposures "
                           "ON CONFLICT DO NOTHING",
                           0, NULL, NULL, e);
}

static int read_variants(struct exposure_carrier *m, PGconn *pg, struct sg_error *e)
{
    struct variant_table fresh = {0}, old;
    int rc = variants_read(&fresh, pg, e);
    if (rc) {
        sg_arena_free(&fresh.arena);
        return rc;
    }
    pthread_rwlock_wrlock(&m->x->lock);
    old = m->x->variants;
    m->x->variants = fresh;
    pthread_rwlock_unlock(&m->x->lock);
    sg_arena_free(&old.arena);
    return 0;
}

static int read_explored(struct exposure_carrier *m, PGconn *pg, struct sg_error *e)
{
    struct arms fresh = {0}, old;
    int64_t now = sg_now_us();
    if (!m->x->config->recsys.explore || (m->explored_us && now - m->explored_us < EXPLORED_US))
        return 0;
    int rc = arms_read(&fresh, pg, e);
    if (rc) {
        arms_free(&fresh);
        return rc;
    }
    pthread_rwlock_wrlock(&m->x->lock);
    old = m->x->arms;
    m->x->arms = fresh;
    pthread_rwlock_unlock(&m->x->lock);
    arms_free(&old);
    m->explored_us = now;
    return 0;
}

static int tidy(struct exposure_carrier *m, PGconn *pg, struct sg_error *e)
{
    char days[24];
    const char *params[] = {days};
    int64_t now = sg_now_us();
    if (m->tidied_us && now - m->tidied_us < TIDY_US)
        return 0;
    snprintf(days, sizeof days, "%" PRId64, m->x->config->recsys.exposure_days);
    int rc = sg_pg_exec(pg, "SELECT segue_make_exposure_partitions()", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_pg_exec(pg, "SELECT segue_forget_exposures($1)", 1, params, NULL, e);
    m->tidied_us = rc ? m->tidied_us : now;
    return rc;
}

static int look_after(void *ctx, PGconn *pg, struct sg_error *e)
{
    struct exposure_carrier *m = ctx;
    int rc = read_variants(m, pg, e);
    if (!rc)
        rc = tidy(m, pg, e);
    return rc ? rc : read_explored(m, pg, e);
}

int experiments_mover_start(struct sg_experiments *x, struct sg_error *e)
{
    x->carrier = calloc(1, sizeof *x->carrier);
    if (!x->carrier)
        return sg_fail(e, SG_ENOMEM, "experiments");
    x->carrier->x = x;
    struct sg_mover_options o = {.name = "experiments",
                                 .journal = x->journal,
                                 .dsn = x->config->pg.dsn,
                                 .batch = 1000,
                                 .every_ms = EVERY_MS,
                                 .ctx = x->carrier,
                                 .connected = begin_session,
                                 .take = take,
                                 .look_after = look_after,
                                 .moved = x->moved};
    return sg_mover_start(&x->mover, &o, e);
}

void exposure_carrier_free(struct exposure_carrier *c)
{
    if (!c)
        return;
    sg_arena_free(&c->arena);
    sg_buf_free(&c->text);
    free(c);
}
