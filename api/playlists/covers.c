/* covers.c - the covers of a playlist's first albums, and one picture of them. */
#include "api/catalogue/mosaic.h"
#include "api/playlists/handlers.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include <stdio.h>

/* Of the first 50 songs, the first four albums that have a cover, and the first four whose cover
 * is kept here: hash is NULL of others, and of those that are shown only. */
static const struct sg_pg_statement find_covers = {
    "playlist_mosaics",
    "SELECT l.row, c.cover_art_url, c.shown, c.hash FROM unnest($1::bigint[], $2::bigint[]) WITH "
    "ORDINALITY AS l (user_id, playlist_id, row), LATERAL (SELECT cover_art_url, first, n <= 4 AS "
    "shown, CASE WHEN m <= 4 THEN hash END AS hash FROM (SELECT cover_art_url, hash, first, "
    "row_number() OVER (ORDER BY first) AS n, row_number() OVER (PARTITION BY hash IS NULL ORDER "
    "BY first) AS m FROM (SELECT b.cover_art_url, substring(b.cover_art_url FROM "
    "'^/covers/([0-9a-f]{64})/') AS hash, min(i.position) AS first FROM (SELECT position, song_id "
    "FROM playlist_songs WHERE user_id = l.user_id AND playlist_id = l.playlist_id ORDER BY "
    "position LIMIT 50) i JOIN songs s ON s.song_id = i.song_id JOIN albums b ON b.album_id = "
    "s.album_id WHERE b.cover_art_url <> '' AND (s.release_date IS NULL OR s.release_date <= "
    "CURRENT_DATE) GROUP BY b.cover_art_url) u) v WHERE n <= 4 OR (m <= 4 AND hash IS NOT NULL)) c "
    "ORDER BY l.row, c.first",
    2};

static void read_cover(struct sg_http_request *q, PGresult *rows, int row, struct playlist *p)
{
    struct sg_list *mosaic = &p->view.mosaic;
    size_t n = 0;
    while (n < 4 && *p->covers[n])
        n++;
    if (*PQgetvalue(rows, row, 2) == 't' && mosaic->n < 4)
        ((struct sg_str *)mosaic->v)[mosaic->n++] = playlist_text(q->arena, rows, row, 1);
    if (PQgetisnull(rows, row, 3) || n == 4)
        return;
    snprintf(p->covers[n], sizeof p->covers[n], "%s", PQgetvalue(rows, row, 3));
    if (n == 0)
        p->view.cover_url = sg_arena_printf(q->arena, "/api/v1/playlists/%s/cover", p->id);
}

int playlist_mosaics(struct sg_api *api, struct sg_http_request *q, struct playlist *p, size_t n,
                     struct sg_error *e)
{
    PGresult *rows = NULL;
    struct sg_str *urls = sg_arena_array(q->arena, 4 * n + 1, sizeof *urls);
    uint64_t *ids = sg_arena_array(q->arena, 2 * n + 1, sizeof *ids);
    if (!urls || !ids)
        return sg_fail(e, SG_ENOMEM, "covers");
    for (size_t i = 0; i < n; i++) {
        ids[i] = p[i].view.user_id;
        ids[n + i] = p[i].view.playlist_id;
        p[i].view.mosaic = (struct sg_list){urls + 4 * i, 0};
    }
    const char *params[] = {playlist_array(q->arena, ids, n), playlist_array(q->arena, ids + n, n)};
    int rc = params[0] && params[1] ? sg_db_read(api->db, q, &find_covers, params, &rows, e)
                                    : sg_fail(e, SG_ENOMEM, "covers");
    for (int i = 0; !rc && i < PQntuples(rows); i++)
        read_cover(q, rows, i, &p[playlist_number(rows, i, 0) - 1]);
    PQclear(rows);
    return rc;
}

static int find_picture(struct sg_api *api, struct sg_http_request *q, char name[65],
                        struct sg_error *e)
{
    struct playlist p;
    int rc = playlist_of_path(api, q, PLAYLIST_STRANGER, &p, e);
    if (!rc)
        rc = playlist_mosaics(api, q, &p, 1, e);
    if (!rc && !*p.covers[0])
        rc = sg_fail(e, SG_ENOENT,
                     "playlist %s has no cover: no album of its first songs has one that is kept "
                     "here",
                     p.id);
    if (rc)
        return rc;
    const char *const names[] = {p.covers[0], p.covers[1], p.covers[2], p.covers[3]};
    return sg_mosaic_find(api, q, names, *p.covers[3] ? 4 : 1, name, e);
}

/* The list may be another one the next time; what it is sent on to is not. */
void sg_playlist_cover(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_cover_query in;
    char name[65];
    int rc = sg_params_read(q, sg_playlist_cover_params, &sg_playlist_cover_query_record, &in, &e);
    if (!rc)
        rc = find_picture(api, q, name, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    struct sg_str size = in.size.p ? in.size : SG_STR("640");
    struct sg_str format = in.format.p ? in.format : SG_STR("jpg");
    sg_http_header(
        r, "Location",
        sg_arena_printf(q->arena, "/covers/%s/%.*s.%.*s", name, SG_FMT(size), SG_FMT(format)));
    sg_http_header(r, "Cache-Control", SG_STR("private, no-cache"));
    r->status = 302;
}
