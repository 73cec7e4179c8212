/* pages.c - a playlist read: with its first songs, or page by page. */
#include "api/playlists/cached.h"
#include "api/playlists/handlers.h"
#include "api/problem.h"

static void end(struct sg_http_request *q, struct sg_http_response *r, int rc,
                const struct sg_error *e)
{
    if (rc)
        sg_problem(q, r, e);
}

static void answer_page(struct playlist *p, const struct sg_playlist_songs *songs,
                        struct sg_http_response *r)
{
    p->view.songs = songs->songs;
    p->view.snapshot_id = songs->snapshot_id;
    p->view.song_count = songs->song_count;
    p->view.next_cursor = songs->next_cursor;
    if (p->role == PLAYLIST_STRANGER)
        p->view.rules = NULL;
    if (p->role == PLAYLIST_STRANGER &&
        !p->view.is_public) /* shown by a link, which it takes not */
        p->view.cover_url = SG_STR_NONE;
    sg_api_answer(r, &sg_playlist_page_record, &p->view);
    sg_http_header(r, "Cache-Control", SG_STR("private, no-cache"));
}

int playlist_page(struct sg_api *api, struct sg_http_request *q, struct playlist *p,
                  struct sg_http_response *r, struct sg_error *e)
{
    struct sg_playlist_query in;
    struct sg_playlist_songs songs;
    int rc = sg_params_read(q, sg_playlist_page_params, &sg_playlist_query_record, &in, e);
    if (!rc)
        rc = playlist_songs(api, q, p, in.limit, in.cursor, &songs, e);
    if (!rc)
        rc = playlist_mosaics(api, q, p, 1, e);
    if (!rc)
        answer_page(p, &songs, r);
    return rc;
}

/* The first page as everybody has it is kept, others are asked for. */
void sg_playlist_get(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    struct sg_playlist_query in;
    struct sg_playlist_songs songs;
    int rc = sg_params_read(q, sg_playlist_page_params, &sg_playlist_query_record, &in, &e);
    if (!rc)
        rc = playlist_cached(api, q, &p, &songs, &e);
    if (!rc)
        rc = in.cursor.p || in.limit != PLAYLIST_FIRST || p.is_smart
                 ? playlist_songs(api, q, &p, in.limit, in.cursor, &songs, &e)
                 : playlist_join_songs(api, q, &songs.songs, &e);
    if (!rc)
        answer_page(&p, &songs, r);
    end(q, r, rc, &e);
}

void sg_playlist_songs_get(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    struct sg_playlist_query in;
    struct sg_playlist_songs songs;
    int rc = playlist_of_path(api, q, PLAYLIST_STRANGER, &p, &e);
    if (!rc)
        rc = sg_params_read(q, sg_playlist_page_params, &sg_playlist_query_record, &in, &e);
    if (!rc)
        rc = playlist_songs(api, q, &p, in.limit, in.cursor, &songs, &e);
    if (!rc)
        sg_api_answer(r, &sg_playlist_songs_record, &songs);
    sg_http_header(r, "Cache-Control", SG_STR("private, no-cache"));
    end(q, r, rc, &e);
}
