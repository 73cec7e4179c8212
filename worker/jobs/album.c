/* album.c - see album.h. */
#include "worker/jobs/album.h"
#include "core/title.h"
#include "worker/database.h"
#include <strings.h>

enum { TITLE_MAX = 200 };

static bool is_same(struct sg_str a, struct sg_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* NULL: the tags name none that could be this artist's. */
static const char *title_of(const struct sg_audio_tags *tags, struct sg_arena *a)
{
    struct sg_str title;
    bool others =
        tags->artist.n && tags->album_artist.n && !is_same(tags->artist, tags->album_artist);
    if (others || !tags->album.n || sg_title(a, "album", tags->album, TITLE_MAX, &title, NULL))
        return NULL;
    return title.p;
}

static int insert(PGconn *pg, const char *const params[3], PGresult **r, struct sg_error *e)
{
    static const struct sg_pg_statement make = {
        "upload_album_new",
        "INSERT INTO albums (artist_id, title, release_date) VALUES ($1::bigint, $2, $3::date) "
        "RETURNING album_id",
        3};
    return sg_worker_tx_run(pg, &make, params, r, e);
}

static int by_title(PGconn *pg, const char *const params[3], struct sg_arena *a, const char **id,
                    struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "upload_album",
        "SELECT album_id FROM albums WHERE artist_id = $1::bigint AND lower(title) = lower($2) "
        "LIMIT 2",
        2};
    PGresult *r = NULL;
    int rc = sg_worker_tx_run(pg, &find, params, &r, e);
    if (!rc && !PQntuples(r)) {
        PQclear(r);
        r = NULL;
        rc = insert(pg, params, &r, e);
    }
    if (!rc && PQntuples(r) == 1) {
        *id = sg_arena_printf(a, "%s", PQgetvalue(r, 0, 0)).p;
        rc = *id ? 0 : sg_fail(e, SG_ENOMEM, "an album");
    }
    PQclear(r);
    return rc;
}

int encode_album_find(PGconn *pg, const struct encode_upload *u, const struct sg_audio_tags *tags,
                      const char *date, struct sg_arena *a, const char **id, struct sg_error *e)
{
    *id = u->album_id.p;
    const char *title = *id ? NULL : title_of(tags, a);
    return title ? by_title(pg, (const char *const[]){u->artist_id.p, title, date}, a, id, e) : 0;
}

int encode_album_cover(PGconn *pg, const struct encode_upload *u, const char *id,
                       const struct sg_cover *cover, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "upload_cover",
        "WITH bare AS (UPDATE albums SET cover_art_url = '/covers/' || $2::text || '/640.jpg', "
        "updated_at = now(), version = version + 1 WHERE album_id = $1::bigint "
        "AND artist_id = $3::bigint AND coalesce(cover_art_url, '') = '' RETURNING album_id) "
        "INSERT INTO picture_uses (kind, id, hash) SELECT 'album', album_id, $2 FROM bare "
        "ON CONFLICT (kind, id) DO UPDATE SET hash = excluded.hash",
        3};
    const char *params[] = {id, cover->name, u->artist_id.p};
    return id && *cover->name ? sg_worker_tx_run(pg, &put, params, NULL, e) : 0;
}

int encode_song_cover(PGconn *pg, const char *song_id, const struct sg_cover *cover,
                      struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "upload_song_cover",
        "WITH alone AS (UPDATE songs SET cover_art_url = '/covers/' || $2::text || '/640.jpg' "
        "WHERE song_id = $1::bigint AND album_id IS NULL RETURNING song_id) "
        "INSERT INTO picture_uses (kind, id, hash) SELECT 'song', song_id, $2 FROM alone",
        2};
    const char *params[] = {song_id, cover->name};
    return *cover->name ? sg_worker_tx_run(pg, &put, params, NULL, e) : 0;
}
