/* snapshot.c - see snapshot.h. */
#include "indexer/snapshot.h"
#include "core/clock.h"
#include "core/log.h"
#include "indexer/contexts.h"
#include "indexer/levers.h"
#include "indexer/lyrics.h"
#include "indexer/popular.h"
#include "indexer/pump.h"
#include "indexer/source_jsonl.h"

/* Named by the microsecond: by the second, a generation made while the one before was as young
 * would get that one's slot when it was lost, and who still follows that one would miss what it
 * lost. */
static int make_slot(struct sg_snapshot *s, const char *id, char snapshot[64], struct sg_error *e)
{
    int64_t now_us = sg_wall_us();
    int rc = SG_EEXIST;
    for (int i = 0; i < 10 && rc == SG_EEXIST; i++) {
        snprintf(s->slot, sizeof s->slot, "segue_gen_%lld_%s", (long long)now_us + i, id);
        rc = sg_slot_create(s->config->pg.dsn, s->slot, &s->holder, snapshot, &s->lsn, e);
    }
    if (rc)
        s->slot[0] = '\0';
    return rc ? sg_wrap(e, "replication slot") : 0;
}

static int open_postgres(struct sg_snapshot *s, const char *id, struct sg_error *e)
{
    char snapshot[64];
    int rc = sg_pg_connect(&s->reader, s->config->pg.dsn, e);
    if (!rc)
        rc = sg_source_pg_publication(s->reader, e);
    if (!rc)
        rc = make_slot(s, id, snapshot, e);
    return rc ? rc : sg_source_pg_begin(s->reader, snapshot, e);
}

int sg_snapshot_open(struct sg_snapshot *s, const struct sg_config *config, const char *id,
                     struct sg_error *e)
{
    *s = (struct sg_snapshot){.config = config};
    return sg_source_is_postgres(config)
               ? open_postgres(s, id, e)
               : sg_source_jsonl_sequence(config->indexer.source, &s->sequence, e);
}

void sg_snapshot_close(struct sg_snapshot *s)
{
    PQfinish(s->reader);
    PQfinish(s->holder);
    s->reader = s->holder = NULL;
}

struct feed {
    struct sg_builder *builder;
    struct sg_progress *progress;
    struct sg_buf *gaps;
    uint64_t done, total;
};

/* song id, lead, n, then n times position and artist; read back by sg_snapshot_note. */
static void keep_gaps(struct sg_buf *gaps, uint64_t song_id, const struct sg_credits *c)
{
    sg_buf_put(gaps, &song_id, sizeof song_id);
    sg_buf_put(gaps, &c->lead, sizeof c->lead);
    sg_buf_put(gaps, &c->n, sizeof c->n);
    sg_buf_put(gaps, c->v, c->n * sizeof *c->v);
}

static int build_row(struct sg_builder *b, enum sg_table t, const struct sg_row *row,
                     struct sg_error *e)
{
    switch (t) {
    case SG_TABLE_GENRES:
        return sg_builder_genre(b, &row->v.genre, e);
    case SG_TABLE_ARTISTS:
        return sg_builder_artist(b, &row->v.artist, e);
    case SG_TABLE_ALBUMS:
        return sg_builder_album(b, &row->v.album, e);
    case SG_TABLE_SONGS:
        return sg_builder_song(b, &row->v.song, e);
    default:
        return sg_builder_playlist(b, &row->v.playlist, e);
    }
}

static int feed_row(void *ctx, enum sg_table t, const struct sg_row *row,
                    const struct sg_credits *credits, struct sg_error *e)
{
    struct feed *f = ctx;
    if (credits && !sg_credits_are_plain(credits))
        keep_gaps(f->gaps, row->v.song.song_id, credits);
    f->done++;
    if (f->done % 256 == 0)
        sg_progress_update(f->progress, sg_table_name(t), f->done, f->total);
    return build_row(f->builder, t, row, e);
}

static int feed_table(struct sg_snapshot *s, struct feed *f, enum sg_table t, struct sg_error *e)
{
    f->done = 0;
    f->total = s->reader ? sg_source_pg_estimate(s->reader, t) : 0;
    sg_progress_update(f->progress, sg_table_name(t), 0, f->total);
    int rc = s->reader ? sg_source_pg_each(s->reader, t, false, feed_row, f, e)
                       : sg_source_jsonl_each(s->config->indexer.source, t, feed_row, f, e);
    sg_progress_update(f->progress, sg_table_name(t), f->done, f->done);
    return rc ? sg_wrap(e, "%s", sg_table_name(t)) : 0;
}

int sg_snapshot_feed(struct sg_snapshot *s, struct sg_builder *b, struct sg_progress *p,
                     struct sg_buf *gaps, struct sg_error *e)
{
    static const enum sg_table order[] = {SG_TABLE_GENRES, SG_TABLE_ARTISTS, SG_TABLE_ALBUMS,
                                          SG_TABLE_SONGS, SG_TABLE_PLAYLISTS};
    struct feed f = {.builder = b, .progress = p, .gaps = gaps};
    int rc = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order && !rc; i++)
        rc = feed_table(s, &f, order[i], e);
    if (!rc && s->reader)
        rc = sg_lyrics_feed(s->reader, b, p, e);
    if (!rc && s->reader)
        rc = sg_contexts_feed(s->reader, b, e);
    if (!rc && sg_buf_failed(gaps))
        rc = sg_fail(e, SG_ENOMEM, "credits");
    if (!rc && s->reader)
        rc = sg_levers_copy(s->reader, &s->levers, e);
    if (!rc && s->reader)
        rc = sg_popular_copy(s->reader, &s->popular, e);
    return rc;
}

static int note_all(const struct sg_buf *gaps, struct sg_delta *d, struct sg_error *e)
{
    struct sg_credit v[SG_ARTISTS_MAX];
    int rc = 0;
    for (size_t at = 0; at < gaps->n && !rc;) {
        uint64_t song_id;
        struct sg_credits c = {.v = v};
        memcpy(&song_id, gaps->p + at, sizeof song_id);
        at += sizeof song_id;
        memcpy(&c.lead, gaps->p + at, sizeof c.lead);
        at += sizeof c.lead;
        c.n = (uint8_t)gaps->p[at++];
        memcpy(v, gaps->p + at, c.n * sizeof *v);
        at += c.n * sizeof *v;
        rc = sg_credits_save(&c, d, song_id, false, e);
    }
    return rc;
}

int sg_snapshot_note(const struct sg_snapshot *s, const struct sg_buf *gaps,
                     const char *generation_dir, struct sg_error *e)
{
    struct sg_delta *d = NULL;
    int rc = sg_delta_open(&d, generation_dir, e);
    if (!rc)
        rc = note_all(gaps, d, e);
    if (!rc)
        rc = sg_levers_paste(&s->levers, d, e);
    if (!rc)
        rc = sg_popular_paste(&s->popular, d, e);
    if (!rc)
        rc = sg_delta_commit(d, s->lsn, s->sequence, e);
    sg_delta_close(d);
    return rc ? sg_wrap(e, "notes of credits") : 0;
}
