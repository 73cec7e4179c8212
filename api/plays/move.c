/* move.c - batches of the journal into the database: see plays.h.
 *
 * Exactly once: the batch and how far the journal has been moved are committed together
 * (play_journals), so that what comes again after a crash is passed over; what a player tells
 * again is known by its event id (play_events).
 */
#include "api/plays/parts.h"
#include "core/instant.h"
#include "core/log.h"
#include <inttypes.h>
#include <stdlib.h>

struct batch {
    struct sg_plays *p;
    struct sg_arena arena;
    struct merged merged;
    uint64_t tried; /* the last record given to the database; of before: opened_at */
};

struct taken {
    int64_t plays, unknown, held_back;
};

static void put_time(struct sg_pg_copy *w, int64_t us)
{
    char text[SG_INSTANT_CHARS + 1];
    sg_instant_text(us, text);
    sg_pg_copy_text(w, sg_str(text));
}

static void put_uuid(struct sg_pg_copy *w, const unsigned char *id)
{
    char text[SG_UUID_CHARS + 1];
    sg_uuid_text(id, text);
    sg_pg_copy_text(w, sg_str(text));
}

static void put_number(struct sg_pg_copy *w, int64_t v, int64_t none)
{
    if (v == none)
        sg_pg_copy_text(w, SG_STR_NONE);
    else
        sg_pg_copy_i64(w, v);
}

static int put_play(struct sg_pg_copy *w, const struct sg_play_event *x, struct sg_error *e)
{
    static const struct sg_str outcomes[] = {{NULL, 0}, {"completed", 9}, {"skipped", 7}};
    sg_pg_copy_i64(w, (int64_t)x->user_id);
    put_uuid(w, (const unsigned char *)x->id.p);
    sg_pg_copy_i64(w, (int64_t)x->song_id);
    put_time(w, x->at_us);
    sg_pg_copy_text(w, x->begun ? SG_STR("t") : SG_STR("f"));
    put_time(w, x->told_us);
    put_number(w, x->played_s, -1);
    sg_pg_copy_text(w, outcomes[x->outcome <= SG_PLAY_SKIPPED ? x->outcome : 0]);
    put_number(w, x->position_s, -1);
    sg_pg_copy_text(w, x->region);
    sg_pg_copy_text(w, x->source.p ? x->source : SG_STR("app"));
    sg_pg_copy_text(w, x->context);
    sg_pg_copy_text(w, x->device);
    return sg_pg_copy_row(w, e);
}

static int put_listen(struct sg_pg_copy *w, uint64_t user_id, const struct sg_listen *l,
                      struct sg_error *e)
{
    unsigned char key[16];
    listen_key(l, key);
    sg_pg_copy_i64(w, (int64_t)user_id);
    put_uuid(w, key);
    put_time(w, l->at_us);
    sg_pg_copy_text(w, l->artist);
    sg_pg_copy_text(w, l->track);
    sg_pg_copy_text(w, l->release);
    sg_pg_copy_text(w, l->recording_mbid);
    sg_pg_copy_text(w, l->isrc);
    sg_pg_copy_text(w, l->external_id);
    put_number(w, (int64_t)l->song_id, 0);
    put_number(w, l->duration_s, 0);
    sg_pg_copy_text(w, l->player);
    return sg_pg_copy_row(w, e);
}

static int end_copy(struct sg_pg_copy *w, int rc, struct sg_error *e)
{
    if (!rc)
        return sg_pg_copy_end(w, e);
    sg_pg_copy_abort(w);
    return rc;
}

static int take_plays(struct batch *b, PGconn *pg, struct taken *t, struct sg_error *e)
{
    static const struct sg_pg_statement take = {
        "take_plays", "SELECT * FROM segue_take_plays($1, $2, make_interval(days => $3::int))", 3};
    const struct sg_config *c = b->p->config;
    char of_song[24], of_user[24], days[24];
    const char *params[] = {of_song, of_user, days};
    struct sg_pg_copy *w;
    PGresult *r = NULL;
    if (!b->merged.n)
        return 0;
    int rc = sg_pg_copy_begin(&w, pg, "COPY batch_plays FROM STDIN", e);
    if (rc)
        return rc;
    for (size_t i = 0; i < b->merged.n && !rc; i++)
        rc = put_play(w, b->merged.v[i], e);
    rc = end_copy(w, rc, e);
    snprintf(of_song, sizeof of_song, "%" PRId64, c->plays.song_per_hour);
    snprintf(of_user, sizeof of_user, "%" PRId64, c->plays.user_per_hour);
    snprintf(days, sizeof days, "%" PRId64, c->plays.late_days);
    if (!rc)
        rc = sg_pg_run(pg, &take, params, &r, e);
    if (rc)
        return rc;
    t->plays += column_i64(r, 0, 0, 0);
    t->unknown += column_i64(r, 0, 1, 0);
    t->held_back += column_i64(r, 0, 2, 0);
    PQclear(r);
    return 0;
}

static int take_listens(struct batch *b, PGconn *pg, const struct sg_play_event *x,
                        struct sg_error *e)
{
    static const struct sg_pg_statement take = {"take_listens", "SELECT segue_take_listens($1)", 1};
    const struct sg_listen *v = x->listens.v;
    char most[24];
    const char *params[] = {most};
    struct sg_pg_copy *w;
    int rc = sg_pg_copy_begin(&w, pg, "COPY batch_listens FROM STDIN", e);
    if (rc)
        return rc;
    for (size_t i = 0; i < x->listens.n && !rc; i++)
        rc = put_listen(w, x->user_id, &v[i], e);
    rc = end_copy(w, rc, e);
    snprintf(most, sizeof most, "%" PRId64, b->p->config->plays.listens_kept);
    return rc ? rc : sg_pg_run(pg, &take, params, NULL, e);
}

static int forget(PGconn *pg, const struct sg_play_event *x, struct sg_error *e)
{
    static const struct sg_pg_statement forget = {
        "forget_plays", "SELECT segue_forget_plays($1, $2, $3, $4::timestamptz, $5::timestamptz)",
        5};
    char user[24], entry[24], song[24];
    char since[SG_INSTANT_CHARS + 1], until[SG_INSTANT_CHARS + 1];
    const char *params[] = {user, x->entry ? entry : NULL, x->song_id ? song : NULL,
                            x->since_us >= 0 ? since : NULL, x->until_us >= 0 ? until : NULL};
    snprintf(user, sizeof user, "%" PRIu64, x->user_id);
    snprintf(entry, sizeof entry, "%" PRIu64, x->entry);
    snprintf(song, sizeof song, "%" PRIu64, x->song_id);
    sg_instant_text(x->since_us >= 0 ? x->since_us : 0, since);
    sg_instant_text(x->until_us >= 0 ? x->until_us : 0, until);
    return sg_pg_run(pg, &forget, params, NULL, e);
}

/* Words gather; anything else waits until they are taken: what was told before somebody asked
 * to forget is forgotten, what comes after is not. */
static int take_all(struct batch *b, PGconn *pg, const struct sg_play_event *v, size_t n,
                    struct taken *t, struct sg_error *e)
{
    int rc = merge_alloc(&b->merged, n, &b->arena, e);
    if (rc)
        return rc;
    merge_begin(&b->merged, n);
    for (size_t i = 0; i < n && !rc; i++) {
        if (v[i].what == SG_PLAY_WORD) {
            if (v[i].id.n == 16 && v[i].song_id)
                merge_add(&b->merged, &v[i]);
            continue;
        }
        rc = take_plays(b, pg, t, e);
        merge_begin(&b->merged, n);
        if (!rc && v[i].what == SG_PLAY_LISTENS && v[i].listens.n)
            rc = take_listens(b, pg, &v[i], e);
        else if (!rc && v[i].what == SG_PLAY_FORGET)
            rc = forget(pg, &v[i], e);
    }
    return rc ? rc : take_plays(b, pg, t, e);
}

/* The last record of this journal that the database has. Whoever moves it holds the row. */
static int moved_so_far(struct batch *b, PGconn *pg, uint64_t *sequence, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "play_journal",
        "INSERT INTO play_journals AS j (journal, sequence) VALUES ($1::uuid, 0) "
        "ON CONFLICT (journal) DO UPDATE SET moved_at = now() RETURNING sequence",
        1};
    char id[SG_UUID_CHARS + 1];
    const char *params[] = {id};
    PGresult *r = NULL;
    sg_uuid_text(b->p->journal_id, id);
    int rc = sg_pg_run(pg, &find, params, &r, e);
    if (!rc)
        *sequence = (uint64_t)column_i64(r, 0, 0, 0);
    PQclear(r);
    return rc;
}

static int moved_now(struct batch *b, PGconn *pg, uint64_t sequence, struct sg_error *e)
{
    static const struct sg_pg_statement set = {
        "play_journal_moved", "UPDATE play_journals SET sequence = $2 WHERE journal = $1::uuid", 2};
    char id[SG_UUID_CHARS + 1], text[24];
    const char *params[] = {id, text};
    sg_uuid_text(b->p->journal_id, id);
    snprintf(text, sizeof text, "%" PRIu64, sequence);
    return sg_pg_run(pg, &set, params, NULL, e);
}

static int begin_session(void *ctx, PGconn *pg, struct sg_error *e)
{
    (void)ctx;
    int rc = sg_pg_exec(pg, "SELECT segue_make_play_eras()", 0, NULL, NULL, e);
    return rc ? rc : sg_pg_exec(pg, "SELECT segue_begin_plays()", 0, NULL, NULL, e);
}

/* A folder that was put back from a copy, or whose copy another API has, has records that the
 * database never saw under sequences it has: it gets another name before any is passed over. */
static int find_moved(struct batch *b, PGconn *pg, uint64_t *moved, struct sg_error *e)
{
    uint64_t ours = b->tried > b->p->opened_at ? b->tried : b->p->opened_at;
    int rc = moved_so_far(b, pg, moved, e);
    if (rc || *moved <= ours)
        return rc;
    sg_log(SG_LOG_WARN, "the journal of plays is a copy of another: it gets a name of its own",
           NULL);
    rc = plays_rename_journal(b->p, e);
    return rc ? rc : moved_so_far(b, pg, moved, e);
}

static int take(void *ctx, PGconn *pg, const struct sg_journal_record *r, size_t n,
                struct sg_error *e)
{
    struct batch *b = ctx;
    struct taken t = {0};
    uint64_t moved = 0;
    size_t events = 0, unreadable = 0;
    sg_arena_reset(&b->arena);
    struct sg_play_event *v = sg_arena_array(&b->arena, n, sizeof *v);
    int rc = v ? find_moved(b, pg, &moved, e) : sg_fail(e, SG_ENOMEM, "plays");
    b->tried = r[n - 1].sequence > b->tried ? r[n - 1].sequence : b->tried;
    for (size_t i = 0; !rc && i < n; i++) {
        if (r[i].sequence <= moved)
            continue;
        if (!sg_record_thaw(&sg_play_event_record, r[i].bytes, &b->arena, &v[events], NULL))
            events++;
        else
            unreadable++;
    }
    if (!rc && events)
        rc = take_all(b, pg, v, events, &t, e);
    if (!rc && r[n - 1].sequence > moved)
        rc = moved_now(b, pg, r[n - 1].sequence, e);
    if (rc)
        return rc;
    if (unreadable) { /* whole as they were written: by a later version */
        sg_log(SG_LOG_ERROR, "records of the journal of plays are not of this version: left out",
               "records=%zu", unreadable);
        sg_metric_add(b->p->refused, "", (double)unreadable);
    }
    sg_metric_add(b->p->kept, "", (double)t.plays);
    sg_metric_add(b->p->unknown, "", (double)t.unknown);
    sg_metric_add(b->p->held_back, "", (double)t.held_back);
    return 0;
}

int plays_mover_start(struct sg_plays *p, struct sg_error *e)
{
    p->batch = calloc(1, sizeof *p->batch);
    if (!p->batch)
        return sg_fail(e, SG_ENOMEM, "plays");
    p->batch->p = p;
    struct sg_mover_options o = {
        .name = "plays",
        .journal = p->journal,
        .dsn = p->config->pg.dsn,
        .guard = p->guard,
        .batch = (size_t)p->config->plays.batch,
        .every_ms = (int)p->config->plays.every_ms,
        .ctx = p->batch,
        .connected = begin_session,
        .take = take,
        .moved = p->moved,
        .refused = p->refused,
        .backlog = p->backlog,
    };
    return sg_mover_start(&p->mover, &o, e);
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    sg_arena_free(&b->arena);
    free(b);
}
