/* catalogue.c - one artist or album, and the genres. */
#include "api/api.h"
#include "api/join.h"
#include "api/problem.h"

void sg_api_artist(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_hit artist;
    struct sg_children_reply songs, albums;
    int rc = sg_api_entity(api, q, SG_ARTIST, &artist, &e);
    if (!rc)
        rc = sg_api_children(api, q, SG_ARTIST, artist.artist_id, "song", 10, &songs, &e);
    if (!rc)
        rc = sg_api_children(api, q, SG_ARTIST, artist.artist_id, "album", 100, &albums, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    struct sg_artist_page page = {
        .artist_id = artist.artist_id,
        .name = artist.name,
        .image_url = artist.image_url,
        .song_count = songs.total,
        .album_count = albums.total,
        .top_songs = songs.results,
        .albums = albums.results,
    };
    sg_api_answer(r, &sg_artist_page_record, &page);
}

void sg_api_album(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_hit album;
    struct sg_children_reply songs;
    int rc = sg_api_entity(api, q, SG_ALBUM, &album, &e);
    if (!rc)
        rc = sg_api_children(api, q, SG_ALBUM, album.album_id, "song", 100, &songs, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    struct sg_album_page page = {
        .album_id = album.album_id,
        .title = album.title,
        .artist = album.artist,
        .year = album.year,
        .cover_art_url = album.cover_art_url,
        .songs = songs.results,
    };
    sg_api_answer(r, &sg_album_page_record, &page);
}

void sg_api_genres(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_genres_reply out;
    if (sg_rpc_call(api->query, SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &out,
                    q->arena, q->deadline_us, q->traceparent, &e))
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_genres_reply_record, &out);
}
