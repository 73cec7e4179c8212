/* move.c - entries from the journal into the database; see parts.h and core/mover.h. The
 * database takes what comes twice once.
 */
#include "api/search_log/parts.h"
#include "core/clock.h"
#include "core/service.h"
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define IDLE_MS     500
#define TIDY_US     3600000000
#define QUERIES_MAX 20000 /* popular ones kept */

struct search_carrier {
    struct sg_search_log *log;
    struct sg_arena arena;
    int64_t rolled_us, tidied_us;
};

static int run(PGconn *pg, const char *sql, struct sg_error *e)
{
    return sg_pg_exec(pg, sql, 0, NULL, NULL, e);
}

static int begin_session(void *ctx, PGconn *pg, struct sg_error *e)
{
    (void)ctx;
    return run(pg,
               "CREATE TEMP TABLE batch_searches (searched_at timestamptz, search_id uuid, "
               "source text, query text, folded text, total bigint, shown smallint, "
               "first_shown integer, person bigint, period integer, market char(2), lang "
               "text) ON COMMIT DELETE ROWS;"
               "CREATE TEMP TABLE batch_choices (searched_at timestamptz, search_id uuid, "
               "action text, kind text, id bigint, position integer, chosen_at timestamptz) "
               "ON COMMIT DELETE ROWS;"
               "CREATE TEMP TABLE batch_recent (user_id bigint, folded text, query text, "
               "searched_at timestamptz) ON COMMIT DELETE ROWS;"
               "CREATE TEMP TABLE batch_chosen (folded text, query text, person bigint, "
               "period integer, market char(2), lang text, searched_at timestamptz) "
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

static void put_id(struct sg_pg_copy *w, const struct sg_search_event *x)
{
    char text[SG_SEARCH_ID_CHARS + 1];
    const unsigned char *id = (const unsigned char *)x->id.p;
    sg_uuid_text(id, text);
    put_time(w, 1000 * sg_uuid_ms(id));
    sg_pg_copy_text(w, sg_str(text));
}

static int64_t person_of(const struct sg_search_event *x)
{
    int64_t v = 0;
    if (x->person.n == 8)
        memcpy(&v, x->person.p, 8);
    return v;
}

static struct sg_str folded_of(const struct sg_search_event *x, char out[SG_TEXT_MAX])
{
    return (struct sg_str){out, x->q.p ? sg_text_fold(out, SG_TEXT_MAX, x->q) : 0};
}

static int put_search(struct sg_pg_copy *w, const struct sg_search_event *x, struct sg_error *e)
{
    char text[SG_TEXT_MAX];
    put_id(w, x);
    sg_pg_copy_text(w, x->what == SG_EVENT_SEARCH ? SG_STR("search") : SG_STR("suggest"));
    sg_pg_copy_text(w, x->q.p ? x->q : SG_STR(""));
    sg_pg_copy_text(w, folded_of(x, text));
    sg_pg_copy_i64(w, x->total);
    sg_pg_copy_i64(w, x->shown);
    sg_pg_copy_i64(w, x->first);
    if (x->person.p)
        sg_pg_copy_i64(w, person_of(x));
    else
        sg_pg_copy_text(w, SG_STR_NONE);
    sg_pg_copy_i64(w, x->period);
    sg_pg_copy_text(w, x->market);
    sg_pg_copy_text(w, x->lang);
    return sg_pg_copy_row(w, e);
}

static int put_choice(struct sg_pg_copy *w, const struct sg_search_event *x, struct sg_error *e)
{
    put_id(w, x);
    sg_pg_copy_text(w, x->action);
    sg_pg_copy_text(w, x->type);
    sg_pg_copy_i64(w, (int64_t)x->entity);
    sg_pg_copy_i64(w, x->position);
    put_time(w, x->at_us);
    return sg_pg_copy_row(w, e);
}

static int put_recent(struct sg_pg_copy *w, const struct sg_search_event *x, struct sg_error *e)
{
    char text[SG_TEXT_MAX];
    struct sg_str folded = folded_of(x, text);
    if (!folded.n)
        return 0;
    sg_pg_copy_i64(w, (int64_t)x->user_id);
    sg_pg_copy_text(w, folded);
    sg_pg_copy_text(w, x->q);
    put_time(w, x->at_us);
    return sg_pg_copy_row(w, e);
}

static bool is_search(const struct sg_search_event *x)
{
    return (x->what == SG_EVENT_SEARCH || x->what == SG_EVENT_SUGGEST) && x->id.n == 16;
}

static bool is_choice(const struct sg_search_event *x)
{
    return x->what == SG_EVENT_CHOICE && x->id.n == 16 && x->action.p && x->type.p;
}

static bool is_recent(const struct sg_search_event *x)
{
    return x->what == SG_EVENT_SEARCH && x->user_id && x->q.p;
}

/* One COPY of the events that belong into it. */
static int copy(PGconn *pg, const char *table, bool (*belongs)(const struct sg_search_event *),
                int (*put)(struct sg_pg_copy *, const struct sg_search_event *, struct sg_error *),
                const struct sg_search_event *v, size_t n, struct sg_error *e)
{
    char sql[64];
    struct sg_pg_copy *w;
    size_t any = 0;
    for (size_t i = 0; i < n; i++)
        any += belongs(&v[i]);
    if (!any)
        return 0;
    snprintf(sql, sizeof sql, "COPY %s FROM STDIN", table);
    int rc = sg_pg_copy_begin(&w, pg, sql, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < n && !rc; i++)
        rc = belongs(&v[i]) ? put(w, &v[i], e) : 0;
    if (!rc)
        return sg_pg_copy_end(w, e);
    sg_pg_copy_abort(w);
    return rc;
}

static int take_some(struct search_carrier *m, PGconn *pg, const struct sg_search_event *v,
                     size_t n, struct sg_error *e)
{
    char enough[24], kept[24];
    const char *params[] = {enough, kept};
    if (!n)
        return 0;
    snprintf(enough, sizeof enough, "%" PRId64, m->log->config->searchlog.min_people);
    snprintf(kept, sizeof kept, "%d", RECENT_KEPT);
    int rc = copy(pg, "batch_searches", is_search, put_search, v, n, e);
    if (!rc)
        rc = copy(pg, "batch_choices", is_choice, put_choice, v, n, e);
    if (!rc)
        rc = copy(pg, "batch_recent", is_recent, put_recent, v, n, e);
    return rc ? rc : sg_pg_exec(pg, "SELECT segue_take_searches($1, $2)", 2, params, NULL, e);
}

static int forget(PGconn *pg, const struct sg_search_event *x, struct sg_error *e)
{
    char user[24], person[24], text[SG_TEXT_MAX + 1];
    struct sg_str folded = folded_of(x, text);
    text[folded.n < SG_TEXT_MAX ? folded.n : SG_TEXT_MAX] = '\0';
    const char *params[] = {user, person, x->q.p ? text : NULL};
    snprintf(user, sizeof user, "%" PRIu64, x->user_id);
    snprintf(person, sizeof person, "%" PRId64, person_of(x));
    return sg_pg_exec(pg, "SELECT segue_forget_user($1, $2, $3)", 3, params, NULL, e);
}

/* In order: what was searched before somebody asked to forget is forgotten, what comes
 * after is not. */
static int take_all(struct search_carrier *m, PGconn *pg, const struct sg_search_event *v, size_t n,
                    struct sg_error *e)
{
    int rc = 0;
    for (size_t from = 0; from < n && !rc;) {
        size_t to = from;
        while (to < n && v[to].what != SG_EVENT_FORGET)
            to++;
        rc = take_some(m, pg, v + from, to - from, e);
        if (!rc && to < n)
            rc = forget(pg, &v[to], e);
        if (!rc && to < n)
            rc = run(pg, "TRUNCATE batch_searches, batch_choices, batch_recent", e);
        from = to + 1;
    }
    return rc;
}

static size_t thaw(struct search_carrier *m, const struct sg_journal_record *r, size_t n,
                   struct sg_search_event *v)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        kept += !sg_record_thaw(&sg_search_event_record, r[i].bytes, &m->arena, &v[kept], NULL);
    return kept;
}

static int take(void *ctx, PGconn *pg, const struct sg_journal_record *r, size_t n,
                struct sg_error *e)
{
    struct search_carrier *m = ctx;
    sg_arena_reset(&m->arena);
    struct sg_search_event *v = sg_arena_array(&m->arena, n, sizeof *v);
    return v ? take_all(m, pg, v, thaw(m, r, n, v), e) : sg_fail(e, SG_ENOMEM, "search log");
}

static int roll_up(struct search_carrier *m, PGconn *pg, struct sg_error *e)
{
    const struct sg_config *c = m->log->config;
    char enough[24], keep[24];
    const char *params[] = {enough, keep};
    int64_t now = sg_now_us();
    if (m->rolled_us && now - m->rolled_us < c->searchlog.roll_up_s * 1000000)
        return 0;
    snprintf(enough, sizeof enough, "%" PRId64, c->searchlog.min_people);
    snprintf(keep, sizeof keep, "%d", QUERIES_MAX);
    int rc = sg_pg_exec(pg, "SELECT segue_roll_up_queries($1, $2)", 2, params, NULL, e);
    m->rolled_us = rc ? m->rolled_us : now;
    return rc;
}

static int tidy(struct search_carrier *m, PGconn *pg, struct sg_error *e)
{
    const struct sg_config *c = m->log->config;
    char days[24];
    const char *params[] = {days};
    int64_t now = sg_now_us();
    if (m->tidied_us && now - m->tidied_us < TIDY_US)
        return 0;
    snprintf(days, sizeof days, "%" PRId64, c->searchlog.retention_days);
    int rc = run(pg, "SELECT segue_make_search_partitions()", e);
    if (!rc)
        rc = sg_pg_exec(pg, "SELECT segue_forget_searches($1)", 1, params, NULL, e);
    pthread_rwlock_wrlock(&m->log->key_lock);
    if (!rc)
        rc = person_key_load(&m->log->key, m->log->dir, c->searchlog.key_days, e);
    pthread_rwlock_unlock(&m->log->key_lock);
    m->tidied_us = rc ? m->tidied_us : now;
    return rc;
}

void move_want(struct sg_search_log *l, uint64_t user_id)
{
    pthread_mutex_lock(&l->lock);
    if (l->n_wanted < WANTED_MAX)
        l->wanted[l->n_wanted++] = user_id;
    pthread_mutex_unlock(&l->lock);
    sg_mover_wake(l->mover);
}

static int load_wanted(struct search_carrier *m, PGconn *pg, struct sg_error *e)
{
    struct sg_search_log *l = m->log;
    uint64_t v[WANTED_MAX];
    pthread_mutex_lock(&l->lock);
    size_t n = l->n_wanted;
    memcpy(v, l->wanted, n * sizeof *v);
    l->n_wanted = 0;
    pthread_mutex_unlock(&l->lock);
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = i && v[i] == v[i - 1] ? 0 : recent_load(l->recent, v[i], pg, e);
    return rc;
}

static int look_after(void *ctx, PGconn *pg, struct sg_error *e)
{
    struct search_carrier *m = ctx;
    int rc = load_wanted(m, pg, e);
    if (!rc)
        rc = tidy(m, pg, e);
    return rc ? rc : roll_up(m, pg, e);
}

int move_start(struct sg_search_log *l, struct sg_error *e)
{
    l->carrier = calloc(1, sizeof *l->carrier);
    if (!l->carrier)
        return sg_fail(e, SG_ENOMEM, "search log");
    l->carrier->log = l;
    struct sg_mover_options o = {.name = "searches",
                                 .journal = l->journal,
                                 .dsn = l->config->pg.dsn,
                                 .guard = l->guard,
                                 .batch = 1000,
                                 .every_ms = IDLE_MS,
                                 .ctx = l->carrier,
                                 .connected = begin_session,
                                 .take = take,
                                 .look_after = look_after,
                                 .moved = l->moved,
                                 .backlog = l->backlog};
    return sg_mover_start(&l->mover, &o, e);
}

void search_carrier_free(struct search_carrier *c)
{
    if (!c)
        return;
    sg_arena_free(&c->arena);
    free(c);
}
