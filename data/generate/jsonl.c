/* jsonl.c - the world as one JSON record a line; see generate.h. */
#include "core/service.h"
#include "data/calendar.h"
#include "data/generate/generate.h"
#include "schemas/catalogue.h"
#include <errno.h>

struct writer {
    FILE *to;
    const struct sg_world *w;
    struct sg_progress *p;
    struct sg_buf line, name, alias;
};

/* {"type":"song", and the record's own fields; extra is put before the brace. */
static int put(struct writer *o, const char *type, const struct sg_record *record,
               const void *value, const struct sg_buf *extra, struct sg_error *e)
{
    sg_buf_reset(&o->line);
    sg_buf_printf(&o->line, "{\"type\":\"%s\",", type);
    size_t at = o->line.n;
    sg_record_to_json(record, value, &o->line);
    if (sg_buf_failed(&o->line))
        return sg_fail(e, SG_ENOMEM, "JSON line");
    memmove(o->line.p + at, o->line.p + at + 1, o->line.n - at - 1);
    o->line.n--;
    if (extra) {
        o->line.n--;
        sg_buf_str_put(&o->line, sg_buf_str(extra));
        sg_buf_putc(&o->line, '}');
    }
    sg_buf_putc(&o->line, '\n');
    if (sg_buf_failed(&o->line))
        return sg_fail(e, SG_ENOMEM, "JSON line");
    if (fwrite(o->line.p, 1, o->line.n, o->to) != o->line.n)
        return sg_fail_errno(e, "write");
    sg_progress_add(o->p, 1);
    return sg_stopping() ? sg_fail(e, SG_ECANCELED, "stopped") : 0;
}

static int put_genres(struct writer *o, struct sg_error *e)
{
    int rc = 0;
    for (uint64_t i = 0; !rc && i < SG_DEMO_GENRES; i++) {
        struct sg_genre g = {i + 1, sg_str(sg_demo_genres[i])};
        rc = put(o, "genre", &sg_genre_record, &g, NULL, e);
    }
    return rc;
}

static int put_artists(struct writer *o, struct sg_error *e)
{
    int rc = 0;
    for (uint64_t i = 0; !rc && i < o->w->n_artists; i++) {
        sg_buf_reset(&o->name);
        sg_world_artist_name(o->w, i, &o->name);
        struct sg_artist a = {.artist_id = i + o->w->o.first_artist, .name = sg_buf_str(&o->name)};
        int is = sg_world_artist_alias(o->w, i, &o->alias);
        struct sg_str alias = sg_buf_str(&o->alias);
        a.aliases = (struct sg_list){&alias, is == 1};
        a.hints = (struct sg_list){&alias, is == 2};
        rc = put(o, "artist", &sg_artist_record, &a, NULL, e);
    }
    return rc;
}

static int put_albums_of(struct writer *o, uint64_t artist, struct sg_error *e)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    size_t n = sg_world_releases(o->w, artist, releases);
    char date[11];
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++) {
        sg_buf_reset(&o->name);
        sg_world_album_title(o->w, artist, k, &releases[k], &o->name);
        sg_date_format(releases[k].date, date);
        struct sg_album a = {.album_id =
                                 o->w->artists[artist].first_album + k + o->w->o.first_album,
                             .title = sg_buf_str(&o->name),
                             .artist_id = artist + o->w->o.first_artist,
                             .release_date = sg_str(date)};
        rc = put(o, "album", &sg_album_record, &a, NULL, e);
    }
    return rc;
}

static int put_song(struct writer *o, uint64_t artist, size_t k, const struct sg_release *release,
                    size_t j, struct sg_error *e)
{
    const struct sg_world_artist *a = &o->w->artists[artist];
    struct sg_demo_song s;
    sg_world_song(o->w, artist, j, release->date, &o->name, &s);
    uint64_t ids[SG_DEMO_CREDITS];
    for (size_t i = 0; i < s.n_artists; i++)
        ids[i] = s.artists[i] + o->w->o.first_artist;
    char date[11];
    sg_date_format(release->date, date);
    struct sg_song song = {.song_id = a->first_song + j + o->w->o.first_song,
                           .title = s.title,
                           .artist_ids = {ids, s.n_artists},
                           .album_id = a->first_album + k + o->w->o.first_album,
                           .genre_id = a->genre + 1u,
                           .duration_s = s.duration_s,
                           .track_no = (int64_t)(j - release->first + 1),
                           .release_date = sg_str(date),
                           .is_explicit = s.is_explicit,
                           .play_count = s.play_count};
    return put(o, "song", &sg_song_record, &song, NULL, e);
}

static int put_songs_of(struct writer *o, uint64_t artist, struct sg_error *e)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    size_t n = sg_world_releases(o->w, artist, releases);
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++)
        for (size_t j = 0; !rc && j < releases[k].n; j++)
            rc = put_song(o, artist, k, &releases[k], releases[k].first + j, e);
    return rc;
}

static int put_playlists(struct writer *o, struct sg_error *e)
{
    struct sg_buf songs = {0};
    struct sg_demo_playlist list;
    int rc = 0;
    for (uint64_t i = 0; !rc && i < o->w->n_playlists; i++) {
        sg_world_playlist(o->w, i, &list, &o->name);
        sg_buf_reset(&songs);
        for (size_t k = 0; k < list.n_songs; k++) {
            sg_buf_puts(&songs, k ? "," : ",\"song_ids\":[");
            sg_buf_u64(&songs, list.songs[k] + o->w->o.first_song);
        }
        sg_buf_putc(&songs, ']');
        struct sg_playlist p = {.playlist_id = i + o->w->o.first_playlist,
                                .name = sg_buf_str(&o->name),
                                .user_id = list.owner + o->w->o.first_user,
                                .followers = list.followers};
        rc = put(o, "playlist", &sg_playlist_record, &p, &songs, e);
    }
    sg_buf_free(&songs);
    return rc;
}

static int put_all(struct writer *o, struct sg_error *e)
{
    const struct sg_world *w = o->w;
    sg_progress_start(o->p, "records",
                      SG_DEMO_GENRES + w->n_artists + w->n_albums + w->o.songs + w->n_playlists);
    int rc = put_genres(o, e);
    if (!rc)
        rc = put_artists(o, e);
    for (uint64_t a = 0; !rc && a < w->n_artists; a++)
        rc = put_albums_of(o, a, e);
    for (uint64_t a = 0; !rc && a < w->n_artists; a++)
        rc = put_songs_of(o, a, e);
    if (!rc)
        rc = put_playlists(o, e);
    if (!rc && fflush(o->to))
        rc = sg_fail_errno(e, "write");
    if (!rc)
        sg_progress_end(o->p);
    return rc;
}

int sg_generate_jsonl(FILE *to, const struct sg_world_options *options, struct sg_progress *p,
                      struct sg_error *e)
{
    struct sg_world w;
    int rc = sg_world_open(&w, options, e);
    if (rc)
        return rc;
    struct writer o = {.to = to, .w = &w, .p = p};
    rc = put_all(&o, e);
    sg_buf_free(&o.line);
    sg_buf_free(&o.name);
    sg_buf_free(&o.alias);
    sg_world_close(&w);
    return rc;
}
