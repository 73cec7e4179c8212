/* move.c - the thread between the journal, the database and what is at hand; see parts.h.
 *
 * A batch is one transaction, acknowledged to the journal after its commit; the
 * database takes what comes twice once. While the database is away the journal fills,
 * to its bound, and the experiments last read hold.
 */
#include "core/clock.h"
#include "core/log.h"
#include "recsys/experiments/parts.h"
#include <inttypes.h>
#include <time.h>

#define BATCH       1000
#define EVERY_MS    1000
#define AGAIN_MAX   30000
#define TIDY_US     3600000000
#define EXPLORED_US 600000000

struct mover {
    struct sg_experiments *x;
    PGconn *pg;
    struct sg_arena arena;
    struct sg_buf text;
    int64_t tidied_us, explored_us;
    int again_ms;
};

static int run(struct mover *m, const char *sql, struct sg_error *e)
{
    return sg_pg_exec(m->pg, sql, 0, NULL, NULL, e);
}

static int connect_to(struct mover *m, struct sg_error *e)
{
    int rc = sg_pg_connect(&m->pg, m->x->config->pg.dsn, e);
    if (rc)
        m->pg = NULL;
    return rc ? rc
              : run(m,
                    "CREATE TEMP TABLE batch_exposures (LIKE public.exposures) "
                    "ON COMMIT DELETE ROWS",
                    e);
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

static void put_songs(struct mover *m, struct sg_pg_copy *w, const struct exposure_event *x)
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

static void put_teams(struct mover *m, struct sg_pg_copy *w, const struct exposure_event *x)
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

static int put(struct mover *m, struct sg_pg_copy *w, const struct exposure_event *x,
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

static int copy(struct mover *m, const struct exposure_event *v, size_t n, struct sg_error *e)
{
    struct sg_pg_copy *w;
    int rc = sg_pg_copy_begin(&w, m->pg,
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

static int commit(struct mover *m, const struct exposure_event *v, size_t n, struct sg_error *e)
{
    int rc = run(m, "BEGIN", e);
    if (!rc)
        rc = copy(m, v, n, e);
    if (!rc)
        rc =
            run(m, "INSERT INTO exposures SELECT * FROM batch_exposures ON CONFLICT DO NOTHING", e);
    if (!rc)
        rc = run(m, "COMMIT", e);
    else
        run(m, "ROLLBACK", NULL);
    return rc;
}

/* One that the database refuses must not hold up all the others for ever. */
static int one_by_one(struct mover *m, const struct exposure_event *v, size_t n, struct sg_error *e)
{
    for (size_t i = 0; i < n; i++) {
        int rc = commit(m, &v[i], 1, e);
        if (rc == SG_EINVAL)
            sg_log(SG_LOG_WARN, "an exposure was left out", "why=%s", e->text);
        else if (rc)
            return rc;
    }
    return 0;
}

/* 1: there may be more. */
static int move_batch(struct mover *m, struct sg_error *e)
{
    static _Thread_local struct sg_journal_record r[BATCH];
    size_t n, events = 0;
    int rc = sg_journal_read(m->x->journal, r, BATCH, &n, e);
    if (rc || !n)
        return rc;
    sg_arena_reset(&m->arena);
    struct exposure_event *v = sg_arena_array(&m->arena, n, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "exposures");
    for (size_t i = 0; i < n; i++)
        events += !sg_record_thaw(&exposure_event_record, r[i].bytes, &m->arena, &v[events], NULL);
    rc = commit(m, v, events, e);
    if (rc == SG_EINVAL)
        rc = one_by_one(m, v, events, e);
    if (!rc)
        rc = sg_journal_acknowledge(m->x->journal, r[n - 1].sequence, e);
    if (!rc)
        sg_metric_add(m->x->moved, "", (double)events);
    return rc ? rc : n == BATCH;
}

static int read_variants(struct mover *m, struct sg_error *e)
{
    struct variant_table fresh = {0}, old;
    int rc = variants_read(&fresh, m->pg, e);
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

static int read_explored(struct mover *m, struct sg_error *e)
{
    struct arms fresh = {0}, old;
    int64_t now = sg_now_us();
    if (!m->x->config->recsys.explore || (m->explored_us && now - m->explored_us < EXPLORED_US))
        return 0;
    int rc = arms_read(&fresh, m->pg, e);
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

static int tidy(struct mover *m, struct sg_error *e)
{
    char days[24];
    const char *params[] = {days};
    int64_t now = sg_now_us();
    if (m->tidied_us && now - m->tidied_us < TIDY_US)
        return 0;
    snprintf(days, sizeof days, "%" PRId64, m->x->config->recsys.exposure_days);
    int rc = run(m, "SELECT segue_make_exposure_partitions()", e);
    if (!rc)
        rc = sg_pg_exec(m->pg, "SELECT segue_forget_exposures($1)", 1, params, NULL, e);
    m->tidied_us = rc ? m->tidied_us : now;
    return rc;
}

static int work(struct mover *m, struct sg_error *e)
{
    int rc = m->pg ? 0 : connect_to(m, e);
    if (!rc)
        rc = read_variants(m, e);
    int more = rc ? rc : move_batch(m, e);
    rc = more < 0 ? more : tidy(m, e);
    if (!rc && more == 0)
        rc = read_explored(m, e);
    return rc ? rc : more;
}

static void after_failure(struct mover *m, const struct sg_error *e)
{
    if (!m->again_ms)
        sg_log(SG_LOG_WARN, "experiments: the database does not answer", "error=%s", e->text);
    m->again_ms = !m->again_ms                  ? EVERY_MS
                  : m->again_ms * 2 > AGAIN_MAX ? AGAIN_MAX
                                                : m->again_ms * 2;
    PQfinish(m->pg);
    m->pg = NULL;
    sg_journal_rewind(m->x->journal);
}

void *experiments_move(void *experiments)
{
    struct mover m = {.x = experiments};
    bool stop = false;
    while (!stop) {
        struct sg_error e = SG_ERROR_INIT;
        int rc = work(&m, &e);
        if (rc < 0)
            after_failure(&m, &e);
        else
            m.again_ms = 0;
        stop = sg_pause_for(&m.x->pause, rc > 0 ? 0 : rc < 0 ? m.again_ms : EVERY_MS, false);
    }
    PQfinish(m.pg);
    sg_arena_free(&m.arena);
    sg_buf_free(&m.text);
    return NULL;
}
