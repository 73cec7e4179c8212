/* present.c - see present.h. */
#include "query/present.h"

static void artist_ref(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                       struct sg_artist_ref *out)
{
    struct sg_artist artist;
    out->artist_id = id;
    if (id && sg_searcher_record(s, SG_ARTIST, id, a, &artist, NULL) == 0)
        out->name = artist.name;
}

/* An artist without a name is not shown: the record may be gone already. */
static struct sg_artist_ref *lead_artist(struct sg_searcher *s, uint64_t id, struct sg_arena *a)
{
    struct sg_artist_ref *ref = sg_arena_alloc(a, sizeof *ref);
    if (!ref)
        return NULL;
    artist_ref(s, id, a, ref);
    return ref->name.n ? ref : NULL;
}

static int song_artists(struct sg_searcher *s, const struct sg_list *ids, struct sg_arena *a,
                        struct sg_hit *out, struct sg_error *e)
{
    struct sg_artist_ref *refs = sg_arena_array(a, ids->n + 1, sizeof *refs);
    if (!refs)
        return sg_fail(e, SG_ENOMEM, "artists of a hit");
    size_t n = 0;
    for (size_t i = 0; i < ids->n; i++) {
        artist_ref(s, ((const uint64_t *)ids->v)[i], a, &refs[n]);
        n += refs[n].name.n > 0;
    }
    out->artists = (struct sg_list){refs, n};
    out->artist = n ? refs : NULL;
    return 0;
}

static struct sg_album_ref *album_ref(struct sg_searcher *s, uint64_t id, struct sg_arena *a)
{
    struct sg_album album;
    if (!id || sg_searcher_record(s, SG_ALBUM, id, a, &album, NULL))
        return NULL;
    struct sg_album_ref *ref = sg_arena_alloc(a, sizeof *ref);
    if (ref)
        *ref = (struct sg_album_ref){id, album.title, album.cover_art_url};
    return ref;
}

static int present_song(struct sg_searcher *s, uint64_t id, struct sg_arena *a, struct sg_hit *out,
                        struct sg_error *e)
{
    struct sg_song song;
    struct sg_genre genre;
    int rc = sg_searcher_record(s, SG_SONG, id, a, &song, e);
    if (rc)
        return rc;
    out->song_id = id;
    out->title = song.title;
    out->album = album_ref(s, song.album_id, a);
    out->cover_art_url =
        out->album && out->album->cover_art_url.p ? SG_STR_NONE : song.cover_art_url;
    out->duration = song.duration_s;
    out->play_count = (int64_t)song.play_count;
    out->year = sg_release_year(song.release_date);
    out->is_explicit = song.is_explicit;
    if (song.genre_id && sg_searcher_genre(s, song.genre_id, a, &genre, NULL) == 0 && genre.name.n)
        out->genre = genre.name;
    return song_artists(s, &song.artist_ids, a, out, e);
}

static int present_artist(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                          struct sg_hit *out, struct sg_error *e)
{
    struct sg_artist artist;
    int rc = sg_searcher_record(s, SG_ARTIST, id, a, &artist, e);
    if (rc)
        return rc;
    out->artist_id = id;
    out->name = artist.name;
    out->image_url = artist.image_url;
    return 0;
}

static int present_album(struct sg_searcher *s, uint64_t id, struct sg_arena *a, struct sg_hit *out,
                         struct sg_error *e)
{
    struct sg_album album;
    int rc = sg_searcher_record(s, SG_ALBUM, id, a, &album, e);
    if (rc)
        return rc;
    out->album_id = id;
    out->title = album.title;
    out->artist = lead_artist(s, album.artist_id, a);
    out->year = sg_release_year(album.release_date);
    out->cover_art_url = album.cover_art_url;
    return 0;
}

static int present_playlist(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                            struct sg_hit *out, struct sg_error *e)
{
    struct sg_playlist playlist;
    int rc = sg_searcher_record(s, SG_PLAYLIST, id, a, &playlist, e);
    if (rc)
        return rc;
    out->playlist_id = id;
    out->name = playlist.name;
    out->description = playlist.description;
    out->user_id = playlist.user_id;
    out->followers = (int64_t)playlist.followers;
    return 0;
}

int sg_present(struct sg_searcher *s, enum sg_kind kind, uint64_t id, struct sg_arena *a,
               struct sg_hit *out, struct sg_error *e)
{
    static int (*const by_kind[SG_KINDS])(struct sg_searcher *, uint64_t, struct sg_arena *,
                                          struct sg_hit *, struct sg_error *) = {
        present_song, present_artist, present_album, present_playlist};
    sg_record_init(&sg_hit_record, out);
    out->type = sg_str(sg_kind_names[kind]);
    return by_kind[kind](s, id, a, out, e);
}
