/* song.c - see song.h. */
#include "worker/jobs/song.h"
#include "core/title.h"
#include "worker/database.h"
#include "worker/jobs/album.h"
#include <stdio.h>
#include <string.h>

enum { TITLE_MAX = 200, GENRE_MAX = 100, VALUES = 10 };

struct publishing {
    const struct sg_job *job;
    const struct encode_upload *u;
    const struct sg_asset *asset;
    const struct sg_audio_facts *facts;
    const struct sg_cover *cover;
    struct duplicate *duplicate;
    const char *album_id; /* NULL: on none */
    struct sg_arena a;
    char *song_id;
};

static int lock_upload(PGconn *pg, struct publishing *p, struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "upload_lock",
        "SELECT FROM uploads WHERE upload_id = $1 AND asset_id = $2::uuid "
        "AND status = 'processing' FOR UPDATE",
        2};
    PGresult *r = NULL;
    const char *params[] = {p->u->id.p, p->asset->id};
    int rc = sg_worker_tx_run(pg, &lock, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "the upload is not wanted any more");
    PQclear(r);
    return rc;
}

static int look_again(PGconn *pg, struct publishing *p, struct sg_error *e)
{
    static const struct sg_pg_statement lock = {"publish_lock", "SELECT " ENCODE_PUBLISH_LOCK, 0};
    int rc = sg_worker_tx_run(pg, &lock, NULL, NULL, e);
    if (!rc)
        rc = encode_look_for_duplicate(pg, p->u, p->asset->id, p->facts, p->duplicate, e);
    return rc || !p->duplicate->is_other ? rc : sg_fail(e, SG_EMEDIA, "%s", p->duplicate->text);
}

/* "Blue in Green.flac" without its end. */
static struct sg_str stem(struct sg_str name)
{
    const char *dot = name.n ? memrchr(name.p, '.', name.n) : NULL;
    return dot && dot > name.p ? (struct sg_str){name.p, (size_t)(dot - name.p)} : name;
}

/* What a file says of itself, and its name, may be anything: the first that can be a title. */
static const char *title_of(struct publishing *p)
{
    const struct sg_str tries[] = {p->u->title, p->facts->tags->title, stem(p->u->filename)};
    struct sg_str title;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (tries[i].n && !sg_title(&p->a, "title", tries[i], TITLE_MAX, &title, NULL))
            return title.p;
    return "Untitled";
}

static const char *genre_of(struct publishing *p)
{
    struct sg_str name;
    struct sg_str told = p->facts->tags->genre;
    return told.n && !sg_title(&p->a, "genre", told, GENRE_MAX, &name, NULL) ? name.p : NULL;
}

static const char *number(struct publishing *p, uint64_t v, uint64_t max)
{
    return v && v <= max ? sg_arena_printf(&p->a, "%llu", (unsigned long long)v).p : NULL;
}

/* The year of the tags is taken for its first day. */
static const char *date_of(struct publishing *p)
{
    uint64_t year = p->facts->tags->year;
    if (p->u->release_date.p)
        return p->u->release_date.p;
    return year >= 1860 && year <= 9999
               ? sg_arena_printf(&p->a, "%04llu-01-01", (unsigned long long)year).p
               : NULL;
}

static int insert_song(PGconn *pg, struct publishing *p, struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "upload_song",
        "INSERT INTO songs (artist_id, title, album_id, genre_id, duration_s, track_no, disc_no, "
        "release_date, explicit) SELECT $1::bigint, $2, al.album_id, coalesce($4::bigint, "
        "(SELECT genre_id FROM genres WHERE lower(name) = lower($5) ORDER BY name <> $5, genre_id "
        "LIMIT 1)), $6::integer, $7::integer, $8::integer, coalesce(al.release_date, $9::date), "
        "$10::boolean FROM (SELECT) one LEFT JOIN albums al ON al.album_id = $3::bigint "
        "RETURNING song_id",
        VALUES};
    const struct sg_audio_tags *tags = p->facts->tags;
    const char *params[VALUES] = {
        p->u->artist_id.p,
        title_of(p),
        p->album_id,
        p->u->genre_id.p,
        genre_of(p),
        number(p, (p->facts->duration_ms + 500) / 1000 ? (p->facts->duration_ms + 500) / 1000 : 1,
               86400),
        p->u->track_no.p ? p->u->track_no.p : number(p, tags->track, 10000),
        number(p, tags->disc, 1000),
        date_of(p),
        p->u->is_explicit || tags->is_explicit ? "t" : "f",
    };
    PGresult *r = NULL;
    int rc = sg_worker_tx_run(pg, &insert, params, &r, e);
    if (!rc)
        snprintf(p->song_id, 24, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc;
}

/* The album first, for the song is on it. */
static int choose_album(PGconn *pg, struct publishing *p, struct sg_error *e)
{
    int rc = encode_album_find(pg, p->u, p->facts->tags, date_of(p), &p->a, &p->album_id, e);
    return rc ? rc : encode_album_cover(pg, p->u, p->album_id, p->cover, e);
}

static int insert_credit(PGconn *pg, struct publishing *p, struct sg_error *e)
{
    static const struct sg_pg_statement credit = {
        "upload_credit",
        "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id, role) "
        "VALUES ($1::bigint, $2::bigint, 1, $1::bigint, 'main')",
        2};
    return sg_worker_tx_run(pg, &credit, (const char *const[]){p->u->artist_id.p, p->song_id}, NULL,
                            e);
}

static int end_upload(PGconn *pg, struct publishing *p, struct sg_error *e)
{
    static const struct sg_pg_statement ready = {
        "upload_ready",
        "UPDATE uploads SET status = 'ready', stage = '', progress = 100, song_id = $2::bigint, "
        "error = NULL, reason = NULL, duplicate_of = $3::bigint, object_key = NULL WHERE "
        "upload_id = $1",
        3};
    const char *alike = *p->duplicate->song_id ? p->duplicate->song_id : NULL;
    const char *params[] = {p->u->id.p, p->song_id, alike};
    int rc = sg_worker_tx_run(pg, &ready, params, NULL, e);
    return rc ? rc : encode_upload_disown(pg, p->u, e);
}

static int publish(PGconn *pg, void *ctx, struct sg_error *e)
{
    struct publishing *p = ctx;
    int rc = sg_job_hold(pg, p->job, e);
    if (!rc)
        rc = lock_upload(pg, p, e);
    if (!rc)
        rc = look_again(pg, p, e);
    if (!rc)
        rc = sg_asset_insert(pg, p->asset, p->facts, e);
    if (!rc)
        rc = choose_album(pg, p, e);
    if (!rc)
        rc = insert_song(pg, p, e);
    if (!rc)
        rc = encode_song_cover(pg, p->song_id, p->cover, e);
    if (!rc)
        rc = insert_credit(pg, p, e);
    if (!rc)
        rc = sg_asset_give(pg, p->asset, p->song_id, e);
    if (!rc)
        rc = end_upload(pg, p, e);
    return rc ? rc : sg_job_done(pg, p->job, e);
}

int encode_song_publish(struct sg_pg_pool *pool, const struct sg_job *job,
                        const struct encode_song *made, char song_id[24], struct sg_error *e)
{
    struct publishing p = {.job = job,
                           .u = made->u,
                           .asset = made->asset,
                           .facts = made->facts,
                           .cover = made->cover,
                           .duplicate = made->duplicate,
                           .song_id = song_id};
    int rc = sg_worker_transact(pool, publish, &p, e);
    sg_arena_free(&p.a);
    return rc;
}
