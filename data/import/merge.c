/* merge.c - see merge.h.
 *
 * In order of reference: genres, artists, albums, songs, credits, aliases, tags, users,
 * playlists and their songs, follows, deletions. Of each kind: keep the last
 * row of a key, reject what refers to nothing, update what differs, insert what
 * is missing. Updates come first and inserts skip what exists, rather than ON
 * CONFLICT DO UPDATE, so that a repeated import uses up no identity values.
 */
#include "data/import/merge.h"
#include "core/pg.h"

enum effect { INSERTED, UPDATED, DELETED, STAGED, REJECTED, SILENT };

struct step {
    enum sg_stage_table needs;
    enum sg_import_kind kind;
    enum effect effect;
    const char *sql; /* REJECTED: returns line and reason */
};

#define KEEP_LAST(table, key)                                                                      \
    "DELETE FROM " table " s USING (SELECT ctid AS id, row_number() OVER (PARTITION BY " key       \
    " ORDER BY line DESC, ctid DESC) AS n FROM " table ") d WHERE d.id = s.ctid AND d.n > 1"
#define RENAME(table, column, kind)                                                                \
    "UPDATE " table " s SET " column " = k.external_id FROM import_keys k"                         \
    " WHERE k.kind = '" kind "' AND k.key = s." column

static const struct step steps[] = {
    {SG_STAGE_KEY, 0, SILENT, KEEP_LAST("s_key", "kind, key")},
    {SG_STAGE_KEY, 0, SILENT,
     "INSERT INTO import_keys AS i (kind, key, external_id)"
     " SELECT kind, key, external_id FROM s_key ON CONFLICT (kind, key)"
     " DO UPDATE SET external_id = excluded.external_id"
     " WHERE i.external_id IS DISTINCT FROM excluded.external_id"},
    {SG_STAGE_ARTIST, 0, SILENT, RENAME("s_artist", "key", "artist")},
    {SG_STAGE_ALBUM, 0, SILENT, RENAME("s_album", "key", "album")},
    {SG_STAGE_ALBUM, 0, SILENT, RENAME("s_album", "artist_key", "artist")},
    {SG_STAGE_SONG, 0, SILENT, RENAME("s_song", "key", "song")},
    {SG_STAGE_SONG, 0, SILENT, RENAME("s_song", "album_key", "album")},
    {SG_STAGE_SONG, 0, SILENT, RENAME("s_song", "genre", "genre")},
    {SG_STAGE_CREDIT, 0, SILENT, RENAME("s_credit", "key", "song")},
    {SG_STAGE_CREDIT, 0, SILENT, RENAME("s_credit", "artist_key", "artist")},
    {SG_STAGE_PLAYLIST, 0, SILENT, RENAME("s_playlist", "key", "playlist")},
    {SG_STAGE_ENTRY, 0, SILENT, RENAME("s_entry", "playlist_key", "playlist")},
    {SG_STAGE_ENTRY, 0, SILENT, RENAME("s_entry", "song_key", "song")},
    {SG_STAGE_ALIAS, 0, SILENT,
     "UPDATE s_alias s SET key = k.external_id FROM import_keys k"
     " WHERE k.kind = s.kind AND k.key = s.key"},
    {SG_STAGE_TAG, 0, SILENT,
     "UPDATE s_tag s SET key = k.external_id FROM import_keys k"
     " WHERE k.kind = s.kind AND k.key = s.key"},
    {SG_STAGE_DELETE, 0, SILENT,
     "UPDATE s_delete s SET key = k.external_id FROM import_keys k"
     " WHERE k.kind = s.kind AND k.key = s.key"},

    {SG_STAGE_GENRE, 0, SILENT, KEEP_LAST("s_genre", "lower(name)")},
    {SG_STAGE_GENRE, SG_I_GENRES, STAGED, "SELECT FROM s_genre"},
    {SG_STAGE_GENRE, SG_I_GENRES, INSERTED,
     "INSERT INTO genres (name) SELECT name FROM s_genre s WHERE NOT EXISTS"
     " (SELECT FROM genres g WHERE lower(g.name) = lower(s.name)) ORDER BY line"
     " ON CONFLICT DO NOTHING"},

    {SG_STAGE_ARTIST, 0, SILENT, KEEP_LAST("s_artist", "key")},
    {SG_STAGE_ARTIST, SG_I_ARTISTS, STAGED, "SELECT FROM s_artist"},
    {SG_STAGE_ARTIST, SG_I_ARTISTS, UPDATED,
     "UPDATE artists a SET name = s.name, image_url = coalesce(s.image_url, a.image_url),"
     " updated_at = now() FROM s_artist s WHERE a.external_id = s.key AND (a.name, a.image_url)"
     " IS DISTINCT FROM (s.name, coalesce(s.image_url, a.image_url))"},
    {SG_STAGE_ARTIST, SG_I_ARTISTS, INSERTED,
     "INSERT INTO artists (name, image_url, external_id) SELECT name, image_url, key FROM s_artist "
     "s"
     " WHERE NOT EXISTS (SELECT FROM artists a WHERE a.external_id = s.key) ORDER BY line"
     " ON CONFLICT DO NOTHING"},

    {SG_STAGE_ALBUM, 0, SILENT, KEEP_LAST("s_album", "key")},
    {SG_STAGE_ALBUM, SG_I_ALBUMS, STAGED, "SELECT FROM s_album"},
    {SG_STAGE_ALBUM, SG_I_ALBUMS, REJECTED,
     "DELETE FROM s_album s WHERE NOT EXISTS"
     " (SELECT FROM artists a WHERE a.external_id = s.artist_key)"
     " RETURNING line, 'album ' || key || ': no artist ' || coalesce(artist_key, 'given')"},
    {SG_STAGE_ALBUM, SG_I_ALBUMS, UPDATED,
     "UPDATE albums b SET title = s.title, release_date = n.release_date,"
     " cover_art_url = coalesce(s.cover_art_url, b.cover_art_url), artist_id = n.artist_id,"
     " updated_at = now() FROM s_album s JOIN artists a ON a.external_id = s.artist_key"
     " JOIN albums x ON x.external_id = s.key, LATERAL (SELECT"
     " CASE WHEN s.keep_artist THEN x.artist_id ELSE a.artist_id END AS artist_id,"
     " CASE WHEN s.keep_artist THEN coalesce(x.release_date, s.release_date)"
     " ELSE s.release_date END AS release_date) n"
     " WHERE b.album_id = x.album_id AND (b.title, b.release_date, b.cover_art_url, b.artist_id)"
     " IS DISTINCT FROM (s.title, n.release_date, coalesce(s.cover_art_url, b.cover_art_url),"
     " n.artist_id)"},
    {SG_STAGE_ALBUM, SG_I_ALBUMS, INSERTED,
     "INSERT INTO albums (artist_id, title, release_date, cover_art_url, external_id)"
     " SELECT a.artist_id, s.title, s.release_date, s.cover_art_url, s.key"
     " FROM s_album s JOIN artists a ON a.external_id = s.artist_key"
     " WHERE NOT EXISTS (SELECT FROM albums b WHERE b.external_id = s.key) ORDER BY line"
     " ON CONFLICT DO NOTHING"},

    {SG_STAGE_SONG, 0, SILENT,
     "DELETE FROM s_credit c WHERE NOT EXISTS (SELECT FROM (SELECT key, max(line) AS line"
     " FROM s_song GROUP BY key) s WHERE s.key = c.key AND s.line = c.line)"},
    {SG_STAGE_SONG, 0, SILENT, KEEP_LAST("s_song", "key")},
    {SG_STAGE_SONG, SG_I_SONGS, STAGED, "SELECT FROM s_song"},
    {SG_STAGE_SONG, SG_I_SONGS, REJECTED,
     "DELETE FROM s_song s USING (SELECT c.key, min(c.artist_key) AS missing FROM s_credit c"
     " LEFT JOIN artists a ON a.external_id = c.artist_key WHERE a.artist_id IS NULL"
     " GROUP BY c.key) x WHERE x.key = s.key"
     " RETURNING line, 'song ' || s.key || ': no artist ' || missing"},
    {SG_STAGE_SONG, SG_I_SONGS, REJECTED,
     "DELETE FROM s_song s WHERE album_key IS NOT NULL AND NOT EXISTS"
     " (SELECT FROM albums b WHERE b.external_id = s.album_key)"
     " RETURNING line, 'song ' || key || ': no album ' || album_key"},
    {SG_STAGE_SONG, SG_I_SONGS, REJECTED,
     "DELETE FROM s_song s WHERE genre IS NOT NULL AND NOT EXISTS"
     " (SELECT FROM genres g WHERE lower(g.name) = lower(s.genre))"
     " RETURNING line, 'song ' || key || ': no genre ' || genre"},
    {SG_STAGE_SONG, SG_I_SONGS, SILENT,
     "CREATE TEMP TABLE r_song ON COMMIT DROP AS SELECT s.line, s.key, s.title, a.artist_id,"
     " b.album_id, (SELECT min(g.genre_id) FROM genres g WHERE lower(g.name) = lower(s.genre))"
     " AS genre_id, s.duration_s, s.track_no, coalesce(s.release_date, b.release_date) AS "
     "release_date,"
     " coalesce(s.explicit, false) AS explicit,"
     " coalesce(s.play_count, 0) AS play_count FROM s_song s"
     " JOIN s_credit c ON c.key = s.key AND c.position = 1"
     " JOIN artists a ON a.external_id = c.artist_key"
     " LEFT JOIN albums b ON b.external_id = s.album_key"},
    {SG_STAGE_SONG, SG_I_SONGS, UPDATED,
     "UPDATE songs o SET artist_id = s.artist_id, title = s.title, album_id = s.album_id,"
     " genre_id = s.genre_id, duration_s = s.duration_s, track_no = s.track_no,"
     " release_date = s.release_date, explicit = s.explicit, play_count = s.play_count,"
     " updated_at = now() FROM r_song s WHERE o.external_id = s.key AND (o.artist_id, o.title,"
     " o.album_id, o.genre_id, o.duration_s, o.track_no, o.release_date, o.explicit, o.play_count)"
     " IS DISTINCT FROM (s.artist_id, s.title, s.album_id, s.genre_id, s.duration_s, s.track_no,"
     " s.release_date, s.explicit, s.play_count)"},
    {SG_STAGE_SONG, SG_I_SONGS, INSERTED,
     "INSERT INTO songs (artist_id, title, album_id, genre_id, duration_s, track_no, release_date,"
     " explicit, play_count, external_id) SELECT artist_id, title, album_id, genre_id, duration_s,"
     " track_no, release_date, explicit, play_count, key FROM r_song s WHERE NOT EXISTS"
     " (SELECT FROM songs o WHERE o.external_id = s.key) ORDER BY line ON CONFLICT DO NOTHING"},
    {SG_STAGE_SONG, SG_I_CREDITS, SILENT,
     "CREATE TEMP TABLE r_credit ON COMMIT DROP AS SELECT o.artist_id, o.song_id, c.position,"
     " a.artist_id AS credited_artist_id, c.role FROM s_credit c JOIN s_song s ON s.key = c.key"
     " JOIN songs o ON o.external_id = c.key JOIN artists a ON a.external_id = c.artist_key"},
    {SG_STAGE_SONG, 0, SILENT, "ANALYZE r_song, r_credit"},
    {SG_STAGE_SONG, SG_I_CREDITS, STAGED, "SELECT FROM r_credit"},
    {SG_STAGE_SONG, SG_I_CREDITS, DELETED,
     "DELETE FROM song_artists x USING (SELECT artist_id, song_id, max(position) AS last"
     " FROM r_credit GROUP BY artist_id, song_id) s WHERE x.artist_id = s.artist_id"
     " AND x.song_id = s.song_id AND x.position > s.last"},
    {SG_STAGE_SONG, SG_I_CREDITS, UPDATED,
     "UPDATE song_artists x SET credited_artist_id = c.credited_artist_id, role = c.role"
     " FROM r_credit c WHERE x.artist_id = c.artist_id AND x.song_id = c.song_id"
     " AND x.position = c.position AND (x.credited_artist_id, x.role) IS DISTINCT FROM"
     " (c.credited_artist_id, c.role)"},
    {SG_STAGE_SONG, SG_I_CREDITS, INSERTED,
     "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id, role)"
     " SELECT artist_id, song_id, position, credited_artist_id, role FROM r_credit c WHERE NOT"
     " EXISTS (SELECT FROM song_artists x WHERE x.artist_id = c.artist_id AND x.song_id = c.song_id"
     " AND x.position = c.position) ORDER BY song_id, position ON CONFLICT DO NOTHING"},

    {SG_STAGE_ALIAS, 0, SILENT, KEEP_LAST("s_alias", "kind, key, alias")},
    {SG_STAGE_ALIAS, SG_I_ALIASES, SILENT,
     "CREATE TEMP TABLE r_alias ON COMMIT DROP AS SELECT s.line, s.kind, o.song_id AS id, s.alias,"
     " s.hint FROM s_alias s JOIN songs o ON o.external_id = s.key WHERE s.kind = 'song'"
     " UNION ALL SELECT s.line, s.kind, a.artist_id, s.alias, s.hint FROM s_alias s"
     " JOIN artists a ON a.external_id = s.key WHERE s.kind = 'artist'"
     " UNION ALL SELECT s.line, s.kind, b.album_id, s.alias, s.hint FROM s_alias s"
     " JOIN albums b ON b.external_id = s.key WHERE s.kind = 'album'"},
    {SG_STAGE_ALIAS, 0, SILENT, "ANALYZE r_alias"},
    {SG_STAGE_ALIAS, SG_I_ALIASES, STAGED, "SELECT FROM r_alias"},
    {SG_STAGE_ALIAS, SG_I_ALIASES, UPDATED,
     "UPDATE aliases x SET hint = r.hint FROM r_alias r WHERE x.kind = r.kind AND x.id = r.id"
     " AND x.alias = r.alias AND x.hint <> r.hint"},
    {SG_STAGE_ALIAS, SG_I_ALIASES, REJECTED,
     "DELETE FROM r_alias r USING (SELECT n.kind, n.id, n.alias, row_number() OVER"
     " (PARTITION BY n.kind, n.id ORDER BY n.line, n.alias) + (SELECT count(*) FROM aliases a"
     " WHERE a.kind = n.kind AND a.id = n.id) AS place FROM r_alias n WHERE NOT EXISTS"
     " (SELECT FROM aliases x WHERE x.kind = n.kind AND x.id = n.id AND x.alias = n.alias)) p"
     " WHERE p.place > 100 AND r.kind = p.kind AND r.id = p.id AND r.alias = p.alias"
     " RETURNING r.line, 'more than 100 aliases: ' || r.alias"},
    {SG_STAGE_ALIAS, SG_I_ALIASES, INSERTED,
     "INSERT INTO aliases (kind, id, alias, hint) SELECT kind, id, alias, hint FROM r_alias"
     " ORDER BY line ON CONFLICT DO NOTHING"},

    {SG_STAGE_TAG, 0, SILENT, KEEP_LAST("s_tag", "kind, key, tag")},
    {SG_STAGE_TAG, SG_I_TAGS, SILENT,
     "CREATE TEMP TABLE r_tag ON COMMIT DROP AS SELECT s.line, s.kind, o.song_id AS id, s.tag,"
     " coalesce(s.uses, 1) AS uses FROM s_tag s JOIN songs o ON o.external_id = s.key"
     " WHERE s.kind = 'song' UNION ALL SELECT s.line, s.kind, a.artist_id, s.tag,"
     " coalesce(s.uses, 1) FROM s_tag s JOIN artists a ON a.external_id = s.key"
     " WHERE s.kind = 'artist'"},
    {SG_STAGE_TAG, 0, SILENT, "ANALYZE r_tag"},
    {SG_STAGE_TAG, SG_I_TAGS, STAGED, "SELECT FROM r_tag"},
    {SG_STAGE_TAG, SG_I_TAGS, UPDATED,
     "UPDATE tags x SET uses = r.uses FROM r_tag r WHERE x.kind = r.kind AND x.id = r.id"
     " AND x.tag = r.tag AND x.uses <> r.uses"},
    {SG_STAGE_TAG, SG_I_TAGS, INSERTED,
     "INSERT INTO tags (kind, id, tag, uses) SELECT kind, id, tag, uses FROM r_tag"
     " ORDER BY line ON CONFLICT DO NOTHING"},

    {SG_STAGE_USER, 0, SILENT, KEEP_LAST("s_user", "email")},
    {SG_STAGE_USER, SG_I_USERS, STAGED, "SELECT FROM s_user"},
    {SG_STAGE_USER, SG_I_USERS, INSERTED,
     "INSERT INTO users (email, display_name) SELECT email, display_name FROM s_user s WHERE NOT"
     " EXISTS (SELECT FROM users u WHERE u.email = s.email) ORDER BY line ON CONFLICT DO NOTHING"},

    {SG_STAGE_PLAYLIST, 0, SILENT, KEEP_LAST("s_playlist", "key")},
    {SG_STAGE_PLAYLIST, SG_I_PLAYLISTS, STAGED, "SELECT FROM s_playlist"},
    {SG_STAGE_PLAYLIST, SG_I_PLAYLISTS, UPDATED,
     "UPDATE playlists p SET name = s.name, description = s.description, followers ="
     " coalesce(s.followers, p.followers), updated_at = now() FROM s_playlist s"
     " WHERE p.external_id = s.key AND (p.name, p.description, p.followers) IS DISTINCT FROM"
     " (s.name, s.description, coalesce(s.followers, p.followers))"},
    {SG_STAGE_PLAYLIST, SG_I_PLAYLISTS, INSERTED,
     "INSERT INTO playlists (user_id, name, description, is_public, followers, external_id)"
     " SELECT u.user_id, s.name, s.description, true, coalesce(s.followers, 0), s.key"
     " FROM s_playlist s JOIN users u ON u.email = s.email WHERE NOT EXISTS"
     " (SELECT FROM playlists p WHERE p.external_id = s.key) ORDER BY line ON CONFLICT DO NOTHING"},

    {SG_STAGE_ENTRY, SG_I_ENTRIES, STAGED, "SELECT FROM s_entry"},
    {SG_STAGE_ENTRY, SG_I_ENTRIES, REJECTED,
     "DELETE FROM s_entry s WHERE NOT EXISTS (SELECT FROM songs o WHERE o.external_id = s.song_key)"
     " RETURNING line, 'playlist ' || playlist_key || ': no song ' || song_key"},
    {SG_STAGE_ENTRY, SG_I_ENTRIES, REJECTED,
     "DELETE FROM s_entry s WHERE NOT EXISTS"
     " (SELECT FROM playlists p WHERE p.external_id = s.playlist_key)"
     " RETURNING line, 'no playlist ' || playlist_key"},
    {SG_STAGE_ENTRY, SG_I_ENTRIES, SILENT,
     "CREATE TEMP TABLE r_entry ON COMMIT DROP AS SELECT p.user_id, p.playlist_id, s.position,"
     " o.song_id, s.added_at FROM s_entry s JOIN playlists p ON p.external_id = s.playlist_key"
     " JOIN songs o ON o.external_id = s.song_key"},
    {SG_STAGE_ENTRY, 0, SILENT, "ANALYZE r_entry"},
    {SG_STAGE_ENTRY, SG_I_ENTRIES, DELETED,
     "DELETE FROM playlist_songs x USING (SELECT DISTINCT user_id, playlist_id FROM r_entry) p"
     " WHERE x.user_id = p.user_id AND x.playlist_id = p.playlist_id AND NOT EXISTS (SELECT FROM"
     " r_entry r WHERE r.user_id = x.user_id AND r.playlist_id = x.playlist_id"
     " AND r.position = x.position)"},
    {SG_STAGE_ENTRY, SG_I_ENTRIES, UPDATED,
     "UPDATE playlist_songs x SET song_id = r.song_id, added_at = coalesce(r.added_at, x.added_at)"
     " FROM r_entry r WHERE x.user_id = r.user_id AND x.playlist_id = r.playlist_id"
     " AND x.position = r.position AND (x.song_id, x.added_at) IS DISTINCT FROM"
     " (r.song_id, coalesce(r.added_at, x.added_at))"},
    {SG_STAGE_ENTRY, SG_I_ENTRIES, INSERTED,
     "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id, added_by, added_at)"
     " SELECT user_id, playlist_id, position, song_id, user_id, coalesce(added_at, now())"
     " FROM r_entry r WHERE NOT EXISTS (SELECT FROM playlist_songs x WHERE x.user_id = r.user_id"
     " AND x.playlist_id = r.playlist_id AND x.position = r.position) ON CONFLICT DO NOTHING"},

    {SG_STAGE_FOLLOW, 0, SILENT, KEEP_LAST("s_follow", "email, target_email")},
    {SG_STAGE_FOLLOW, SG_I_FOLLOWS, STAGED, "SELECT FROM s_follow"},
    {SG_STAGE_FOLLOW, SG_I_FOLLOWS, REJECTED,
     "DELETE FROM s_follow s WHERE NOT EXISTS (SELECT FROM users u WHERE u.email = s.email)"
     " OR NOT EXISTS (SELECT FROM users u WHERE u.email = s.target_email)"
     " RETURNING line, 'follow of a user not imported: ' || email || ', ' || target_email"},
    {SG_STAGE_FOLLOW, SG_I_FOLLOWS, INSERTED,
     "INSERT INTO follows (user_id, target_kind, target_id) SELECT u.user_id, 'user', t.user_id"
     " FROM s_follow s JOIN users u ON u.email = s.email JOIN users t ON t.email = s.target_email"
     " WHERE NOT EXISTS (SELECT FROM follows f WHERE f.user_id = u.user_id AND f.target_kind ="
     " 'user' AND f.target_id = t.user_id) ORDER BY 1, 3 ON CONFLICT DO NOTHING"},

    {SG_STAGE_DELETE, 0, SILENT,
     "DELETE FROM playlist_songs x USING songs o, s_delete s"
     " WHERE s.kind = 'song' AND o.external_id = s.key AND x.song_id = o.song_id"},
    {SG_STAGE_DELETE, SG_I_SONGS, DELETED,
     "DELETE FROM songs o USING s_delete s WHERE s.kind = 'song' AND o.external_id = s.key"},
    {SG_STAGE_DELETE, SG_I_PLAYLISTS, DELETED,
     "DELETE FROM playlists p USING s_delete s WHERE s.kind = 'playlist' AND p.external_id = "
     "s.key"},
    {SG_STAGE_DELETE, SG_I_ALBUMS, DELETED,
     "DELETE FROM albums b USING s_delete s WHERE s.kind = 'album' AND b.external_id = s.key"
     " AND NOT EXISTS (SELECT FROM songs o WHERE o.album_id = b.album_id)"},
    {SG_STAGE_DELETE, SG_I_ALBUMS, REJECTED,
     "SELECT s.line, 'album ' || s.key || ' still has songs' FROM s_delete s"
     " JOIN albums b ON b.external_id = s.key WHERE s.kind = 'album'"},
    {SG_STAGE_DELETE, SG_I_ARTISTS, DELETED,
     "DELETE FROM artists a USING s_delete s WHERE s.kind = 'artist' AND a.external_id = s.key"
     " AND NOT EXISTS (SELECT FROM songs o WHERE o.artist_id = a.artist_id)"
     " AND NOT EXISTS (SELECT FROM albums b WHERE b.artist_id = a.artist_id)"
     " AND NOT EXISTS (SELECT FROM song_artists x WHERE x.credited_artist_id = a.artist_id)"
     " AND NOT EXISTS (SELECT FROM uploads u WHERE u.artist_id = a.artist_id)"},
    {SG_STAGE_DELETE, SG_I_ARTISTS, REJECTED,
     "SELECT s.line, 'artist ' || s.key || ' still has songs, albums or uploads' FROM s_delete s"
     " JOIN artists a ON a.external_id = s.key WHERE s.kind = 'artist'"},
};

static void take_rejects(struct sg_stage *s, PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        uint64_t line = 0;
        sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &line);
        sg_reject(s->rejects, s->path, line, "%s", PQgetvalue(r, i, 1));
    }
}

static void count(struct sg_import_count *c, enum effect effect, uint64_t n)
{
    switch (effect) {
    case INSERTED:
        c->inserted += n;
        c->unchanged -= n;
        break;
    case UPDATED:
        c->updated += n;
        c->unchanged -= n;
        break;
    case DELETED:
        c->deleted += n;
        break;
    case STAGED:
        c->unchanged += n;
        break;
    case REJECTED:
        c->rejected += n;
        c->unchanged -= n;
        break;
    case SILENT:
        break;
    }
}

static int run(struct sg_stage *s, const struct step *step, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(s->c, step->sql, 0, NULL, &r, e);
    if (rc)
        return rc;
    uint64_t n = 0;
    if (step->effect != SILENT)
        sg_str_to_u64(sg_str(PQcmdTuples(r)), &n);
    if (step->effect == REJECTED)
        take_rejects(s, r);
    bool of_delete = step->needs == SG_STAGE_DELETE && step->effect == REJECTED;
    if (of_delete)
        s->counts[step->kind].rejected += n;
    else
        count(&s->counts[step->kind], step->effect, n);
    PQclear(r);
    return 0;
}

int sg_merge(struct sg_stage *s, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof steps / sizeof *steps; i++)
        if (s->rows[steps[i].needs])
            rc = run(s, &steps[i], e);
    return rc;
}
