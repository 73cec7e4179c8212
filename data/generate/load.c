/* load.c - the world into PostgreSQL; see generate.h. */
#include "core/pg.h"
#include "core/service.h"
#include "data/calendar.h"
#include "data/generate/generate.h"
#include "data/generate/setaside.h"
#include <inttypes.h>

static const char tables[] =
    "{genres,artists,albums,songs,song_artists,lyrics,aliases,users,playlists,"
    "playlist_songs,follows,feedback,listening_history,song_plays_daily}";

struct loader {
    PGconn *c;
    struct sg_world w;
    struct sg_progress *p;
    struct sg_pg_copy *copy;
    struct sg_buf text, lines;
    uint64_t genre_ids[SG_DEMO_GENRES];
};

static void put_id(struct loader *l, uint64_t id)
{
    sg_pg_copy_i64(l->copy, (int64_t)id);
}

static void put_text(struct loader *l, const char *z)
{
    sg_pg_copy_text(l->copy, sg_str(z));
}

static int end_row(struct loader *l, struct sg_error *e)
{
    if (sg_stopping())
        return sg_fail(e, SG_ECANCELED, "stopped");
    sg_progress_add(l->p, 1);
    return sg_pg_copy_row(l->copy, e);
}

static int put_artist(struct loader *l, uint64_t i, struct sg_error *e)
{
    sg_buf_reset(&l->text);
    sg_world_artist_name(&l->w, i, &l->text);
    put_id(l, i + l->w.o.first_artist);
    sg_pg_copy_text(l->copy, sg_buf_str(&l->text));
    return end_row(l, e);
}

static int put_alias(struct loader *l, uint64_t i, struct sg_error *e)
{
    int is = sg_world_artist_alias(&l->w, i, &l->text);
    if (!is)
        return 0;
    put_text(l, "artist");
    put_id(l, i + l->w.o.first_artist);
    sg_pg_copy_text(l->copy, sg_buf_str(&l->text));
    put_text(l, is == 2 ? "t" : "f");
    return end_row(l, e);
}

static int put_albums(struct loader *l, uint64_t artist, struct sg_error *e)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    size_t n = sg_world_releases(&l->w, artist, releases);
    char date[11];
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++) {
        sg_buf_reset(&l->text);
        sg_world_album_title(&l->w, artist, k, &releases[k], &l->text);
        sg_date_format(releases[k].date, date);
        put_id(l, artist + l->w.o.first_artist);
        put_id(l, l->w.artists[artist].first_album + k + l->w.o.first_album);
        sg_pg_copy_text(l->copy, sg_buf_str(&l->text));
        put_text(l, date);
        rc = end_row(l, e);
    }
    return rc;
}

static int put_song(struct loader *l, uint64_t artist, size_t album, size_t j,
                    const struct sg_release *release, struct sg_error *e)
{
    const struct sg_world_artist *a = &l->w.artists[artist];
    struct sg_demo_song s;
    char date[11];
    sg_world_song(&l->w, artist, j, release->date, &l->text, &s);
    sg_date_format(release->date, date);
    put_id(l, artist + l->w.o.first_artist);
    put_id(l, a->first_song + j + l->w.o.first_song);
    sg_pg_copy_text(l->copy, s.title);
    put_id(l, a->first_album + album + l->w.o.first_album);
    put_id(l, l->genre_ids[a->genre]);
    put_id(l, (uint64_t)s.duration_s);
    put_id(l, j - release->first + 1);
    put_text(l, date);
    put_text(l, s.is_explicit ? "t" : "f");
    put_id(l, s.play_count);
    return end_row(l, e);
}

static int put_songs(struct loader *l, uint64_t artist, struct sg_error *e)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    size_t n = sg_world_releases(&l->w, artist, releases);
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++)
        for (size_t j = 0; !rc && j < releases[k].n; j++)
            rc = put_song(l, artist, k, releases[k].first + j, &releases[k], e);
    return rc;
}

static int put_song_credits(struct loader *l, uint64_t artist, size_t j, int32_t date,
                            struct sg_error *e)
{
    struct sg_demo_song s;
    int rc = 0;
    sg_world_song(&l->w, artist, j, date, &l->text, &s);
    for (size_t i = 0; !rc && i < s.n_artists; i++) {
        put_id(l, artist + l->w.o.first_artist);
        put_id(l, l->w.artists[artist].first_song + j + l->w.o.first_song);
        put_id(l, i + 1);
        put_id(l, s.artists[i] + l->w.o.first_artist);
        put_text(l, i == 0 ? "main" : s.remix && i + 1 == s.n_artists ? "remixer" : "featured");
        rc = end_row(l, e);
    }
    return rc;
}

static int put_credits(struct loader *l, uint64_t artist, struct sg_error *e)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    size_t n = sg_world_releases(&l->w, artist, releases);
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++)
        for (size_t j = 0; !rc && j < releases[k].n; j++)
            rc = put_song_credits(l, artist, releases[k].first + j, releases[k].date, e);
    return rc;
}

static int put_lyrics(struct loader *l, uint64_t artist, struct sg_error *e)
{
    const struct sg_world_artist *a = &l->w.artists[artist];
    int rc = 0;
    for (size_t j = 0; !rc && j < a->n_songs; j++) {
        if (!sg_world_has_lyrics(&l->w, artist, j))
            continue;
        const char *language = sg_world_lyrics(&l->w, artist, j, &l->text, &l->lines);
        put_id(l, a->first_song + j + l->w.o.first_song);
        put_text(l, language);
        sg_pg_copy_text(l->copy, sg_buf_str(&l->lines));
        rc = end_row(l, e);
    }
    return rc;
}

static int put_user(struct loader *l, uint64_t i, struct sg_error *e)
{
    struct sg_demo_user u;
    char email[64];
    uint64_t id = i + l->w.o.first_user;
    sg_world_user(&l->w, i, &u, &l->text);
    snprintf(email, sizeof email, "listener%" PRIu64 "@example.com", id);
    put_id(l, id);
    put_text(l, email);
    sg_pg_copy_text(l->copy, sg_buf_str(&l->text));
    put_text(l, u.premium ? "premium" : "free");
    put_text(l, u.country);
    return end_row(l, e);
}

static int put_playlist(struct loader *l, uint64_t i, struct sg_error *e)
{
    struct sg_demo_playlist list;
    sg_world_playlist(&l->w, i, &list, &l->text);
    put_id(l, list.owner + l->w.o.first_user);
    put_id(l, i + l->w.o.first_playlist);
    sg_pg_copy_text(l->copy, sg_buf_str(&l->text));
    put_text(l, "t");
    put_id(l, list.followers);
    return end_row(l, e);
}

static int put_playlist_songs(struct loader *l, uint64_t i, struct sg_error *e)
{
    struct sg_demo_playlist list;
    char position[32];
    int rc = 0;
    sg_world_playlist(&l->w, i, &list, &l->text);
    for (size_t k = 0; !rc && k < list.n_songs; k++) {
        snprintf(position, sizeof position, "%05zuV", k + 1);
        put_id(l, list.owner + l->w.o.first_user);
        put_id(l, i + l->w.o.first_playlist);
        put_text(l, position);
        put_id(l, list.songs[k] + l->w.o.first_song);
        put_id(l, list.owner + l->w.o.first_user);
        rc = end_row(l, e);
    }
    return rc;
}

static int put_follows(struct loader *l, uint64_t i, struct sg_error *e)
{
    static const char *const kinds[] = {"artist", "playlist", "user"};
    uint64_t firsts[] = {l->w.o.first_artist, l->w.o.first_playlist, l->w.o.first_user};
    struct sg_demo_user u;
    struct sg_demo_follow follows[SG_DEMO_LIST_MAX];
    sg_world_user(&l->w, i, &u, NULL);
    size_t n = sg_world_follows(&l->w, i, &u, follows);
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++) {
        put_id(l, i + l->w.o.first_user);
        put_text(l, kinds[follows[k].kind]);
        put_id(l, follows[k].target + firsts[follows[k].kind]);
        rc = end_row(l, e);
    }
    return rc;
}

static int put_feedback(struct loader *l, uint64_t i, struct sg_error *e)
{
    static const char *const verdicts[] = {"like", "dislike", "not_interested", "hide_artist"};
    struct sg_demo_user u;
    struct sg_demo_feedback v[SG_DEMO_LIST_MAX];
    sg_world_user(&l->w, i, &u, NULL);
    size_t n = sg_world_feedback(&l->w, i, &u, v);
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++) {
        bool artist = v[k].verdict == SG_DEMO_HIDE;
        put_id(l, i + l->w.o.first_user);
        put_text(l, artist ? "artist" : "song");
        put_id(l, v[k].target + (artist ? l->w.o.first_artist : l->w.o.first_song));
        put_text(l, verdicts[v[k].verdict]);
        rc = end_row(l, e);
    }
    return rc;
}

static int put_plays(struct loader *l, uint64_t i, struct sg_error *e)
{
    struct sg_demo_user u;
    struct sg_demo_play plays[SG_DEMO_PLAYS_MAX];
    char at[23];
    sg_world_user(&l->w, i, &u, NULL);
    size_t n = sg_world_plays(&l->w, i, &u, plays);
    int rc = 0;
    for (size_t k = 0; !rc && k < n; k++) {
        sg_instant_format(plays[k].at, at);
        put_id(l, i + l->w.o.first_user);
        put_id(l, plays[k].song + l->w.o.first_song);
        put_text(l, at);
        put_id(l, (uint64_t)plays[k].played_s);
        put_text(l, plays[k].region);
        put_text(l, "demo");
        rc = end_row(l, e);
    }
    return rc;
}

/* One COPY: rows of item 0 .. n-1 in order. */
struct stage {
    const char *what, *sql;
    int (*put)(struct loader *l, uint64_t i, struct sg_error *e);
    uint64_t n, rows; /* rows 0: unknown */
};

static int run_stage(struct loader *l, const struct stage *s, struct sg_error *e)
{
    int rc = sg_pg_copy_begin(&l->copy, l->c, s->sql, e);
    if (rc)
        return rc;
    sg_progress_start(l->p, s->what, s->rows);
    for (uint64_t i = 0; !rc && i < s->n; i++)
        rc = s->put(l, i, e);
    if (rc) {
        sg_pg_copy_abort(l->copy);
        return rc;
    }
    rc = sg_pg_copy_end(l->copy, e);
    if (rc)
        return sg_wrap(e, "%s", s->what);
    sg_progress_end(l->p);
    return 0;
}

static int run_stages(struct loader *l, struct sg_error *e)
{
    const struct sg_world *w = &l->w;
    const struct stage stages[] = {
        {"artists", "COPY artists (artist_id, name) FROM STDIN", put_artist, w->n_artists,
         w->n_artists},
        {"aliases", "COPY aliases (kind, id, alias, hint) FROM STDIN", put_alias, w->n_artists, 0},
        {"albums", "COPY albums (artist_id, album_id, title, release_date) FROM STDIN", put_albums,
         w->n_artists, w->n_albums},
        {"songs",
         "COPY songs (artist_id, song_id, title, album_id, genre_id, duration_s, track_no, "
         "release_date, explicit, play_count) FROM STDIN",
         put_songs, w->n_artists, w->o.songs},
        {"song artists",
         "COPY song_artists (artist_id, song_id, position, credited_artist_id, role) FROM STDIN",
         put_credits, w->n_artists, 0},
        {"lyrics", "COPY lyrics (song_id, language, lines) FROM STDIN", put_lyrics,
         w->o.lyrics > 0 ? w->n_artists : 0, 0},
        {"users",
         "COPY users (user_id, email, display_name, subscription_type, country) FROM STDIN",
         put_user, w->o.users, w->o.users},
        {"playlists",
         "COPY playlists (user_id, playlist_id, name, is_public, followers) FROM STDIN",
         put_playlist, w->n_playlists, w->n_playlists},
        {"playlist songs",
         "COPY playlist_songs (user_id, playlist_id, position, song_id, added_by) FROM STDIN",
         put_playlist_songs, w->n_playlists, 0},
        {"follows", "COPY follows (user_id, target_kind, target_id) FROM STDIN", put_follows,
         w->o.songs ? w->o.users : 0, 0},
        {"feedback", "COPY feedback (user_id, target_kind, target_id, verdict) FROM STDIN",
         put_feedback, w->o.songs ? w->o.users : 0, 0},
        {"plays",
         "COPY listening_history (user_id, song_id, played_at, played_s, region, source) "
         "FROM STDIN",
         put_plays, w->o.songs ? w->o.users : 0, 0},
    };
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof stages / sizeof *stages; i++)
        rc = run_stage(l, &stages[i], e);
    return rc;
}

/* The id of a genre, made when no genre has the name in any case. */
static int genre_id(PGconn *c, const char *name, uint64_t *id, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c,
                        "WITH old AS (SELECT genre_id FROM genres WHERE lower(name) = lower($1)"
                        "             ORDER BY genre_id LIMIT 1),"
                        " new AS (INSERT INTO genres (genre_id, name)"
                        "  SELECT coalesce(max(genre_id), 0) + 1, $1 FROM genres"
                        "  HAVING NOT EXISTS (SELECT FROM old) RETURNING genre_id)"
                        " SELECT genre_id FROM old UNION ALL SELECT genre_id FROM new",
                        1, &name, &r, e);
    if (!rc && (PQntuples(r) != 1 || !sg_str_to_u64(sg_str(PQgetvalue(r, 0, 0)), id)))
        rc = sg_fail(e, SG_EINTERNAL, "genre %s has no id", name);
    PQclear(r);
    return rc;
}

static int read_ids(PGconn *c, struct sg_world_options *o, bool append, bool *empty,
                    struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c,
                        "SELECT (SELECT coalesce(max(song_id), 0) FROM songs),"
                        " (SELECT coalesce(max(artist_id), 0) FROM artists),"
                        " (SELECT coalesce(max(album_id), 0) FROM albums),"
                        " (SELECT coalesce(max(user_id), 0) FROM users),"
                        " (SELECT coalesce(max(playlist_id), 0) FROM playlists)",
                        0, NULL, &r, e);
    if (rc)
        return rc;
    uint64_t *firsts[] = {&o->first_song, &o->first_artist, &o->first_album, &o->first_user,
                          &o->first_playlist};
    for (int i = 0; i < 5; i++) {
        uint64_t max = 0;
        sg_str_to_u64(sg_str(PQgetvalue(r, 0, i)), &max);
        *firsts[i] = max + 1;
    }
    PQclear(r);
    bool catalogue = o->first_song == 1 && o->first_artist == 1 && o->first_album == 1;
    *empty = catalogue && o->first_user == 1 && o->first_playlist == 1;
    if (!catalogue && !append)
        return sg_fail(e, SG_EEXIST, "the catalogue is not empty; --append adds to it");
    return 0;
}

/* Rows are consistent by construction, so triggers of foreign keys may rest.
 * Only some roles may say so: then every row is checked, which is slower. */
static int rest_triggers(PGconn *c, struct sg_error *e)
{
    int rc = sg_pg_exec(c, "SAVEPOINT role", 0, NULL, NULL, e);
    if (rc)
        return rc;
    struct sg_error ignored = SG_ERROR_INIT;
    if (!sg_pg_exec(c, "SET LOCAL session_replication_role = replica", 0, NULL, NULL, &ignored))
        return sg_pg_exec(c, "RELEASE SAVEPOINT role", 0, NULL, NULL, e);
    return sg_pg_exec(c, "ROLLBACK TO SAVEPOINT role", 0, NULL, NULL, e);
}

static int prepare(PGconn *c, struct sg_world_options *o, struct sg_error *e)
{
    static const char *const settings[] = {
        "SET LOCAL synchronous_commit = off",
        "SET LOCAL maintenance_work_mem = '256MB'",
        "SET LOCAL work_mem = '64MB'",
        "SET LOCAL segue.acts = 'off'", /* nobody's feed tells of made-up people */
        "LOCK TABLE genres, artists, albums, songs, song_artists, users, playlists"
        " IN SHARE ROW EXCLUSIVE MODE",
    };
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof settings / sizeof *settings; i++)
        rc = sg_pg_exec(c, settings[i], 0, NULL, NULL, e);
    char month[11];
    sg_date_format(o->until - o->history_days, month);
    const char *param = month;
    if (!rc && o->users)
        rc = sg_pg_exec(c, "SELECT segue_make_partitions($1::date, 3)", 1, &param, NULL, e);
    return rc ? rc : rest_triggers(c, e);
}

static int finish(struct loader *l, struct sg_setaside *indexes, struct sg_error *e)
{
    static const char *const steps[] = {
        "SELECT setval(pg_get_serial_sequence(t, k), m) FROM (VALUES"
        " ('genres', 'genre_id', (SELECT max(genre_id) FROM genres)),"
        " ('artists', 'artist_id', (SELECT max(artist_id) FROM artists)),"
        " ('albums', 'album_id', (SELECT max(album_id) FROM albums)),"
        " ('songs', 'song_id', (SELECT max(song_id) FROM songs)),"
        " ('users', 'user_id', (SELECT max(user_id) FROM users)),"
        " ('playlists', 'playlist_id', (SELECT max(playlist_id) FROM playlists))) v (t, k, m)"
        " WHERE m IS NOT NULL",
        "INSERT INTO song_plays_daily AS d (song_id, day, region, plays)"
        " SELECT song_id, (played_at AT TIME ZONE 'UTC')::date, coalesce(region, 'ZZ'), count(*)"
        " FROM listening_history WHERE source = 'demo' AND user_id >= $1"
        " GROUP BY 1, 2, 3 ON CONFLICT (song_id, day, region)"
        " DO UPDATE SET plays = d.plays + excluded.plays",
    };
    char first[24];
    snprintf(first, sizeof first, "%" PRIu64, l->w.o.first_user);
    const char *param = first;
    sg_progress_start(l->p, "indexes", 0);
    int rc = sg_pg_exec(l->c, steps[0], 0, NULL, NULL, e);
    if (!rc)
        rc = sg_pg_exec(l->c, steps[1], 1, &param, NULL, e);
    if (!rc)
        rc = sg_setaside_restore(indexes, l->c, e);
    if (!rc)
        rc = sg_pg_exec(l->c, "SELECT segue_recount_follows()", 0, NULL, NULL, e);
    if (!rc)
        sg_progress_end(l->p);
    return rc;
}

static int load(struct loader *l, struct sg_world_options *o, bool append,
                struct sg_setaside *indexes, struct sg_error *e)
{
    bool empty;
    int rc = prepare(l->c, o, e);
    if (!rc)
        rc = read_ids(l->c, o, append, &empty, e);
    for (size_t i = 0; !rc && i < SG_DEMO_GENRES; i++)
        rc = genre_id(l->c, sg_demo_genres[i], &l->genre_ids[i], e);
    if (!rc && empty)
        rc = sg_setaside_drop(indexes, l->c, tables, e);
    if (!rc)
        rc = sg_world_open(&l->w, o, e);
    if (!rc)
        rc = run_stages(l, e);
    return rc ? rc : finish(l, indexes, e);
}

int sg_generate_load(PGconn *c, struct sg_world_options *o, bool append, struct sg_progress *p,
                     struct sg_error *e)
{
    struct loader l = {.c = c, .p = p};
    struct sg_setaside indexes = {0};
    int rc = sg_pg_exec(c, "BEGIN", 0, NULL, NULL, e);
    if (!rc)
        rc = load(&l, o, append, &indexes, e);
    if (!rc)
        rc = sg_pg_exec(c, "COMMIT", 0, NULL, NULL, e);
    else
        sg_pg_exec(c, "ROLLBACK", 0, NULL, NULL, NULL);
    if (!rc)
        rc = sg_pg_exec(c, "ANALYZE", 0, NULL, NULL, e);
    sg_setaside_free(&indexes);
    sg_buf_free(&l.text);
    sg_buf_free(&l.lines);
    sg_world_close(&l.w);
    return rc;
}
