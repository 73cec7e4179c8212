/* away.c - see away.h. */
#include "api/catalogue/away.h"
#include "api/join.h"

int sg_artist_page_of_index(struct sg_api *api, struct sg_http_request *q,
                            struct sg_artist_page *out, struct sg_error *e)
{
    struct sg_hit artist;
    struct sg_children_reply songs, albums;
    int rc = sg_api_entity(api, q, SG_ARTIST, &artist, e);
    if (!rc)
        rc = sg_api_children(api, q, SG_ARTIST, artist.artist_id, "song", 10, &songs, e);
    if (!rc)
        rc = sg_api_children(api, q, SG_ARTIST, artist.artist_id, "album", 100, &albums, e);
    if (!rc)
        *out = (struct sg_artist_page){
            .artist_id = artist.artist_id,
            .name = artist.name,
            .image_url = artist.image_url,
            .song_count = songs.total,
            .album_count = albums.total,
            .top_songs = songs.results,
            .albums = albums.results,
        };
    return rc;
}

int sg_album_page_of_index(struct sg_api *api, struct sg_http_request *q, struct sg_album_page *out,
                           struct sg_error *e)
{
    struct sg_hit album;
    struct sg_children_reply songs;
    int rc = sg_api_entity(api, q, SG_ALBUM, &album, e);
    if (!rc)
        rc = sg_api_children(api, q, SG_ALBUM, album.album_id, "song", 100, &songs, e);
    if (!rc)
        *out = (struct sg_album_page){
            .album_id = album.album_id,
            .title = album.title,
            .artist = album.artist,
            .year = album.year,
            .cover_art_url = album.cover_art_url,
            .songs = songs.results,
            .song_count = songs.total,
        };
    return rc;
}
